package amqppeer

import (
	"net"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestFaultsOfAClient writes frames as no good client would.
func TestFaultsOfAClient(t *testing.T) {
	t.Parallel()
	begin := described{codeBegin, []any{nil, uint32(0), uint32(1), uint32(1)}}
	attach := described{codeAttach, []any{"name", uint32(0), false, uint8(0), uint8(0), described{codeSource, []any{}}, described{codeTarget, []any{"event"}}}}
	transfer := func(id uint32) described {
		return described{codeTransfer, []any{uint32(0), id, []byte{1}, uint32(0), false, false}}
	}
	message := encode(nil, described{0x75, []byte("x")})
	for name, test := range map[string]struct {
		frames []described
		want   string
	}{
		"gap":        {[]described{begin, attach, transfer(0), transfer(2)}, "the delivery id 2 in place of 1"},
		"no credit":  {[]described{begin, attach, transfer(0), transfer(1), transfer(2)}, "without credit"},
		"no session": {[]described{attach}, "there isn't"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			peer := &Peer{tb: t, changed: make(chan struct{}), counts: map[string]int{}, scripts: map[string]Script{"event": {Credit: 2}}}
			ours, theirs := net.Pipe()
			peer.Serve(theirs)
			go drain(ours)
			_, err := ours.Write(append(headerAMQP[:8:8], encodeFrame(0, 0, &described{codeOpen, []any{"client"}}, nil)...))
			require.NoError(t, err)
			for _, each := range test.frames {
				payload := message
				if each.code != codeTransfer {
					payload = nil
				}
				_, err = ours.Write(encodeFrame(0, 0, &each, payload))
				require.NoError(t, err)
			}
			peer.conns[0].Ended()
			peer.stop()
			require.Len(t, peer.faults, 1)
			assert.ErrorContains(t, peer.faults[0], test.want)
		})
	}
}

func drain(conn net.Conn) {
	buffer := make([]byte, 1024)
	for {
		if _, err := conn.Read(buffer); err != nil {
			return
		}
	}
}
