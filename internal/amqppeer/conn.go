package amqppeer

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"strings"
	"time"
)

// The codes of the protocol.
const (
	codeOpen        = 0x10
	codeBegin       = 0x11
	codeAttach      = 0x12
	codeFlow        = 0x13
	codeTransfer    = 0x14
	codeDisposition = 0x15
	codeDetach      = 0x16
	codeEnd         = 0x17
	codeClose       = 0x18
	codeError       = 0x1d
	codeSource      = 0x28
	codeTarget      = 0x29
	codeMechanisms  = 0x40
	codeInit        = 0x41
	codeOutcome     = 0x44
)

// Conn is one connection of a client.
type Conn struct {
	// Credentials are by what the client has authenticated.
	Credentials Credentials
	// Container and HostName are the client's own words on opening.
	Container, HostName string

	peer     *Peer
	socket   net.Conn
	wake     chan struct{} // has a token when there is something to write
	ended    chan struct{} // closed when nothing is read any more
	maxFrame uint32        // that the client takes
	beat     time.Duration // between two signs of life; 0 while none is asked for

	// Guarded by the peer's mu.
	pending  []byte // to be written
	closing  bool   // once that is written
	sessions map[uint16]*session
}

func newConn(peer *Peer, socket net.Conn) *Conn {
	return &Conn{
		peer: peer, socket: socket, maxFrame: 512,
		wake: make(chan struct{}, 1), ended: make(chan struct{}), sessions: map[uint16]*session{},
	}
}

// Drop ends the connection without a word.
func (c *Conn) Drop() { _ = c.socket.Close() }

// Close closes the connection for a reason, which may be nil.
func (c *Conn) Close(why *Error) {
	c.peer.mu.Lock()
	defer c.peer.mu.Unlock()
	c.send(0, codeClose, why.encoded())
	c.closing = true
}

// Write writes bytes, whatever they are, between two frames.
func (c *Conn) Write(raw []byte) {
	c.peer.mu.Lock()
	defer c.peer.mu.Unlock()
	c.put(raw)
}

// Ended waits until the connection has ended.
func (c *Conn) Ended() {
	c.peer.tb.Helper()
	select {
	case <-c.ended:
	case <-time.After(limit):
		c.peer.tb.Fatalf("amqppeer: the connection hasn't ended within %v", limit)
	}
}

// put has bytes written soon. The caller holds mu.
func (c *Conn) put(raw []byte) {
	c.pending = append(c.pending, raw...)
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// send sends a performative. The caller holds mu.
func (c *Conn) send(channel uint16, code uint64, fields ...any) {
	c.put(encodeFrame(0, channel, &described{code, fields}, nil))
}

// write writes what was put, until the connection ends. So nobody is ever
// blocked by a client that doesn't read.
func (c *Conn) write() {
	beats := time.NewTicker(limit)
	defer beats.Stop()
	for {
		c.peer.mu.Lock()
		out, closing, beat := c.pending, c.closing, c.beat
		c.pending = nil
		c.peer.mu.Unlock()
		if _, err := c.socket.Write(out); err != nil {
			c.Drop()
			return
		}
		if closing {
			c.shut()
			return
		}
		if beat > 0 {
			beats.Reset(beat)
		}
		select {
		case <-c.wake:
		case <-beats.C:
			c.Write(encodeFrame(0, 0, nil, nil))
		case <-c.ended:
			return
		}
	}
}

// shut ends what is written. The client's last words are still read: else the
// system might tell it nothing of ours.
func (c *Conn) shut() {
	if half, ok := c.socket.(interface{ CloseWrite() error }); ok {
		_ = half.CloseWrite()
		return
	}
	c.Drop()
}

// read reads and answers until the connection ends.
func (c *Conn) read() {
	defer close(c.ended)
	defer c.Drop()
	err := c.greet()
	for err == nil {
		var got frame
		if got, err = readFrame(c.socket); err == nil {
			err = c.handle(&got)
		}
	}
	c.peer.mu.Lock()
	defer c.peer.mu.Unlock()
	if _, ok := errors.AsType[*faultError](err); ok {
		c.peer.fault(err)
	}
	c.peer.tell()
}

// faultError is what a client has done wrong.
type faultError struct{ text string }

func (e *faultError) Error() string { return e.text }

func faultf(format string, arguments ...any) error {
	return &faultError{fmt.Sprintf(format, arguments...)}
}

var (
	headerSASL = []byte{'A', 'M', 'Q', 'P', 3, 1, 0, 0}
	headerAMQP = []byte{'A', 'M', 'Q', 'P', 0, 1, 0, 0}
)

// greet agrees on the protocol, and authenticates.
func (c *Conn) greet() error {
	header := make([]byte, 8)
	if _, err := io.ReadFull(c.socket, header); err != nil {
		return err
	}
	if bytes.Equal(header, headerSASL) {
		if err := c.authenticate(); err != nil {
			return err
		}
		if _, err := io.ReadFull(c.socket, header); err != nil {
			return err
		}
	}
	if !bytes.Equal(header, headerAMQP) {
		return faultf("the header % x", header)
	}
	c.Write(headerAMQP)
	return nil
}

func (c *Conn) authenticate() error {
	offered := []Symbol{"PLAIN", "ANONYMOUS"}
	if c.peer.options.Mechanisms != nil {
		offered = nil
		for _, each := range c.peer.options.Mechanisms {
			offered = append(offered, Symbol(each))
		}
	}
	c.Write(append(bytes.Clone(headerSASL), encodeFrame(1, 0, &described{codeMechanisms, []any{offered}}, nil)...))
	init, err := readFrame(c.socket)
	if err != nil {
		return err
	}
	response := strings.SplitN(string(field[[]byte](init.fields, 1)), "\x00", 3)
	credentials := Credentials{Mechanism: string(field[Symbol](init.fields, 0))}
	if len(response) == 3 {
		credentials.User, credentials.Password = response[1], response[2]
	}
	var code byte
	if authenticate := c.peer.options.Authenticate; authenticate != nil {
		code = authenticate(credentials)
	}
	c.peer.mu.Lock()
	defer c.peer.mu.Unlock()
	c.Credentials = credentials
	c.put(encodeFrame(1, 0, &described{codeOutcome, []any{code}}, nil))
	c.closing = code != 0
	return nil
}

// open answers the client's open.
func (c *Conn) open(got *frame) {
	options := &c.peer.options
	product := options.Product
	if product == "" {
		product = "apache-activemq-artemis"
	}
	properties := map[string]any{"product": product}
	maps.Copy(properties, options.Properties)
	most := options.MaxFrameSize
	if most == 0 {
		most = 64 << 10
	}
	c.Container, c.HostName = field[string](got.fields, 0), field[string](got.fields, 1)
	if got.has(2) {
		c.maxFrame = min(got.number(2), maxFrameSize)
	}
	c.beat = time.Duration(got.number(4)) * time.Millisecond / 2
	c.send(0, codeOpen, "amqppeer", nil, most, uint16(0xffff), nil, nil, nil, nil, nil, properties)
	if options.RefuseOpen != nil {
		c.send(0, codeClose, options.RefuseOpen.encoded())
		c.closing = true
	}
	c.peer.tell()
}
