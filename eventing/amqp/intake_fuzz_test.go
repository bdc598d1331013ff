package amqp

import (
	"bytes"
	"io"
	"math"
	"net"
	"runtime"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// recorded is a connection that gives what was recorded, in pieces.
type recorded struct {
	net.Conn

	data  []byte
	piece int
}

func (r *recorded) Read(p []byte) (int, error) {
	if len(r.data) == 0 {
		return 0, io.EOF
	}
	n := copy(p[:min(len(p), r.piece)], r.data)
	r.data = r.data[n:]
	return n, nil
}

// through returns what goes on of data, where the peer has attached a link.
func through(data []byte, piece int) ([]byte, error) {
	made := newIntake(&recorded{data: data, piece: piece}, math.MaxInt64)
	flow := made.expect(1 << 20)
	made.flows[linkKey{1, 7}] = made.claim(flow.name)
	return io.ReadAll(made)
}

func TestFramesThatAreCut(t *testing.T) {
	t.Parallel()
	whole := transferOf(false, usual(t))
	stream := bytes.Join([][]byte{
		attachOf("other"),
		whole, transferOf(true, []byte("part")), transferOf(false, []byte("end")), whole,
		frame(detachPerformative, []byte{0x52, 7}, 1, nil), frame(endPerformative, nil, 0, nil),
	}, nil)
	all, err := through(stream, 7)
	require.NoError(t, err)
	for size := range stream {
		for _, piece := range []int{1, 1000} {
			got, err := through(stream[:size], piece)
			require.NoError(t, err)
			assert.True(t, bytes.HasPrefix(all, got), "whole frames only")
		}
	}
}

func FuzzIntake(f *testing.F) {
	f.Add(transferOf(false, usual(f)), 100)
	f.Add(append(transferOf(true, []byte("part")), transferOf(false, []byte("end"))...), 3)
	f.Add(append(attachOf("name"), frame(detachPerformative, []byte{0x52, 7}, 1, nil)...), 1)
	f.Add(transferOf(false, section(annotationsSection, 0xc1, 5, 2, 0xc1, 1, 0, null)), 9)
	f.Fuzz(func(t *testing.T, data []byte, piece int) {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, _ = through(data, max(piece, 1))
		runtime.ReadMemStats(&after)
		if grown := after.TotalAlloc - before.TotalAlloc; grown > 4<<20+100*uint64(len(data)) {
			t.Fatalf("%d bytes have cost %d", len(data), grown)
		}
	})
}
