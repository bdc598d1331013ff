package e2e_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/environment"
	"github.com/aspyx-go/aspyx/eventing"
	"github.com/aspyx-go/aspyx/eventing/amqp"
)

// The environment variables by which the test tells a child what to be.
const (
	childURL    = "ASPYX_E2E_URL"
	childServer = "ASPYX_E2E_SERVER"
	childBlocks = "ASPYX_E2E_BLOCKS"
	childExits  = "ASPYX_E2E_EXITS"
)

// sharedEvent and ownEvent carry the run they belong to: the broker may still
// hold those of an earlier one.
type sharedEvent struct {
	eventing.Event `event:"name=e2e.shared,durable"`
	Run            string
	Number         int
}

type ownEvent struct {
	eventing.Event `event:"name=e2e.own"`
	Run            string
	Number         int
}

type sharedListener struct {
	eventing.Listener[sharedEvent] `listener:"name=e2e.worker"`
}

func (l *sharedListener) On(ctx context.Context, event sharedEvent) error {
	return report(ctx, "shared", event.Run, event.Number)
}

type ownListener struct {
	eventing.Listener[ownEvent] `listener:"name=e2e.cache,per_process"`
}

func (l *ownListener) On(ctx context.Context, event ownEvent) error {
	return report(ctx, "own", event.Run, event.Number)
}

func report(ctx context.Context, kind, run string, number int) error {
	fmt.Printf("%s %s %d attempt %d\n", kind, run, number, eventing.EnvelopeFrom(ctx).Attempt())
	if os.Getenv(childBlocks) != "" {
		select {} // until the test kills this process
	}
	return nil
}

func module(listening bool) environment.Part {
	parts := []environment.Part{
		eventing.Module(eventing.Configured()),
		environment.Register[sharedEvent](),
		environment.Register[ownEvent](),
	}
	if listening {
		parts = append(parts, environment.Register[sharedListener](), environment.Register[ownListener]())
	}
	return environment.Module("e2e", parts...)
}

func boot(ctx context.Context, url, server string, listening bool) (*environment.Environment, error) {
	return bootModule(ctx, url, server, module(listening))
}

func bootModule(ctx context.Context, url, server string, module environment.Part) (*environment.Environment, error) {
	source, err := eventing.FromURL(url, amqp.Scheme)
	if err != nil {
		return nil, err
	}
	return environment.Boot(ctx, module, eventing.Use(source), eventing.ServerName(server))
}

// TestMain is the child's main where the variables say so.
func TestMain(m *testing.M) {
	url := os.Getenv(childURL)
	if url == "" {
		os.Exit(m.Run())
	}
	start := boot
	if os.Getenv(childExits) != "" {
		start = bootFatal
	}
	env, err := start(context.Background(), url, os.Getenv(childServer), true)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println("ready")
	ctx, cancel := context.WithCancel(context.Background())
	go func() { // ends with the process
		_, _ = io.Copy(io.Discard, os.Stdin)
		cancel()
	}()
	if err := env.Run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// child is a process that runs the module.
type child struct {
	command *exec.Cmd
	stdin   io.Closer
	lines   chan string // closed when the process has ended
	errors  *output
	early   []string // what it printed before it was ready
	ready   bool
}

// startChild returns a child that is ready.
func startChild(t *testing.T, url, server string, variables ...string) *child {
	t.Helper()
	c := spawn(t, url, server, variables...)
	for {
		line := c.next(t)
		if line == "ready" {
			c.ready = true
			return c
		}
		c.early = append(c.early, line) // an event that waited in the queue
	}
}

func spawn(t *testing.T, url, server string, variables ...string) *child {
	t.Helper()
	command := exec.Command(os.Args[0]) //nolint:gosec,noctx // this very test, ended below
	command.Env = append(os.Environ(), childURL+"="+url, childServer+"="+server)
	for _, variable := range variables {
		command.Env = append(command.Env, variable+"=1")
	}
	errors := &output{}
	command.Stderr = io.MultiWriter(os.Stderr, errors) // the run's output is searched for passwords
	stdin, err := command.StdinPipe()
	require.NoError(t, err)
	stdout, err := command.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, command.Start())
	c := &child{command: command, stdin: stdin, lines: make(chan string, 10_000), errors: errors}
	go func() { // ends with the process, which the clean-up ends
		defer close(c.lines)
		for scanner := bufio.NewScanner(stdout); scanner.Scan(); {
			c.lines <- scanner.Text()
		}
	}()
	t.Cleanup(func() {
		_ = command.Process.Kill()
		_ = command.Wait()
	})
	return c
}

// output keeps what a child prints as errors, while it runs.
type output struct {
	mu   sync.Mutex
	text strings.Builder
}

func (o *output) Write(text []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(text)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// ended is the error of a child that ended too early.
func (c *child) ended() error {
	_ = c.command.Wait() // all that it had to say has come then
	return fmt.Errorf("the process has ended: %v; its errors: %s", c.command.ProcessState, c.errors)
}

// next returns the next line that the child prints.
func (c *child) next(t *testing.T) string {
	t.Helper()
	if len(c.early) > 0 && c.ready {
		line := c.early[0]
		c.early = c.early[1:]
		return line
	}
	select {
	case line, ok := <-c.lines:
		if !ok {
			require.NoError(t, c.ended())
		}
		return line
	case <-time.After(30 * time.Second):
		require.FailNow(t, "the process prints nothing", "its errors: %s", c.errors)
		return ""
	}
}

// either returns the next line that one of the children prints, and whose it is.
func either(ctx context.Context, one, two *child) (line string, of *child, err error) {
	var ok bool
	select {
	case line, ok = <-one.lines:
		of = one
	case line, ok = <-two.lines:
		of = two
	case <-ctx.Done():
		return "", nil, fmt.Errorf("events are missing: %w; errors of the processes: %s%s", ctx.Err(), one.errors, two.errors)
	}
	if !ok {
		return "", nil, of.ended()
	}
	return line, of, nil
}

// end has the child shut down, and returns what else it prints.
func (c *child) end(t *testing.T) []string {
	t.Helper()
	require.NoError(t, c.stdin.Close())
	lines := c.early
	for line := range c.lines {
		lines = append(lines, line)
	}
	require.NoError(t, c.command.Wait(), c.errors)
	return lines
}

// kill ends the child as kill -9 does.
func (c *child) kill(t *testing.T) {
	t.Helper()
	require.NoError(t, c.command.Process.Signal(syscall.SIGKILL))
	require.Error(t, c.command.Wait())
}

// of returns the lines of one kind and run.
func of(lines []string, kind, run string) []string {
	var found []string
	for _, line := range lines {
		if strings.HasPrefix(line, kind+" "+run+" ") {
			found = append(found, line)
		}
	}
	return found
}
