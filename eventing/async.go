package eventing

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
)

// SendAsync sends an event as [EventManager.SendEvent] does, but returns as
// soon as it was handed over, before it is confirmed. So one goroutine that
// sends many events keeps their order, and waits only while the provider has no
// room. What has failed by then is told by the result too.
//
// The context is that of the whole sending: when it is done before the
// confirmation has come, the outcome is [ErrUnconfirmed]. Without a deadline in
// it the send timeout of the manager applies. A stop waits for the outcomes,
// and ends those that are open when its time is over.
func (m *EventManager) SendAsync(ctx context.Context, event any, options ...SendOption) *Sent {
	sent := &Sent{outcomes: &m.outcomes, done: make(chan struct{})}
	if sent.err = m.outcomes.begin(ctx, m); sent.err != nil {
		close(sent.done)
		return sent
	}
	defer func() {
		if sent.sending == nil { // a pipeline has ended the goroutine
			m.outcomes.end()
		}
	}()
	sent.sending = m.begin(ctx, event, options, false)
	sent.watch() //nolint:contextcheck // the sending has the context
	return sent
}

// Sent is an event on its way, from [EventManager.SendAsync]. It is safe for
// concurrent use. Nobody has to wait for it: it is counted, and the pipelines
// are told of its outcome, all the same.
type Sent struct {
	outcomes *outcomes
	sending  *sending
	done     chan struct{}
	err      error // written before done is closed
	decided  atomic.Bool
	unwatch  atomic.Pointer[func() bool] // the context
}

// Done is closed when the outcome is known, after the functions given to
// [Envelope.OnOutcome] have returned.
func (s *Sent) Done() <-chan struct{} { return s.done }

// Wait returns the outcome, which is the error of [EventManager.SendEvent]. It
// may be called any number of times. When ctx is done first, it returns the
// cause, and the event is still on its way.
func (s *Sent) Wait(ctx context.Context) error {
	select {
	case <-s.done:
		return s.err
	default:
	}
	select {
	case <-s.done:
		return s.err
	case <-ctx.Done():
		return fmt.Errorf("wait for the outcome of a send: %w", context.Cause(ctx))
	}
}

// watch has the outcome told by whoever is there when it is known.
func (s *Sent) watch() {
	receipt := s.sending.receipt
	if receipt == nil || receipt == Confirmed {
		s.conclude()
		return
	}
	notifier, ok := receipt.(Notifier)
	if !ok {
		go s.conclude()
		return
	}
	decided := func() {
		if s.decided.CompareAndSwap(false, true) {
			s.outcomes.conclude(s)
		}
	}
	unwatch := context.AfterFunc(&s.sending.ctx, decided)
	s.unwatch.Store(&unwatch)
	notifier.Notify(decided)
}

// conclude waits for the outcome, if it has to, and tells it.
func (s *Sent) conclude() {
	defer s.outcomes.end()
	defer close(s.done)
	if s.sending.ctx.Context == nil {
		s.err = s.sending.err // nothing was begun
		return
	}
	defer s.sending.ctx.release()
	s.err = s.sending.outcome()
	if unwatch := s.unwatch.Load(); unwatch != nil {
		(*unwatch)()
	}
	s.sending.tell(s.err) // last: it may end the goroutine
}

// outcomes tells the outcomes of a manager's SendAsync on one goroutine, which
// lives as long as there are some to tell.
type outcomes struct {
	mu     sync.Mutex
	known  []*Sent
	tells  bool          // the goroutine runs
	open   int           // sends without an outcome
	room   chan struct{} // holds a token for each of them
	closed chan struct{}
}

// begin counts a send, unless the manager is closed, once there is room: what
// isn't told yet is held in memory, and a function given to OnOutcome may be slow.
func (o *outcomes) begin(ctx context.Context, m *EventManager) error {
	if err := o.enter(ctx, m); err != nil {
		return err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed != nil {
		<-o.room
		return ErrClosed
	}
	o.open++
	return nil
}

func (o *outcomes) enter(ctx context.Context, m *EventManager) error {
	select {
	case o.room <- struct{}{}:
		return nil
	default:
	}
	ctx, cancel := context.WithTimeoutCause(ctx, m.config.SendTimeout, errSendTimeout)
	defer cancel()
	select {
	case o.room <- struct{}{}:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("%w: too many outcomes of SendAsync aren't told: %w", ErrNotSent, context.Cause(ctx))
	case <-m.base.Done():
		return fmt.Errorf("%w: %w", ErrNotSent, ErrStopping)
	}
}

func (o *outcomes) end() {
	<-o.room
	o.mu.Lock()
	defer o.mu.Unlock()
	o.open--
	if o.open == 0 && o.closed != nil {
		close(o.closed)
	}
}

// conclude has the goroutine tell the outcome. It returns at once.
func (o *outcomes) conclude(s *Sent) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.known = append(o.known, s)
	if !o.tells {
		o.tells = true
		go o.tell()
	}
}

func (o *outcomes) tell() {
	returned := false
	defer func() {
		if !returned { // OnOutcome has ended the goroutine
			go o.tell()
		}
	}()
	for {
		next := o.next()
		if next == nil {
			returned = true
			return
		}
		next.conclude()
	}
}

func (o *outcomes) next() *Sent {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.known) == 0 {
		o.known, o.tells = nil, false
		return nil
	}
	next := o.known[0]
	o.known[0] = nil
	o.known = o.known[1:]
	return next
}

// close takes no further sends and waits for the outcomes of the others, whose
// contexts are over.
func (o *outcomes) close(ctx context.Context) error {
	o.mu.Lock()
	if o.closed == nil {
		o.closed = make(chan struct{})
		if o.open == 0 {
			close(o.closed)
		}
	}
	closed := o.closed
	o.mu.Unlock()
	select {
	case <-closed:
		return nil
	default:
	}
	select {
	case <-closed:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("wait until the outcomes of SendAsync are told: %w", context.Cause(ctx))
	}
}
