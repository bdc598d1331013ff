//go:build go1.27

package eventing_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/eventing"
)

func TestSendEventsIsAMethodToo(t *testing.T) {
	t.Parallel()
	manager, _ := start(t, eventing.Config{Events: []eventing.EventDefinition{eventing.EventOf[order]()}})
	require.NoError(t, manager.SendEvents(t.Context(), []order{{ID: 1}, {ID: 2}}, eventing.WithHeader("tenant", "a")))
	err := manager.SendEvents(t.Context(), []any{order{ID: 3}, noEvent{}})
	require.ErrorIs(t, err, eventing.ErrNotEvent)
	assert.ErrorContains(t, err, "event 1: ")
	assert.Equal(t, uint64(3), manager.Stats().Sent)
}
