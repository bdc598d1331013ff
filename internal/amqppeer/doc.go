// Package amqppeer is a scripted AMQP 1.0 peer for tests: a server that does
// what brokers do rarely, late or never. [Start] listens on a loopback port;
// [Script] says how the peer treats the links to one address, and [Link] and
// [Conn] let the test act in its name at any time.
//
//	peer := amqppeer.Start(t, amqppeer.Options{})
//	peer.Script("event", amqppeer.Script{Answer: amqppeer.Always(amqppeer.Released)})
//	provider := start(t, amqp.Config{URL: peer.URL})
//	…
//	link := peer.Link("event", 0)     // waits until it is attached
//	message := link.Message(0)        // waits until it has come
//	link.Detach(&amqppeer.Error{Condition: "amqp:link:detach-forced"})
//
// The peer knows only what it needs of the protocol, and of Artemis' management:
// it routes nothing. It is strict where brokers are: a gap in the delivery ids, or
// a message without credit, fails the test.
package amqppeer
