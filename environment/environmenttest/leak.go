package environmenttest

import (
	"context"
	"fmt"
	"runtime/pprof"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

const (
	// patience is how long goroutines get to end after the shutdown: what it
	// has waited for may still have to return.
	patience = 2 * time.Second

	// The pauses between two looks, which double.
	firstPause = time.Millisecond
	lastPause  = 100 * time.Millisecond
)

// labelKey is the key of the label that marks the goroutines of a test. Its
// value is a number of the test.
const labelKey = "environmenttest"

// watched are the tests that have called New and haven't ended, with their
// numbers.
var watched = struct {
	sync.Mutex
	numbers map[testing.TB]string
	last    int
}{numbers: make(map[testing.TB]string)}

// watch labels the calling goroutine, which is the test's, and has the test
// fail if something with the label is left after all clean-up that is
// registered from now on. It returns the test's context with the label, so that
// those who set labels of their own add to it.
func watch(tb testing.TB) context.Context {
	tb.Helper()
	watched.Lock()
	defer watched.Unlock()
	number, ok := watched.numbers[tb]
	if !ok {
		watched.last++
		number = strconv.Itoa(watched.last)
		watched.numbers[tb] = number
		tb.Cleanup(func() {
			tb.Helper()
			unwatch(tb, number)
		})
	}
	ctx := pprof.WithLabels(tb.Context(), pprof.Labels(labelKey, number))
	pprof.SetGoroutineLabels(ctx)
	return ctx
}

func unwatch(tb testing.TB, number string) {
	tb.Helper()
	watched.Lock()
	delete(watched.numbers, tb)
	watched.Unlock()
	pprof.SetGoroutineLabels(tb.Context()) // this goroutine is none of those that are looked for
	if left := leftAfter(patience, number); len(left) > 0 {
		tb.Errorf("environmenttest: goroutines that were started since New are still there after the shutdown:\n%s",
			strings.Join(left, ""))
	}
}

// leftAfter waits until no goroutine has the label, but not longer than so. It
// returns those that still have it.
func leftAfter(limit time.Duration, number string) []string {
	end := time.Now().Add(limit)
	for pause := firstPause; ; pause = min(2*pause, lastPause) {
		left := labelled(number)
		if len(left) == 0 || !time.Now().Before(end) {
			return left
		}
		<-time.After(pause)
	}
}

// labelled returns the stacks of the goroutines with the label.
func labelled(number string) []string {
	var profile strings.Builder
	if err := pprof.Lookup("goroutine").WriteTo(&profile, 1); err != nil {
		return []string{fmt.Sprintf("they can't be listed: %v\n", err)}
	}
	return stacks(profile.String(), fmt.Sprintf("%q:%q", labelKey, number))
}

// processWide are the functions of goroutines that the standard library starts
// once for a process, on behalf of whoever is first to need them, and never
// ends.
var processWide = []string{"os/signal.loop"}

// stacks returns the stacks with the label from a goroutine profile in its text
// form: blocks with an empty line between them, one for all goroutines with the
// same stack and labels.
//
//	2 @ 0x47a1ee 0x4155fd 0x41514d 0x7c8e2b 0x482c61
//	# labels: {"environmenttest":"1"}
//	#	0x7c8e2a	example.com/shop.(*Server).serve+0x2a	/src/shop/server.go:42
func stacks(profile, label string) []string {
	var found []string
	for block := range strings.SplitSeq(profile, "\n\n") {
		var count, function string
		var isLabelled bool
		var frames strings.Builder
		for line := range strings.SplitSeq(block, "\n") {
			cells := strings.FieldsFunc(line, func(r rune) bool { return r == '\t' })
			switch {
			case strings.HasPrefix(line, "# labels: "):
				isLabelled = strings.Contains(line, label)
			case len(cells) == 4: // mark, address, function, place
				function, _, _ = strings.Cut(cells[2], "+0x")
				fmt.Fprintf(&frames, "    %s\n        %s\n", function, cells[3])
			case strings.Contains(line, " @ "):
				count, _, _ = strings.Cut(line, " @ ")
			}
		}
		if isLabelled && !slices.Contains(processWide, function) { // the last one is where it began
			found = append(found, "  "+count+" at\n"+frames.String())
		}
	}
	return found
}
