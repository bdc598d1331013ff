package docs_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/environment"
	"github.com/aspyx-go/aspyx/environment/config"
	"github.com/aspyx-go/aspyx/environment/environmenttest"
	"github.com/aspyx-go/aspyx/eventing"
	"github.com/aspyx-go/aspyx/eventing/memory"
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

// The real module, on a broker of this test's own.
func TestShop(t *testing.T) {
	t.Parallel()
	env := environmenttest.New(t, Shop, eventing.Use(memory.Config{}))
	manager := environment.Get[*eventing.EventManager](env)
	require.NoError(t, manager.SendEvent(t.Context(), OrderPlaced{ID: "4711", Amount: 30}))
}

// A test of what is wrong looks at the kind, not at the text.
func TestMailsNeedAFeature(t *testing.T) {
	t.Parallel()
	err := environment.Validate(Mails)
	require.ErrorIs(t, err, environment.ErrMissing)
}
