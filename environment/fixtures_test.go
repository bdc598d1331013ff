package environment_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/environment"
)

var errBroken = errors.New("broken")

// journal records what happened, in order.
type journal struct {
	mu      sync.Mutex
	entries []string
}

func (j *journal) add(entry string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.entries = append(j.entries, entry)
}

func (j *journal) all() []string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return slices.Clone(j.entries)
}

// hooked is a component that records its hooks and does in them what a test
// wants. Embedded in other types it lends them its hooks.
type hooked struct {
	journal *journal
	name    string
	do      map[string]func(ctx context.Context) error
}

func (h *hooked) hook(ctx context.Context, name string) error {
	h.journal.add(h.name + "." + name)
	if do := h.do[name]; do != nil {
		return do(ctx)
	}
	return nil
}

func (h *hooked) OnInit(ctx context.Context) error     { return h.hook(ctx, "OnInit") }
func (h *hooked) OnRunning(ctx context.Context) error  { return h.hook(ctx, "OnRunning") }
func (h *hooked) OnStopping(ctx context.Context) error { return h.hook(ctx, "OnStopping") }
func (h *hooked) OnDestroy(ctx context.Context) error  { return h.hook(ctx, "OnDestroy") }

var (
	_ environment.Initializer = (*hooked)(nil)
	_ environment.Runner      = (*hooked)(nil)
	_ environment.Stopper     = (*hooked)(nil)
	_ environment.Destroyer   = (*hooked)(nil)
)

// Three components in a row: Third needs Second, which needs First.
type (
	First  struct{ hooked }
	Second struct {
		hooked
		First *First
	}
	Third struct {
		hooked
		Second *Second
	}
)

type behavior = map[string]func(ctx context.Context) error

// row lists the three in the wrong order.
func row(j *journal, second behavior) environment.Part {
	return environment.Module("row",
		environment.Provide(func(s *Second) *Third {
			j.add("third.new")
			return &Third{hooked{j, "third", nil}, s}
		}),
		environment.Provide(func(f *First) (*Second, func(context.Context) error, error) {
			j.add("second.new")
			cleanup := func(context.Context) error { j.add("second.cleanup"); return nil }
			return &Second{hooked{j, "second", second}, f}, cleanup, nil
		}),
		environment.Provide(func() *First {
			j.add("first.new")
			return &First{hooked{j, "first", nil}}
		}),
	)
}

func fails(context.Context) error { return errBroken }

func boot(t *testing.T, module environment.Part, options ...environment.Option) *environment.Environment {
	t.Helper()
	env, err := environment.Boot(t.Context(), module, options...)
	require.NoError(t, err)
	t.Cleanup(func() { _ = env.Shutdown(context.Background()) })
	return env
}

// A small shop, for wiring.
type (
	Repository interface{ Load(id string) string }
	Namer      interface{ Name() string }

	SQLRepository struct{ Prefix string }
	MemRepository struct{}
	ValueNamer    struct{}

	Orders struct {
		Repository Repository `inject:""`
	}
	Billing struct {
		Orders *Orders `inject:""`
	}
)

func (r *SQLRepository) Load(id string) string { return r.Prefix + id }
func (*MemRepository) Load(id string) string   { return "mem:" + id }
func (*ValueNamer) Name() string               { return "value" }

func newSQL() *SQLRepository { return &SQLRepository{Prefix: "sql:"} }
func newMem() *MemRepository { return &MemRepository{} }
