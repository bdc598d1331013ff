// Package artemis runs an ActiveMQ Artemis broker for tests and for a first
// tour. [Ensure] brings the distribution into a cache folder, [Start] runs a
// broker from it on a free loopback port, with a journal of its own and a
// random password, and [Broker] can be killed and restarted on the same data.
//
// A broker's process dies with the process that started it (on Linux also
// when that one is killed), so no JVM stays behind.
package artemis

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
)

const (
	user         = "aspyx"
	startTimeout = 60 * time.Second
	portAttempts = 5
)

// ErrPortTaken is returned when something else listens on the broker's port.
// [Start] chooses another port by itself; [Broker.Restart] can't, since its
// clients know the old one.
var ErrPortTaken = errors.New("artemis: the broker's port is taken by another process")

// Options say where a broker comes from and where it lives. Home and Dir are
// required.
type Options struct {
	// Home is the folder of the unpacked distribution, as Ensure returns it.
	Home string
	// Dir is an existing, empty folder for the broker's configuration,
	// journal and log. It belongs to the caller, who removes it after Kill
	// or Stop.
	Dir string
	// Acceptors are the parameters of further acceptors, as Artemis spells
	// them in an acceptor's URL, without the place. Each listens on a port of
	// its own: see Broker.Port.
	Acceptors []string
	// CertificateName is the distinguished name of the one client certificate
	// with which clients of acceptors with securityDomain=certificates may do
	// all. Empty means that none may.
	CertificateName string
	// Users may log in beside the one of Broker.URL, who may do all.
	Users []User
	// ManagementAddress is where the broker takes management requests. Empty
	// means Artemis' own, activemq.management.
	ManagementAddress string
}

// User is a user of the broker.
type User struct {
	// Name and Password are by what the user logs in.
	Name, Password string
	// Lacks are the permissions that the user hasn't, as Artemis spells them:
	// manage, send, consume.
	Lacks []string
}

// Broker is a running, killed or stopped broker. Its methods, except URL, Port
// and LogTail, must not be called concurrently.
type Broker struct {
	options  Options
	port     int
	further  []int // the ports of Options.Acceptors
	password string
	process  *process // nil while the broker is down
}

// Start writes the configuration of a new broker into options.Dir, starts it
// and returns when it answers AMQP clients, at the latest after 60 seconds.
// Its errors end with the last lines of the broker's log.
func Start(ctx context.Context, options Options) (*Broker, error) {
	for attempt := 1; ; attempt++ {
		port, err := freePort(ctx)
		if err != nil {
			return nil, err
		}
		broker := &Broker{options: options, port: port, password: PasswordMarker + rand.Text()}
		for range options.Acceptors {
			if port, err = freePort(ctx); err != nil {
				return nil, err
			}
			broker.further = append(broker.further, port)
		}
		if err := writeInstance(broker); err != nil {
			return nil, err
		}
		err = broker.start(ctx)
		if err == nil {
			return broker, nil
		}
		// The port was free when it was chosen, but nothing reserves it.
		if !errors.Is(err, ErrPortTaken) || attempt == portAttempts {
			return nil, err
		}
	}
}

// PasswordMarker begins every password of the tests, the brokers' ones and the
// wrong ones, so that a run can be searched for passwords that were printed.
const PasswordMarker = "cAnArY-"

// URL is where clients connect, with user and password:
// amqp://user:password@127.0.0.1:port. It stays the same over a restart.
// The port speaks AMQP, STOMP and Artemis's own protocol.
func (b *Broker) URL() string {
	u := url.URL{Scheme: "amqp", User: url.UserPassword(user, b.password), Host: b.address()}
	return u.String()
}

// URLOf is URL for one of Options.Users, by its index.
func (b *Broker) URLOf(index int) string {
	who := b.options.Users[index]
	u := url.URL{Scheme: "amqp", User: url.UserPassword(who.Name, who.Password), Host: b.address()}
	return u.String()
}

// Port returns the port of one of Options.Acceptors, by its index. It stays the
// same over a restart.
func (b *Broker) Port(acceptor int) int { return b.further[acceptor] }

// Kill ends the broker at once (SIGKILL), as a crash would, and waits until
// it is gone. What it had confirmed as durable is there after Restart. A
// broker that is down stays so.
func (b *Broker) Kill() {
	if b.process == nil {
		return
	}
	b.process.kill()
	b.process = nil
}

// Stop ends the broker in order (SIGTERM) and waits until it is gone. When
// ctx ends first, the broker is killed and ctx's cause returned.
func (b *Broker) Stop(ctx context.Context) error {
	if b.process == nil {
		return nil
	}
	defer b.Kill()
	b.process.signal(syscall.SIGTERM)
	select {
	case <-b.process.done:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("stop Artemis: %w", context.Cause(ctx))
	}
}

// Restart ends the broker like Kill, when it runs, and starts it again on the
// same port with the same data.
func (b *Broker) Restart(ctx context.Context) error {
	b.Kill()
	return b.start(ctx)
}

// Format prints the broker's address under every verb, never its password.
func (b *Broker) Format(state fmt.State, _ rune) {
	_, _ = fmt.Fprintf(state, "Artemis on %s", b.address())
}

func (b *Broker) address() string {
	return net.JoinHostPort("127.0.0.1", strconv.Itoa(b.port))
}

func (b *Broker) start(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, startTimeout, fmt.Errorf("not ready after %v", startTimeout))
	defer cancel()

	logs, err := openLog(b.options.Dir)
	if err != nil {
		return err
	}
	defer func() { _ = logs.file.Close() }()

	cmd := b.command()
	cmd.Stdout, cmd.Stderr = logs.file, logs.file
	running, err := startProcess(cmd)
	if err != nil {
		return fmt.Errorf("start Artemis (it needs Java 17 or later, `make deps` installs it): %w", err)
	}
	if err := awaitReady(ctx, running, logs, b.address()); err != nil {
		running.kill()
		return fmt.Errorf("start Artemis: %w; its log ends:\n%s", err, b.LogTail())
	}
	b.process = running
	return nil
}

// command runs the JVM itself, not the distribution's shell script: signals
// then reach the broker, and its memory is ours to choose.
func (b *Broker) command() *exec.Cmd {
	etc := filepath.Join(b.options.Dir, "etc")
	//nolint:noctx // the broker outlives the context of the call that starts it
	return exec.Command(javaCommand(),
		"-Xms64M", "-Xmx512M", "-XX:+UseSerialGC",
		"-Dlog4j2.disableJmx=true",
		"-Djava.security.auth.login.config="+filepath.Join(etc, "login.config"),
		"-Djava.io.tmpdir="+filepath.Join(b.options.Dir, "tmp"),
		"-Dartemis.home="+b.options.Home,
		"-Dartemis.instance="+b.options.Dir,
		"-Dartemis.instance.etc="+etc,
		"-Ddata.dir="+filepath.Join(b.options.Dir, "data"),
		"-classpath", filepath.Join(b.options.Home, "lib", "artemis-boot.jar"),
		"org.apache.activemq.artemis.boot.Artemis", "run")
}

func freePort(ctx context.Context) (int, error) {
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return 0, fmt.Errorf("find a free port: %w", err)
	}
	port := listener.Addr().(*net.TCPAddr).Port //nolint:forcetypeassert // a TCP listener's address
	if err := listener.Close(); err != nil {
		return 0, fmt.Errorf("find a free port: %w", err)
	}
	return port, nil
}
