package eventingtest

import "sync"

// traffic counts what is being sent, and tells of changes. The zero value is
// usable.
type traffic struct {
	mu      sync.Mutex
	sends   int           // on their way
	changes uint64        // so far
	changed chan struct{} // closed with the next one; nil while nobody waits
}

func (t *traffic) begin() { t.count(1) }

func (t *traffic) end() { t.count(-1) }

func (t *traffic) change() { t.count(0) }

func (t *traffic) count(sends int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.sends += sends
	t.changes++
	if t.changed != nil {
		close(t.changed)
		t.changed = nil
	}
}

// now returns how many sends are on their way, how many changes there were, and
// what is closed with the next one.
func (t *traffic) now() (sends int, changes uint64, changed <-chan struct{}) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.changed == nil {
		t.changed = make(chan struct{})
	}
	return t.sends, t.changes, t.changed
}
