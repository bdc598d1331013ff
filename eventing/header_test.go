package eventing

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestSetAccepts(t *testing.T) {
	t.Parallel()
	var e Envelope
	want := []Header{
		{"session", "a b=c;d:e\r\n\\"},
		{"Session", "another case is another key"},
		{"a", ""},
		{strings.Repeat("k", maxKeyBytes), "ä☃😀\u0001"},
		{"trace-id_2.x", strings.Repeat("v", MaxHeaderBytes)}, // the sum is checked when it is sent
		{"types", "x"},
		{"app-id-2", "x"},
		{"my_AMQ_", "x"},
		{"x-opt", "x"},
	}
	for _, header := range want {
		e.Set(header.Key, header.Value)
	}
	require.NoError(t, e.err)
	assert.Equal(t, want, e.headers)

	e.Set("session", "again")
	want[0].Value = "again"
	assert.Equal(t, want, e.headers, "it keeps its place")
}

func TestSetRefuses(t *testing.T) {
	t.Parallel()
	const head = "eventing: header not allowed: "
	for _, test := range []struct{ what, key, value, want string }{
		{"empty key", "", "v", `key "" has 0 bytes: it must have 1 to 128`},
		{
			"long key", strings.Repeat("k", maxKeyBytes+1), "v",
			`key "` + strings.Repeat("k", 37) + `…" has 129 bytes: it must have 1 to 128`,
		},
		{"long key of wide characters", strings.Repeat("ä", 65), "v", `key "` + strings.Repeat("ä", 18) + `…" has 130 bytes: it must have 1 to 128`},
		{"space", "my key", "v", `key "my key" holds ' ': use letters, digits, '_', '.' and '-' only`},
		{"colon", "a:b", "v", `key "a:b" holds ':': use letters, digits, '_', '.' and '-' only`},
		{"line feed", "a\nb", "v", `key "a\nb" holds '\n': use letters, digits, '_', '.' and '-' only`},
		{"NUL in the key", "a\x00", "v", `key "a\x00" holds '\x00': use letters, digits, '_', '.' and '-' only`},
		{"letter beyond ASCII", "ä", "v", `key "ä" holds 'Ã': use letters, digits, '_', '.' and '-' only`},
		{"NUL in the value", "key", "a\x00b", `the value of "key" must be UTF-8 without NUL: encode it, in base64 for instance`},
		{"invalid UTF-8", "key", "a\xffb", `the value of "key" must be UTF-8 without NUL: encode it, in base64 for instance`},
		{"half a surrogate pair", "key", "\xed\xa0\x80", `the value of "key" must be UTF-8 without NUL: encode it, in base64 for instance`},
		{
			"a broker's", "_AMQ_DUPL_ID", "v",
			`key "_AMQ_DUPL_ID" means something to brokers or to eventing: choose another, like my-_AMQ_DUPL_ID`,
		},
		{"eventing's", "aspyx_attempt", "v", `key "aspyx_attempt" means something to brokers or to eventing: choose another, like my-aspyx_attempt`},
	} {
		var e Envelope
		e.Set(test.key, test.value)
		require.ErrorIs(t, e.err, ErrHeader, test.what)
		require.EqualError(t, e.err, head+test.want, test.what)
		assert.Empty(t, e.headers, test.what)
	}
}

func TestSetRefusesWhatSteersInAnyCase(t *testing.T) {
	t.Parallel()
	keys := slices.Concat(slices.Collect(maps.Keys(steeringKeys)), []string{
		"_AMQ_SCHED_DELIVERY", "__AMQ_CID", "AMQ_SCHEDULED_DELAY", "_HQ_ORIG", "activemq.prefetchSize", "NATIVE_MESSAGE",
		"JMSXGroupID", "JMSCorrelationID", "x-opt-delivery-delay", "aspyx_error", "_amq", "jms",
	})
	for _, key := range keys {
		for _, key := range []string{key, strings.ToUpper(key), strings.ToLower(key), strings.ToUpper(key[:1]) + key[1:]} {
			var e Envelope
			e.Set(key, "v")
			require.ErrorIs(t, e.err, ErrHeader, key)
			require.ErrorContains(t, e.err, "means something", key)
			assert.Empty(t, e.headers, key)
		}
		require.NoError(t, checkHeader("my-"+key, "v"), "what the error proposes works")
	}
}

