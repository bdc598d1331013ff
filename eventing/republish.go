package eventing

import (
	"context"
	"fmt"
	"log/slog"
	"time"
)

// deadLetter puts the event aside, with the reason.
func (h *handling) deadLetter(err error) {
	if !h.republish(h.deadLetterCopy(err)) {
		return
	}
	s, message := h.subscription, h.delivery.Message
	attrs := []slog.Attr{
		slog.String("event", s.listener.Event.Name), slog.String("id", message.ID.String()),
		slog.String("listener", s.listener.Name), slog.Int("attempts", h.history.attempt),
		slog.String("destination", s.queue.DeadLetter().Address()), slog.Any("error", err),
	}
	if stack := stackOf(err); stack != nil {
		attrs = append(attrs, slog.String("stack", string(stack)))
	}
	s.manager.config.Logger.LogAttrs(s.manager.base, slog.LevelError, "event was dead-lettered", attrs...)
	h.end(Accept, &s.counters.deadLettered, func(of Delivered) Observation {
		return &EventDeadLettered{Delivered: of, Attempts: h.history.attempt, Err: err}
	})
}

// The pauses of a listener that is held up double from the first to the longest.
const (
	firstPause   = 100 * time.Millisecond
	longestPause = 10 * time.Second
)

// republish sends a copy, and returns true once it is confirmed: then the
// original may be accepted. Until then the worker pauses, so that nothing is
// lost, and the listener is unhealthy. A stop that comes first is false, and
// releases the original.
func (h *handling) republish(message *Message) bool {
	s := h.subscription
	for pause := firstPause; ; pause = min(2*pause, longestPause) {
		err := s.submit(s.base, message)
		if err == nil {
			s.holdUp(nil)
			if pause > firstPause {
				s.manager.config.Logger.LogAttrs(s.manager.base, slog.LevelInfo, "listener goes on",
					slog.String("listener", s.listener.Name))
			}
			return true
		}
		err = fmt.Errorf("publish to %s: %w", message.Target, err)
		if pause == firstPause {
			s.manager.config.Logger.LogAttrs(s.manager.base, slog.LevelWarn, "listener is held up",
				slog.String("listener", s.listener.Name), slog.Any("error", err))
		}
		s.holdUp(err)
		if !s.sleep(pause) {
			h.release()
			return false
		}
	}
}

// submit sends a copy under a deadline of its own: the handler's may be over.
func (s *subscription) submit(ctx context.Context, message *Message) error {
	m := s.manager
	ctx, cancel := context.WithTimeout(ctx, m.config.SendTimeout)
	defer cancel()
	receipt, err := m.provider.Submit(ctx, message)
	if err != nil {
		return err
	}
	return receipt.Wait(ctx)
}
