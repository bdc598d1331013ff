// Command soak sends durable events through the whole framework while it kills
// and restarts the broker, an ActiveMQ Artemis of its own, and accounts for each
// of them:
//
//	soak -events 1000000
//
// It prints a report, and ends with an error when an event was lost, came again
// without need, or anything else isn't as promised; see package internal/soak.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"github.com/aspyx-go/aspyx/internal/artemis"
	"github.com/aspyx-go/aspyx/internal/soak"
)

// errViolated is why the program fails after a report.
var errViolated = errors.New("not all is as promised")

// fewest is how many events a course has at least, so that it is one with all
// its interruptions.
const fewest = 1000

func main() {
	cache := flag.String("cache", ".cache", "`folder` that keeps the broker's distribution")
	events := flag.Int("events", 200_000, "how many events are sent")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Stdout, *cache, *events)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "soak:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, out io.Writer, cache string, events int) (err error) {
	if events < fewest {
		return fmt.Errorf("-events %d is too few: ask for %d or more", events, fewest)
	}
	home, err := artemis.Ensure(ctx, cache)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "aspyx-soak-")
	if err != nil {
		return fmt.Errorf("create the broker's folder: %w", err)
	}
	defer func() { _ = os.RemoveAll(dir) }() // what remains in the system's own folder harms nobody
	broker, err := artemis.Start(ctx, artemis.Options{Home: home, Dir: dir})
	if err != nil {
		return err
	}
	defer func() {
		broker.Kill()
		if err != nil {
			err = fmt.Errorf("%w; the broker's log ends:\n%s", err, broker.LogTail())
		}
	}()
	report, err := soak.Run(ctx, broker, events, slog.Default())
	if err != nil {
		return err
	}
	if _, err := io.WriteString(out, report.String()); err != nil {
		return fmt.Errorf("print: %w", err)
	}
	if len(report.Violations) > 0 {
		return errViolated
	}
	return nil
}
