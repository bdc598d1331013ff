// Package classic runs an ActiveMQ Classic broker for tests. [Ensure] brings its
// jars into a cache folder, [Start] runs a broker of them on a free loopback
// port, with a store of its own, a scheduler for delayed messages and a random
// password, and [Broker] can be killed and restarted on the same data.
package classic

import (
	"context"
	"crypto/rand"
	_ "embed"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strconv"

	"github.com/aspyx-go/aspyx/internal/jvm"
)

// launcher is a program that Java runs as it is.
//
//go:embed Launcher.java
var launcher []byte

const (
	user         = "aspyx"
	portAttempts = 5
)

// Options say where a broker comes from and where it lives. Home and Dir are
// required.
type Options struct {
	// Home is the folder of the jars, as Ensure returns it.
	Home string
	// Dir is an existing, empty folder for the broker's store and log. It
	// belongs to the caller, who removes it after Kill.
	Dir string
	// NoScheduler leaves out what keeps delayed messages back.
	NoScheduler bool
}

// Broker is a running, killed or stopped broker. Its methods, except URL and
// LogTail, must not be called concurrently.
type Broker struct {
	options  Options
	port     int
	password string
	process  *jvm.Machine // nil while the broker is down
}

// Start starts a broker and returns when it answers AMQP clients, at the latest
// after 60 seconds.
func Start(ctx context.Context, options Options) (*Broker, error) {
	for attempt := 1; ; attempt++ {
		port, err := jvm.FreePort(ctx)
		if err != nil {
			return nil, err
		}
		broker := &Broker{options: options, port: port, password: jvm.PasswordMarker + rand.Text()}
		err = broker.start(ctx)
		if err == nil {
			return broker, nil
		}
		// The port was free when it was chosen, but nothing reserves it.
		if !errors.Is(err, jvm.ErrPortTaken) || attempt == portAttempts {
			return nil, err
		}
	}
}

// URL is where AMQP clients connect, with user and password. It stays the same
// over a restart.
func (b *Broker) URL() string {
	u := url.URL{Scheme: "amqp", User: url.UserPassword(user, b.password), Host: b.address()}
	return u.String()
}

// Kill ends the broker at once (SIGKILL), as a crash would, and waits until it
// is gone. A broker that is down stays so.
func (b *Broker) Kill() {
	if b.process == nil {
		return
	}
	b.process.Kill()
	b.process = nil
}

// Stop ends the broker in order (SIGTERM) and waits until it is gone. When ctx
// ends first, the broker is killed and ctx's cause returned.
func (b *Broker) Stop(ctx context.Context) error {
	if b.process == nil {
		return nil
	}
	defer b.Kill()
	return b.process.Stop(ctx)
}

// Restart ends the broker like Kill, when it runs, and starts it again on the
// same port with the same data.
func (b *Broker) Restart(ctx context.Context) error {
	b.Kill()
	return b.start(ctx)
}

// LogTail returns the last lines of the broker's log.
func (b *Broker) LogTail() string { return jvm.LogTail(b.options.Dir) }

// Format prints the broker's address under every verb, never its password.
func (b *Broker) Format(state fmt.State, _ rune) {
	_, _ = fmt.Fprintf(state, "ActiveMQ Classic on %s", b.address())
}

func (b *Broker) address() string {
	return net.JoinHostPort("127.0.0.1", strconv.Itoa(b.port))
}

func (b *Broker) start(ctx context.Context) error {
	program := filepath.Join(b.options.Dir, "Launcher.java")
	if err := os.WriteFile(program, launcher, 0o600); err != nil {
		return fmt.Errorf("write the launcher: %w", err)
	}
	running, err := jvm.Start(ctx, jvm.Options{
		Name: "ActiveMQ Classic", Dir: b.options.Dir, Live: "CLASSIC IS LIVE", Address: b.address(),
		Env: []string{"CLASSIC_PASSWORD=" + b.password},
		Arguments: []string{
			"-Xms64M", "-Xmx512M", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1",
			"-classpath", filepath.Join(b.options.Home, "lib", "*"),
			program, b.options.Dir, user, strconv.FormatBool(!b.options.NoScheduler), "amqp://" + b.address(),
		},
	})
	if err != nil {
		return err
	}
	b.process = running
	return nil
}
