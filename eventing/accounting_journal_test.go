package eventing_test

import (
	"encoding/json"
	"sync"

	"github.com/aspyx-go/aspyx/eventing"
)

// The ends of an event in a queue.
type end int

const (
	wasHandled end = iota
	wasLettered
	isLeft
)

// place is one event in one queue.
type place struct {
	queue  string
	number int
}

// journal keeps what has happened.
type journal struct {
	mu     sync.Mutex
	calls  map[place]int
	ends   [3]map[place]int // how often
	sent   map[int]bool
	unsent map[int]bool
}

func newJournal() *journal {
	return &journal{
		calls: map[place]int{}, sent: map[int]bool{}, unsent: map[int]bool{},
		ends: [3]map[place]int{{}, {}, {}},
	}
}

// outcome notes whether the event was sent, and returns the error.
func (j *journal) outcome(number int, err error) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if err == nil {
		j.sent[number] = true
	} else {
		j.unsent[number] = true
	}
	return err
}

func (j *journal) called(queue string, number int) int {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.calls[place{queue, number}]++
	return j.calls[place{queue, number}]
}

func (j *journal) ended(how end, queue string, number int) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.ends[how][place{queue, number}]++
}

func (j *journal) handled(queue string, number int) { j.ended(wasHandled, queue, number) }

// lettered reads where the dead letter comes from.
func (j *journal) lettered(message *eventing.Message) {
	j.ended(wasLettered, header(message, "aspyx_destination"), numberOf(message))
}

func numberOf(message *eventing.Message) int {
	var event crate
	if err := json.Unmarshal(message.Body, &event); err != nil {
		panic(err)
	}
	return event.Number
}
