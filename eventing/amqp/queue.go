package amqp

import "sync"

// byteWindow is how many bytes of one address hold back its next message. So it
// is exceeded by one message at most, and no message is too large for it.
const byteWindow = 16 << 20

// queue holds the messages of one address on their way: those that wait to be
// written, in their order, and the number and bytes of all that have no outcome.
// Both have one bound. Once that is reached nothing is taken until a quarter of it
// is free again: so whoever sends faster than the broker confirms waits once for
// many messages.
type queue struct {
	window int

	mu      sync.Mutex // guards what follows
	waiting []*job
	count   int // without an outcome
	bytes   int64
	wanted  int // of them, those that weren't given up
	full    bool
	ended   error // why nothing is taken any more

	fed  chan struct{} // has a token when something waits
	room chan struct{} // has one when there is room for whoever waits for it
}

func newQueue(window int) *queue {
	return &queue{window: window, fed: make(chan struct{}, 1), room: make(chan struct{}, 1)}
}

// signal leaves a token, unless there is one.
func signal(tokens chan<- struct{}) {
	select {
	case tokens <- struct{}{}:
	default:
	}
}

// add takes the job unless the queue is full, or has ended.
func (q *queue) add(work *job) (added bool, ended error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.ended != nil || q.full {
		return false, q.ended
	}
	q.count++
	q.bytes += work.size
	q.wanted++
	q.full = q.count >= q.window || q.bytes >= byteWindow
	if !q.full {
		signal(q.room) // for the next that waits
	}
	q.waiting = append(q.waiting, work)
	if len(q.waiting) == 1 {
		signal(q.fed)
	}
	return true, nil
}

// take returns what waits, and keeps the buffer for what comes.
func (q *queue) take(buffer []*job) []*job {
	clear(buffer)
	q.mu.Lock()
	defer q.mu.Unlock()
	taken := q.waiting
	q.waiting = buffer[:0]
	return taken
}

// giveUp counts a job that nobody waits for any more.
func (q *queue) giveUp() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.wanted--
}

// leave makes room for others, in the place of a job that has an outcome.
func (q *queue) leave(size int64, wanted bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.count--
	q.bytes -= size
	if wanted {
		q.wanted--
	}
	if q.full && q.count <= q.window*3/4 && q.bytes <= byteWindow*3/4 {
		q.full = false
		signal(q.room)
	}
}

// isWanted tells whether somebody waits for one of the messages.
func (q *queue) isWanted() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.wanted > 0
}

// end takes nothing any more, and returns what waits.
func (q *queue) end(why error) []*job {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.ended = why
	left := q.waiting
	q.waiting = nil
	return left
}
