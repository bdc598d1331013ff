package eventing

import (
	"container/heap"
	"sync"
)

// lanes hand the deliveries of a wide hold to its workers, in the order of
// their arrival, but of one key one at a time. A pause in place occupies no
// worker, only the key. The prefetch bounds what is in them. Listeners have them
// that are keyed, or have batches.
//
//	receive → ready → worker: step → settle
//	            ↑        ↓
//	            └──── pause, or the next of the key
//
// What is left in them when the hold ends was not begun, or is to be tried
// again. It is given back by the end of the consumer, all at once and in its
// order: one that was given back alone could come elsewhere before those that
// were before it. Where the consumer stays through a pause, all of it is handled
// first.
type lanes struct {
	subscription *subscription
	on           *hold

	mu      sync.Mutex
	changed sync.Cond
	arrived uint64
	ready   byArrival            // to be handled now
	last    map[string]*handling // of each key that has one, the last to arrive
	pausing int                  // those that come back to ready
	ended   bool                 // nothing begins any more
}

func newLanes(s *subscription, on *hold) *lanes {
	l := &lanes{subscription: s, on: on, last: map[string]*handling{}}
	l.changed.L = &l.mu
	return l
}

// receive fills the lanes until the hold ends.
func (l *lanes) receive() {
	s := l.subscription
	for {
		h := &handling{subscription: s}
		if err := l.on.consumer.Receive(l.on.receiving, &h.delivery); err != nil {
			s.receiveFailed(l.on, err)
			break
		}
		if s.isSuspect(&h.delivery) {
			l.on.turn() // it comes again on the narrow hold
			break
		}
		l.add(h)
	}
	l.end()
}

// add has a delivery wait for a worker, or behind the last one of its key.
func (l *lanes) add(h *handling) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.arrived++
	h.arrival = l.arrived
	if key := h.key(); key != "" {
		last := l.last[key]
		l.last[key] = h
		if last != nil {
			last.behind = h
			return
		}
	}
	l.push(h)
}

// end has nothing begin any more. What has begun goes on.
func (l *lanes) end() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ended = true
	l.changed.Broadcast()
}

// push is called with the lock held.
func (l *lanes) push(h *handling) {
	heap.Push(&l.ready, h)
	l.changed.Signal()
}

// work handles what is ready, one step after the other.
func (l *lanes) work() {
	for h := l.next(); h != nil; h = l.next() {
		if !l.handle(h) {
			return
		}
	}
}

// next waits for a delivery. It returns nil when none can come any more.
func (l *lanes) next() *handling {
	l.mu.Lock()
	defer l.mu.Unlock()
	for {
		for len(l.ready) > 0 {
			h, _ := heap.Pop(&l.ready).(*handling)
			if h.begun || !l.ended || l.subscription.endsWithConsumer() {
				return h
			}
		}
		if l.ended && l.pausing == 0 {
			return nil
		}
		l.changed.Wait()
	}
}

// handle takes one step with a delivery. When the handler ends the goroutine by
// runtime.Goexit, a new worker takes over.
func (l *lanes) handle(h *handling) (ok bool) {
	defer func() {
		if !ok {
			l.on.workers.Go(func() {
				if l.handle(h) {
					l.work()
				}
			})
		}
	}()
	if h.awaitsAttempt() && l.subscription.patience().Err() != nil {
		l.leave(h)
		return true
	}
	pause := h.step()
	switch h.disposition {
	case Accept:
		l.subscription.settle(l.on, h, Accept)
		l.done(h)
	case Release: // see leave
	default:
		l.mu.Lock()
		l.pausing++
		l.mu.Unlock()
		l.on.workers.Go(func() {
			h.wait(pause) // a stop ends it, and then handle does
			l.resume(h)
		})
	}
	return true
}

// leave leaves a delivery to the end of the consumer.
func (l *lanes) leave(h *handling) {
	if h.begun {
		h.release()
	}
}

// done lets the next delivery of the key come.
func (l *lanes) done(h *handling) {
	key := h.key()
	if key == "" {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if h.behind == nil {
		delete(l.last, key)
		return
	}
	l.push(h.behind)
}

// resume is called after the pause.
func (l *lanes) resume(h *handling) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.pausing--
	l.push(h)
	if l.ended {
		l.changed.Broadcast() // the others may be waiting for this one in vain
	}
}

// byArrival is a heap.
type byArrival []*handling

// Len, Less and Swap are those of [sort.Interface].
func (q *byArrival) Len() int           { return len(*q) }
func (q *byArrival) Less(i, j int) bool { return (*q)[i].arrival < (*q)[j].arrival }
func (q *byArrival) Swap(i, j int)      { (*q)[i], (*q)[j] = (*q)[j], (*q)[i] }

// Push adds a delivery.
func (q *byArrival) Push(h any) { *q = append(*q, h.(*handling)) } //nolint:forcetypeassert // from push alone

// Pop takes the last one off.
func (q *byArrival) Pop() any {
	last := len(*q) - 1
	h := (*q)[last]
	(*q)[last] = nil
	*q = (*q)[:last]
	return h
}
