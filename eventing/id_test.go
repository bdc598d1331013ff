package eventing_test

import (
	"bytes"
	"encoding/hex"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/eventing"
)

var uuidV7 = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)

func TestNewID(t *testing.T) {
	t.Parallel()
	const count = 10_000
	seen := make(map[eventing.ID]bool, count)
	for range count {
		id := eventing.NewID()
		require.False(t, id.IsZero())
		require.False(t, seen[id], "an id came twice: %v", id)
		seen[id] = true
		text := id.String()
		require.Regexp(t, uuidV7, text, "version 7 and variant 10")
		require.Equal(t, id, eventing.ParseID(text))
	}
}

// Each bit that the version and the variant leave free is random.
func TestNewIDIsRandomInAllFreeBits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) { // the time stands still
		var ones, zeros [16]byte
		for range 200 {
			for i, b := range uuid(t, eventing.NewID()) {
				ones[i] |= b
				zeros[i] |= ^b
			}
		}
		free := make([]byte, 16)
		for i := range free {
			free[i] = ones[i] & zeros[i]
		}
		want := append(make([]byte, 6), 0x0f, 0xff, 0x3f)
		assert.Equal(t, append(want, bytes.Repeat([]byte{0xff}, 7)...), free)
	})
}

func TestNewIDBeginsWithTheTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		first := eventing.NewID().String()
		digits := strings.ReplaceAll(first[:13], "-", "")
		milliseconds, err := strconv.ParseInt(digits, 16, 64)
		require.NoError(t, err)
		assert.Equal(t, time.Now().UnixMilli(), milliseconds)

		time.Sleep(time.Millisecond)
		assert.Less(t, first, eventing.NewID().String(), "later ids sort behind")
	})
}

func uuid(t *testing.T, id eventing.ID) []byte {
	t.Helper()
	decoded, err := hex.DecodeString(strings.ReplaceAll(id.String(), "-", ""))
	require.NoError(t, err)
	return decoded
}

func TestParseID(t *testing.T) {
	t.Parallel()
	const ours = "0190a8b2-1c3d-7e4f-8a5b-6c7d8e9f0a1b"
	assert.Equal(t, eventing.ID{}, eventing.ParseID(""))
	assert.Empty(t, eventing.ID{}.String())
	for _, text := range []string{
		ours,
		strings.ToUpper(ours), // another text, and so another id
		ours[:35], ours + "0",
		strings.Replace(ours, "-", "_", 1),
		strings.Replace(ours, "-8a5b-", "_8a5b_", 1),
		strings.Replace(ours, "1c3d", "1c3g", 1),
		"{" + ours + "}", "urn:uuid:" + ours,
		"00000000-0000-0000-0000-000000000000",
		"ffffffff-ffff-ffff-ffff-ffffffffffff",
		"ID:broker-1:42", "17", " ", "ä☃", "\x00", "\xff", strings.Repeat("x", 36),
	} {
		id := eventing.ParseID(text)
		assert.Equal(t, text, id.String())
		assert.False(t, id.IsZero(), text)
		assert.Equal(t, id, eventing.ParseID(text), text)
	}
	assert.NotEqual(t, eventing.ParseID(ours), eventing.ParseID(strings.ToUpper(ours)))
}

func FuzzParseID(f *testing.F) {
	f.Add(eventing.NewID().String())
	f.Add("ID:broker-1:42")
	f.Fuzz(func(t *testing.T, text string) {
		id := eventing.ParseID(text)
		require.Equal(t, text, id.String(), "an id prints as it was read")
		require.Equal(t, text == "", id.IsZero())
		require.Equal(t, id, eventing.ParseID(id.String()), "equal texts are equal ids")
	})
}
