package eventing_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/eventing"
	"github.com/aspyx-go/aspyx/eventing/memory"
)

// unheard is a provider whose Submit waits for the end of its context.
type unheard struct{ eventing.Provider }

func (p *unheard) Open(eventing.Settings) (eventing.Provider, error) { return p, nil }

func (p *unheard) Submit(ctx context.Context, _ *eventing.Message) (eventing.Receipt, error) {
	<-ctx.Done()
	return nil, errors.Join(eventing.ErrNotSent, context.Cause(ctx))
}

// TestASendThatAStopOvertakesIsClosed: no time limit has passed.
func TestASendThatAStopOvertakesIsClosed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		opened, err := memory.NewBroker().Open(eventing.Settings{})
		require.NoError(t, err)
		manager := startOn(t, &unheard{opened}, eventing.Config{Events: []eventing.EventDefinition{eventing.EventOf[order]()}})
		sent := make(chan error, 1)
		go func() { sent <- manager.SendEvent(t.Context(), order{}) }()
		synctest.Wait()
		require.NoError(t, manager.Stop(t.Context()))
		err = <-sent
		require.ErrorIs(t, err, eventing.ErrClosed)
		require.ErrorIs(t, err, eventing.ErrNotSent)
	})
}
