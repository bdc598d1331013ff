package amqp

import (
	"net"
	"runtime"
	"sync"
	"time"
)

// gatherBytes bounds what one system call writes, and what waits for the next.
const gatherBytes = 64 << 10

// gatherer is a connection that gathers what is written while a system call is
// under way, and writes it by the next one. The library makes a write of each
// frame, and frames are small. Nothing waits for company that doesn't come: when no
// call is under way, one begins as soon as the others have had their turn.
//
// So a write that has returned nil may still fail. The error then goes to the
// next write and to Close, and the connection is closed. Publishing doesn't rely
// on a write: only the broker's answer confirms it.
type gatherer struct {
	net.Conn
	timeout time.Duration // of a system call

	flushed chan struct{} // closed when nothing is written any more

	turn sync.Mutex // of a write: each is whole

	mu      sync.Mutex // guards what follows
	changed *sync.Cond // one of these did
	waiting []byte     // to be written
	closing bool
	err     error // of a system call
}

// gather begins to gather what is written to conn. Close ends it.
func gather(conn net.Conn, timeout time.Duration) *gatherer {
	g := &gatherer{Conn: conn, timeout: timeout, flushed: make(chan struct{})}
	g.changed = sync.NewCond(&g.mu)
	go g.flush()
	return g
}

// Write waits only for room. It keeps nothing of p.
func (g *gatherer) Write(p []byte) (n int, err error) {
	g.turn.Lock()
	defer g.turn.Unlock()
	g.mu.Lock()
	defer g.mu.Unlock()
	for {
		for len(g.waiting) == gatherBytes && g.err == nil && !g.closing {
			g.changed.Wait()
		}
		switch {
		case g.err != nil:
			return n, g.err
		case g.closing:
			return n, net.ErrClosed
		}
		some := p[n:min(len(p), n+gatherBytes-len(g.waiting))]
		g.waiting = append(g.waiting, some...)
		g.changed.Broadcast()
		if n += len(some); n == len(p) {
			return n, nil
		}
	}
}

// flush writes what waits until the end.
func (g *gatherer) flush() {
	defer close(g.flushed)
	var writing []byte
	for {
		if writing = g.take(writing[:0]); len(writing) == 0 {
			return
		}
		err := g.Conn.SetWriteDeadline(time.Now().Add(g.timeout))
		if err == nil {
			_, err = g.Conn.Write(writing)
		}
		if err != nil {
			g.fail(err)
			return
		}
	}
}

// take waits for something to write, and returns nothing at the end. The next
// of it is gathered in the buffer that is given.
func (g *gatherer) take(buffer []byte) []byte {
	g.await()
	// Whoever is about to write comes first: where many messages flow, that makes
	// one call of some twenty, and where nobody is it returns at once.
	runtime.Gosched()
	g.mu.Lock()
	defer g.mu.Unlock()
	taken := g.waiting
	g.waiting = buffer
	g.changed.Broadcast() // there is room
	return taken
}

// await waits for something to write, or the end.
func (g *gatherer) await() {
	g.mu.Lock()
	defer g.mu.Unlock()
	for len(g.waiting) == 0 && !g.closing {
		g.changed.Wait()
	}
}

// fail ends the connection: a reader is to notice it too.
func (g *gatherer) fail(err error) {
	g.mu.Lock()
	g.err = err
	g.changed.Broadcast()
	g.mu.Unlock()
	_ = g.Conn.Close()
}

// SetWriteDeadline does nothing, as each system call has a time limit of its
// own. A deadline of the library's is that of somebody's context, which must not
// cost the connection.
func (g *gatherer) SetWriteDeadline(time.Time) error { return nil }

// SetDeadline sets that of reads, for the same reason.
func (g *gatherer) SetDeadline(t time.Time) error { return g.SetReadDeadline(t) }

// Close writes what waits, within the time limit, and closes the connection. Its
// error is also that of an earlier write.
func (g *gatherer) Close() error {
	g.mu.Lock()
	g.closing = true
	g.changed.Broadcast()
	g.mu.Unlock()
	<-g.flushed
	err := g.Conn.Close()
	if g.err != nil { // it doesn't change any more
		return g.err
	}
	return err
}
