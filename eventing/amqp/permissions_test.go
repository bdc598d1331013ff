package amqp_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/eventing"
	"github.com/aspyx-go/aspyx/eventing/amqp"
	"github.com/aspyx-go/aspyx/internal/artemis"
	"github.com/aspyx-go/aspyx/internal/brokertest"
)

// TestMissingPermissions has each call that needs one fail with the broker's
// reason, and the others work.
func TestMissingPermissions(t *testing.T) {
	t.Parallel()
	const send, consume = "permission='SEND' on address event", "permission='CONSUME' for queue listener"
	tests := []struct {
		user                  artemis.User
		declare, attach, send string // why it is refused; empty where it isn't
	}{
		{user: artemis.User{Name: "manager", Lacks: []string{"manage"}}},
		{user: artemis.User{Name: "sender", Lacks: []string{"send"}}, send: send},
		{user: artemis.User{Name: "consumer", Lacks: []string{"consume"}}, declare: consume, attach: consume},
		// Also queues for replies, which management needs, are made with addresses.
		{user: artemis.User{Name: "creator", Lacks: []string{"createAddress", "createDurableQueue", "createNonDurableQueue"}}},
		{user: artemis.User{Name: "guest", Lacks: []string{"manage", "send", "consume", "createAddress"}}, declare: consume, attach: consume, send: send},
	}
	broker := brokertest.Own(t, func(options *artemis.Options) {
		for i := range tests {
			tests[i].user.Password = canary
			options.Users = append(options.Users, tests[i].user)
		}
	})
	admin := start(t, amqp.Config{URL: broker.URL()})
	check := func(t *testing.T, want string, err error) {
		t.Helper()
		if want == "" {
			require.NoError(t, err)
			return
		}
		require.ErrorContains(t, err, want)
	}
	for i, test := range tests {
		t.Run(test.user.Name, func(t *testing.T) {
			t.Parallel()
			queue := eventing.Queue{Event: "event-" + test.user.Name, Listener: "listener-" + test.user.Name, Durable: true}
			require.NoError(t, admin.Declare(within(t), []eventing.Queue{queue}))
			provider := start(t, amqp.Config{URL: broker.URLOf(i)})
			check(t, test.declare, provider.Declare(within(t), []eventing.Queue{queue}))
			receipt, err := provider.Submit(within(t), durable(queue.Event, test.user.Name))
			if err == nil {
				err = receipt.Wait(within(t))
			}
			check(t, test.send, err)
			if test.send != "" {
				require.ErrorIs(t, err, eventing.ErrRejected)
			}
			consumer, err := provider.Attach(within(t), queue, 1)
			check(t, test.attach, err)
			if test.send == "" && test.attach == "" {
				assert.Equal(t, test.user.Name, string(receive(t, consumer).Message.Body))
			}
			require.NoError(t, provider.Health())
		})
	}
}
