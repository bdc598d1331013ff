package amqp

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"syscall"
	"time"

	"github.com/Azure/go-amqp"
)

const (
	// maxFrameSize is Artemis' own.
	maxFrameSize = 128 << 10

	// writeTimeout is how long the peer may leave gathered frames in our hands
	// before the connection counts as lost.
	writeTimeout = 15 * time.Second
)

// endpoint is where and how to connect.
type endpoint struct {
	address        string  // host:port
	dialect        dialect // nil means the one that the broker tells of
	tls            *tls.Config
	mechanism      SASL
	sasl           amqp.SASLType
	connectTimeout time.Duration
	idleTimeout    time.Duration
}

// connection is one connection that has been proven to work.
type connection struct {
	*amqp.Conn
	dialect  dialect
	endpoint *endpoint
	socket   net.Conn
	first    bool // the provider's first: what it has declared exists
}

// dial connects, authenticates and opens a first session, until ctx is done.
func (e *endpoint) dial(ctx context.Context, container string) (*connection, error) {
	socket, err := (&net.Dialer{}).DialContext(ctx, "tcp", e.address)
	if err != nil {
		return nil, e.fault(ctx, explainDial(err), err)
	}
	// A peer that reads or says nothing must not hold us beyond ctx.
	stop := context.AfterFunc(ctx, func() { _ = socket.Close() })
	defer stop()
	stream := socket
	if e.tls != nil {
		secured := tls.Client(socket, e.tls)
		if err = secured.HandshakeContext(ctx); err != nil {
			_ = socket.Close()
			return nil, e.fault(ctx, e.explainTLS(err), err)
		}
		stream = secured
	}
	host, _, _ := net.SplitHostPort(e.address)
	gathered := gather(stream, writeTimeout)
	conn, err := amqp.NewConn(ctx, gathered, &amqp.ConnOptions{
		ContainerID:  container,
		HostName:     host,
		IdleTimeout:  e.idleTimeout,
		MaxFrameSize: maxFrameSize,
		SASLType:     e.sasl,
		WriteTimeout: -1, // none: gather has it
	})
	if err != nil {
		_ = socket.Close()
		_ = gathered.Close() // not by the library in all cases
		return nil, e.fault(ctx, e.explainOpen(err), err)
	}
	connected := &connection{Conn: conn, dialect: e.dialect, endpoint: e, socket: socket}
	if err = probe(ctx, conn); err != nil {
		connected.Abort()
		return nil, e.fault(ctx, e.explainOpen(err), err)
	}
	if connected.dialect == nil {
		if connected.dialect = detect(conn.Properties()); connected.dialect == nil {
			connected.Abort()
			return nil, e.unknownBroker(conn)
		}
	}
	return connected, nil
}

// probe opens a session: brokers may accept a connection, and say only then
// that they don't.
func probe(ctx context.Context, conn *amqp.Conn) error {
	session, err := conn.NewSession(ctx, nil)
	if err != nil {
		return err
	}
	return session.Close(ctx)
}

// unknownBroker is the error of a broker that is of no known kind.
func (e *endpoint) unknownBroker(conn *amqp.Conn) error {
	says := "doesn't say which kind it is"
	if product, _ := conn.Properties()["product"].(string); product != "" {
		says = fmt.Sprintf("says that it is %q, which isn't known", product)
	}
	return &connectError{e.address, "the broker " + says + ": set amqp.Config.Broker, if it understands the addresses of a kind that is", errors.ErrUnsupported}
}

// isLost tells whether the connection has ended.
func (c *connection) isLost() bool {
	select {
	case <-c.Done():
		return true
	default:
		return false
	}
}

// Reason tells why the connection has ended.
func (c *connection) Reason() error {
	reason := "the broker closed the connection"
	err := c.Err()
	if err != nil {
		reason = "the connection was lost: " + describe(err)
	}
	return &connectError{c.endpoint.address, reason, err}
}

