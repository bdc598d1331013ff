// Package jvm runs a broker written in Java for tests: it starts the process,
// waits until its port answers, and ends it.
//
// The process dies with the one that started it (on Linux also when that one is
// killed), so none stays behind.
package jvm

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

// PasswordMarker begins every password of the tests, the brokers' ones and the
// wrong ones, so that a run can be searched for passwords that were printed.
const PasswordMarker = "cAnArY-"

const (
	startTimeout = 60 * time.Second
	portAttempts = 5
)

// ErrPortTaken is returned when something else listens on the broker's port.
var ErrPortTaken = errors.New("the broker's port is taken by another process")

// Options say what runs. All but Env are required.
type Options struct {
	// Name is the broker's, for errors.
	Name string
	// Arguments are those of the Java command.
	Arguments []string
	// Env are environment variables in addition to this process's.
	Env []string
	// Dir is the folder of the log.
	Dir string
	// Live is what the broker's log says once it is live.
	Live string
	// Address is where the broker speaks AMQP then.
	Address string
}

// Machine is a broker's process, and the next one after a restart: one that is
// running, killed or stopped. Its methods, except LogTail, must not be called
// concurrently.
type Machine struct {
	options Options
	process *process // nil while the broker is down
}

// Start starts a broker and returns when it answers AMQP clients, at the latest
// after 60 seconds. Its errors end with the last lines of the broker's log.
func Start(ctx context.Context, options Options) (*Machine, error) {
	m := &Machine{options: options}
	if err := m.start(ctx); err != nil {
		return nil, err
	}
	return m, nil
}

func (m *Machine) start(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, startTimeout, fmt.Errorf("not ready after %v", startTimeout))
	defer cancel()

	logs, err := openLog(m.options.Dir)
	if err != nil {
		return err
	}
	defer func() { _ = logs.file.Close() }()

	cmd := exec.Command(javaCommand(), m.options.Arguments...) //nolint:noctx // it outlives the context of this call
	cmd.Env = append(os.Environ(), m.options.Env...)
	cmd.Stdout, cmd.Stderr = logs.file, logs.file
	running, err := startProcess(cmd)
	if err != nil {
		return fmt.Errorf("start %s (it needs Java 17 or later, `make deps` installs it): %w", m.options.Name, err)
	}
	if err := awaitReady(ctx, running, logs, &m.options); err != nil {
		running.kill()
		return fmt.Errorf("start %s: %w; its log ends:\n%s", m.options.Name, err, m.LogTail())
	}
	m.process = running
	return nil
}

// Kill ends the broker at once (SIGKILL), as a crash would, and waits until it
// is gone. What it had confirmed as durable is there after Restart. A broker
// that is down stays so.
func (m *Machine) Kill() {
	if m.process == nil {
		return
	}
	m.process.kill()
	m.process = nil
}

// Stop ends the broker in order (SIGTERM) and waits until it is gone. When ctx
// ends first, the broker is killed and ctx's cause returned.
func (m *Machine) Stop(ctx context.Context) error {
	if m.process == nil {
		return nil
	}
	defer m.Kill()
	m.Signal(syscall.SIGTERM)
	select {
	case <-m.process.done:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("stop %s: %w", m.options.Name, context.Cause(ctx))
	}
}

// Restart ends the broker like Kill, when it runs, and starts it again on the
// same port with the same data.
func (m *Machine) Restart(ctx context.Context) error {
	m.Kill()
	return m.start(ctx)
}

// Signal tells the running process something.
func (m *Machine) Signal(signal os.Signal) { m.process.signal(signal) }

// OnFreePort starts a broker on a port that nothing listened on when it was
// chosen. As nothing reserves it, another one is chosen where it is taken.
func OnFreePort(ctx context.Context, start func(port int) error) error {
	for attempt := 1; ; attempt++ {
		port, err := FreePort(ctx)
		if err != nil {
			return err
		}
		if err = start(port); !errors.Is(err, ErrPortTaken) || attempt == portAttempts {
			return err
		}
	}
}

// FreePort returns a loopback port that nothing listens on. Nothing reserves it.
func FreePort(ctx context.Context) (int, error) {
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

func javaCommand() string {
	if home := os.Getenv("JAVA_HOME"); home != "" {
		return filepath.Join(home, "bin", "java")
	}
	return "java"
}
