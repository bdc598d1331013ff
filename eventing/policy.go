package eventing

import (
	"errors"
	"fmt"
	"reflect"
	"time"

	"github.com/aspyx-go/aspyx/reflectx"
)

// Policy is what happens to an event whose handling fails. There is one for
// each listener: it decides, in this order, whether to try again at once,
// to try again later, or to dead-letter. It never changes.
//
// Most listeners say it in their tag: see [Listener]. [WithPolicy] and
// [PolicyFor] give one in code, in place of the tag's.
type Policy struct {
	// Retries is how often a failed event is tried again, at most 10,000.
	// Zero means that the first failure dead-letters it.
	Retries int

	// Backoff is the pause before the first retry, at most [MaxRetryDelay]. It
	// doubles with each further one. Zero means 100 ms.
	Backoff time.Duration

	// MaxBackoff is the longest pause, at most [MaxRetryDelay]. Zero means a
	// minute, or Backoff where that is longer. One that is equal to Backoff
	// makes all pauses equal.
	MaxBackoff time.Duration

	// InPlace bounds the pauses of one delivery in place, in all, to at most a
	// minute: meanwhile the events behind it wait. Longer ones are left to the
	// broker. Zero means 2 s. A negative one leaves all to the broker.
	InPlace time.Duration

	// MaxDeliveries is how often an event may be delivered, at most 9, that ends
	// its process each time, before it is dead-lettered with a [*CrashedError].
	// Zero means 5. A negative one means that there is no limit of eventing's:
	// then the broker's own acts, if it has one. It has no effect where the
	// broker neither counts nor flags what comes again: see [Delivery].
	MaxDeliveries int

	// DeadLetters is the address of the listener's dead letters, made of the
	// signs of a name. No other listener and no event may have it. Empty means
	// DLQ.<event>.<listener>.
	DeadLetters string

	// Timeout is how long one attempt may take until its context is done. A
	// handler that ignores that keeps its place. Zero means no limit.
	Timeout time.Duration
}

// DefaultPolicy is the policy of a listener whose tag says nothing.
var DefaultPolicy = Policy{Retries: 3, Backoff: defaultBackoff}

const (
	defaultBackoff    = 100 * time.Millisecond
	defaultMaxBackoff = time.Minute
	defaultInPlace    = 2 * time.Second
	maxInPlace        = time.Minute

	// A crash also counts for what was prefetched behind its cause, but once
	// only for the same listener (see hold): 5 leaves room for connections that break. The most is
	// below the limit at which Artemis acts, without a reason in the message.
	defaultMaxDeliveries = 5
	maxMaxDeliveries     = 9
)

// effective returns the policy with its defaults filled in.
func (p Policy) effective() Policy {
	if p.Backoff == 0 {
		p.Backoff = defaultBackoff
	}
	if p.MaxBackoff == 0 {
		p.MaxBackoff = max(defaultMaxBackoff, p.Backoff)
	}
	if p.InPlace == 0 {
		p.InPlace = defaultInPlace
	}
	if p.MaxDeliveries == 0 {
		p.MaxDeliveries = defaultMaxDeliveries
	}
	return p
}

// check tells all that is wrong with an effective policy.
func (p Policy) check() error {
	var errs []error
	refuse := func(format string, args ...any) { errs = append(errs, fmt.Errorf("policy: "+format, args...)) }
	if p.Retries < 0 || p.Retries > maxCount {
		refuse("Retries is %d: it must be a whole number from 0 to %d", p.Retries, maxCount)
	}
	if p.Backoff < 0 || p.Backoff > MaxRetryDelay {
		refuse("Backoff is %v: it must not be negative or longer than %v", p.Backoff, MaxRetryDelay)
	}
	if p.MaxBackoff < p.Backoff || p.MaxBackoff > MaxRetryDelay {
		refuse("MaxBackoff is %v: it must not be shorter than Backoff (%v) or longer than %v", p.MaxBackoff, p.Backoff, MaxRetryDelay)
	}
	if p.InPlace > maxInPlace {
		refuse("InPlace is %v: it must not be longer than %v, since the events behind wait", p.InPlace, maxInPlace)
	}
	if p.MaxDeliveries > maxMaxDeliveries {
		refuse("MaxDeliveries is %d: it must not be more than %d, since brokers have a limit of their own", p.MaxDeliveries, maxMaxDeliveries)
	}
	if p.DeadLetters != "" {
		if err := checkName("dead-letter", p.DeadLetters); err != nil {
			refuse("DeadLetters: %w", err)
		}
	}
	if p.Timeout < 0 {
		refuse("Timeout is %v: it must not be negative; zero means no limit", p.Timeout)
	}
	return errors.Join(errs...)
}

