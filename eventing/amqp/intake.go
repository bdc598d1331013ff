package amqp

import (
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// intake is a connection that looks at what the peer sends before the library
// has it: at each message, so that none ends a link or the process; and at the
// bytes, so that what isn't settled has a bound. It changes nothing else.
//
// The payload of a message in several frames goes on with the last of them, and
// the frames before it without: so that the library counts as many frames as
// the peer does.
type intake struct {
	net.Conn
	budget int64 // bytes of messages that aren't settled

	// What follows belongs to the reader.

	in      []byte              // what was read
	start   int                 // of what goes on as it is
	end     int                 // of that
	next    int                 // what wasn't looked at begins here
	filled  int                 // what was read ends here
	instead [][]byte            // goes on after what goes on as it is
	flows   map[linkKey]*inflow // the peer's links to us
	partial int64               // bytes of messages that haven't come whole

	patience atomic.Int64 // nanoseconds that a read may take; 0 means any

	mu       sync.Mutex         // guards what follows
	changed  *sync.Cond         // one of these did
	expected map[string]*inflow // by the name of the link that is to come
	held     int64              // bytes of the messages in hand
	count    int                // of them
	hurried  int                // calls that wait for an answer of the peer
	closed   bool
}

type linkKey struct {
	channel uint16
	handle  uint32
}

func newIntake(conn net.Conn, budget int64) *intake {
	i := &intake{
		Conn:     conn,
		budget:   budget,
		in:       make([]byte, maxFrameSize),
		flows:    map[linkKey]*inflow{},
		expected: map[string]*inflow{},
	}
	i.changed = sync.NewCond(&i.mu)
	return i
}

// Read waits while there is too much in hand.
func (i *intake) Read(p []byte) (int, error) {
	for len(p) > 0 {
		err := i.look()
		if n := i.give(p); n > 0 {
			return n, nil
		}
		if err == nil {
			err = i.fill()
		}
		if err != nil {
			return 0, err
		}
	}
	return 0, nil
}

// look looks at the frames that have come whole, until one doesn't go on as it
// is.
func (i *intake) look() error {
	for len(i.instead) == 0 {
		frame, err := cutFrame(i.in[i.next:i.filled])
		if frame == nil {
			return err
		}
		i.next += len(frame)
		if i.instead = i.judge(frame); i.instead == nil {
			i.end = i.next
		}
	}
	return nil
}

// give hands over what may go on.
func (i *intake) give(p []byte) int {
	n := copy(p, i.in[i.start:i.end])
	i.start += n
	for n < len(p) && len(i.instead) > 0 {
		some := copy(p[n:], i.instead[0])
		n += some
		if i.instead[0] = i.instead[0][some:]; len(i.instead[0]) == 0 {
			i.instead = i.instead[1:]
		}
	}
	if i.start == i.end && len(i.instead) == 0 {
		i.start, i.end, i.instead = i.next, i.next, nil
	}
	return n
}

// fill reads more, once all that was looked at has gone on.
func (i *intake) fill() error {
	i.filled = copy(i.in, i.in[i.next:i.filled])
	i.start, i.end, i.next = 0, 0, 0
	if err := i.wait(); err != nil {
		return err
	}
	n, err := i.Conn.Read(i.in[i.filled:])
	i.filled += n
	if n > 0 {
		return nil
	}
	return err
}

// wait returns when there is room for more. While no message is in hand, there
// is: what would make room can only be settled once it has come whole.
func (i *intake) wait() error {
	i.mu.Lock()
	defer i.mu.Unlock()
	waited := false
	for !i.closed && i.hurried == 0 && i.count > 0 && i.held+i.partial > i.budget {
		waited = true
		i.changed.Wait()
	}
	if i.closed {
		return net.ErrClosed
	}
	if patience := time.Duration(i.patience.Load()); waited && patience > 0 {
		return i.Conn.SetReadDeadline(time.Now().Add(patience)) // it wasn't the peer that was silent
	}
	return nil
}

// SetReadDeadline gives the peer until t. That counts anew after a time in which
// nothing was read.
func (i *intake) SetReadDeadline(t time.Time) error {
	patience := time.Duration(0)
	if !t.IsZero() {
		patience = time.Until(t)
	}
	i.patience.Store(int64(patience))
	return i.Conn.SetReadDeadline(t)
}

// Close also ends a wait.
func (i *intake) Close() error {
	i.mu.Lock()
	i.closed = true
	i.changed.Broadcast()
	i.mu.Unlock()
	return i.Conn.Close()
}

// hurry lets nothing wait until the function that it returns is called: the
// peer's answer to what is under way comes after what it has sent before.
func (i *intake) hurry() (done func()) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.hurried++
	i.changed.Broadcast()
	return func() {
		i.mu.Lock()
		defer i.mu.Unlock()
		i.hurried--
	}
}

// judge returns what goes on in place of the frame, and nil where that is the
// frame.
func (i *intake) judge(frame []byte) (instead [][]byte) {
	p, ok := readPerformative(frame)
	if !ok {
		return nil
	}
	switch p.kind {
	case transferPerformative:
		if t, ok := p.transfer(); ok {
			if flow := i.flows[linkKey{p.channel, t.handle}]; flow != nil {
				return i.receive(flow, t, frame[:p.size], frame[p.size:])
			}
		}
	case attachPerformative:
		if a, ok := p.attach(); ok && !a.toBroker {
			i.flows[linkKey{p.channel, a.handle}] = i.claim(a.name)
		}
	case detachPerformative:
		if handle, ok := p.number(); ok {
			i.forget(linkKey{p.channel, handle})
		}
	case endPerformative:
		for key := range i.flows {
			if key.channel == p.channel {
				i.forget(key)
			}
		}
	}
	return nil
}
