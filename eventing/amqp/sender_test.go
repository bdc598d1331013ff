package amqp

import (
	"context"
	"testing"
	"time"

	"github.com/Azure/go-amqp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/eventing"
	"github.com/aspyx-go/aspyx/internal/brokertest"
)

// TestLinkErrorSendsNothing holds what linkError relies on: a library that sent
// such a message would return no error here.
func TestLinkErrorSendsNothing(t *testing.T) {
	t.Parallel()
	provider, err := New(Config{URL: brokertest.URL(t)})
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	require.NoError(t, provider.Start(ctx))
	at := node{"test.probe." + eventing.NewID().String(), capabilityTopic}
	link, err := openSender(ctx, provider.publishing.Last(), at)
	require.NoError(t, err)
	require.NoError(t, linkError(link.end))
	_, err = link.end.SendWithReceipt(context.Background(), tooLongTag, nil)
	assert.True(t, hasCondition(err, amqp.ErrCondMessageSizeExceeded), err)
	link.close(ctx)
	require.Error(t, linkError(link.end))
	manager, err := attachArtemisManager(ctx, provider, provider.publishing.Last())
	require.NoError(t, err)
	require.NoError(t, manager.call(ctx, nil, "deleteAddress", at.address))
	manager.end()
	require.NoError(t, provider.Stop(ctx))
}

// TestAMessageThatEndsItsLinkAgainAndAgain doesn't hold up those behind it.
func TestAMessageThatEndsItsLinkAgainAndAgain(t *testing.T) {
	t.Parallel()
	provider, err := New(Config{})
	require.NoError(t, err)
	s := newSender(node{}, connected, 2, new(counters))
	first, second := newJob(s, &eventing.Message{}), newJob(s, &eventing.Message{})
	require.NoError(t, s.submit(t.Context(), first))
	require.NoError(t, s.submit(t.Context(), second))
	left := s.queue.take(nil)
	for range maxTries {
		require.Equal(t, []*job{first, second}, left)
		first.begin()
		left = provider.detached(s, left, &amqp.LinkError{RemoteErr: &amqp.Error{Condition: "a:b"}})
	}
	assert.Equal(t, []*job{second}, left)
	err = first.Wait(t.Context())
	require.ErrorIs(t, err, eventing.ErrUnconfirmed)
	require.ErrorContains(t, err, "a:b")
}
