package trace_test

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/eventing"
	"github.com/aspyx-go/aspyx/eventing/memory"
	"github.com/aspyx-go/aspyx/eventing/trace"
)

const parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

func TestParse(t *testing.T) {
	t.Parallel()
	c, err := trace.Parse(parent, "congo=t61rcWkgMzE,rojo=00f067aa0ba902b7")
	require.NoError(t, err)
	assert.Equal(t, byte(0x4b), c.TraceID[0])
	assert.Equal(t, byte(0xb7), c.SpanID[7])
	assert.Equal(t, trace.Sampled, c.Flags)
	assert.Equal(t, "congo=t61rcWkgMzE,rojo=00f067aa0ba902b7", c.State)
	assert.Equal(t, parent, c.Parent())

	for later, want := range map[string]string{
		"cc" + parent[2:]:           parent,
		"cc" + parent[2:] + "-what": parent,
		"cc" + parent[2:53] + "ff-": parent,
		"01" + parent[2:53] + "fe":  parent[:53] + "00",
		parent[:53] + "ff":          parent[:53] + "ff",
	} {
		c, err := trace.Parse(later, "")
		require.NoError(t, err, later)
		assert.Equal(t, want, c.Parent(), later)
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	for _, wrong := range []string{
		"", "00", parent[:54], parent + "-", parent + "-00", parent + " ", " " + parent,
		"ff" + parent[2:], "cc" + parent[2:] + ".what", "0G" + parent[2:], "CC" + parent[2:],
		strings.ToUpper(parent), strings.ReplaceAll(parent, "-", "_"), strings.Replace(parent, "4bf9", "4bg9", 1),
		"00-" + strings.Repeat("0", 32) + parent[35:], parent[:36] + strings.Repeat("0", 16) + "-01",
		parent[:53] + "0x", parent[:35] + "0" + parent[36:],
	} {
		_, err := trace.Parse(wrong, "a=b")
		require.ErrorIs(t, err, trace.ErrInvalid, wrong)
	}
}

func TestState(t *testing.T) {
	t.Parallel()
	many := strings.TrimSuffix(strings.Repeat("k=v,", 33), ",")
	long := strings.Repeat("v", 256)
	for state, want := range map[string]string{
		"":                               "",
		"a=1":                            "a=1",
		" a=1 ,\tb=2,,":                  "a=1,b=2",
		"fw529a3039@dt=FfffffffvsXkz,0=": "",
		"1a-_*/@z9=x y!":                 "1a-_*/@z9=x y!",
		"a=1,a=2":                        "",
		"a":                              "",
		"A=1":                            "",
		"a =1":                           "",
		"@a=1":                           "",
		"a@=1":                           "",
		"a@b@c=1":                        "",
		"a=b=c":                          "",
		"a=\x7f":                         "",
		"a=ü":                            "",
		"a=" + long:                      "a=" + long,
		"a=" + long + "v":                "",
		strings.Repeat("k", 257) + "=1":  "",
		many:                             "",
		numbered(32):                     numbered(32),
		numbered(33):                     "",
		"a=" + long + ",b=" + long:       "a=" + long,
	} {
		c, err := trace.Parse(parent, state)
		require.NoError(t, err)
		assert.Equal(t, want, c.State, "of %q", state)
	}
}

// numbered returns so many members.
func numbered(count int) string {
	var members []string
	for i := range count {
		members = append(members, "k"+string(rune('a'+i/10))+string(rune('0'+i%10))+"=v")
	}
	return strings.Join(members, ",")
}

type ping struct {
	eventing.Event `event:"name=ping"`
	Hops           int
}

type pinged struct {
	eventing.Listener[ping]
	on func(ctx context.Context, event ping) error
}

func (l *pinged) On(ctx context.Context, event ping) error { return l.on(ctx, event) }

func TestPipeline(t *testing.T) {
	t.Parallel()
	type seen struct {
		trace.Context
		ok bool
	}
	events := make(chan seen, 10)
	provider, err := memory.New(memory.Config{})
	require.NoError(t, err)
	var manager *eventing.EventManager
	manager, err = eventing.NewEventManager(provider, eventing.Config{
		Pipelines: []any{&trace.Pipeline{}},
		Listeners: []any{&pinged{on: func(ctx context.Context, event ping) error {
			c, ok := trace.From(ctx)
			events <- seen{c, ok}
			if event.Hops == 0 {
				return nil
			}
			return manager.SendEvent(ctx, ping{event.Event, event.Hops - 1})
		}}},
	})
	require.NoError(t, err)
	require.NoError(t, manager.Start(t.Context()))
	defer func() { require.NoError(t, manager.Stop(context.Background())) }()

	want, err := trace.Parse(parent, "a=1")
	require.NoError(t, err)
	ctx := trace.With(t.Context(), want)
	require.NoError(t, manager.SendEvent(ctx, ping{Hops: 2}))
	for range 3 {
		assert.Equal(t, seen{want, true}, <-events)
	}

	require.NoError(t, manager.SendEvent(t.Context(), ping{}))
	assert.Equal(t, seen{}, <-events, "without a trace")
	require.NoError(t, manager.SendEvent(trace.With(ctx, trace.Context{}), ping{}))
	assert.Equal(t, seen{}, <-events, "the trace has ended")
	require.NoError(t, manager.SendEvent(t.Context(), ping{}, eventing.WithHeader("traceparent", "wrong"), eventing.WithHeader("tracestate", "a=1")))
	assert.Equal(t, seen{}, <-events, "a wrong one")

	explicit := strings.Replace(parent, "4bf9", "0000", 1)
	require.NoError(t, manager.SendEvent(ctx, ping{}, eventing.WithHeader("traceparent", explicit)))
	got := <-events
	assert.Equal(t, explicit, got.Parent(), "what is said for one event wins")
	assert.Empty(t, got.State)

	wrongState := want
	wrongState.State = "no state\x00"
	require.NoError(t, manager.SendEvent(trace.With(ctx, wrongState), ping{}), "it never fails an event")
	assert.Empty(t, (<-events).State)
}

// FuzzParse checks that what was read can be sent, and comes again as it was.
func FuzzParse(f *testing.F) {
	f.Add(parent, "congo=t61rcWkgMzE,rojo=00f067aa0ba902b7")
	f.Add("cc"+parent[2:]+"-what", " a@b=1 ,,")
	f.Add("ff"+parent[2:], "a=1,a=1")
	f.Fuzz(func(t *testing.T, parent, state string) {
		c, err := trace.Parse(parent, state)
		if err != nil {
			if c != (trace.Context{}) {
				t.Fatalf("an error with %v", c)
			}
			return
		}
		if len(c.State) > 512 {
			t.Fatalf("the state has %d bytes", len(c.State))
		}
		again, err := trace.Parse(c.Parent(), c.State)
		if err != nil || again != c {
			t.Fatalf("%v became %v, %v", c, again, err)
		}
		if c.Parent()[3:52] != parent[3:52] {
			t.Fatalf("%q became %q", parent, c.Parent())
		}
	})
}
