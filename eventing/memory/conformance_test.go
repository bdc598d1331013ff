package memory_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/eventing"
	"github.com/aspyx-go/aspyx/eventing/eventingtest"
	"github.com/aspyx-go/aspyx/eventing/memory"
)

func TestConformance(t *testing.T) {
	t.Parallel()
	bounded, err := memory.Config{MaxMessages: 10}.NewBroker()
	require.NoError(t, err)
	eventingtest.Run(t, eventingtest.Harness{
		Provider: opener(memory.NewBroker()),
		Bounded:  opener(bounded),
	})
}

func opener(broker *memory.Broker) func(eventingtest.T, string) eventing.Provider {
	return func(t eventingtest.T, server string) eventing.Provider {
		provider, err := broker.Open(eventing.Settings{ServerName: server})
		require.NoError(t, err)
		return provider
	}
}
