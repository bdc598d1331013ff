package memory

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aspyx-go/aspyx/eventing"
)

var errUndeclared = errors.New("the queue doesn't exist (declare it before)")

// Broker is a message broker inside this process. As an [eventing.Source] it
// is shared by all environments that name it, each of which opens a provider
// of its own. It outlives them, with all that is in its queues, and needs no
// closing. It is safe for concurrent use.
type Broker struct {
	serverName  string
	maxMessages int
	maxBytes    int64
	overflow    Overflow

	mu        sync.RWMutex // guards the map, not what is in it
	addresses map[string]*address

	epoch    time.Time
	parked   sync.Pool      // of *parked
	draining atomic.Bool    // messages aren't delayed any more
	closed   atomic.Bool    // messages are refused
	idled    chan struct{}  // holds a token when, while draining, a queue became empty
	timers   sync.WaitGroup // runs of onTimer that are to come
}

var _ eventing.Source = (*Broker)(nil)

// NewBroker returns a broker to share, with the default bounds. For other
// ones, see [Config.NewBroker].
func NewBroker() *Broker { return Config{}.broker() }

// Open returns a new provider that uses b. It never fails.
func (b *Broker) Open(settings eventing.Settings) (eventing.Provider, error) {
	return newProvider(b, settings), nil
}

// address returns nil where no queue was ever declared.
func (b *Broker) address(name string) *address {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return b.addresses[name]
}

// all returns the addresses by name.
func (b *Broker) all() []*address {
	b.mu.RLock()
	defer b.mu.RUnlock()
	all := make([]*address, 0, len(b.addresses))
	for _, a := range b.addresses {
		all = append(all, a)
	}
	slices.SortFunc(all, func(x, y *address) int { return strings.Compare(x.name, y.name) })
	return all
}

// declare makes a queue. One that exists stays as it is.
func (b *Broker) declare(spec eventing.Queue) error {
	a := b.makeAddress(spec.Address())
	name := queueName(spec)
	a.mu.Lock()
	defer a.mu.Unlock()
	q := a.find(name)
	switch {
	case q == nil:
		a.queues = append(a.queues, &queue{address: a, spec: spec, name: name})
		return nil
	case sameQueue(q.spec, spec):
		return nil
	default:
		return fmt.Errorf("the queue of listener %q is named like that of listener %q (rename one of them)", spec.Listener, q.spec.Listener)
	}
}

func (b *Broker) makeAddress(name string) *address {
	b.mu.Lock()
	defer b.mu.Unlock()
	a := b.addresses[name]
	if a == nil {
		a = &address{broker: b, name: name}
		b.addresses[name] = a
	}
	return a
}

// sameQueue tells, of two queues with one name, whether they are one. They
// aren't where a listener's name ends as if a server's name were appended, or
// where event and listener are divided elsewhere in the name of a dead-letter
// queue.
func sameQueue(x, y eventing.Queue) bool {
	if x.IsDeadLetter() || y.IsDeadLetter() {
		return x.IsDeadLetter() == y.IsDeadLetter() && x.Event == y.Event && x.Listener == y.Listener
	}
	if x.Group != y.Group || x.Server != y.Server {
		return false
	}
	return x.Group != "" || x.Listener == y.Listener
}

// remove removes a queue that has no consumer.
func (b *Broker) remove(spec eventing.Queue) error {
	a := b.address(spec.Address())
	if a == nil {
		return nil
	}
	a.mu.Lock()
	defer a.unlock()
	q := a.find(queueName(spec))
	switch {
	case q == nil:
		return nil
	case len(q.consumers) > 0:
		return eventing.ErrQueueInUse
	}
	a.drop(q)
	a.room = true
	return nil
}

// attach lets a new consumer of provider begin.
func (b *Broker) attach(provider *Provider, spec eventing.Queue, prefetch int) (*consumer, error) {
	a := b.address(spec.Address())
	if a == nil {
		return nil, errUndeclared
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	q := a.find(queueName(spec))
	if q == nil {
		return nil, errUndeclared
	}
	if q.spec.Exclusive() && len(q.consumers) > 0 {
		return nil, fmt.Errorf("%w: that of another process that runs as server %q too", eventing.ErrQueueInUse, spec.Server)
	}
	c := &consumer{provider: provider, queue: q, prefetch: prefetch}
	q.consumers = append(q.consumers, c)
	return c, nil
}
