package amqp

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/eventing"
)

func TestJobTellsThatItIsDecided(t *testing.T) {
	t.Parallel()
	for _, early := range []bool{true, false} {
		told := 0
		tell := func() { told++ }
		work := newJob(newSender(node{}), &eventing.Message{})
		if early {
			work.Notify(tell)
			assert.Zero(t, told)
		}
		work.decide(eventing.ErrRejected)
		if !early {
			work.Notify(tell)
		}
		assert.Equal(t, 1, told)
		require.ErrorIs(t, work.Wait(t.Context()), eventing.ErrRejected)
	}
}
