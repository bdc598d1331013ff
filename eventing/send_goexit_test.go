package eventing_test

import (
	"context"
	"runtime"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/eventing"
)

// ending ends the goroutine that sends the event 3, once it was handed over.
type ending struct {
	eventing.AbstractEnvelopePipeline
	outcomes recorder[error]
}

func (p *ending) Send(ctx context.Context, envelope *eventing.Envelope, event *eventing.EventDescriptor) error {
	envelope.OnOutcome(func(err error) { p.outcomes.add(err) })
	err := p.ProceedSend(ctx, envelope, event)
	sent, _ := envelope.Event()
	if sent == any(order{ID: 3}) {
		runtime.Goexit()
	}
	return err
}

// TestGoexitOfASendLeavesNoOutcomeOut: what was handed over is confirmed and
// counted, though the goroutine that sends has ended.
func TestGoexitOfASendLeavesNoOutcomeOut(t *testing.T) {
	t.Parallel()
	for name, send := range map[string]func(ctx context.Context, manager *eventing.EventManager){
		"SendEvents": func(ctx context.Context, manager *eventing.EventManager) {
			_ = eventing.SendEvents(ctx, manager, []order{{ID: 1}, {ID: 2}, {ID: 3}, {ID: 4}})
		},
		"SendEvent": func(ctx context.Context, manager *eventing.EventManager) {
			for id := range 4 {
				_ = manager.SendEvent(ctx, order{ID: id + 1})
			}
		},
		"SendAsync": func(ctx context.Context, manager *eventing.EventManager) {
			for id := range 4 {
				manager.SendAsync(ctx, order{ID: id + 1})
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				pipeline := &ending{}
				manager, _ := start(t, eventing.Config{Listeners: []any{ignoring()}, Pipelines: []any{pipeline}})
				ended := false
				go func() {
					defer func() { ended = true }()
					send(t.Context(), manager)
					t.Error("the goroutine hasn't ended")
				}()
				synctest.Wait()
				require.True(t, ended)
				assert.Equal(t, uint64(3), manager.Stats().Sent)
				require.Len(t, pipeline.outcomes.all(), 3)
				failed := 0
				for _, outcome := range pipeline.outcomes.all() {
					if outcome != nil {
						failed++
						assert.ErrorContains(t, outcome, "runtime.Goexit")
					}
				}
				assert.Equal(t, 1, failed, "the event whose pipeline has ended the goroutine")
			})
		})
	}
}
