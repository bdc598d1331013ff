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
	eventingtest.Run(t, harness(brokertest.URL(t), promises.Check("artemis")))
}

// TestConformanceOnClassic has no bounded provider: Classic stores to disk.
func TestConformanceOnClassic(t *testing.T) {
	t.Parallel()
	eventingtest.Run(t, harness(brokertest.Classic(t).URL(), promises.Check("classic")))
}

func harness(url string, report func(*testing.T, []eventingtest.Result)) eventingtest.Harness {
	open := func(t eventingtest.T, url, server string) eventing.Provider {
		t.Helper()
		provider, err := amqp.New(amqp.Config{URL: url, ServerName: server, Naming: eventing.NamingQualified})
		require.NoError(t, err)
		return provider
	}
	return eventingtest.Harness{
		Report: report,
		Provider: func(t eventingtest.T, server string) eventing.Provider {
			return open(t, url, server)
		},
		Crashing: func(t eventingtest.T, server string) (eventing.Provider, func()) {
			between := newCutter(t, url)
			return open(t, between.url, server), between.cut
		},
		Interrupted: func(t eventingtest.T, server string) (eventing.Provider, func()) {
			between := newCutter(t, url)
			return open(t, between.url, server), between.interrupt
		},
	}
}
