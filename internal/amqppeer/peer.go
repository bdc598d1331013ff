package amqppeer

import (
	"context"
	"errors"
	"net"
	"sync"
	"testing"
	"time"
)

const (
	// limit is how long a test waits for what must happen.
	limit = 30 * time.Second

	maxFrameSize = 1 << 20
)

// Options say how the peer presents itself. The zero value is an Artemis that
// lets everybody in and can be managed.
type Options struct {
	// Product is the connection's property of that name. Empty means
	// apache-activemq-artemis.
	Product string

	// Properties are the other properties of the connection.
	Properties map[string]any

	// Mechanisms are the SASL mechanisms that are offered. Nil means PLAIN and
	// ANONYMOUS.
	Mechanisms []string

	// Authenticate returns the outcome of SASL: 0 is success, 1 to 4 are
	// failures. Nil lets everybody in. It must not call the peer.
	Authenticate func(Credentials) byte

	// RefuseOpen closes each connection for that reason when it is opened.
	RefuseOpen *Error

	// Mute answers nothing after a connection is open. It still says that it
	// is there.
	Mute bool

	// MaxFrameSize is the largest frame that the peer takes, in bytes. Zero
	// means 64 KiB.
	MaxFrameSize uint32

	// FirstDelivery is the delivery id of the first message that each session
	// delivers.
	FirstDelivery uint32

	// Manage answers requests to Artemis' management, by the result in text, or
	// why the operation is refused. Nil has queues declared, listed and removed.
	// It must not call the peer.
	Manage func(operation string, arguments []any) (result string, err error)
}

// Credentials are by what a client has authenticated.
type Credentials struct{ Mechanism, User, Password string }

// Peer is a server that has been started. Its methods may be called by any
// goroutine, those that wait by the test's own only: they fail the test when
// they have waited for 30 seconds.
type Peer struct {
	// URL is where the peer listens, without a user.
	URL string

	tb      testing.TB
	options Options
	work    sync.WaitGroup

	mu      sync.Mutex    // guards what follows, all connections and their links
	changed chan struct{} // closed at each change
	ended   bool
	scripts map[string]Script
	counts  map[string]int // messages by address
	conns   []*Conn
	links   []*Link
	queues  map[string]map[string]any // declared by management
	temps   int                       // dynamic addresses so far
	faults  []error                   // of the clients
}

// Start starts a peer, which ends with the test.
func Start(tb testing.TB, options Options) *Peer {
	tb.Helper()
	listener, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	peer := New(tb, options)
	peer.URL = "amqp://" + listener.Addr().String()
	peer.work.Go(func() {
		for {
			socket, err := listener.Accept()
			if err != nil {
				return
			}
			peer.Serve(socket)
		}
	})
	tb.Cleanup(func() { _ = listener.Close() })
	return peer
}

// New is Start without a port: the peer has the connections that [Peer.Serve]
// gives it, also in a bubble of [testing/synctest].
func New(tb testing.TB, options Options) *Peer {
	tb.Helper()
	peer := &Peer{
		tb: tb, options: options, changed: make(chan struct{}),
		scripts: map[string]Script{}, counts: map[string]int{}, queues: map[string]map[string]any{},
	}
	tb.Cleanup(func() {
		peer.stop()
		if err := errors.Join(peer.faults...); err != nil {
			tb.Errorf("the client breaks the protocol: %v", err)
		}
	})
	return peer
}

func (p *Peer) stop() {
	p.mu.Lock()
	p.ended = true
	conns := p.conns
	p.mu.Unlock()
	for _, conn := range conns {
		conn.Drop()
	}
	p.work.Wait()
}

// Serve takes a connection that the test has made, like one end of a
// [net.Pipe]. The peer closes it.
func (p *Peer) Serve(socket net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ended {
		_ = socket.Close()
		return
	}
	conn := newConn(p, socket)
	p.conns = append(p.conns, conn)
	p.tell()
	p.work.Go(conn.read)
	p.work.Go(conn.write)
}

// Script sets how the links to an address are treated from now on.
func (p *Peer) Script(address string, script Script) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.scripts[address] = script
}

// Conn waits for the connection with that index, from 0 over all that were
// ever made, until it is open, and returns it.
func (p *Peer) Conn(index int) *Conn {
	p.tb.Helper()
	var found *Conn
	p.await("connection", func() bool {
		if index < len(p.conns) && p.conns[index].Container != "" {
			found = p.conns[index]
		}
		return found != nil
	})
	return found
}

// Link waits for the link to an address with that index, from 0 over all that
// were ever attached, and returns it.
func (p *Peer) Link(address string, index int) *Link {
	p.tb.Helper()
	var found *Link
	p.await("link to "+address, func() bool {
		links := p.at(address)
		if index < len(links) {
			found = links[index]
		}
		return found != nil
	})
	return found
}

// Links returns the links to an address that were ever attached, or refused.
func (p *Peer) Links(address string) []*Link {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.at(address)
}

// Addresses returns where links were attached, or refused, in that order.
func (p *Peer) Addresses() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	addresses := make([]string, len(p.links))
	for i, link := range p.links {
		addresses[i] = link.Address
	}
	return addresses
}

func (p *Peer) at(address string) (links []*Link) {
	for _, link := range p.links {
		if link.Address == address {
			links = append(links, link)
		}
	}
	return links
}

// tell wakes all who wait. The caller holds mu.
func (p *Peer) tell() {
	close(p.changed)
	p.changed = make(chan struct{})
}

// fault remembers what a client has done wrong. The caller holds mu.
func (p *Peer) fault(err error) { p.faults = append(p.faults, err) }

// await waits until the condition, which is asked with mu held, is true.
func (p *Peer) await(what string, condition func() bool) {
	p.tb.Helper()
	timer := time.NewTimer(limit)
	defer timer.Stop()
	for {
		p.mu.Lock()
		ok, changed := condition(), p.changed
		p.mu.Unlock()
		if ok {
			return
		}
		select {
		case <-changed:
		case <-timer.C:
			p.tb.Fatalf("amqppeer: no such %s within %v", what, limit)
		}
	}
}
