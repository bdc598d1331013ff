package eventing

import (
	"context"
	"errors"
	"fmt"
)

// admission is what is known once the provider is connected.
type admission struct {
	known        chan struct{} // closed when the rest is
	capabilities Capabilities
	err          error // why no listener may work
}

func (a *admission) isKnown() bool {
	select {
	case <-a.known:
		return true
	default:
		return false
	}
}

// isConnected tells whether the provider can say what it does.
func (m *EventManager) isConnected() bool {
	offline, ok := m.provider.(Offline)
	if !ok {
		return true
	}
	select {
	case <-offline.Connected():
		return true
	default:
		return false
	}
}

// awaitConnection makes up for the check that a start without a broker has left
// out.
func (m *EventManager) awaitConnection() {
	offline, ok := m.provider.(Offline)
	if !ok {
		return
	}
	select {
	case <-offline.Connected():
	case <-m.provider.Done():
		return
	}
	if err := m.checkCapabilities(); err != nil {
		m.fail(err)
	}
}

// checkCapabilities checks all listeners. It is called once.
func (m *EventManager) checkCapabilities() error {
	a := &m.admission
	a.capabilities = capabilitiesOf(m.provider)
	var errs []error
	for _, s := range m.roster.all() {
		errs = append(errs, m.checkListener(s))
	}
	a.err = errors.Join(errs...)
	close(a.known)
	return a.err
}

// admit waits until it is known whether the listener may work, and tells that.
// Until then it must not receive.
func (s *subscription) admit() bool {
	m := s.manager
	select {
	case <-m.admission.known:
	case <-s.intake.Done():
		return false
	}
	if m.admission.err != nil {
		return false // the manager has failed
	}
	if err := m.checkListener(s); err != nil { // it was subscribed meanwhile
		m.fail(err)
		return false
	}
	return true
}

// checkNewcomer checks a subscription at run time, if that is possible yet.
func (m *EventManager) checkNewcomer(s *subscription) error {
	if !m.admission.isKnown() {
		return nil // admit does
	}
	return errors.Join(m.admission.err, m.checkListener(s))
}

// checkOptions refuses an event with options that the provider can't keep. Before
// the first connection it waits for that, within ctx.
func (m *EventManager) checkOptions(ctx context.Context, e *Envelope) {
	if e.message.Delay == 0 && !e.message.Mandatory {
		return
	}
	if err := m.awaitKnown(ctx); err != nil {
		e.refuse(err)
		return
	}
	able := &m.admission.capabilities
	if e.message.Delay > 0 && !able.Delay {
		e.refuse(fmt.Errorf("%w: %s can't delay: send the event when it is due", ErrOption, m.provider.Name()))
	}
	if e.message.Mandatory && !able.Mandatory {
		e.refuse(fmt.Errorf("%w: %s can't tell whether a queue takes the event: send it without WithMandatory", ErrOption, m.provider.Name()))
	}
}

func (m *EventManager) awaitKnown(ctx context.Context) error {
	if m.admission.isKnown() {
		return nil
	}
	select {
	case <-m.admission.known:
		return nil
	case <-m.provider.Done():
		return fmt.Errorf("%w: %w", ErrNotSent, m.provider.Err())
	case <-ctx.Done():
		return fmt.Errorf("%w: %w: %s isn't connected yet, so that it isn't known whether it keeps the event's options: %w",
			ErrNotSent, ErrUnavailable, m.provider.Name(), context.Cause(ctx))
	}
}
