package eventing

import (
	"fmt"
	"slices"
	"sync"
)

// roster is who listens. The zero value is empty.
type roster struct {
	mu   sync.Mutex
	list []*subscription // replaced, never changed
	gone Totals          // of those that were removed
}

func (r *roster) all() []*subscription {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.list
}

func (r *roster) add(s *subscription) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.list = append(slices.Clip(r.list), s)
}

// withTotals returns also what those have counted that were removed.
func (r *roster) withTotals() ([]*subscription, Totals) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.list, r.gone
}

// remove takes one out that counts no more.
func (r *roster) remove(s *subscription) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.gone.add(s.counters.stats())
	r.list = slices.DeleteFunc(slices.Clone(r.list), func(other *subscription) bool { return other == s })
}

// find returns a listener by its name.
func (r *roster) find(listener string) (*subscription, error) {
	var names []string
	for _, s := range r.all() {
		if s.listener.Name == listener {
			return s, nil
		}
		names = append(names, s.listener.Name)
	}
	return nil, fmt.Errorf("the manager has no listener %q: it has %q", listener, names)
}
