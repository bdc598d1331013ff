package benchmarks

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The comparison is to be of events of 200 bytes and more that differ.
func TestOrders(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for i := range 2 * len(orders) {
		body, err := json.Marshal(orderAt(i))
		require.NoError(t, err)
		assert.GreaterOrEqual(t, len(body), 200, "%s", body)
		seen[string(body)] = true
	}
	assert.Len(t, seen, 2*len(orders), "events that differ")
}
