// Package amqp carries events over AMQP 1.0, to ActiveMQ Artemis first.
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
// one address share one link and are pipelined: up to 1,000 may be
// unconfirmed, and 16 MiB of them before the next one waits. A body may have
// [Config.MaxMessageBytes]. Queues are made through the broker's management
// address. A user without the manage permission gets queues that the broker
// makes when a link attaches, and one warning that says what then differs.
//
// Certificates and host names are always verified, with TLS 1.2 or later.
//
// # Failing
//
// An event that the broker holds back, by giving no credit, can't be called
// back: it is [eventing.ErrUnconfirmed] when its time is over. Stop ends its
// link once nobody waits for it. What finds its link detached by the broker is
// sent on a new one.
//
// A lost connection isn't mended: Done closes, sends and receives fail with
// [eventing.ErrUnavailable], and what wasn't settled is delivered again, to
// others or after a restart.
package amqp
