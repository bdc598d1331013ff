package memory

import "github.com/aspyx-go/aspyx/eventing"

// parked is a goroutine that waits in Submit or in Receive. Whoever makes
// room, or has a message, serves it under the address's lock and wakes it
// afterwards. So those who wait are served in order, and nobody wakes in vain.
type parked struct {
	wake chan struct{} // holds one token from being served to waking
	next *parked       // in the chain of those to be woken

	submission       // what a sender waits to submit; a receiver gets its message here
	held       *held // where the receiver's message is held
	count      int   // of the receiver's message
	err        error // why a sender or receiver gets nothing
}

// submission is a message on its way into queues.
type submission struct {
	message *eventing.Message
	size    int64
	target  *queue // nil means all queues of the address
	sender  *Provider
}

// park returns a parked to wait on. They are used again, so that a sender in
// step with a full queue, or a receiver with an empty one, doesn't allocate.
func (b *Broker) park() *parked {
	if p, ok := b.parked.Get().(*parked); ok {
		return p
	}
	return &parked{wake: make(chan struct{}, 1)}
}

// unpark takes p back, which must be woken, or never served.
func (b *Broker) unpark(p *parked) {
	*p = parked{wake: p.wake}
	b.parked.Put(p)
}
