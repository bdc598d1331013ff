package memory

import (
	"container/heap"
	"math"
	"time"
)

// delayed is a message that its queue keeps back.
type delayed struct {
	item
	due time.Time
}

// delayHeap has the message on top that is due first, and among several of
// the same instant the one that was sent first.
type delayHeap []delayed

// Len is called by container/heap, as the others are.
func (h *delayHeap) Len() int { return len(*h) }

func (h *delayHeap) Less(i, j int) bool {
	x, y := &(*h)[i], &(*h)[j]
	if order := x.due.Compare(y.due); order != 0 {
		return order < 0
	}
	return x.sequence < y.sequence
}

func (h *delayHeap) Swap(i, j int) { (*h)[i], (*h)[j] = (*h)[j], (*h)[i] }

func (h *delayHeap) Push(x any) {
	*h = append(*h, x.(delayed)) //nolint:forcetypeassert // only delay pushes
}

func (h *delayHeap) Pop() any {
	last := len(*h) - 1
	top := (*h)[last]
	(*h)[last] = delayed{} // else the array would keep the message
	*h = (*h)[:last]
	if last == 0 {
		*h = nil // a burst of retries leaves no memory behind
	}
	return top
}

// delay keeps a message back as long as it wants.
func (q *queue) delay(it item) {
	it.sequence = q.nextSequence()
	heap.Push(&q.delayed, delayed{item: it, due: time.Now().Add(it.message.Delay)})
	q.startTimer()
}

// startTimer sets the timer to the first due message, or to the next sweep
// where that is earlier. The broker's wait group
// counts each run of onTimer that is to come: Add is called with the lock
// held, which onTimer needs before it calls Done.
func (q *queue) startTimer() {
	if len(q.delayed) == 0 && q.nextExpiry == 0 || q.address.broker.draining.Load() {
		return
	}
	wait := time.Duration(math.MaxInt64)
	if len(q.delayed) > 0 {
		wait = time.Until(q.delayed[0].due)
	}
	if q.nextExpiry != 0 {
		wait = min(wait, q.untilSweep())
	}
	if q.timer == nil {
		q.address.broker.timers.Add(1)
		q.timer = time.AfterFunc(wait, q.onTimer)
		return
	}
	if pending := q.timer.Reset(wait); !pending {
		q.address.broker.timers.Add(1)
	}
}

func (q *queue) stopTimer() {
	if q.timer != nil && q.timer.Stop() {
		q.address.broker.timers.Done()
	}
}

// onTimer runs in the timer's goroutine.
func (q *queue) onTimer() {
	defer q.address.broker.timers.Done()
	q.address.mu.Lock()
	now := time.Now()
	if !q.gone {
		q.sweep()
		q.ripen(func(d delayed) bool { return !d.due.After(now) })
		q.startTimer()
	}
	q.address.unlock()
}
