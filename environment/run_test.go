package environment_test

import (
	"bufio"
	"context"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/environment"
)

func TestRunUntilStop(t *testing.T) {
	t.Parallel()
	j := &journal{}
	env := boot(t, row(j, behavior{"OnDestroy": func(context.Context) error { return context.Canceled }}))
	env.Stop(errBroken)
	env.Stop(context.DeadlineExceeded) // only the first counts
	err := env.Run(t.Context())
	require.ErrorIs(t, err, errBroken)
	require.ErrorIs(t, err, context.Canceled)
	require.NotErrorIs(t, err, context.DeadlineExceeded)
	assert.Equal(t, concat(built, started, stopped), j.all())
}

func TestRunReturnsTheCauseItself(t *testing.T) {
	t.Parallel()
	env := boot(t, row(&journal{}, nil))
	env.Stop(errBroken)
	assert.Equal(t, errBroken, env.Run(t.Context()))
}

func TestRunUntilTheContextEnds(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	env := boot(t, row(&journal{}, behavior{
		"OnStopping": func(ctx context.Context) error { return ctx.Err() }, // the stop has a time of its own
	}))
	cancel()
	require.NoError(t, env.Run(ctx))
}

func TestRunWaitsForAShutdownElsewhere(t *testing.T) {
	t.Parallel()
	env := boot(t, row(&journal{}, behavior{"OnDestroy": fails}))
	result := make(chan error)
	go func() { result <- env.Run(context.Background()) }()
	err := env.Shutdown(t.Context())
	require.ErrorIs(t, err, errBroken)
	assert.Equal(t, err, <-result)
}

func TestStopWithoutACause(t *testing.T) {
	t.Parallel()
	env := boot(t, row(&journal{}, nil))
	env.Stop(nil)
	require.NoError(t, env.Run(t.Context()))
}

const childVariable = "ASPYX_ENVIRONMENT_TEST_CHILD"

// TestMain is the program that TestRunUntilASignal runs, if it is told so.
func TestMain(m *testing.M) {
	if os.Getenv(childVariable) == "" {
		os.Exit(m.Run())
	}
	// The parent can't see when Run begins to wait, so it goes on sending. This
	// keeps the process alive when a signal comes too early or once more.
	signal.Notify(make(chan os.Signal, 1), os.Interrupt, syscall.SIGTERM)
	env := environment.New(environment.Module("child", environment.Register[speaker]()))
	if err := env.Run(context.Background()); err != nil {
		os.Exit(3)
	}
	os.Exit(0)
}

// speaker tells its parent process what becomes of it.
type speaker struct{}

func (*speaker) OnRunning(context.Context) error {
	_, err := os.Stdout.WriteString("running\n")
	return err
}

func (*speaker) OnDestroy(context.Context) error {
	_, err := os.Stdout.WriteString("destroyed\n")
	return err
}

func TestRunUntilASignal(t *testing.T) {
	t.Parallel()
	for _, sent := range []os.Signal{syscall.SIGTERM, os.Interrupt} {
		t.Run(sent.String(), func(t *testing.T) {
			t.Parallel()
			child := exec.CommandContext(t.Context(), os.Args[0]) //nolint:gosec // this very program
			child.Env = append(os.Environ(), childVariable+"=1")
			out, err := child.StdoutPipe()
			require.NoError(t, err)
			require.NoError(t, child.Start())
			lines := bufio.NewScanner(out)
			require.True(t, lines.Scan())
			assert.Equal(t, "running", lines.Text())

			destroyed := make(chan string)
			go func() {
				lines.Scan()
				destroyed <- lines.Text()
			}()
			again := time.NewTicker(20 * time.Millisecond)
			defer again.Stop()
			for text := ""; text == ""; {
				select {
				case text = <-destroyed:
					assert.Equal(t, "destroyed", text)
				case <-again.C:
					_ = child.Process.Signal(sent) // it may have ended
				}
			}
			require.NoError(t, child.Wait())
		})
	}
}

func TestWhileBooting(t *testing.T) {
	t.Parallel()
	var early error
	env := boot(t, environment.Module("m", extending(func(i *environment.Inspection) {
		i.Add(environment.Assemble("early bird", nil, func(_ context.Context, env *environment.Environment, _ []any) (*Plain, error) {
			_, early = environment.Find[*Plain](env)
			env.Stop(errBroken)
			return &Plain{}, nil
		}))
	})))
	require.ErrorIs(t, early, environment.ErrBooting)
	require.ErrorIs(t, env.Run(t.Context()), errBroken)
}
