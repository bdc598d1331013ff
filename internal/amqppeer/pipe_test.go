package amqppeer_test

import (
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/Azure/go-amqp"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/internal/amqppeer"
)

const (
	limit = 20 * time.Second
	tick  = 10 * time.Millisecond
)

// TestSignsOfLife has a connection on which nothing happens for an hour.
func TestSignsOfLife(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		peer := amqppeer.New(t, amqppeer.Options{Mute: true})
		ours, theirs := net.Pipe()
		peer.Serve(theirs)
		conn, err := amqp.NewConn(t.Context(), ours, &amqp.ConnOptions{IdleTimeout: time.Minute})
		require.NoError(t, err)
		time.Sleep(time.Hour)
		require.NoError(t, conn.Err())
		_ = conn.Close() // an error where the peer is faster
		peer.Conn(0).Ended()
	})
}
