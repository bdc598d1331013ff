package soak

import (
	"context"

	"github.com/aspyx-go/aspyx/environment"
	"github.com/aspyx-go/aspyx/eventing"
)

// ticked is the event, known by its number.
type ticked struct {
	eventing.Event `event:"name=soak.ticked,durable"`
	Number         int `json:"number"`
}

// crew handles in a group, several events at once.
type crew struct {
	eventing.Listener[ticked] `listener:"name=soak.member,group=crew,concurrency=4"`
	Ledger                    *ledger `inject:""`
}

func (l *crew) On(_ context.Context, event ticked) error {
	l.Ledger.handled(byCrew, event.Number)
	return nil
}

// clerk handles one event after the other.
type clerk struct {
	eventing.Listener[ticked] `listener:"name=soak.clerk"`
	Ledger                    *ledger `inject:""`
}

func (l *clerk) On(_ context.Context, event ticked) error {
	l.Ledger.handled(byClerk, event.Number)
	return nil
}

// The listeners, as the ledger knows them.
const (
	byCrew = iota
	byClerk
	listeners
)

// prefetch is how many events a listener holds without having acknowledged them:
// 32 for each that it handles at once.
var prefetch = [listeners]int{byCrew: 4 * 32, byClerk: 32}

var names = [listeners]string{byCrew: "crew", byClerk: "clerk"}

// queues are those of the listeners, and of their dead letters.
func queues() []eventing.Queue {
	own := []eventing.Queue{
		{Event: "soak.ticked", Listener: "soak.member", Group: "crew", Durable: true},
		{Event: "soak.ticked", Listener: "soak.clerk", Durable: true},
	}
	return append(own, own[0].DeadLetter(), own[1].DeadLetter())
}

func module(books *ledger) environment.Part {
	return environment.Module("service",
		eventing.Module(eventing.Configured()),
		environment.Register[ticked](),
		environment.Register[crew](),
		environment.Register[clerk](),
		environment.Supply(books),
	)
}
