package eventing

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
)

// subscription is one listener at work: its consumer and its workers.
type subscription struct {
	manager  *EventManager
	listener *EventListenerDescriptor
	queue    Queue
	invoke   invoke
	batches  *batches // nil unless the listener has them
	decode   func(contentType string, body []byte) (any, error)

	dynamic  bool              // it came at run time
	metadata map[string]string // then

	base context.Context //nolint:containedctx // of its handlers; ends with the manager's, or earlier
	halt context.CancelCauseFunc

	counters listenerCounters

	// Written by start under the lock of the manager's life, unless that stops.
	alive   context.Context //nolint:containedctx // ends when no more events are to be received
	stop    context.CancelFunc
	ended   chan struct{} // closed when the goroutine that keeps the hold has ended
	leaving chan struct{} // closed when Unsubscribe is over; nil before it

	intake context.Context       //nolint:containedctx // ends with alive, or with a pause; of the keeping goroutine
	heldUp atomic.Pointer[error] // why the listener can't settle what failed, or get at its queue

	mu      sync.Mutex // guards what follows
	hold    *hold      // the current one; nil before the start
	yield   context.CancelFunc
	pausing pausing
}

// newSubscription makes a subscription that isn't attached yet.
func (m *EventManager) newSubscription(listener *EventListenerDescriptor, decode func(Codec, []byte) (any, error)) (*subscription, error) {
	queue, err := listener.queue(m.provider.ServerName())
	codecs := append([]Codec{listener.Event.sender(m.config.Codec), m.config.Codec}, m.config.Codecs...)
	readers, codecErr := newReaders(codecs...)
	s := &subscription{manager: m, listener: listener, queue: queue, decode: readers.decoder(decode)}
	s.base, s.halt = context.WithCancelCause(m.base)
	return s, errors.Join(err, codecErr)
}

func (s *subscription) start(ctx context.Context) error {
	first, err := s.attach(ctx)
	if err != nil {
		return err
	}
	begun := s.manager.life.unlessStopping(func() {
		s.alive, s.stop = context.WithCancel(s.base)
		s.ended, s.pausing.changed = make(chan struct{}), make(chan struct{})
		s.mu.Lock()
		s.begin(first)
		s.mu.Unlock()
		if s.dynamic {
			s.manager.roster.add(s)
		}
	})
	if !begun {
		return errors.Join(errInterrupted, first.consumer.Close(ctx))
	}
	go s.keep() //nolint:contextcheck // the listener outlives the call that began it
	return nil
}

// begin lets the keeping goroutine work on a hold. The caller holds mu.
func (s *subscription) begin(h *hold) {
	s.hold, s.pausing.activity = h, working
	s.intake, s.yield = context.WithCancel(s.alive)
}

func (s *subscription) settle(on *hold, h *handling, disposition Disposition) {
	if h.foreign != nil {
		h.delivery.Message = h.foreign // providers may tell a delivery by its message
	}
	if err := on.consumer.Settle(&h.delivery, disposition); err != nil {
		// The broker will deliver it again: at least once.
		s.manager.config.Logger.LogAttrs(s.manager.base, slog.LevelDebug, "settlement was lost",
			slog.String("listener", s.listener.Name), slog.Any("error", err))
	}
}

// holdUp records why the listener can't go on; nil means that it can.
func (s *subscription) holdUp(err error) {
	if err == nil {
		s.heldUp.Store(nil)
		return
	}
	s.heldUp.Store(&err)
}
