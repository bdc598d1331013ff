package amqppeer

import "github.com/Azure/go-amqp"

// Error is why the peer refuses or ends something.
type Error struct{ Condition, Description string }

func (e *Error) encoded() any {
	if e == nil {
		return nil
	}
	return described{codeError, []any{Symbol(e.Condition), e.Description}}
}

// Outcome is what the peer makes of a message. The zero value is [None].
type Outcome struct {
	settled bool
	state   any
}

// The outcomes that need no more words.
var (
	// None is no outcome yet: the test may settle the message later, or never.
	None Outcome
	// Accepted is the only success.
	Accepted = Outcome{true, described{0x24, []any{}}}
	// RejectedBare is a rejection that gives no reason.
	RejectedBare = Outcome{true, described{0x25, []any{}}}
	// Released gives the message back.
	Released = Outcome{true, described{0x26, []any{}}}
	// Modified gives the message back, as one that has failed.
	Modified = Outcome{true, described{0x27, []any{true, false}}}
	// SettledBare settles the message, and doesn't say how.
	SettledBare = Outcome{settled: true}
)

// Rejected refuses the message for a reason.
func Rejected(condition, description string) Outcome {
	return Outcome{true, described{0x25, []any{(&Error{condition, description}).encoded()}}}
}

// Script is how the peer treats the links to one address. The zero value takes
// and accepts all messages, and delivers none.
type Script struct {
	// Refuse refuses to attach. Nil means that links may attach.
	Refuse *Error

	// Silent leaves the attach without an answer.
	Silent bool

	// Credit is for how many messages a sender gets credit. Zero means 1,000,
	// renewed; another number isn't renewed; below zero means none. See
	// [Link.Grant].
	Credit int

	// Answer is asked for the outcome of each message, in the order in which
	// they come. Nil accepts all. It must not call the peer, its links and
	// connections.
	Answer func(*Received) Outcome

	// Deliver is what each receiver is given, as its credit permits.
	Deliver []*amqp.Message
}

// Always gives each message the same outcome.
func Always(outcome Outcome) func(*Received) Outcome {
	return func(*Received) Outcome { return outcome }
}

// InTurn gives the messages of the address these outcomes, one after the other,
// and accepts those that follow.
func InTurn(outcomes ...Outcome) func(*Received) Outcome {
	return func(received *Received) Outcome {
		if received.Index < len(outcomes) {
			return outcomes[received.Index]
		}
		return Accepted
	}
}

// Received is a message that has come.
type Received struct {
	// Index counts the messages of the address, over all links, from 0.
	Index int
	// ID is the delivery id.
	ID uint32
	// Message is what the client has sent.
	Message *amqp.Message
}

// Text returns the body as text.
func (r *Received) Text() string {
	if text, ok := r.Message.Value.(string); ok {
		return text
	}
	return string(r.Message.GetData())
}
