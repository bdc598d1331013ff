package interop_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/eventing"
)

// TestWhatCantBeDecoded sends what breaks the link of the AMQP library, or makes
// it panic.
func TestWhatCantBeDecoded(t *testing.T) {
	t.Parallel()
	provider, queue := start(t)
	manager := manage(t, queue.Event)
	come := listen(t, manager, queue.Listener)
	run[any](t, python(t, "proton_client.py", "poison", queue.Event))
	assert.Equal(t, note{Text: "good"}, next(t, come).note, "others flow")

	queued, err := eventing.DeadLetters(manager, queue.Listener)
	require.NoError(t, err)
	var letters []*eventing.DeadLetter
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		letters, err = queued.Read(within(t), 100)
		assert.NoError(c, err)
		assert.Len(c, letters, 8)
	}, limit, limit/100)
	reasons, sizes := map[string]string{}, map[string]int{}
	for _, letter := range letters {
		for _, header := range letter.Headers {
			if header.Key == "case" {
				reasons[header.Value], sizes[header.Value] = letter.Error, len(letter.Body)
			}
		}
	}
	for kind, reason := range map[string]string{
		"char": "char not implemented", "char body": "char not implemented", "nested char": "char not implemented", "large": "char not implemented",
		"decimal32": "decimal32 not implemented", "decimal64": "decimal64 not implemented", "decimal128": "decimal128 not implemented",
		"map as key": "unhashable type",
	} {
		assert.Contains(t, reasons[kind], "the message can't be decoded", kind)
		assert.Contains(t, reasons[kind], reason, kind)
	}
	assert.Greater(t, sizes["large"], 3_000_000, "the whole message")
	require.NoError(t, provider.Health())
	require.NoError(t, manager.Stop(within(t)))
}
