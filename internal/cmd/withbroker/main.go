// Command withbroker runs a command beside an ActiveMQ Artemis broker of its
// own, as `make test` does:
//
//	withbroker -- command arguments...
//
// It fetches the broker's distribution when the cache lacks it, starts the
// broker on a free loopback port, tells the command about both in
// ASPYX_TEST_BROKER and ASPYX_TEST_ARTEMIS_HOME, and ends with the command's
// exit code. It also fetches ActiveMQ Classic, of which tests start brokers of
// their own, and tells about it in ASPYX_TEST_CLASSIC_HOME. Where ASPYX_TEST_BROKER is set already, the command runs on that
// broker and none is started.
//
// Without a command it is `make broker`: it prints the broker's URL and keeps
// the broker running until Ctrl-C.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"time"

	"github.com/aspyx-go/aspyx/internal/artemis"
	"github.com/aspyx-go/aspyx/internal/brokertest"
	"github.com/aspyx-go/aspyx/internal/classic"
)

const stopTimeout = 30 * time.Second

// exitFailed is the code of an error of withbroker itself.
const exitFailed = 1

func main() {
	cache := flag.String("cache", ".cache", "`folder` that keeps the broker's distribution")
	flag.Parse()
	code, err := run(*cache, flag.Args())
	if err != nil {
		fmt.Fprintln(os.Stderr, "withbroker:", err)
	}
	os.Exit(code)
}

func run(cache string, command []string) (code int, err error) {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)

	if os.Getenv(brokertest.BrokerVariable) != "" && len(command) > 0 {
		fmt.Fprintf(os.Stderr, "withbroker: testing on the broker of %s; left out: the tests that kill or restart "+
			"a broker of their own (unset it to run them)\n", brokertest.BrokerVariable)
		return execute(command, nil, signals)
	}

	home, broker, remove, err := startBroker(cache, signals)
	if err != nil {
		return exitFailed, err
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.Background(), stopTimeout)
		defer cancel()
		err = errors.Join(err, broker.Stop(ctx), remove())
		if err != nil && code == 0 {
			code = exitFailed
		}
	}()
	if len(command) == 0 {
		tour(broker, signals)
		return 0, nil
	}
	jars, err := fetchClassic(cache, signals)
	if err != nil {
		return exitFailed, err
	}
	return execute(command, []string{
		brokertest.ClassicVariable + "=" + jars,
		brokertest.BrokerVariable + "=" + broker.URL(),
		brokertest.HomeVariable + "=" + home,
	}, signals)
}

// startBroker makes a broker ready, unless a signal comes first. The caller
// calls remove after the broker's end.
func startBroker(cache string, signals <-chan os.Signal) (
	home string, broker *artemis.Broker, remove func() error, err error,
) {
	ctx, stop := untilSignal(signals)
	defer stop()
	if home, err = artemis.Ensure(ctx, cache); err != nil {
		return "", nil, nil, err
	}
	dir, err := os.MkdirTemp("", "aspyx-artemis-")
	if err != nil {
		return "", nil, nil, fmt.Errorf("create the broker's folder: %w", err)
	}
	remove = func() error { return os.RemoveAll(dir) }
	broker, err = artemis.Start(ctx, artemis.Options{Home: home, Dir: dir})
	if err != nil {
		return "", nil, nil, errors.Join(err, remove())
	}
	return home, broker, remove, nil
}

func fetchClassic(cache string, signals <-chan os.Signal) (home string, err error) {
	ctx, stop := untilSignal(signals)
	defer stop()
	return classic.Ensure(ctx, cache)
}

// untilSignal returns a context that the next signal cancels. Calling stop
// leaves later signals to others.
func untilSignal(signals <-chan os.Signal) (ctx context.Context, stop func()) {
	ctx, cancel := context.WithCancelCause(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		select {
		case got := <-signals:
			cancel(fmt.Errorf("stopped by %v", got))
		case <-ctx.Done():
		}
	}()
	return ctx, func() {
		cancel(nil)
		<-done
	}
}

func tour(broker *artemis.Broker, signals <-chan os.Signal) {
	fmt.Printf(`ActiveMQ Artemis is running at
    %[1]s
Say hello through it, from a second terminal:
    go run ./examples/hello -url %[1]s
Ctrl-C ends it.
`, broker.URL())
	<-signals
}

// execute runs the command with more environment variables, passes signals on
// to it, and returns its exit code, as a shell tells it.
func execute(command, variables []string, signals <-chan os.Signal) (int, error) {
	cmd := exec.Command(command[0], command[1:]...) //nolint:noctx // it ends by the signals that it gets
	cmd.Env = append(os.Environ(), variables...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	if err := cmd.Start(); err != nil {
		return exitFailed, fmt.Errorf("start the command: %w", err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	for {
		select {
		case got := <-signals:
			_ = cmd.Process.Signal(got) // fails only when the command has just ended
		case err := <-ended:
			return exitCode(err)
		}
	}
}

func exitCode(err error) (int, error) {
	if err == nil {
		return 0, nil
	}
	exit, ok := errors.AsType[*exec.ExitError](err)
	if !ok {
		return exitFailed, fmt.Errorf("run the command: %w", err)
	}
	if status, ok := exit.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return 128 + int(status.Signal()), nil
	}
	return exit.ExitCode(), nil
}
