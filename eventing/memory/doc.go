// Package memory is the embedded transport of eventing: a broker inside the
// process. It needs no set-up, so it is what programs start with and what
// their tests run on.
//
// # What it is
//
// A [Broker] has addresses, one for each event, and each address has queues,
// one for each listener. A message that is sent to an address enters all of
// its queues at once or none. Consumers of one queue compete for its messages.
// An address without queues takes every message, confirms it and forgets it,
// unless the message is mandatory.
//
// A [Config] makes each environment a broker of its own. A [Broker] from
// [NewBroker] is shared by all environments that name it: so a test plays
// several servers in one process.
//
// # What it promises
//
// The same as a broker, for the life of the process: a message stays until it
// is accepted, a released one goes back to where it was in its queue, and
// durable queues outlive their consumers. A queue of one server has one
// consumer at most, and vanishes with it unless it is durable.
//
// The messages of one [eventing.Message.Key] go to one consumer at a time, in
// their order. It owns the key while it holds messages of it, and until it has
// received those whose turn came meanwhile, or is closed. Messages of other keys,
// and those without one, pass them by. Only copies for a later retry come out of
// order.
//
// A queue is bounded, in messages and in bytes; waiting, delayed and unsettled
// messages count. Where one of its queues is full, sending to an event waits,
// in line, until there is room or the context is done; or else [Config].Overflow
// has the queue drop its oldest messages, or has the sending fail. Two kinds of
// messages have an [eventing.Message.Target], and wait in any case:
//
//   - A copy for a later retry comes from a worker which holds the original.
//     If it waited for room, all workers of a full queue could wait for each
//     other. So it never waits while the queue's consumers hold messages: a
//     queue exceeds its bounds by those copies whose original isn't accepted
//     yet.
//   - A dead letter waits for room in its dead-letter queue, like any message.
//     Until somebody takes dead letters out of a full one, the listener which
//     has a further one is stalled: it is better not to go on than to lose it.
//
// A message whose time to live is over is never delivered. It is removed at
// that time, or in a long queue a moment later, which makes room, and counted in
// [QueueStats]. A consumer that holds it by then may go on. Priorities arrive
// and change no order: a queue is first in, first out.
//
// [eventing.Delivery.Count] counts deliveries that were unsettled when their
// provider stopped, as if a process had died. What a consumer that is closed
// gives back was released, and a release isn't counted.
//
// # How it fails
//
// [eventing.ErrNotSent] tells that the context was done before there was room,
// or that the provider was stopped. [eventing.ErrRejected] tells that a
// message is larger than a whole queue may be, that its target doesn't exist,
// that it is mandatory and there is no queue ([eventing.ErrUnroutable]), or that
// a queue is full ([ErrQueueFull]). [eventing.ErrQueueInUse] tells that a server's queue has its consumer
// already.
package memory
