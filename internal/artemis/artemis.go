// Package artemis runs an ActiveMQ Artemis broker for tests and for a first
// tour. [Ensure] brings the distribution into a cache folder, [Start] runs a
// broker from it on a free loopback port, with a journal of its own and a
// random password, and [Broker] can be killed and restarted on the same data.
package artemis

import (
	"context"
	"crypto/rand"
	"fmt"
	"net"
	"net/url"
	"path/filepath"
	"strconv"

	"github.com/aspyx-go/aspyx/internal/jvm"
)

const (
	user = "aspyx"

	// codeLive is Artemis' code for "the server is active", which doesn't change
	// with the wording.
	codeLive = "AMQ221007"
)

// ErrPortTaken is returned when something else listens on the broker's port.
// [Start] chooses another port by itself; [Broker.Restart] can't, since its
// clients know the old one.
var ErrPortTaken = jvm.ErrPortTaken

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
	*jvm.Machine

	options  Options
	port     int
	further  []int // the ports of Options.Acceptors
	password string
}

// Start writes the configuration of a new broker into options.Dir, starts it
// and returns when it answers AMQP clients, at the latest after 60 seconds.
// Its errors end with the last lines of the broker's log.
func Start(ctx context.Context, options Options) (*Broker, error) {
	var broker *Broker
	err := jvm.OnFreePort(ctx, func(port int) (err error) {
		broker = &Broker{options: options, port: port, password: PasswordMarker + rand.Text()}
		for range options.Acceptors {
			if port, err = jvm.FreePort(ctx); err != nil {
				return err
			}
			broker.further = append(broker.further, port)
		}
		if err := writeInstance(broker); err != nil {
			return err
		}
		broker.Machine, err = jvm.Start(ctx, broker.machine())
		return err
	})
	if err != nil {
		return nil, err
	}
	return broker, nil
}

// PasswordMarker begins every password of the tests.
const PasswordMarker = jvm.PasswordMarker

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

// Format prints the broker's address under every verb, never its password.
func (b *Broker) Format(state fmt.State, _ rune) {
	_, _ = fmt.Fprintf(state, "Artemis on %s", b.address())
}

func (b *Broker) address() string {
	return net.JoinHostPort("127.0.0.1", strconv.Itoa(b.port))
}

// machine runs the JVM itself, not the distribution's shell script: signals then
// reach the broker, and its memory is ours to choose.
func (b *Broker) machine() jvm.Options {
	etc := filepath.Join(b.options.Dir, "etc")
	return jvm.Options{
		Name: "Artemis", Dir: b.options.Dir, Live: codeLive, Address: b.address(),
		Arguments: []string{
			"-Xms64M", "-Xmx512M", "-XX:+UseSerialGC",
			"-Dlog4j2.disableJmx=true",
			"-Djava.security.auth.login.config=" + filepath.Join(etc, "login.config"),
			"-Djava.io.tmpdir=" + filepath.Join(b.options.Dir, "tmp"),
			"-Dartemis.home=" + b.options.Home,
			"-Dartemis.instance=" + b.options.Dir,
			"-Dartemis.instance.etc=" + etc,
			"-Ddata.dir=" + filepath.Join(b.options.Dir, "data"),
			"-classpath", filepath.Join(b.options.Home, "lib", "artemis-boot.jar"),
			"org.apache.activemq.artemis.boot.Artemis", "run",
		},
	}
}
