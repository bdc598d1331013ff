package amqp_test

import (
	"io"
	"net"
	"net/url"
	"sync"

	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/eventing/eventingtest"
)

// cutter stands between provider and broker, and ends all connections at once:
// for good, as the end of a process does, or so that they can be made again.
type cutter struct {
	url      string
	listener net.Listener
	wait     sync.WaitGroup

	mu     sync.Mutex
	ended  bool
	broker string
	conns  []net.Conn
}

func newCutter(t eventingtest.T, place string) *cutter {
	t.Helper()
	target, err := url.Parse(place)
	require.NoError(t, err)
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	c := &cutter{listener: listener, broker: target.Host}
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
			c.wait.Go(func() { pipe(conn, upstream) })
			c.wait.Go(func() { pipe(upstream, conn) })
		}
	})
	t.Cleanup(func() {
		c.cut()
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

func pipe(to io.WriteCloser, from io.Reader) {
	_, _ = io.Copy(to, from)
	_ = to.Close()
}

func (c *cutter) keep(conns ...net.Conn) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.ended {
		c.conns = append(c.conns, conns...)
	}
	return !c.ended
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

func (c *cutter) interruptAll() {
	for _, conn := range c.conns {
		_ = conn.Close()
	}
	c.conns = nil
}
