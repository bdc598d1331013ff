package eventing

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestLazyContext(t *testing.T) {
	t.Parallel()
	type key struct{}
	parent := func(t *testing.T) context.Context {
		t.Helper()
		return context.WithValue(t.Context(), key{}, "value")
	}
	t.Run("is done at its deadline", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			c := &lazyContext{Context: parent(t), halt: t.Context(), deadline: time.Now().Add(time.Second), cause: errSendTimeout}
			defer c.release()
			deadline, ok := c.Deadline()
			assert.True(t, ok)
			assert.Equal(t, c.deadline, deadline)
			require.NoError(t, c.Err())
			assert.Equal(t, "value", c.Value(key{}))
			<-c.Done()
			require.ErrorIs(t, c.Err(), context.DeadlineExceeded)
			require.ErrorIs(t, context.Cause(c), errSendTimeout)
			assert.Equal(t, "value", c.Value(key{}))
		})
	})
	t.Run("knows its deadline without a timer", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			c := &lazyContext{Context: parent(t), halt: t.Context(), deadline: time.Now().Add(time.Second), cause: errSendTimeout}
			defer c.release()
			time.Sleep(time.Second)
			require.ErrorIs(t, c.Err(), context.DeadlineExceeded)
			require.ErrorIs(t, context.Cause(c), errSendTimeout)
		})
	})
	t.Run("ends with its parent", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithCancel(parent(t))
		c := &lazyContext{Context: ctx, halt: t.Context()}
		defer c.release()
		cancel()
		require.ErrorIs(t, c.Err(), context.Canceled)
		<-c.Done()
		_, ok := c.Deadline()
		assert.False(t, ok)
	})
	t.Run("ends with the manager, and its children with it", func(t *testing.T) {
		t.Parallel()
		halt, cancel := context.WithCancelCause(t.Context())
		c := &lazyContext{Context: parent(t), halt: halt}
		defer c.release()
		child, end := context.WithCancel(c)
		defer end()
		cancel(ErrStopping)
		<-child.Done()
		require.ErrorIs(t, context.Cause(child), ErrStopping)
		require.ErrorIs(t, context.Cause(c), ErrStopping)
		late := &lazyContext{Context: parent(t), halt: halt}
		defer late.release()
		require.ErrorIs(t, late.Err(), context.Canceled)
		require.ErrorIs(t, context.Cause(late), ErrStopping)
	})
	t.Run("takes the earlier deadline", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithDeadline(parent(t), time.Now().Add(time.Hour))
		defer cancel()
		c := &lazyContext{Context: ctx, halt: t.Context(), deadline: time.Now().Add(2 * time.Hour)}
		want, _ := ctx.Deadline()
		got, ok := c.Deadline()
		assert.True(t, ok)
		assert.Equal(t, want, got)
	})
	t.Run("leaves nothing behind", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) { // which fails on goroutines left
			c := &lazyContext{Context: parent(t), halt: t.Context(), deadline: time.Now().Add(time.Hour), cause: errSendTimeout}
			_ = c.Done()
			c.release()
			require.ErrorIs(t, c.Err(), context.Canceled)
		})
	})
	t.Run("is done when it was released before", func(t *testing.T) {
		t.Parallel()
		for name, ask := range map[string]func(c *lazyContext){
			"Done":  func(c *lazyContext) { <-c.Done() },
			"Err":   func(c *lazyContext) { require.ErrorIs(t, c.Err(), context.Canceled) },
			"Value": func(c *lazyContext) { assert.Equal(t, "value", c.Value(key{})) },
			"Cause": func(c *lazyContext) { require.ErrorIs(t, context.Cause(c), context.Canceled) },
		} {
			halt := &countedContext{Context: t.Context()}
			c := &lazyContext{Context: parent(t), halt: halt, deadline: time.Now().Add(time.Hour), cause: errSendTimeout}
			c.release()
			ask(c)
			require.ErrorIs(t, c.Err(), context.Canceled, name)
			<-c.Done()
			require.ErrorIs(t, context.Cause(c), context.Canceled, name)
			assert.Zero(t, halt.asked, "%s must not hang on to what ends with the manager only", name)
			c.release()
		}
	})
}

// countedContext counts who may be waiting for it.
type countedContext struct {
	context.Context //nolint:containedctx // this is a context
	asked           int
}

func (c *countedContext) Done() <-chan struct{} {
	c.asked++
	return c.Context.Done()
}
