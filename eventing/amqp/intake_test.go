package amqp

import (
	"bytes"
	"encoding/binary"
	"io"
	"math"
	"net"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/Azure/go-amqp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// frame makes a frame on channel 1.
func frame(kind byte, fields []byte, count byte, payload []byte) []byte {
	body := append([]byte{0, smallUlong, kind, 0xc0, byte(len(fields) + 1), count}, fields...)
	made := binary.BigEndian.AppendUint32(nil, uint32(frameHeaderSize+len(body)+len(payload)))
	made = append(made, 2, 0, 0, 1)
	return append(append(made, body...), payload...)
}

// transferOf makes a part of a message on the link of handle 7.
func transferOf(more bool, payload []byte) []byte {
	flag := byte(0x42)
	if more {
		flag = 0x41
	}
	return frame(transferPerformative, []byte{0x52, 7, 0x52, 1, 0xa0, 1, 't', 0x43, null, flag}, 6, payload)
}

func attachOf(name string) []byte {
	fields := append([]byte{0xa1, byte(len(name))}, name...)
	return frame(attachPerformative, append(fields, 0x52, 7, 0x42), 3, nil)
}

// fixture is an intake with a peer that has attached one link.
type fixture struct {
	intake *intake
	flow   *inflow
	peer   net.Conn
	piece  int // bytes that are written at once
}

func newFixture(t *testing.T, budget, maxBody int64) *fixture {
	t.Helper()
	near, far := net.Pipe()
	made := newIntake(near, budget)
	t.Cleanup(func() {
		_ = made.Close()
		_ = far.Close()
	})
	f := &fixture{intake: made, flow: made.expect(maxBody), peer: far, piece: 10_007}
	attached := attachOf(f.flow.name)
	go f.send(attached)
	require.Equal(t, attached, f.read(t, len(attached)), "others go on as they are")
	return f
}

// send sends in pieces, so that frames come in parts too.
func (f *fixture) send(data []byte) {
	for len(data) > 0 {
		n, err := f.peer.Write(data[:min(len(data), f.piece)])
		if err != nil {
			return
		}
		data = data[n:]
	}
}

func (f *fixture) read(t *testing.T, size int) []byte {
	t.Helper()
	data := make([]byte, size)
	_, err := io.ReadFull(f.intake, data)
	require.NoError(t, err)
	return data
}

// frame reads the next frame, whatever its size.
func (f *fixture) frame(t *testing.T) []byte {
	t.Helper()
	head := f.read(t, frameHeaderSize)
	return append(head, f.read(t, int(binary.BigEndian.Uint32(head))-frameHeaderSize)...)
}

// message reads the next message, and how many frames it came in.
func (f *fixture) message(t *testing.T) (message []byte, frames int) {
	t.Helper()
	for {
		got := f.frame(t)
		frames++
		p, ok := readPerformative(got)
		require.True(t, ok)
		require.EqualValues(t, transferPerformative, p.kind)
		message = append(message, got[p.size:]...)
		if part, ok := p.transfer(); ok && !part.more {
			return message, frames
		}
	}
}

func (f *fixture) inHand() (held int64, count int) {
	f.intake.mu.Lock()
	defer f.intake.mu.Unlock()
	return f.intake.held, f.intake.count
}

func data(size int) []byte {
	message := binary.BigEndian.AppendUint32(section(dataSection, binary32), uint32(size))
	return append(message, bytes.Repeat([]byte("x"), size)...)
}

// parts splits a message into frames.
func parts(message []byte) (frames []byte, count int) {
	for {
		part := message[:min(len(message), maxFrameSize-100)]
		message = message[len(part):]
		frames, count = append(frames, transferOf(len(message) > 0, part)...), count+1
		if len(message) == 0 {
			return frames, count
		}
	}
}

func TestGoodMessagesGoOnAsTheyAre(t *testing.T) {
	t.Parallel()
	f := newFixture(t, math.MaxInt64, 4<<20)
	sent := bytes.Join([][]byte{
		[]byte("AMQP\x00\x01\x00\x00"),
		{0, 0, 0, 8, 2, 0, 0, 0},              // a heartbeat
		{0, 0, 0, 12, 2, 1, 0, 0, 1, 2, 3, 4}, // of SASL
	}, nil)
	for range 100 {
		sent = append(sent, transferOf(false, usual(t))...)
	}
	go f.send(sent)
	require.Equal(t, sent, f.read(t, len(sent)))
	for range 100 {
		f.flow.settle(f.flow.take())
	}
	held, count := f.inHand()
	assert.Zero(t, held)
	assert.Zero(t, count)

	large := data(3 << 20)
	frames, count := parts(large)
	go f.send(frames)
	message, got := f.message(t)
	assert.Equal(t, count, got, "the library has to count as many frames")
	assert.True(t, bytes.Equal(large, message))
	assert.EqualValues(t, len(large), f.flow.take())
}

func TestBadMessagesAreReplaced(t *testing.T) {
	t.Parallel()
	f := newFixture(t, math.MaxInt64, 4<<20)
	small := section(annotationsSection, 0xc1, 5, 2, 0xc1, 1, 0, null)
	large := append(data(1<<20), section(footerSection, 0xc1, 9, 2, 0xa3, 1, 'k', 0x73, 0, 0, 0, 'x')...)
	frames, count := parts(large)
	go f.send(append(append(transferOf(false, small), frames...), transferOf(false, usual(t))...))
	for _, want := range []struct {
		original []byte
		reason   string
		frames   int
	}{{small, "unhashable", 1}, {large, "char not implemented", count}} {
		message, frames := f.message(t)
		assert.Equal(t, want.frames, frames)
		var received amqp.Message
		require.NoError(t, received.UnmarshalBinary(message))
		got := convert(&received)
		require.ErrorContains(t, got.Invalid, want.reason)
		assert.True(t, bytes.Equal(want.original, got.Body))
	}
	message, _ := f.message(t)
	assert.Equal(t, good, scan(message), "what follows isn't touched")
}

func TestTooLargeMessagesArentKept(t *testing.T) {
	t.Parallel()
	f := newFixture(t, math.MaxInt64, 10)
	id := encoded(t, &amqp.Message{Properties: &amqp.MessageProperties{MessageID: "4711"}})
	large := slices.Concat(id, data(20<<20))
	frames, count := parts(large)
	go f.send(append(frames, transferOf(false, usual(t))...))
	message, got := f.message(t)
	assert.Equal(t, count, got)
	assert.LessOrEqual(t, cap(f.flow.kept), 2<<20)
	var received amqp.Message
	require.NoError(t, received.UnmarshalBinary(message))
	assert.Equal(t, uint64(len(large)), received.Annotations[replaced])
	assert.Equal(t, "4711", received.Properties.MessageID)
	assert.EqualValues(t, len(message), f.flow.take())
	message, _ = f.message(t)
	assert.Equal(t, good, scan(message))
}

func TestWhatComesAfterTheEndOfALink(t *testing.T) {
	t.Parallel()
	f := newFixture(t, 1, 10)
	f.flow.end()
	go f.send(append(transferOf(false, usual(t)), transferOf(false, usual(t))...))
	for range 2 {
		message, _ := f.message(t)
		var received amqp.Message
		require.NoError(t, received.UnmarshalBinary(message))
		assert.Equal(t, notKept, received.Annotations[replaced], "nobody handles it")
	}
	held, count := f.inHand()
	assert.Zero(t, held)
	assert.Zero(t, count)
	assert.Zero(t, f.flow.take())
}

func TestAbortedMessages(t *testing.T) {
	t.Parallel()
	f := newFixture(t, math.MaxInt64, 10)
	abort := frame(transferPerformative, []byte{0x52, 7, null, null, null, null, 0x42, null, null, null, 0x41}, 10, nil)
	go f.send(append(append(transferOf(true, []byte("part")), abort...), transferOf(false, usual(t))...))
	f.frame(t)
	assert.Equal(t, abort, f.frame(t))
	assert.Zero(t, f.intake.partial)
	message, _ := f.message(t)
	assert.Equal(t, good, scan(message))
}

func TestFramesThatAreTooLarge(t *testing.T) {
	t.Parallel()
	for _, size := range []uint32{0, 7, maxFrameSize + 1, math.MaxUint32} {
		f := newFixture(t, math.MaxInt64, 10)
		go f.send(binary.BigEndian.AppendUint32(nil, size))
		go f.send(make([]byte, 8))
		_, err := f.intake.Read(make([]byte, 1))
		require.ErrorContains(t, err, "it may have 8 to 131072")
	}
}

func TestBudget(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, 1000, 4<<20)
		f.piece = 100 // what has been read goes on in any case
		messages := make(chan []byte)
		go func() {
			defer close(messages)
			for range 5 {
				message, _ := f.message(t)
				messages <- message
			}
		}()
		large, _ := parts(data(1 << 20))
		go f.send(bytes.Join([][]byte{transferOf(false, data(900)), large, transferOf(false, data(900)), transferOf(false, data(10)), transferOf(false, data(10))}, nil))
		arrives := func() bool {
			synctest.Wait()
			select {
			case <-messages:
				return true
			default:
				return false
			}
		}
		require.NoError(t, f.intake.SetReadDeadline(time.Now().Add(time.Minute)))
		require.True(t, arrives())
		require.False(t, arrives(), "a part is too much beside it")
		time.Sleep(time.Hour) // the deadline doesn't count while nothing is read
		f.flow.settle(f.flow.take())
		require.True(t, arrives(), "alone it may be larger")
		require.False(t, arrives())
		done := f.intake.hurry()
		require.True(t, arrives(), "nothing may wait")
		require.True(t, arrives())
		done()
		f.flow.end()
		require.True(t, arrives(), "nothing is in hand any more")
	})
}

func TestCloseEndsTheWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, 10, 10)
		go f.send(transferOf(false, data(900)))
		f.message(t)
		ended := make(chan error, 1)
		go func() {
			_, err := f.intake.Read(make([]byte, 1))
			ended <- err
		}()
		synctest.Wait()
		require.NoError(t, f.intake.Close())
		require.ErrorIs(t, <-ended, net.ErrClosed)
	})
}
