// Package amqp carries events over AMQP 1.0. It is proven on ActiveMQ Artemis and
// ActiveMQ Classic; RabbitMQ and Azure Service Bus are spoken to by their manuals:
// see [Broker]. What follows is about Artemis where it names no other.
//
// [Config] goes to eventing.Module, and [Scheme] to [eventing.Configured]; [New]
// makes a provider for use without the container.
//
// # Mapping
//
// An event is sent to the address of its name. The queue of a listener is
// <event>::<listener>, followed by -<server> when each server has its own; a
// group's is <event>::<event>.<group>. All are MULTICAST queues. A dead-letter
// queue is the ANYCAST queue of an address of its own. [Config.Naming] can
// qualify the listener's name too, since queue names are global in Artemis.
//
// The body is one data section; a header is an application property that
// holds a string. From other clients a string, binary or data sections are
// taken as the body, and simple properties become headers as text.
//
// # Promises
//
// Sending succeeds only when the broker has accepted the message. The sends of
// one address share one link and are pipelined: up to 1,000 may be without an
// outcome, and 16 MiB of them before the next one waits, those included that wait
// to be written. Then it waits until a quarter is free. A body may have
// [Config.MaxMessageBytes]. Queues are made through the broker's management
// address. A user without the manage permission gets queues that the broker
// makes when a link attaches, and one warning that says what then differs.
//
// The key of an event is its group id, which Artemis gives to one consumer at a
// time. A mandatory message is sent only where its address has a queue, or
// another binding, which management tells. The answer holds for a second: a
// message that is sent within that time after its last queue has gone is
// confirmed and lost. Both are for Artemis only.
//
// No message of another client takes a listener, a connection or the process
// down. One that can't be decoded is dead-lettered with its reason, with its
// whole encoding as the body. One that is much larger than
// [Config.MaxMessageBytes] isn't kept while it comes, and the broker is asked to
// put it aside; where it wouldn't keep it, it stays in the queue, and
// Health says so. Messages that were received and aren't settled have
// [Config.MaxInFlightBytes] in all; beyond it nothing more is read.
//
// Certificates and host names are always verified, with TLS 1.2 or later.
//
// # Failing
//
// An event that the broker holds back, by giving no credit, can't be called
// back: it is [eventing.ErrUnconfirmed] when its time is over. There is one at
// most for each address; those behind it are [eventing.ErrNotSent]. Stop ends the
// link once nobody waits for any of them. What finds its link detached by the
// broker is sent on a new one.
//
// Artemis forgets who has a key a moment before it has back what that consumer
// held. Where events of the key are sent at that very time, one of them may be
// delivered to another consumer before those: rarely when a consumer closes,
// and when its connection is lost.
//
// # Healing
//
// A lost connection is made again, for as long as the provider runs: at once,
// then after pauses that grow from 100 ms to 30 s. There are two, for publishing
// and for consuming; when one of them is made, the other is tried at once.
// Whatever needs one waits for it within its context. [Provider.Health] tells why
// there is none; Done closes by Stop alone.
//
// With [Config.Failover] each try goes to the next place, in turn, also where the
// user is refused. Both connections are always to the same place: while one works,
// the other is tried there only. With [Config.StartOffline] the first connection
// is made like that too.
//
// Queues that were declared are declared again before anything is sent. What was
// on its way is sent again first, in its order, with the same duplicate id; one
// without may arrive twice. What nobody waits for any more isn't sent again. It
// is ErrUnconfirmed when it was on its way, and ErrNotSent when it surely wasn't.
// Receive goes on waiting while its link is attached again. A delivery of an old
// link can't be settled; it comes again. A link that the broker ends is treated
// alike, and each try to attach follows a pause.
//
// # Standstills
//
// Where a connection stands and nothing moves, Health tells too, by an error that
// wraps [eventing.ErrStalled]. An address is stalled when the broker has taken and
// confirmed nothing for 30 seconds while messages are on their way to it. A
// consumer is when it waits, has credit, and gets nothing, while the broker's
// management says twice, 30 seconds apart, that messages wait in its queue. What
// may be another consumer's (of a group, or of an exclusive queue) doesn't count.
package amqp