// close says goodbye, until ctx is done.
func (c *connection) close(ctx context.Context) {
	stop := context.AfterFunc(ctx, func() { _ = c.socket.Close() })
	defer stop()
	_ = c.Close()
}

// Abort ends the connection at once.
func (c *connection) Abort() {
	_ = c.socket.Close()
	_ = c.Close()
}

// fault makes the error of a failed dial: of ctx's end, else for the reason.
func (e *endpoint) fault(ctx context.Context, reason string, err error) error {
	timeout, isNet := errors.AsType[net.Error](err)
	switch {
	case errors.Is(ctx.Err(), context.Canceled):
		return &connectError{e.address, "given up while connecting: " + describe(context.Cause(ctx)), context.Cause(ctx)}
	case ctx.Err() != nil, isNet && timeout.Timeout():
		reason = "no answer in time: check host, port and firewall, and that the port speaks AMQP 1.0"
		if e.tls == nil {
			reason += " without TLS"
		}
		return &connectError{e.address, reason, context.DeadlineExceeded}
	}
	if isDenied(err) {
		err = fmt.Errorf("%w: %w", ErrAuthentication, err)
	}
	return &connectError{e.address, reason, err}
}

func explainDial(err error) string {
	if _, ok := errors.AsType[*net.DNSError](err); ok {
		return "the host name is unknown: check the host"
	}
	if errors.Is(err, syscall.ECONNREFUSED) {
		return "connection refused: check host and port, and that the broker is running"
	}
	return "can't connect: check host and port: " + describe(err)
}

func (e *endpoint) explainTLS(err error) string {
	if _, ok := errors.AsType[x509.HostnameError](err); ok {
		return fmt.Sprintf("the certificate isn't for %s: connect by a name in it", e.tls.ServerName)
	}
	if _, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		return "the certificate is signed by an unknown authority: put it into the RootCAs of Config.TLS"
	}
	if invalid, ok := errors.AsType[x509.CertificateInvalidError](err); ok {
		if invalid.Reason == x509.Expired {
			return "the certificate has expired or isn't valid yet: renew it, or set the clock right"
		}
		return "the certificate isn't valid: " + describe(err)
	}
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		return "the port doesn't speak TLS: use amqp://, or the broker's TLS port"
	}
	if isCut(err) {
		return "the connection was closed during the TLS handshake: check that the port speaks TLS"
	}
	if reason := e.explainAlert(err); reason != "" {
		return reason
	}
	return "the TLS handshake (1.2 or later) has failed: " + describe(err)
}

// The library's errors for SASL have no type: their text has to be looked at.
const (
	noMechanism = "no supported auth mechanism"
	authFailed  = "auth failed with code 0x1"
)

// isDenied tells whether the broker has refused who connects.
func isDenied(err error) bool {
	text := describe(err)
	return strings.HasPrefix(text, noMechanism) || strings.Contains(text, authFailed+":") || strings.HasSuffix(text, authFailed) ||
		hasCondition(err, amqp.ErrCondUnauthorizedAccess)
}

// explainOpen explains why AMQP could not be opened.
func (e *endpoint) explainOpen(err error) string {
	text := describe(err)
	switch {
	case strings.HasPrefix(text, noMechanism):
		return fmt.Sprintf("authentication failed: the broker doesn't offer SASL %s", e.mechanism)
	case isDenied(err) && e.mechanism == SASLPlain:
		return "authentication failed: user or password refused"
	case isDenied(err):
		return fmt.Sprintf("authentication failed: %s refused; set a user and password", e.mechanism)
	case isCut(err), isConnectionError(err):
		reason := "the broker closed the connection while it was opened: check that the port speaks AMQP 1.0"
		if e.tls == nil {
			reason += " without TLS"
		} else {
			reason += ", and whether the broker wants a client certificate that it trusts"
		}
		return reason + " (" + text + ")"
	}
	if reason := e.explainAlert(err); reason != "" {
		return reason
	}
	return "the port doesn't speak AMQP 1.0 as expected: " + text
}

// isCut tells whether the peer has closed the connection.
func isCut(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
}
