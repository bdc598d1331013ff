package memory_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/eventing"
	"github.com/aspyx-go/aspyx/eventing/eventingtest"
	"github.com/aspyx-go/aspyx/eventing/memory"
	"github.com/aspyx-go/aspyx/internal/promises"
)

func TestConformance(t *testing.T) {
	t.Parallel()
	bounded, err := memory.Config{MaxMessages: 10}.NewBroker()
	require.NoError(t, err)
	broker := memory.NewBroker()
	eventingtest.Run(t, eventingtest.Harness{
		Report:   promises.Check("memory"),
		Provider: opener(broker),
		Crashing: func(t eventingtest.T, server string) (eventing.Provider, func()) {
			provider := opener(broker)(t, server)
			// What it holds is left unsettled, as by the end of a process.
			return provider, func() { _ = provider.Stop(t.Context()) }
		},
		Bounded: opener(bounded),
	})
}

func opener(broker *memory.Broker) func(eventingtest.T, string) eventing.Provider {
	return func(t eventingtest.T, server string) eventing.Provider {
		provider, err := broker.Open(eventing.Settings{ServerName: server})
		require.NoError(t, err)
		return provider
	}
}
