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

const startTimeout = 60 * time.Second

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

// Machine is a broker's process. Its methods must not be called concurrently.
type Machine struct {
	name    string
	process *process
}

// Start starts a broker and returns when it answers AMQP clients, at the latest
// after 60 seconds. Its errors end with the last lines of the broker's log.
func Start(ctx context.Context, options Options) (*Machine, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, startTimeout, fmt.Errorf("not ready after %v", startTimeout))
	defer cancel()

	logs, err := openLog(options.Dir)
	if err != nil {
		return nil, err
	}
	defer func() { _ = logs.file.Close() }()

	cmd := exec.Command(javaCommand(), options.Arguments...) //nolint:noctx // it outlives the context of this call
	cmd.Env = append(os.Environ(), options.Env...)
	cmd.Stdout, cmd.Stderr = logs.file, logs.file
	running, err := startProcess(cmd)
	if err != nil {
		return nil, fmt.Errorf("start %s (it needs Java 17 or later, `make deps` installs it): %w", options.Name, err)
	}
	if err := awaitReady(ctx, running, logs, &options); err != nil {
		running.kill()
		return nil, fmt.Errorf("start %s: %w; its log ends:\n%s", options.Name, err, LogTail(options.Dir))
	}
	return &Machine{name: options.Name, process: running}, nil
}

// Kill ends the broker at once (SIGKILL), as a crash would, and waits until it
// is gone.
func (m *Machine) Kill() { m.process.kill() }

// Signal tells the process something; one that is gone needs no telling.
func (m *Machine) Signal(signal os.Signal) { m.process.signal(signal) }

// Stop ends the broker in order (SIGTERM) and waits until it is gone. When ctx
// ends first, the broker is killed and ctx's cause returned.
func (m *Machine) Stop(ctx context.Context) error {
	defer m.process.kill()
	m.process.signal(syscall.SIGTERM)
	select {
	case <-m.process.done:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("stop %s: %w", m.name, context.Cause(ctx))
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
