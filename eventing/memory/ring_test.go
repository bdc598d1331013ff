package memory

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A ring does what a slice does.
func TestRing(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	var r ring[int]
	var model []int
	for i := range 20_000 {
		switch grow := i/2_000%2 == 0; {
		case random.IntN(10) == 0 && len(model) > 0:
			value := model[random.IntN(len(model))]
			for j, v := range model {
				if v == value {
					model = append(model[:j:j], model[j+1:]...)
					break
				}
			}
			require.True(t, remove(&r, value))
		case random.IntN(10) == 0:
			r.pushFront(i)
			model = append([]int{i}, model...)
		case grow == (random.IntN(4) > 0):
			r.pushBack(i)
			model = append(model, i)
		case len(model) > 0:
			require.Equal(t, model[0], r.popFront())
			model = model[1:]
		}
		require.Equal(t, len(model), r.len())
		for j := 0; j < len(model); j += 1 + len(model)/3 {
			require.Equal(t, model[j], *r.at(j))
		}
		require.LessOrEqual(t, len(r.slots), max(minRing, 4*r.len()+4))
	}
	assert.False(t, remove(&r, -1))
	for r.len() > 0 {
		r.popFront()
	}
	assert.Len(t, r.slots, minRing, "it shrinks")
	assert.Equal(t, make([]int, minRing), r.slots, "it forgets")
}
