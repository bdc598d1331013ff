package eventing

import (
	"fmt"
	"slices"
	"sync"
)

// directory keeps the names of all listeners apart, those that come and go at
// run time included.
type directory struct {
	mu       sync.Mutex
	registry *registry // of the boot
}

// enlist takes the names of a newcomer, whose event is known from then on.
func (d *directory) enlist(n *newcomer, publish func(*registry)) (*listenerEntry, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	r := d.registry
	known := len(r.events)
	event, err := n.describe(r, n.durable)
	if err != nil {
		return nil, err
	}
	isNew := len(r.events) > known
	entry, err := r.enlistNewcomer(n, event)
	switch {
	case isNew && err != nil:
		delete(r.events, event.Type)
		delete(r.names, event.Name)
	case isNew:
		publish(r)
	}
	return entry, err
}

func (r *registry) enlistNewcomer(n *newcomer, event *EventDescriptor) (*listenerEntry, error) {
	if n.durable && !event.Durable {
		return nil, fmt.Errorf("event %q isn't durable, so that a durable queue has no use: say durable where the event is defined", event.Name)
	}
	listener := n.listener
	listener.Event = event
	if err := r.apart(&listener); err != nil {
		return nil, err
	}
	entry := &listenerEntry{descriptor: &listener}
	return entry, r.enlist(entry)
}

// apart tells whether events and dead letters have addresses of their own. At
// boot that is seen once all events are known.
func (r *registry) apart(d *EventListenerDescriptor) error {
	letters := d.deadLetters()
	_, taken := r.names[letters]
	taken = taken || letters == d.Event.Name
	for _, other := range r.listeners {
		if other.descriptor.deadLetters() == d.Event.Name {
			return fmt.Errorf("event %q has the name of the dead letters of %s: choose another", d.Event.Name, other)
		}
		taken = taken || other.descriptor.Event.Name == letters
	}
	if taken {
		return fmt.Errorf("%s has its dead letters in %q, which is the name of an event", d.subject(), letters)
	}
	return nil
}

// leave tells whether another listener of the manager has the same queue. The
// names stay taken until strike.
func (d *directory) leave(entry *listenerEntry) (shared bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	entry.leaves = true
	mine := entry.descriptor
	return mine.Group != "" && slices.ContainsFunc(d.registry.listeners, func(other *listenerEntry) bool {
		return !other.leaves && other.descriptor.Group == mine.Group && other.descriptor.Event.Name == mine.Event.Name
	})
}

// strike frees the names.
func (d *directory) strike(entry *listenerEntry) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.registry.listeners = slices.DeleteFunc(d.registry.listeners, func(other *listenerEntry) bool { return other == entry })
}