// String prints the policy with all that follows from it.
func (p Policy) String() string {
	p = p.effective()
	timeout, retries := "none", "no retries"
	if p.Timeout > 0 {
		timeout = p.Timeout.String()
	}
	if p.Retries > 0 {
		retries = fmt.Sprintf("%d retries, the first after %v, then doubling up to %v, ", p.Retries, p.Backoff, p.MaxBackoff)
		if p.InPlace > 0 {
			retries += fmt.Sprintf("in place for at most %v and by delayed redelivery from then on", p.InPlace)
		} else {
			retries += "by delayed redelivery"
		}
	}
	text := fmt.Sprintf("%s; then dead letter; timeout %s", retries, timeout)
	if p.MaxDeliveries > 0 {
		text += fmt.Sprintf("; dead letter as crashed after %d deliveries without an end", p.MaxDeliveries)
	}
	return text
}

// step is what follows a failed attempt. At most one field is set; none means
// to try again at once.
type step struct {
	inPlace    time.Duration // pause here, then try again
	later      time.Duration // have the broker deliver it again after this time
	deadLetter bool
}

// next decides what follows the failure of an attempt, counted from 1, when
// this delivery has paused for spent so far, and whether the broker delays. The
// policy is an effective one.
func (p Policy) next(err error, attempt int, spent time.Duration, delays bool) step {
	if attempt > p.Retries || isPermanent(err) || isDecodeError(err) {
		return step{deadLetter: true}
	}
	after, ok := retryAfter(err)
	switch {
	case ok && delays:
		return step{later: after}
	case ok:
		return step{inPlace: min(after, max(p.InPlace-spent, 0))}
	}
	pause := p.pause(attempt)
	if spent+pause <= p.InPlace {
		return step{inPlace: pause}
	}
	if !delays { // a RetryAfter has used up what may be in place
		return step{inPlace: max(p.InPlace-spent, 0)}
	}
	return step{later: pause}
}

// pause returns the pause after a failed attempt.
func (p Policy) pause(attempt int) time.Duration {
	pause := p.Backoff
	for range attempt - 1 {
		if pause >= p.MaxBackoff {
			break
		}
		pause *= 2
	}
	return min(pause, p.MaxBackoff)
}

// ListenerPolicy is the policy in code of one listener, made by [PolicyFor].
type ListenerPolicy struct {
	listener reflect.Type // the struct
	policy   Policy
}

// PolicyFor gives the listener L a policy, for [Config].Policies. L is the
// listener's struct type, or a pointer to it. The policy takes the place of the
// options retries, backoff and timeout in the listener's tag, all of them: so
// a program can give a listener of a library another policy. To change one
// value only, begin with a copy of [DefaultPolicy].
func PolicyFor[L any](policy Policy) ListenerPolicy {
	t := reflect.TypeFor[L]()
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return ListenerPolicy{listener: t, policy: policy}
}

type policyEntry struct {
	policy Policy
	place  string
	used   bool
}

// addPolicy adds a policy in code. It must come before its listener.
func (r *registry) addPolicy(p ListenerPolicy, place string) error {
	if p.listener == nil {
		return errors.New("listener policy is empty: use PolicyFor")
	}
	if other, ok := r.policies[p.listener]; ok {
		return fmt.Errorf("listener %s has two policies in code%s%s: keep one of them", reflectx.FullName(p.listener), at(other.place), at(place))
	}
	policy := p.policy.effective()
	r.policies[p.listener] = &policyEntry{policy: policy, place: place}
	if err := policy.check(); err != nil {
		return fmt.Errorf("listener %s%s: %w", reflectx.Name(p.listener), at(place), err)
	}
	return nil
}

// policyOf returns the effective policy of a listener, t is *struct.
func (r *registry) policyOf(t reflect.Type, byTag Policy) (Policy, error) {
	if entry, ok := r.policies[t.Elem()]; ok {
		return entry.policy, nil // checked when it was added
	}
	policy := byTag.effective()
	return policy, policy.check()
}

// checkPolicies tells which policies in code are for nobody.
func (r *registry) checkPolicies() error {
	var errs []error
	for t, entry := range r.policies {
		if !entry.used {
			errs = append(errs, fmt.Errorf("policy in code%s is for %s, which is no listener here: register that, or remove the policy", at(entry.place), reflectx.FullName(t)))
		}
	}
	return errors.Join(errs...)
}
