package eventing

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestCheckName(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"a", "order.placed", "Order_2-b", "-", strings.Repeat("x", maxNameBytes)} {
		require.NoError(t, checkName("event", name))
	}
	for _, size := range []int{0, maxNameBytes + 1} {
		name := strings.Repeat("x", size)
		require.EqualError(t, checkName("event", name),
			fmt.Sprintf("event name %q has %d bytes: it must have 1 to 200", name, size))
	}
	require.EqualError(t, checkName("listener", "a b"), `listener name "a b" holds ' ': use letters, digits, '_', '.' and '-' only`)
	for _, name := range []string{
		"a::b", "a:b", "a/b", "a,b", "a=b", "a*", "a>", "a#", "a\x00", "a\n", "ä", "a\xff", "a\u00a0b", " a", "a+", "@a", "[a", "`a", "{a",
	} {
		require.Error(t, checkName("group", name), name)
	}
}

// Every byte is decided alike, wherever it stands.
func TestIsNameByte(t *testing.T) {
	t.Parallel()
	const allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-"
	for c := range 256 {
		assert.Equal(t, strings.IndexByte(allowed, byte(c)) >= 0, isNameByte(byte(c)), "%q", rune(c))
	}
}