// Keys are compared in lower case.
func TestSteeringListsAreInLowerCase(t *testing.T) {
	t.Parallel()
	for _, text := range slices.Concat(slices.Collect(maps.Keys(steeringKeys)), steeringPrefixes) {
		assert.Equal(t, strings.ToLower(text), text)
	}
}

func TestSetKeepsEveryRefusal(t *testing.T) {
	t.Parallel()
	var e Envelope
	e.Set("a b", "")
	e.Set("ok", "v")
	e.Set("c d", "")
	require.ErrorContains(t, e.err, `"a b"`)
	require.ErrorContains(t, e.err, `"c d"`)
	assert.Equal(t, []Header{{"ok", "v"}}, e.headers)
}

// What is shared with a message is copied before it is written.
func TestSetCopiesWhatIsShared(t *testing.T) {
	t.Parallel()
	for _, key := range []string{"a", "b"} {
		message := []Header{{"a", "1"}}
		e := Envelope{headers: message, shared: true}
		e.Set(key, "2")
		assert.Equal(t, []Header{{"a", "1"}}, message)
		assert.Equal(t, "2", e.Get(key))
		assert.False(t, e.shared)
	}
}

func TestLookupAndHeaders(t *testing.T) {
	t.Parallel()
	e := Envelope{headers: []Header{{"a", "1"}, {headerAttempt, "2"}, {"b", ""}, {"c", "3"}}}
	assert.Equal(t, "1", e.Get("a"))
	assert.Empty(t, e.Get("A"), "keys are case-sensitive")
	_, ok := e.Lookup("none")
	assert.False(t, ok)
	_, ok = e.Lookup("b")
	assert.True(t, ok)
	value, _ := e.Lookup(headerAttempt)
	assert.Equal(t, "2", value)

	var keys []string
	for key := range e.Headers() {
		if keys = append(keys, key); key == "b" {
			break
		}
	}
	assert.Equal(t, []string{"a", "b"}, keys, "without eventing's own")
}

func TestCheckHeaders(t *testing.T) {
	t.Parallel()
	headers := make([]Header, MaxHeaders)
	for i := range headers {
		headers[i].Key = strconv.Itoa(100 + i)
	}
	require.NoError(t, checkHeaders(nil))
	require.NoError(t, checkHeaders(headers))
	err := checkHeaders(append(slices.Clone(headers), Header{Key: "one"}))
	require.ErrorIs(t, err, ErrHeader)
	require.EqualError(t, err, "eventing: header not allowed: 65 headers are too many: an envelope has at most 64")

	headers[7].Value = strings.Repeat("v", MaxHeaderBytes-3*MaxHeaders)
	require.NoError(t, checkHeaders(headers), "exactly 16 KiB of keys and values")
	headers[8].Value = "v"
	err = checkHeaders(headers)
	require.ErrorIs(t, err, ErrHeader)
	require.EqualError(t, err, "eventing: header not allowed: 16385 bytes of keys and values are too many: an envelope has at most 16384; put large data into the event")
}

func TestTruncate(t *testing.T) {
	t.Parallel()
	const text = "aä☃😀"
	for _, test := range []struct {
		n    int
		want string
	}{
		{len(text), text}, {9, "aä☃…"}, {8, "aä…"}, {7, "aä…"}, {6, "aä…"}, {5, "a…"}, {4, "a…"}, {3, "…"},
	} {
		got := truncate(text, test.n)
		assert.Equal(t, test.want, got, test.n)
		assert.True(t, utf8.ValidString(got))
		assert.LessOrEqual(t, len(got), test.n)
	}
}
