package amqp

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// calls notes the writes of a connection that takes one only when it is let.
type calls struct {
	net.Conn
	let     chan struct{}
	fault   error
	written [][]byte
	closed  bool
}

func (c *calls) Write(p []byte) (int, error) {
	<-c.let
	if c.fault != nil {
		return 0, c.fault
	}
	c.written = append(c.written, bytes.Clone(p))
	return len(p), nil
}

func (c *calls) SetWriteDeadline(time.Time) error { return nil }

func (c *calls) Close() error {
	c.closed = true
	return nil
}

func TestGatherOneCallForMany(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		conn := &calls{let: make(chan struct{}, 10)}
		g := gather(conn, time.Minute)
		for _, text := range []string{"a", "b", "c", "d"} {
			_, err := g.Write([]byte(text))
			require.NoError(t, err)
			synctest.Wait() // the first is under way before the second
		}
		conn.let <- struct{}{}
		conn.let <- struct{}{}
		synctest.Wait()
		assert.Equal(t, [][]byte{[]byte("a"), []byte("bcd")}, conn.written)
		require.NoError(t, g.Close())
		assert.True(t, conn.closed)
	})
}

func TestGatherWritesAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		near, far := net.Pipe()
		g := gather(near, time.Minute)
		begin := time.Now()
		for range 10 {
			_, err := g.Write([]byte("frame"))
			require.NoError(t, err)
			got := make([]byte, 5)
			_, err = io.ReadFull(far, got)
			require.NoError(t, err)
			assert.Equal(t, "frame", string(got))
		}
		assert.Zero(t, time.Since(begin), "nothing waits for a time")
		require.NoError(t, g.Close())
	})
}

func TestGatherCloseWritesWhatWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		near, far := net.Pipe()
		g := gather(near, time.Minute)
		for range 3 {
			_, err := g.Write([]byte("frame"))
			require.NoError(t, err)
		}
		closed := make(chan error, 1)
		go func() { closed <- g.Close() }()
		synctest.Wait()
		_, err := g.Write([]byte("late"))
		require.ErrorIs(t, err, net.ErrClosed)
		all, err := io.ReadAll(far)
		require.NoError(t, err)
		assert.Equal(t, "frameframeframe", string(all))
		require.NoError(t, <-closed)
	})
}

// A peer that doesn't read holds a write for the time limit, and no buffer grows.
func TestGatherPeerThatDoesNotRead(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		near, far := net.Pipe()
		g := gather(near, 15*time.Second)
		begin := time.Now()
		n, err := g.Write(make([]byte, 1<<20))
		require.ErrorIs(t, err, os.ErrDeadlineExceeded)
		assert.Equal(t, 15*time.Second, time.Since(begin))
		assert.LessOrEqual(t, n, 2*gatherBytes)
		_, err = g.Write([]byte("x"))
		require.ErrorIs(t, err, os.ErrDeadlineExceeded, "the next writer")
		_, err = g.Read(make([]byte, 1))
		require.ErrorIs(t, err, io.ErrClosedPipe, "the reader")
		_, err = far.Read(make([]byte, 1))
		require.ErrorIs(t, err, io.EOF, "the peer")
		require.ErrorIs(t, g.Close(), os.ErrDeadlineExceeded)
	})
}

// The time limit is that of one call: a slow peer that goes on reading is alive.
func TestGatherSlowPeer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		near, far := net.Pipe()
		g := gather(near, 15*time.Second)
		read := make(chan int64, 1)
		go func() {
			var all int64
			for {
				time.Sleep(10 * time.Second)
				n, err := io.CopyN(io.Discard, far, gatherBytes)
				if all += n; err != nil {
					read <- all
					return
				}
			}
		}()
		begin := time.Now()
		for range 10 {
			_, err := g.Write(make([]byte, gatherBytes))
			require.NoError(t, err)
		}
		require.NoError(t, g.Close())
		assert.Greater(t, time.Since(begin), time.Minute)
		assert.EqualValues(t, 10*gatherBytes, <-read)
	})
}

func TestGatherCloseEndsABlockedWrite(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		near, far := net.Pipe()
		g := gather(near, time.Minute)
		ended := make(chan error, 1)
		go func() {
			_, err := g.Write(make([]byte, 1<<20))
			ended <- err
		}()
		synctest.Wait()
		closed := make(chan error, 1)
		go func() { closed <- g.Close() }()
		require.ErrorIs(t, <-ended, net.ErrClosed)
		_, err := io.Copy(io.Discard, far)
		require.NoError(t, err)
		require.NoError(t, <-closed)
	})
}

func TestGatherError(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		fault := errors.New("cable cut")
		conn := &calls{let: make(chan struct{}), fault: fault}
		g := gather(conn, time.Minute)
		_, err := g.Write([]byte("x"))
		require.NoError(t, err, "it isn't written yet")
		close(conn.let)
		synctest.Wait()
		assert.True(t, conn.closed, "so that readers notice")
		_, err = g.Write([]byte("x"))
		require.ErrorIs(t, err, fault)
		require.ErrorIs(t, g.Close(), fault)
	})
}

// The library makes a context's deadline that of its write.
func TestGatherForeignDeadline(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		near, far := net.Pipe()
		g := gather(near, time.Minute)
		_, err := g.Write([]byte("x"))
		require.NoError(t, err)
		synctest.Wait() // the call is under way
		past := time.Now().Add(-time.Second)
		require.NoError(t, g.SetDeadline(past))
		require.NoError(t, g.SetWriteDeadline(past))
		_, err = g.Read(make([]byte, 1))
		require.ErrorIs(t, err, os.ErrDeadlineExceeded, "it is one for reads")
		synctest.Wait()
		go func() { _, _ = io.Copy(io.Discard, far) }()
		require.NoError(t, g.Close())
		require.NoError(t, far.Close())
	})
}

// Writes of many goroutines and of all sizes come whole and, of each goroutine,
// in order over a real socket.
func TestGatherSocket(t *testing.T) {
	t.Parallel()
	const writers, each = 8, 500
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	near, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", listener.Addr().String())
	require.NoError(t, err)
	far, err := listener.Accept()
	require.NoError(t, err)
	require.NoError(t, listener.Close())

	g := gather(near, limitOfTest)
	var wait sync.WaitGroup
	for writer := range writers {
		wait.Go(func() {
			for i := range each {
				frame := make([]byte, 12+rand.N(2000))
				if i%100 == 0 {
					frame = make([]byte, gatherBytes+rand.N(gatherBytes))
				}
				binary.BigEndian.PutUint32(frame, uint32(len(frame)))
				binary.BigEndian.PutUint32(frame[4:], uint32(writer))
				binary.BigEndian.PutUint32(frame[8:], uint32(i))
				_, err := g.Write(frame)
				assert.NoError(t, err)
			}
		})
	}
	go func() {
		wait.Wait()
		assert.NoError(t, g.Close())
	}()
	var next [writers]uint32
	header := make([]byte, 12)
	for {
		if _, err := io.ReadFull(far, header); err == io.EOF {
			break
		}
		size, writer, i := binary.BigEndian.Uint32(header), binary.BigEndian.Uint32(header[4:]), binary.BigEndian.Uint32(header[8:])
		require.Less(t, writer, uint32(writers))
		require.Equal(t, next[writer], i)
		next[writer]++
		_, err := io.CopyN(io.Discard, far, int64(size)-12)
		require.NoError(t, err)
	}
	for _, count := range next {
		assert.EqualValues(t, each, count)
	}
	require.NoError(t, far.Close())
}

const limitOfTest = 20 * time.Second
