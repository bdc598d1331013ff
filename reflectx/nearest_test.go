package reflectx_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/reflectx"
)

func TestNearest(t *testing.T) {
	t.Parallel()
	options := []string{"name", "durable", "broadcast", "per_process", "id"}
	for _, test := range []struct {
		what, word, want string
	}{
		{"the same", "durable", "durable"},
		{"another case", "DURABLE", "durable"},
		{"one missing", "durble", "durable"},
		{"one too many", "durrable", "durable"},
		{"one changed", "durabel", "durable"},
		{"neighbours exchanged", "naem", "name"},
		{"neighbours exchanged, of three", "borad_cast", "broadcast"},
		{"three of eleven", "perprocces", "per_process"},
		{"another separator", "per-process", "per_process"},
		{"too far", "exclusive", ""},
		{"one of two", "ix", "id"},
		{"nothing in common", "x", ""},
		{"empty", "", ""},
	} {
		got, ok := reflectx.Nearest(test.word, options)
		assert.Equal(t, test.want, got, test.what)
		assert.Equal(t, test.want != "", ok, test.what)
	}
}

func TestNearestTakesTheFirstOfTheNearest(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		word       string
		candidates []string
		want       string
	}{
		{"timeou", []string{"timer", "timeouts", "timeout", "timeous"}, "timeout"},
		{"timeouX", []string{"timeouA", "timeouB"}, "timeouA"},
		{"naem", []string{"names", "NAEM"}, "NAEM"}, // case alone is no slip
		{"a", []string{"b", "c"}, ""},
		{"a", []string{"", "ab"}, "ab"},
		{"a", nil, ""},
	} {
		got, ok := reflectx.Nearest(test.word, test.candidates)
		assert.Equal(t, test.want, got, test.word)
		assert.Equal(t, test.want != "", ok, test.word)
	}
}

func FuzzNearest(f *testing.F) {
	f.Add("durable", "dürable")
	f.Add("", "x")
	f.Add("ſ", "S")
	f.Fuzz(func(t *testing.T, a, b string) {
		const limit = 256 // the work grows with the product of the lengths
		a, b = a[:min(len(a), limit)], b[:min(len(b), limit)]

		same, ok := reflectx.Nearest(a, []string{b, a})
		require.True(t, ok, "a word is near itself")
		require.True(t, same == a || strings.EqualFold(a, b))

		there, okThere := reflectx.Nearest(a, []string{b})
		back, okBack := reflectx.Nearest(b, []string{a})
		require.True(t, !okThere || there == b)
		require.True(t, !okBack || back == a)
		if len(a) == len(b) || strings.EqualFold(a, b) {
			require.Equal(t, okThere, okBack, "the way back is as long")
		}

		candidates := []string{"name", b, "durable"}
		if nearest, ok := reflectx.Nearest(a, candidates); ok {
			require.True(t, slices.Contains(candidates, nearest))
		}
	})
}
