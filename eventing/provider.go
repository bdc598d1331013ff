package eventing

import (
	"context"
	"log/slog"
)

// Provider is one transport: a broker's client, or a broker in the process.
//
// A provider moves messages and decides nothing: pipelines, codecs, retries,
// dead letters, concurrency and time-outs live in [EventManager]. Users don't
// call a provider; [EventManager] drives it in this order: Start, Declare,
// Attach (once per listener), Submit and the consumers' methods in any order,
// Stop. Where listeners come, pause and go at run time, Declare, Attach and
// Remove come at any time in between.
//
// All methods must be safe for concurrent use. Every method that takes a
// context returns soon after the context is done.
type Provider interface {
	// Name is the transport's name for logs and errors, like "memory".
	Name() string

	// ServerName is the name of this server, for queues that each server has
	// for itself. Empty means that it wasn't configured.
	ServerName() string

	// Start connects. An unreachable broker is an error that wraps
	// [ErrUnavailable] and holds no password.
	Start(ctx context.Context) error

	// Declare makes the queues, each with its [Queue.DeadLetter] queue, and
	// returns when they exist: an event that is sent afterwards is kept in
	// each of them. A queue that exists stays as it is.
	Declare(ctx context.Context, queues []Queue) error

	// Remove removes a queue and what is in it, but not its dead-letter queue:
	// nobody is going to consume from it any more. A queue that has a consumer
	// stays, and the error wraps [ErrQueueInUse]. One that doesn't exist is no
	// error. Where the broker lets nobody remove queues, the error wraps
	// [errors.ErrUnsupported].
	Remove(ctx context.Context, queue Queue) error

	// Attach begins to consume from a queue that was declared, or from a
	// dead-letter queue. At most prefetch messages (1 or more) are held here
	// without having been settled. A second consumer of an exclusive queue is
	// an error that wraps [ErrQueueInUse].
	Attach(ctx context.Context, queue Queue, prefetch int) (Consumer, error)

	// Submit hands the message over and returns its receipt. The messages of
	// one caller keep their order. It blocks while the transport has no room,
	// until the context is done: then, and whenever the message surely didn't
	// leave, the error wraps [ErrNotSent]. The message and what it refers to
	// must not be changed afterwards, by either side.
	//
	// [Message.Delay] and [Message.TTL] are kept, for messages to an event and
	// for those with a target. Where the broker has no priorities, or is left
	// to itself, [Message.Priority] may have no effect; it still arrives.
	Submit(ctx context.Context, message *Message) (Receipt, error)

	// Done is closed when the provider can't go on: it was stopped, or it has
	// failed in a way that it doesn't heal from. A broker that goes away is none:
	// the provider waits for it, and the methods meanwhile within their contexts,
	// [Healthy] tells of it.
	Done() <-chan struct{}

	// Err tells why Done is closed: [ErrClosed] after Stop, else the failure.
	// It is nil while Done is open.
	Err() error

	// Stop flushes what was submitted and settled, and closes connections. All
	// consumers have been closed before. It ends all goroutines of the
	// provider, also when the context is done first. A second call, or one
	// without Start, does nothing.
	Stop(ctx context.Context) error
}

// Healthy is implemented by a provider that can be out of order for a while.
type Healthy interface {
	// Health returns nil while the provider is connected and works, else an
	// error that says what is wrong and holds no password. What concerns one
	// consumer only is left to that, where it is a [Reporter]. It returns at once.
	Health() error
}

// Drainer is implemented by a provider whose queues end with it, since nobody
// else can ever handle what is left in them.
type Drainer interface {
	// Drain returns when all queues that have a consumer are empty and their
	// deliveries settled, delayed messages included, which become due at once;
	// or when the context is done, with its error. From then on Submit is
	// refused with [ErrNotSent] and [ErrClosed]. The manager calls it while its
	// listeners still work.
	Drain(ctx context.Context) error
}

