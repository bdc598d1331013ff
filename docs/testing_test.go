package docs_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/environment"
	"github.com/aspyx-go/aspyx/environment/config"
	"github.com/aspyx-go/aspyx/environment/environmenttest"
	"github.com/aspyx-go/aspyx/eventing"
	"github.com/aspyx-go/aspyx/eventing/eventingtest"
)

// The whole wiring, without running any of it.
func TestOrdersModule(t *testing.T) {
	t.Parallel()
	require.NoError(t, environment.Validate(Orders))
}

// FakeRepository keeps orders in memory.
type FakeRepository struct{ Saved []string }

// Save notes the order.
func (r *FakeRepository) Save(order string) string {
	r.Saved = append(r.Saved, order)
	return "saved"
}

// The real module, with one component replaced.
func TestOrderService(t *testing.T) {
	t.Parallel()
	fake := &FakeRepository{}
	env := environmenttest.New(t, Orders,
		environment.Override[Repository](func() *FakeRepository { return fake }))
	service := environment.Get[*OrderService](env)
	assert.Equal(t, "saved", service.Orders.Save("order 4711"))
	assert.Equal(t, []string{"order 4711"}, fake.Saved)
}

// The real module, with other values. The sources given last win.
func TestMails(t *testing.T) {
	t.Parallel()
	env := environmenttest.New(t, Mails,
		environment.Config(config.Map(map[string]any{"smtp.host": "mail.example.com"})))
	letter := environment.Get[*Newsletter](env).Mail.Send("the news")
	assert.Equal(t, "the news goes to mail.example.com", letter)
}

var errOffline = errors.New("the bank is offline")

// The real module, on a broker of this test's own.
func TestShop(t *testing.T) {
	t.Parallel()
	app := eventingtest.Start(t, Shop)
	app.Send(OrderPlaced{ID: "4711", Amount: 30})
	app.Wait()

	published := eventingtest.Published[OrderPlaced](app)
	require.Len(t, published, 1)
	assert.Equal(t, "4711", published[0].Event.ID)

	consumed := eventingtest.Consumed[OrderPlaced](app)
	require.Len(t, consumed, 1)
	assert.Equal(t, "billing", consumed[0].Listener)
	assert.Equal(t, 1, consumed[0].Attempts)
}

// An hour of retries passes at once.
func TestShopWithoutBilling(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		app := eventingtest.Start(t, Shop)
		app.Fail("billing", eventingtest.Always, errOffline)
		app.Send(OrderPlaced{ID: "4711", Amount: 30}, eventing.WithDelay(time.Hour))
		app.Advance(time.Hour - time.Second)
		assert.Empty(t, eventingtest.DeadLettered[OrderPlaced](app), "it isn't due yet")
		app.Wait()

		letters := eventingtest.DeadLettered[OrderPlaced](app)
		require.Len(t, letters, 1)
		require.ErrorIs(t, letters[0].Err, errOffline)
		assert.Equal(t, 6, letters[0].Attempts, "retries=5")
	})
}

// A test of what is wrong looks at the kind, not at the text.
func TestMailsNeedAFeature(t *testing.T) {
	t.Parallel()
	err := environment.Validate(Mails)
	require.ErrorIs(t, err, environment.ErrMissing)
}
