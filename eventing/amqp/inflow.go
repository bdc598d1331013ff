package amqp

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/aspyx-go/aspyx/eventing"
)

const (
	// deliverySlack is how much a message may have besides its body.
	deliverySlack = 1 << 20

	// maxDelivery is the size of the largest message that can be received.
	maxDelivery = 1 << 30

	// keptOfLarge is how much of a larger one is kept, for what its head tells.
	keptOfLarge = 64 << 10

	// takenTogether bounds what was taken and is still in the list of sizes.
	takenTogether = 1024
)

var errUnsound = fmt.Errorf("the message can't be decoded: its encoding isn't sound, or has more than %d levels", maxNesting)

// inflow is what comes by one link.
type inflow struct {
	intake  *intake
	name    string // of the link
	limit   int64  // bytes of a message
	counted bool   // among what is in hand

	// What has come of a message that isn't whole belongs to the reader.
	size int64
	kept []byte

	// What follows is guarded by the intake's mu.

	over  bool // nobody waits for messages any more
	held  int64
	count int
	sizes []int64 // of messages that haven't been taken, after those that have
	taken int     // of them
}

// expect returns the flow of a link that is going to be attached by its name.
// Its messages are counted until its end. Their bodies may have maxBody bytes.
func (i *intake) expect(maxBody int64) *inflow {
	flow := &inflow{
		intake:  i,
		name:    eventing.NewID().String(),
		limit:   min(maxBody, maxDelivery-deliverySlack) + deliverySlack,
		counted: true,
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	i.expected[flow.name] = flow
	return flow
}

// claim returns the flow of a link that the peer has attached. One that nobody
// has expected isn't counted.
func (i *intake) claim(name string) *inflow {
	i.mu.Lock()
	defer i.mu.Unlock()
	flow := i.expected[name]
	delete(i.expected, name)
	if flow == nil {
		flow = &inflow{intake: i, name: name, limit: maxDelivery}
	}
	return flow
}

// forget lets go of a link that the peer has detached.
func (i *intake) forget(key linkKey) {
	if flow := i.flows[key]; flow != nil {
		i.keep(flow, nil)
		delete(i.flows, key)
	}
}

// receive takes a frame with a message, or a part of one, and returns what goes
// on in its place: nil where that is the frame.
func (i *intake) receive(flow *inflow, t transfer, head, payload []byte) (instead [][]byte) {
	switch {
	case t.aborted:
		flow.size = 0
		i.keep(flow, nil)
		return nil
	case t.more:
		i.add(flow, payload)
		setSize(head, len(head))
		return [][]byte{head}
	case flow.size == 0:
		message := flow.examine(payload, int64(len(payload)))
		if message == nil {
			return nil
		}
		setSize(head, len(head)+len(message))
		return [][]byte{head, message}
	}
	i.add(flow, payload)
	whole := flow.kept
	if message := flow.examine(whole, flow.size); message != nil {
		whole = message
	}
	flow.size = 0
	i.keep(flow, nil)
	setSize(head, len(head)+len(whole))
	return [][]byte{head, whole}
}

// add adds to what has come of a message. Of one that is too large it keeps only
// the beginning.
func (i *intake) add(flow *inflow, payload []byte) {
	flow.size += int64(len(payload))
	switch {
	case flow.size <= flow.limit:
		i.keep(flow, append(flow.kept, payload...))
	case len(flow.kept) > keptOfLarge:
		i.keep(flow, bytes.Clone(flow.kept[:keptOfLarge]))
	}
}

func (i *intake) keep(flow *inflow, kept []byte) {
	i.partial += int64(len(kept) - len(flow.kept))
	flow.kept = kept
}

// examine returns what goes on in place of a message, and nil where that is the
// message.
func (f *inflow) examine(message []byte, size int64) (instead []byte) {
	if size > f.limit {
		instead = replacement(message, uint64(size)) //nolint:gosec // not negative
	} else if reason := unreadable(message); reason != nil {
		instead = refuse(message, reason)
	}
	if instead != nil {
		size = int64(len(instead))
	}
	if !f.enter(size) {
		return replacement(nil, notKept)
	}
	return instead
}

// unreadable tells why a message can't be read.
func unreadable(message []byte) error {
	switch scan(message) {
	case good:
		return nil
	case odd:
		return decodeError(message)
	case broken:
		return errUnsound
	default:
		return errors.New("the message can't be decoded")
	}
}

// enter counts a message as being in hand. It is false once the flow is over.
func (f *inflow) enter(size int64) bool {
	if !f.counted {
		return true
	}
	f.intake.mu.Lock()
	defer f.intake.mu.Unlock()
	if !f.over {
		f.sizes = append(f.sizes, size)
		f.grow(size, 1)
	}
	return !f.over
}

// take returns the size of the next message. It is in hand until it is settled.
func (f *inflow) take() (size int64) {
	f.intake.mu.Lock()
	defer f.intake.mu.Unlock()
	if f.taken == len(f.sizes) {
		return 0 // the flow is over
	}
	size = f.sizes[f.taken]
	f.taken++
	if f.taken == len(f.sizes) || f.taken == takenTogether {
		f.sizes = append(f.sizes[:0], f.sizes[f.taken:]...)
		f.taken = 0
	}
	return size
}

// settle tells that a message of that size isn't in hand any more.
func (f *inflow) settle(size int64) {
	f.intake.mu.Lock()
	defer f.intake.mu.Unlock()
	if !f.over {
		f.grow(-size, -1)
	}
}

// end tells that nobody waits for messages any more: none is in hand, and those
// that still come aren't kept.
func (f *inflow) end() {
	f.intake.mu.Lock()
	defer f.intake.mu.Unlock()
	delete(f.intake.expected, f.name)
	f.grow(-f.held, -f.count)
	f.over, f.sizes, f.taken = true, nil, 0
}

// grow changes what is in hand. The caller holds the intake's mu.
func (f *inflow) grow(size int64, count int) {
	f.held, f.count = f.held+size, f.count+count
	f.intake.held, f.intake.count = f.intake.held+size, f.intake.count+count
	if count < 0 {
		f.intake.changed.Broadcast()
	}
}