// Consumer is one listener's hold on one queue.
//
// Its methods are safe for concurrent use: several workers of one listener
// receive from one consumer.
type Consumer interface {
	// Receive waits for the next message and fills into. When the context is
	// done first it returns the context's error, and no message is lost.
	// After Close, or when the provider has failed, it returns an error that
	// doesn't go away. While the broker is away it goes on waiting; what was
	// received before and isn't settled comes again.
	Receive(ctx context.Context, into *Delivery) error

	// Settle ends a delivery that Receive has filled. It is called once at most
	// for each. An error means that the broker may not have heard of it: the
	// message will come again, so there is nothing to repeat.
	Settle(delivery *Delivery, disposition Disposition) error

	// Close takes no further messages, gives back uncounted, all at once and in
	// its old order, what was prefetched or received and isn't settled, and lets
	// the settlements pass. A durable or shared queue stays. A second call does
	// nothing.
	Close(ctx context.Context) error
}

// Delivery is one message in the hands of a consumer.
type Delivery struct {
	// Message is what was sent.
	Message *Message

	// Count is how often the broker has begun to deliver the message, this
	// time included and those left out that were released; 0 where the broker
	// doesn't tell. A process that dies adds to it, for what it had in its
	// hands and maybe for what it had prefetched, and a broken connection may
	// too: it isn't a number of attempts.
	Count int

	// Redelivered tells that the message was delivered before, where the broker
	// says no more than that. Count is 0 then. Each time counts like the death
	// of a process: where a broker flags what was released too, stops count.
	Redelivered bool

	// Tag belongs to the provider: what it needs to settle.
	Tag any
}

// Disposition is how a delivery ends. The zero value is none.
type Disposition int

// The dispositions.
const (
	// Accept removes the message from the queue: it was handled, or a copy of
	// it was confirmed elsewhere.
	Accept Disposition = iota + 1

	// Release gives the message back unhandled. It isn't counted as a failure
	// and the message goes to its old place in the queue, at the latest when
	// the consumer is closed. Only a stop or a pause releases: a release for an
	// error would loop.
	Release
)

// String returns the name of the disposition.
func (d Disposition) String() string {
	switch d {
	case Accept:
		return "accept"
	case Release:
		return "release"
	default:
		return "none"
	}
}

// Receipt is the promise of a confirmation.
type Receipt interface {
	// Wait returns nil when the broker has taken responsibility for the
	// message. Otherwise the error wraps [ErrUnconfirmed] when the outcome is
	// unknown (the context was done or the connection broke while the message
	// was on its way), [ErrRejected] when the broker has refused it, or
	// [ErrNotSent] when it surely never left. It may be called once.
	Wait(ctx context.Context) error
}

// Notifier is implemented by a [Receipt] that can tell when Wait won't block
// any more. It spares [EventManager.SendAsync] a goroutine for each send.
type Notifier interface {
	// Notify has f called once, when the outcome is known: at once, if it is
	// already. It is called once, before Wait. f returns at once.
	Notify(f func())
}

// Confirmed is the [Receipt] of a message that is confirmed already.
var Confirmed Receipt = confirmed{}

type confirmed struct{}

func (confirmed) Wait(context.Context) error { return nil }

// Source makes the provider of one environment. The Config types of the
// transports are sources, so that a module which names one can be booted many
// times, each time with a provider of its own.
type Source interface {
	// Open returns a new provider that isn't connected yet. A configuration
	// that can't work is an error which names all that is wrong with it, and
	// no password.
	Open(settings Settings) (Provider, error)
}

// Settings is what an environment tells a [Source].
type Settings struct {
	// ServerName, unless empty, wins over the name in the transport's Config.
	ServerName string

	// Logger is where the provider logs. Nil means [slog.Default].
	Logger *slog.Logger

	// Property returns a value of the environment's configuration, or "" where
	// there is none. Nil means that there is no configuration.
	Property func(key string) (string, error)
}
