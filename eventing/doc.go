// Package eventing sends typed events to typed listeners.
//
// An event is a struct that embeds [Event]. A listener is a struct that embeds
// [Listener] of that event and has the method On. [EventManager.SendEvent]
// sends; whether the event goes through this process or a broker is a matter
// of the [Provider]: eventing/memory and eventing/amqp. [Module] makes it all
// part of a container; [NewEventManager] does without one.
//
// # Delivery
//
// At least once: SendEvent returns nil when the broker has taken the event,
// and the event leaves its queue when On has returned nil. In between it may
// be delivered again, by a process that was killed or a connection that broke:
// listeners must tolerate that, and [Envelope.ID] tells them. An event reaches
// each listener's queue once; processes that run the same listener share its
// queue. One queue's events are handled in order, as long as none fails and
// the listener's concurrency is 1; those of one [Key] in any case. A
// [BatchListener] gets several events at once. [Subscribe] has a function listen
// while the manager runs.
//
// # Failure
//
// An error or a panic of a listener goes to its [Policy]: the event is tried
// again in place, then by delayed redelivery, and at last put into the queue
// DLQ.<event>.<listener>, with the reason in its headers. What no repetition
// mends ([Permanent] errors, bodies that can't be decoded) goes there at once.
// Nothing is acknowledged before the copy is confirmed.
//
// # Errors
//
// What became of a sent event is told apart by [ErrNotSent], [ErrUnconfirmed],
// [ErrRejected] and [ErrUnroutable]; [ErrInvalid], [ErrTooLarge], [ErrHeader] and
// [ErrOption] tell what was wrong with the event itself; [ErrUnavailable] means
// that the broker can't be reached. A panic of a listener, a pipeline or a codec
// is a [*PanicError]. Wrong tags, signatures and names are errors at boot, all of
// them at once.
//
// # Time limits
//
// Nothing waits forever: a send without a deadline ends after 30 seconds, and
// so does a stop. Whatever is then still busy is cancelled with the cause
// [ErrStopping] and not counted as a failure.
package eventing
