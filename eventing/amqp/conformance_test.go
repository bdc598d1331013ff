package amqp_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/eventing"
	"github.com/aspyx-go/aspyx/eventing/amqp"
	"github.com/aspyx-go/aspyx/eventing/eventingtest"
	"github.com/aspyx-go/aspyx/internal/brokertest"
	"github.com/aspyx-go/aspyx/internal/promises"
)

// TestConformance has no bounded provider: Artemis pages to disk.
func TestConformance(t *testing.T) {
	t.Parallel()
	url := brokertest.URL(t)
	eventingtest.Run(t, eventingtest.Harness{
		Report: promises.Check("artemis"),
		Provider: func(t eventingtest.T, server string) eventing.Provider {
			provider, err := amqp.New(amqp.Config{URL: url, ServerName: server, Naming: eventing.NamingQualified})
			require.NoError(t, err)
			return provider
		},
		Crashing: func(t eventingtest.T, server string) (eventing.Provider, func()) {
			between := newCutter(t, url)
			provider, err := amqp.New(amqp.Config{URL: between.url, ServerName: server, Naming: eventing.NamingQualified})
			require.NoError(t, err)
			return provider, between.cut
		},
		Interrupted: func(t eventingtest.T, server string) (eventing.Provider, func()) {
			between := newCutter(t, url)
			provider, err := amqp.New(amqp.Config{URL: between.url, ServerName: server, Naming: eventing.NamingQualified})
			require.NoError(t, err)
			return provider, between.interrupt
		},
	})
}
