package errhandler_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/errhandler"
)

// sized is a family of error types.
type sized[T any] struct{ value T }

func (*sized[T]) Error() string { return "sized" }

// many are ten handlers: eight for concrete types, one for an interface, one
// for a value.
func many() []errhandler.Handler {
	return []errhandler.Handler{
		ending[*sized[int]](nil), ending[*sized[int8]](nil), ending[*sized[int16]](nil), ending[*sized[int32]](nil),
		ending[*sized[int64]](nil), ending[*sized[uint]](nil), ending[codeError](nil), ending[*fs.PathError](nil),
		ending[timeouter](nil), matchIs(errGone),
	}
}

func misses() map[string]error {
	return map[string]error{
		"plain":   errOther,
		"wrapped": fmt.Errorf("a: %w", fmt.Errorf("b: %w", errOther)),
		"joined":  errors.Join(errOther, fmt.Errorf("b: %w", errOther)),
	}
}

func BenchmarkNoMatch(b *testing.B) {
	m, ctx := newManager(b, many()...), context.Background()
	for name, err := range misses() {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if m.Handle(ctx, err) == nil {
					b.Fatal("handled")
				}
			}
		})
	}
}

func BenchmarkMatch(b *testing.B) {
	ctx, err := context.Background(), fmt.Errorf("a: %w", &timeoutError{"1s"})
	next := errhandler.Handle(func(ctx context.Context, err *timeoutError, next errhandler.Next) error { return next(ctx, err) })
	for name, m := range map[string]*errhandler.Manager{
		"one":  newManager(b, ending[*timeoutError](nil)),
		"last": newManager(b, append(many()[:8], ending[error](nil))...),
		"next": newManager(b, next, ending[timeouter](nil)),
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if m.Handle(ctx, err) != nil {
					b.Fatal("not handled")
				}
			}
		})
	}
}

//nolint:paralleltest // AllocsPerRun counts the allocations of all goroutines
func TestNoMatchAllocatesNothing(t *testing.T) {
	m := newManager(t, many()...)
	for name, err := range misses() {
		require.Zero(t, testing.AllocsPerRun(100, func() { _ = m.Handle(t.Context(), err) }), name)
	}
}
