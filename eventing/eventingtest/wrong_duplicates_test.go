package eventingtest_test

import (
	"context"
	"strings"
	"sync"

	"github.com/aspyx-go/aspyx/eventing"
)

// publications are the duplicate ids that a broker has seen, by address.
type publications struct {
	mu   sync.Mutex
	seen map[[2]string]bool
}

func (d *publications) first(address, id string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	key := [2]string{address, id}
	if d.seen[key] {
		return false
	}
	d.seen[key] = true
	return true
}

// detectDuplicates makes a broker that confirms and drops what was sent to an
// address under the same id before. An empty id is no id.
func detectDuplicates(idOf func(*eventing.Message) string) func() func(*faulty) {
	return func() func(*faulty) {
		d := &publications{seen: map[[2]string]bool{}}
		return func(p *faulty) {
			p.submit = func(ctx context.Context, p *faulty, message *eventing.Message) (eventing.Receipt, error) {
				address := message.Event
				if message.Target != nil {
					address = message.Target.Address()
				}
				if id := idOf(message); id != "" && !d.first(address, id) {
					return eventing.Confirmed, nil
				}
				return p.Provider.Submit(ctx, message)
			}
		}
	}
}

// byDuplicateID is right: that is what brokers do.
func byDuplicateID(message *eventing.Message) string { return message.DuplicateID }

// byPublication takes the copies of all queues for one.
func byPublication(message *eventing.Message) string {
	id, _, _ := strings.Cut(message.DuplicateID, ".")
	return id
}

func byListener(message *eventing.Message) string {
	id, _, _ := strings.Cut(message.DuplicateID, "@")
	return id
}

func byEventID(message *eventing.Message) string { return message.ID.String() }
