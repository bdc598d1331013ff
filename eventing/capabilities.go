package eventing

import (
	"errors"
	"fmt"
	"time"
)

// Capabilities is what a transport does by itself, together with its broker.
type Capabilities struct {
	// Delay tells that a queue keeps a message back for its [Message.Delay].
	// Where it doesn't, a listener whose policy needs that is refused at the
	// start, and [RetryAfter] pauses in place, within the policy's bound.
	Delay bool

	// Count tells that [Delivery.Count] grows each time a process dies that
	// holds the message. Where it doesn't, and [Delivery.Redelivered] isn't set
	// either, an event that kills its process comes again and again.
	Count bool

	// Groups tells that a queue gives the messages of one [Message.Key] to one
	// consumer at a time, in their order, whichever processes they are in.
	// Where it doesn't, a listener of an event with a key is refused at the
	// start, unless its queue is that of one server.
	Groups bool

	// Mandatory tells that [Message.Mandatory] is kept. Where it isn't, a
	// mandatory send is refused.
	Mandatory bool

	// Enforced is what the broker does on its own to a message that is
	// delivered again and again, in words, to be printed with a policy. Empty
	// means nothing.
	Enforced string
}

// Capable is implemented by a provider that says what it does by itself. One
// that doesn't is taken to delay, as the contract of [Message] says, and not to
// count.
type Capable interface {
	// Capabilities is called once the provider has started. What it says counts
	// from the first connection on: see [Offline].
	Capabilities() Capabilities
}

func capabilitiesOf(provider Provider) Capabilities {
	if capable, ok := provider.(Capable); ok {
		return capable.Capabilities()
	}
	return Capabilities{Delay: true}
}

// EffectivePolicy is what really happens to the events of a listener that fail.
type EffectivePolicy struct {
	// Listener is the listener's name.
	Listener string
	// Policy is the listener's, with its defaults filled in.
	Policy Policy
	// Keyed tells that the event has a key: see [Key].
	Keyed bool
	// Capabilities are those of the provider.
	Capabilities Capabilities
}

// String prints the policy, and what the broker itself enforces.
func (p EffectivePolicy) String() string {
	text := fmt.Sprintf("listener %s: %v", p.Listener, p.Policy)
	if p.Keyed {
		text += "; events with a key are tried again in place only"
	}
	if !p.Capabilities.Delay {
		text += "; the broker can't delay"
	}
	if p.Capabilities.Enforced != "" {
		text += "; by the broker itself: " + p.Capabilities.Enforced
	}
	return text
}

// Policies returns the effective policy of each listener, in the order of
// their registration. What the broker does is known once the manager has
// started, and with a provider that is [Offline] once that is connected.
func (m *EventManager) Policies() []EffectivePolicy {
	capabilities := capabilitiesOf(m.provider)
	all := m.roster.all()
	policies := make([]EffectivePolicy, len(all))
	for i, s := range all {
		policies[i] = EffectivePolicy{
			Listener: s.listener.Name, Policy: s.listener.Policy, Keyed: s.listener.isKeyed(), Capabilities: capabilities,
		}
	}
	return policies
}

// checkListener refuses what the provider can't do and nobody can in its place.
func (m *EventManager) checkListener(s *subscription) error {
	var errs []error
	listener := s.listener
	if listener.isKeyed() && !s.queue.Exclusive() && !m.admission.capabilities.Groups {
		errs = append(errs, fmt.Errorf("listener %q needs the order of events with one key (key=%s of event %q), which %s can't keep: "+
			"remove the key, or choose another provider: %w",
			listener.Name, listener.Event.Key, listener.Event.Name, m.provider.Name(), errors.ErrUnsupported))
	}
	policy := listener.Policy
	if inPlace, pauses := policy.inPlaceOnly(); !inPlace && !m.admission.capabilities.Delay {
		errs = append(errs, fmt.Errorf("listener %q needs delayed redelivery, which %s lacks: its retries pause for %v or more, and %v of it is the most in place: "+
			"give it fewer retries or a shorter backoff, raise Policy.InPlace (to %v at most), or choose another provider: %w",
			listener.Name, m.provider.Name(), pauses, max(policy.InPlace, 0), maxInPlace, errors.ErrUnsupported))
	}
	return errors.Join(errs...)
}

// inPlaceOnly tells whether all retries of the policy pause in place, and how
// long those pauses are, up to the one that doesn't.
func (p Policy) inPlaceOnly() (ok bool, pauses time.Duration) {
	for attempt := 1; attempt <= p.Retries; attempt++ {
		pauses += p.pause(attempt)
		if pauses > p.InPlace {
			return false, pauses
		}
	}
	return true, pauses
}
