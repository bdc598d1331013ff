package benchmarks

import (
	"reflect"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Each container really builds the whole graph: it calls each constructor once.
//
//nolint:paralleltest // they count in the same graphs
func TestContainersBuildAll(t *testing.T) {
	containers := map[string]Container{"aspyx": Aspyx, "floor": Floor, "dig": Dig, "dig default": DigDefault, "fx": Fx, "do named": DoNamed}
	for name, container := range containers {
		for _, shape := range []Shape{Diamond, Deep, Wide} {
			for _, components := range []int{10, 100, 250} {
				t.Run(name+"/"+shape.String()+"/"+strconv.Itoa(components), func(t *testing.T) {
					builds(t, container, graphOf(shape, components))
				})
			}
		}
	}
	containers["do"] = Do
	for name, container := range containers {
		t.Run(name+"/declared", func(t *testing.T) { builds(t, container, graphOf(Declared, 100)) })
	}
}

func builds(t *testing.T, container Container, g *graph) {
	t.Helper()
	require.Error(t, g.check(1), "nothing is built yet")
	require.NoError(t, container(t.Context(), g))
	require.NoError(t, g.check(1))
}

// The declared constructors are those of a diamond.
func TestDeclared(t *testing.T) {
	t.Parallel()
	g := newDeclared()
	require.Len(t, g.constructors, 100)
	for i, constructor := range g.constructors {
		signature := reflect.TypeOf(constructor)
		assert.Equal(t, "*benchmarks.t"+strconv.Itoa(i), signature.Out(0).String())
		needs := Diamond.needs(i, 100)
		require.Equal(t, len(needs), signature.NumIn())
		for k, need := range needs {
			assert.Equal(t, "*benchmarks.t"+strconv.Itoa(need), signature.In(k).String())
		}
	}
}

// The shapes are what their names say, and their last component needs all.
func TestShapes(t *testing.T) {
	t.Parallel()
	for _, shape := range []Shape{Diamond, Deep, Wide} {
		for _, components := range []int{1, 10, 100, 1000, 10_000} {
			needed, depth, most := make([]bool, components), make([]int, components), 0
			needed[components-1] = true
			for i := range components {
				needs := shape.needs(i, components)
				most = max(most, len(needs))
				for _, need := range needs {
					require.Less(t, need, i)
					needed[need] = true
					depth[i] = max(depth[i], depth[need]+1)
				}
			}
			assert.NotContains(t, needed, false, "%v of %d", shape, components)
			switch shape {
			case Wide:
				assert.LessOrEqual(t, depth[components-1], 2)
				assert.Equal(t, min(fanOut, components-1), most)
			case Deep, Diamond, Declared:
				assert.Equal(t, components-1, depth[components-1])
			}
		}
	}
}
