package amqp_test

import (
	"net"
	"net/url"
	"sync"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/eventing/eventingtest"
)

// cutter stands between provider and broker, and ends all connections at once:
// for good, as the end of a process does, or so that they can be made again. It
// can also hold up or cut off what it passes on.
type cutter struct {
	url      string
	listener net.Listener
	wait     sync.WaitGroup

	mu       sync.Mutex
	ended    bool
	broker   string
	conns    []net.Conn
	accepted int           // connections so far
	open     chan struct{} // closed unless nothing passes
	lag      time.Duration // of all that passes
	halve    bool          // the next that passes, and end it
}

func newCutter(t eventingtest.T, place string) *cutter {
	t.Helper()
	target, err := url.Parse(place)
	require.NoError(t, err)
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	c := &cutter{listener: listener, broker: target.Host, open: make(chan struct{})}
	close(c.open)
	target.Host = listener.Addr().String()
	c.url = target.String()
	c.wait.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			upstream, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", c.target())
			if err != nil || !c.keep(conn, upstream) {
				_ = conn.Close()
				if err == nil {
					_ = upstream.Close()
				}
				continue
			}
			c.wait.Go(func() { c.pipe(conn, upstream) })
			c.wait.Go(func() { c.pipe(upstream, conn) })
		}
	})
	t.Cleanup(func() {
		c.cut()
		c.unstall()
		_ = c.listener.Close()
		c.wait.Wait()
	})
	return c
}

func (c *cutter) target() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.broker
}

// redirect has the connections that follow lead to another broker.
func (c *cutter) redirect(broker string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.broker = broker
}

func (c *cutter) pipe(to, from net.Conn) {
	defer func() { _ = to.Close() }()
	buffer := make([]byte, 32<<10)
	for {
		count, err := from.Read(buffer)
		if err != nil || !c.pass(to, buffer[:count]) {
			_ = from.Close()
			return
		}
	}
}

// pass tells whether more may pass.
func (c *cutter) pass(to net.Conn, part []byte) bool {
	c.mu.Lock()
	open, lag, halve := c.open, c.lag, c.halve && len(part) > 1
	if halve {
		c.halve = false
	}
	c.mu.Unlock()
	<-open
	if lag > 0 {
		<-time.After(lag)
	}
	if halve {
		part = part[:len(part)/2]
	}
	_, err := to.Write(part)
	return err == nil && !halve
}

func (c *cutter) keep(conns ...net.Conn) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.ended {
		c.conns = append(c.conns, conns...)
		c.accepted++
	}
	return !c.ended
}

// count returns how many connections there were.
func (c *cutter) count() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.accepted
}

func (c *cutter) cut() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ended = true // who connects nevertheless is sent away
	c.interruptAll()
}

// reopen lets connections be made again.
func (c *cutter) reopen() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ended = false
}

// interrupt ends all connections. They can be made again.
func (c *cutter) interrupt() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.interruptAll()
}

// reset is interrupt without a word of farewell: by RST.
func (c *cutter) reset() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, conn := range c.conns {
		if tcp, ok := conn.(*net.TCPConn); ok {
			_ = tcp.SetLinger(0)
		}
	}
	c.interruptAll()
}

func (c *cutter) interruptAll() {
	for _, conn := range c.conns {
		_ = conn.Close()
	}
	c.conns = nil
}

// stall swallows all that passes, both ways, also on new connections.
func (c *cutter) stall() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.open = make(chan struct{})
}

func (c *cutter) unstall() {
	c.mu.Lock()
	defer c.mu.Unlock()
	select {
	case <-c.open:
	default:
		close(c.open)
	}
}

// delay holds back what passes, each part for so long.
func (c *cutter) delay(lag time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.lag = lag
}

// truncate ends the connection in the middle of the next frame.
func (c *cutter) truncate() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.halve = true
}
