package eventing_test

import (
	"context"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/eventing"
)

type (
	soleListener struct {
		eventing.Listener[order] `listener:"name=audit,retries=0"`
	}
	groupListener struct {
		eventing.Listener[order] `listener:"name=member,group=audit,retries=0"`
	}
	serverListener struct {
		eventing.Listener[order] `listener:"name=own,per_process,retries=0"`
	}
)

func (*soleListener) On(context.Context, order) error   { return errBroken }
func (*groupListener) On(context.Context, order) error  { return errBroken }
func (*serverListener) On(context.Context, order) error { return errBroken }

func TestDuplicateIDsTellTheQueuesOfAnEventApart(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		manager, broker := start(t, eventing.Config{Listeners: []any{&soleListener{}, &groupListener{}, &serverListener{}}})
		require.NoError(t, manager.SendEvent(t.Context(), order{}))
		synctest.Wait()
		for listener, want := range map[string]string{"audit": "#1.audit", "member": "#1.+audit", "own": "#1.own@server"} {
			letters := deadLetters(t, broker, listener)
			require.Len(t, letters, 1)
			assert.Equal(t, letters[0].ID.String()+want, letters[0].DuplicateID)
		}
	})
}

// A plain client may give each of its messages the same id.
func TestForeignIDsAreNotTrustedToBeUnique(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		_, broker := start(t, eventing.Config{Listeners: []any{&soleListener{}}})
		own := eventing.NewID()
		for _, id := range []eventing.ID{eventing.ParseID("1"), eventing.ParseID("1"), own} {
			submit(t, broker, &eventing.Message{ID: id, Body: []byte("{}")})
		}
		synctest.Wait()
		letters := deadLetters(t, broker, "audit")
		require.Len(t, letters, 3)
		assert.Empty(t, letters[0].DuplicateID)
		assert.Empty(t, letters[1].DuplicateID)
		assert.Equal(t, own.String()+"#1.audit", letters[2].DuplicateID)
	})
}

// A foreign sender's message may have no id.
func TestAMessageWithoutAnIDIsSettled(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		manager, broker := start(t, eventing.Config{Listeners: []any{&orderListener{on: func(context.Context, order) error { return nil }}}})
		submit(t, broker, &eventing.Message{Body: []byte("{}")})
		synctest.Wait()
		assert.Equal(t, uint64(1), manager.Stats().Handled)
		for _, stats := range broker.Stats() {
			assert.Zero(t, stats.Unsettled, stats.Queue)
		}
	})
}
