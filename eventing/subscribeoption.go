package eventing

import "fmt"

// SubscribeOption is an option of [Subscribe] and [SubscribeName], which return
// what is wrong with it.
type SubscribeOption func(*newcomer) error

// As gives the subscription a name, unique among the manager's listeners. Its
// queue is then like that of a listener of this name: processes share it, and
// it is durable if the event is.
func As(name string) SubscribeOption {
	return func(n *newcomer) error {
		n.listener.Name = name
		return checkName("subscription", name)
	}
}

// InGroup names the shared queue in place of the subscription's name: see
// [Listener]. It needs [As].
func InGroup(group string) SubscribeOption {
	return func(n *newcomer) error {
		n.listener.Group = group
		return checkName("group", group)
	}
}

// PerProcess gives each server a queue of its own: see [Listener]. Without
// [As] it is so anyway.
func PerProcess() SubscribeOption {
	return func(n *newcomer) error {
		n.listener.PerProcess = true
		return nil
	}
}

// Concurrency is how many events are handled at once, from 1 to 10,000. The
// default is 1.
func Concurrency(n int) SubscribeOption {
	return func(newcomer *newcomer) error {
		newcomer.listener.Concurrency = n
		if n < 1 || n > maxCount {
			return fmt.Errorf("option Concurrency(%d) must be a whole number from 1 to %d", n, maxCount)
		}
		return nil
	}
}

// FailurePolicy is what happens to an event whose handling fails. The default
// is [DefaultPolicy].
func FailurePolicy(policy Policy) SubscribeOption {
	return func(n *newcomer) error {
		n.listener.Policy = policy // checked with its defaults
		return nil
	}
}

// Once has the manager's [Inbox] keep out what was handled before: see the
// option once of [Listener]. It needs [As].
func Once() SubscribeOption {
	return func(n *newcomer) error {
		n.listener.Once = true
		return nil
	}
}

// Metadata notes something about the subscription, for who reads
// [EventManager.Subscriptions]. It has no other effect. Of two values of one key
// the last counts.
func Metadata(key, value string) SubscribeOption {
	return func(n *newcomer) error {
		if n.metadata == nil {
			n.metadata = map[string]string{}
		}
		n.metadata[key] = value
		return nil
	}
}

// DurableQueue makes the queue durable where [SubscribeName] names an event
// that the manager doesn't know. It needs [As]. A known event says itself
// whether it is durable: then one that isn't is an error.
func DurableQueue() SubscribeOption {
	return func(n *newcomer) error {
		n.durable = true
		return nil
	}
}
