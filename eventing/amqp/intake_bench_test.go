package amqp

import (
	"io"
	"math"
	"net"
	"testing"
)

// replay is a connection on which the same comes again and again.
type replay struct {
	net.Conn

	data []byte
	at   int
}

func (r *replay) Read(p []byte) (n int, err error) {
	for n < len(p) && n < 64<<10 {
		some := copy(p[n:], r.data[r.at:])
		n, r.at = n+some, (r.at+some)%len(r.data)
	}
	return n, nil
}

// BenchmarkIntake reads a small message at a time, as the library does; beside
// it, without the intake.
func BenchmarkIntake(b *testing.B) {
	message := transferOf(false, usual(b))
	var source io.Reader = &replay{data: message}
	read := func(b *testing.B, settle func()) {
		b.Helper()
		b.ReportAllocs()
		buffer := make([]byte, len(message))
		for b.Loop() {
			if _, err := io.ReadFull(source, buffer); err != nil {
				b.Fatal(err)
			}
			settle()
		}
	}
	b.Run("without", func(b *testing.B) { read(b, func() {}) })
	b.Run("with", func(b *testing.B) {
		made := newIntake(&replay{data: message}, math.MaxInt64)
		flow := made.expect(10 << 20)
		made.flows[linkKey{1, 7}] = made.claim(flow.name)
		source = made
		taken := false
		read(b, func() {
			if taken { // the one before, as a handler would
				flow.settle(flow.take())
			}
			taken = true
		})
	})
}
