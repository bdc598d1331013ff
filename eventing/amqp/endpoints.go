package amqp

import (
	"context"
	"slices"
	"strings"
	"sync"
)

// endpoints are the places of a broker. The connections of a provider are always
// to the same one: what is published to one broker, and consumed from another
// that doesn't pass it on, would be lost in silence. So a connection goes where
// another one is that works; where there is none, to the place that worked last,
// and from there on through all of them.
type endpoints struct {
	all []*endpoint

	mu   sync.Mutex             // guards what follows
	next int                    // where to try
	held map[string]*connection // made last, by role
}

// String lists the addresses.
func (e *endpoints) String() string {
	texts := make([]string, len(e.all))
	for i, each := range e.all {
		texts[i] = each.address
	}
	return strings.Join(texts, ",")
}

// dial makes the connection of a role.
func (e *endpoints) dial(ctx context.Context, container, role string) (*connection, error) {
	at := e.choose(role)
	conn, err := at.dial(ctx, container+role)
	if err != nil {
		e.pass(at)
		return nil, err
	}
	if other := e.hold(role, conn); other != nil {
		conn.Abort()
		return nil, &connectError{at.address, "the other connection is to " + other.address + " meanwhile", nil}
	}
	return conn, nil
}

// choose returns where to try.
func (e *endpoints) choose(role string) *endpoint {
	e.mu.Lock()
	defer e.mu.Unlock()
	if other := e.other(role); other != nil {
		return other
	}
	return e.all[e.next]
}

// other returns where the connection of another role is, or nil. The caller holds
// mu.
func (e *endpoints) other(role string) *endpoint {
	for each, conn := range e.held {
		if each != role && !conn.isLost() {
			return conn.endpoint
		}
	}
	return nil
}

// pass goes on to the next place, unless a connection works at this one.
func (e *endpoints) pass(at *endpoint) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.all[e.next] == at && e.other("") == nil {
		e.next = (e.next + 1) % len(e.all)
	}
}

// hold notes where a new connection is. It returns where another one has come to
// be meanwhile, unless that is the same place.
func (e *endpoints) hold(role string, conn *connection) (elsewhere *endpoint) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if other := e.other(role); other != nil && other != conn.endpoint {
		return other
	}
	if e.held == nil {
		e.held = map[string]*connection{}
	}
	e.held[role] = conn
	e.next = slices.Index(e.all, conn.endpoint)
	return nil
}
