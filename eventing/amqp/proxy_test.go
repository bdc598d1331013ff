package amqp_test

import (
	"encoding/binary"
	"io"
	"net"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// proxy stands between provider and broker. It can freeze for good, hold back
// what the broker says, and detach a link in the broker's name.
type proxy struct {
	url    string
	frozen chan struct{}
	ended  chan struct{}
	freeze func()

	silence sync.RWMutex // held for writing while the broker can't be heard

	mu   sync.Mutex // guards last, and whole frames to its connection
	last attached   // the link that was attached last
}

// attached is where a link is: a session has one link, with the handle 0.
type attached struct {
	to      net.Conn
	channel [2]byte
}

func newProxy(t *testing.T, place string) *proxy {
	t.Helper()
	target, err := url.Parse(place)
	require.NoError(t, err)
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	made := &proxy{frozen: make(chan struct{}), ended: make(chan struct{})}
	made.freeze = sync.OnceFunc(func() { close(made.frozen) })
	broker := target.Host
	target.Host = listener.Addr().String()
	made.url = target.String()
	var wait sync.WaitGroup
	wait.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			if tcp, ok := conn.(*net.TCPConn); ok {
				_ = tcp.SetReadBuffer(64 << 10) // so that a frozen one is full soon
			}
			upstream, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", broker)
			if t.Context().Err() != nil || !assert.NoError(t, err) {
				_ = conn.Close() // of a provider that goes on trying until the test has ended
				if err == nil {
					_ = upstream.Close()
				}
				return
			}
			wait.Go(func() { made.pass(upstream, conn, func() { _, _ = io.Copy(struct{ io.Writer }{upstream}, conn) }) })
			wait.Go(func() { made.pass(conn, upstream, func() { made.answers(conn, upstream) }) })
		}
	})
	t.Cleanup(func() {
		_ = listener.Close()
		made.freeze()
		close(made.ended)
		wait.Wait()
	})
	return made
}

// pass passes bytes on until it is frozen; then it holds the connections open.
func (p *proxy) pass(to io.Closer, from net.Conn, copying func()) {
	defer func() { _ = to.Close() }()
	stop := make(chan struct{})
	defer close(stop)
	go func() {
		select {
		case <-p.frozen:
			_ = from.SetReadDeadline(time.Now())
		case <-stop:
		}
	}()
	copying()
	select {
	case <-p.frozen:
		<-p.ended
	default:
	}
}

// answers copies what the broker says, a frame or protocol header at a time.
func (p *proxy) answers(to, from net.Conn) {
	for {
		frame := make([]byte, 8)
		if _, err := io.ReadFull(from, frame); err != nil {
			return
		}
		if length := binary.BigEndian.Uint32(frame); string(frame[:4]) != "AMQP" && length > 8 {
			frame = append(frame, make([]byte, length-8)...)
			if _, err := io.ReadFull(from, frame[8:]); err != nil {
				return
			}
		}
		p.silence.RLock()
		err := p.write(to, frame)
		p.silence.RUnlock()
		if err != nil {
			return
		}
	}
}

// hush holds back what the broker says from now on, until the function that it
// returns is called, or the test ends.
func (p *proxy) hush(t *testing.T) (end func()) {
	t.Helper()
	p.silence.Lock()
	end = sync.OnceFunc(p.silence.Unlock)
	t.Cleanup(end)
	return end
}

func (p *proxy) write(to net.Conn, frame []byte) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(frame) > 10 && frame[5] == 0 && string(frame[8:11]) == "\x00\x53\x12" { // attach
		p.last = attached{to, [2]byte(frame[6:8])}
	}
	_, err := to.Write(frame)
	return err
}

// detach ends the link that was attached last, as brokers do with idle ones.
func (p *proxy) detach(t *testing.T) {
	t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	require.NotNil(t, p.last.to)
	frame := append([]byte{0, 0, 0, 16, 2, 0}, p.last.channel[:]...)
	frame = append(frame, 0x00, 0x53, 0x16, 0xc0, 3, 2, 0x43, 0x41) // detach, a list of handle 0 and closed
	_, err := p.last.to.Write(frame)
	require.NoError(t, err)
}
