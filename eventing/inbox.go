package eventing

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
)

// Inbox remembers which events were handled, for listeners with the option once
// (see [Listener]). Give it to [Config], or provide one component that
// implements it. [NewInbox] makes one in memory; one that is kept with the
// listener's own data outlives the process.
//
// The queue is the listener's, as <event>::<queue>: listeners and processes that
// share it compete for its events, others have each event for themselves.
//
// Its methods are called concurrently. They must return soon after the context
// is done. A panic in one is an error.
type Inbox interface {
	// Seen tells whether the event was recorded. An error fails the attempt,
	// like one of the listener: without an answer it isn't called.
	Seen(ctx context.Context, queue string, id ID) (bool, error)

	// Record is called once On has returned nil, before the event is
	// acknowledged. What is recorded already is no error. After an error the
	// event is acknowledged all the same, since it was handled; the error is
	// logged, and the event handled again if it comes again.
	Record(ctx context.Context, queue string, id ID) error
}

// DefaultInboxCapacity is how many events the inbox of NewInbox(0) remembers.
const DefaultInboxCapacity = 10_000

// MemoryInbox is an [Inbox] that ends with its process. It comes from
// [NewInbox], and is safe for concurrent use.
type MemoryInbox struct {
	mu    sync.Mutex
	known map[inboxKey]struct{}
	ring  []inboxKey // in the order they came, from next on once it is full
	next  int
	most  int
}

var _ Inbox = (*MemoryInbox)(nil)

// NewInbox returns an inbox in memory that remembers so many events, those of
// all listeners together, and then forgets the oldest for each new one. It
// takes about 250 bytes for each. Zero or less means [DefaultInboxCapacity].
func NewInbox(capacity int) *MemoryInbox {
	if capacity <= 0 {
		capacity = DefaultInboxCapacity
	}
	return &MemoryInbox{known: map[inboxKey]struct{}{}, most: capacity}
}

// Seen implements [Inbox]. It returns no error.
func (b *MemoryInbox) Seen(_ context.Context, queue string, id ID) (bool, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	_, seen := b.known[inboxKey{queue, id}]
	return seen, nil
}

// Record implements [Inbox]. It returns no error.
func (b *MemoryInbox) Record(_ context.Context, queue string, id ID) error {
	key := inboxKey{queue, id}
	b.mu.Lock()
	defer b.mu.Unlock()
	if _, ok := b.known[key]; ok {
		return nil
	}
	b.known[key] = struct{}{}
	if len(b.ring) < b.most {
		b.ring = append(b.ring, key)
		return nil
	}
	delete(b.known, b.ring[b.next])
	b.ring[b.next] = key
	b.next = (b.next + 1) % b.most
	return nil
}

type inboxKey struct {
	queue string
	id    ID
}

// hands are the events that listeners with once have in their hands.
type hands struct {
	mu   sync.Mutex
	held map[inboxKey]chan struct{} // closed when it is given back
}

// take returns nil, or what is closed when the other delivery of the event has
// ended that is in hand: only that tells whether it was handled.
func (h *hands) take(key inboxKey) <-chan struct{} {
	h.mu.Lock()
	defer h.mu.Unlock()
	if other, ok := h.held[key]; ok {
		return other
	}
	if h.held == nil {
		h.held = map[inboxKey]chan struct{}{}
	}
	h.held[key] = make(chan struct{})
	return nil
}

func (h *hands) give(key inboxKey) {
	h.mu.Lock()
	given := h.held[key]
	delete(h.held, key)
	h.mu.Unlock()
	close(given)
}

// errRepeated is the outcome of an attempt whose event was handled before.
var errRepeated = errors.New("eventing: handled before")

// takeOnce has the delivery be the only one of its event in hand, for a listener
// with once. It returns nil, or what blocks it until it is closed.
func (h *handling) takeOnce() <-chan struct{} {
	s := h.subscription
	if !s.listener.Once || h.inHand != (inboxKey{}) {
		return nil
	}
	key := inboxKey{s.queue.String(), h.delivery.Message.ID}
	if other := s.manager.hands.take(key); other != nil {
		return other
	}
	h.inHand = key
	return nil
}

func (h *handling) giveOnce() {
	if h.inHand != (inboxKey{}) {
		h.subscription.manager.hands.give(h.inHand)
		h.inHand = inboxKey{}
	}
}

// lookUp returns errRepeated if the event was handled before.
func (h *handling) lookUp(ctx context.Context) error {
	key := h.inHand
	seen, err := h.subscription.manager.config.Inbox.Seen(ctx, key.queue, key.id)
	if err != nil {
		return fmt.Errorf("look up event %s in the inbox: %w", key.id, err)
	}
	if seen {
		return errRepeated
	}
	return nil
}

var (
	errInboxGoexit  = errors.New("the inbox has ended its goroutine by runtime.Goexit")
	errInboxTimeout = fmt.Errorf("eventing: inbox timeout: %w", context.DeadlineExceeded)
)

// record has the inbox remember the event. Its time limit is its own: the
// handler's may be over.
func (h *handling) record() {
	s, key := h.subscription, h.inHand
	err := errInboxGoexit
	defer func() {
		if value := recover(); value != nil {
			err = newPanicError(value)
		}
		if err != nil {
			s.manager.config.Logger.LogAttrs(s.manager.base, slog.LevelError, "inbox doesn't know an event that was handled",
				slog.String("listener", s.listener.Name), slog.String("id", key.id.String()), slog.Any("error", err))
		}
	}()
	ctx, cancel := context.WithTimeoutCause(h.latest, s.manager.config.SendTimeout, errInboxTimeout)
	defer cancel()
	err = s.manager.config.Inbox.Record(ctx, key.queue, key.id)
}

// checkInbox refuses a listener with once where nothing remembers.
func (d *EventListenerDescriptor) checkInbox(there bool) error {
	if d.Once && !there {
		return fmt.Errorf("listener %q has the option once, and there is no inbox: provide a component that implements eventing.Inbox, "+
			"or set Inbox of eventing.Config; eventing.NewInbox(0) is one in memory", d.Name)
	}
	return nil
}
