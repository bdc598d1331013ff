// Package classic runs an ActiveMQ Classic broker for tests. [Ensure] brings its
// jars into a cache folder, [Start] runs a broker of them on a free loopback
// port, with a store of its own, a scheduler for delayed messages and a random
// password, and [Broker] can be killed and restarted on the same data.
package classic

import (
	"context"
	"crypto/rand"
	_ "embed"
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

const user = "aspyx"

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
	*jvm.Machine

	port     int
	password string
}

// Start starts a broker and returns when it answers AMQP clients, at the latest
// after 60 seconds.
func Start(ctx context.Context, options Options) (*Broker, error) {
	broker := &Broker{password: jvm.PasswordMarker + rand.Text()}
	program := filepath.Join(options.Dir, "Launcher.java")
	if err := os.WriteFile(program, launcher, 0o600); err != nil {
		return nil, fmt.Errorf("write the launcher: %w", err)
	}
	err := jvm.OnFreePort(ctx, func(port int) (err error) {
		broker.port = port
		broker.Machine, err = jvm.Start(ctx, jvm.Options{
			Name: "ActiveMQ Classic", Dir: options.Dir, Live: "CLASSIC IS LIVE", Address: broker.address(),
			Env: []string{"CLASSIC_PASSWORD=" + broker.password},
			Arguments: []string{
				"-Xms64M", "-Xmx512M", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1",
				"-classpath", filepath.Join(options.Home, "lib", "*"),
				program, options.Dir, user, strconv.FormatBool(!options.NoScheduler), "amqp://" + broker.address(),
			},
		})
		return err
	})
	if err != nil {
		return nil, err
	}
	return broker, nil
}

// URL is where AMQP clients connect, with user and password. It stays the same
// over a restart.
func (b *Broker) URL() string {
	u := url.URL{Scheme: "amqp", User: url.UserPassword(user, b.password), Host: b.address()}
	return u.String()
}

// Format prints the broker's address under every verb, never its password.
func (b *Broker) Format(state fmt.State, _ rune) {
	_, _ = fmt.Fprintf(state, "ActiveMQ Classic on %s", b.address())
}

func (b *Broker) address() string {
	return net.JoinHostPort("127.0.0.1", strconv.Itoa(b.port))
}
