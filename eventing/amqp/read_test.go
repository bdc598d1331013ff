package amqp

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/Azure/go-amqp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/eventing"
)

// encodeFor makes the message as it is sent.
func encodeFor(speaks dialect, message *eventing.Message) *amqp.Message {
	encoded := encode(message)
	speaks.adapt(encoded, message)
	return encoded
}

func TestEncode(t *testing.T) {
	t.Parallel()
	encoded := encodeFor(artemis{}, &eventing.Message{Event: "e", Delay: 1500 * time.Microsecond})
	assert.Equal(t, &amqp.MessageHeader{Priority: 4}, encoded.Header)
	assert.Equal(t, amqp.Annotations{"x-opt-delivery-delay": int64(2)}, encoded.Annotations)
	assert.Len(t, encoded.Data, 1)
	assert.Nil(t, encoded.Properties.MessageID)
	assert.Nil(t, encoded.ApplicationProperties)
	encoded = encodeFor(artemis{}, &eventing.Message{Event: "e", DuplicateID: "id#1"})
	assert.Equal(t, map[string]any{"_AMQ_DUPL_ID": "id#1"}, encoded.ApplicationProperties)

	encoded = encode(&eventing.Message{Event: "e", TTL: 1, Priority: eventing.PriorityLevel(0)})
	assert.Equal(t, &amqp.MessageHeader{TTL: time.Millisecond}, encoded.Header)
	encoded = encode(&eventing.Message{Event: "e", TTL: 1000 * time.Hour, Priority: eventing.PriorityLevel(9)})
	assert.Equal(t, &amqp.MessageHeader{TTL: 1000 * time.Hour, Priority: 9}, encoded.Header)
	encoded = encode(&eventing.Message{Event: "e", TTL: math.MaxInt64})
	assert.Equal(t, math.MaxUint32*time.Millisecond, encoded.Header.TTL)
}

func TestBodiesAsText(t *testing.T) {
	t.Parallel()
	text := encode(&eventing.Message{Event: "e", Body: []byte("grüß")})
	asText(text)
	assert.Equal(t, "grüß", text.Value)
	assert.Empty(t, text.Data)
	empty := encode(&eventing.Message{Event: "e"})
	asText(empty)
	assert.Empty(t, empty.Value)
	assert.NotNil(t, empty.Value, "an empty message is never sent")
	binary := encode(&eventing.Message{Event: "e", Body: []byte{0xff}})
	asText(binary)
	assert.Nil(t, binary.Value)
	assert.Equal(t, [][]byte{{0xff}}, binary.Data)
}

func TestContentTypeOfJMSBytes(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		contentType string
		annotations amqp.Annotations
		want        string
	}{
		"bytes":        {"application/octet-stream", amqp.Annotations{"x-opt-jms-msg-type": int8(3)}, ""},
		"said as well": {"application/xml", amqp.Annotations{"x-opt-jms-msg-type": int8(3)}, "application/xml"},
		"object":       {"application/octet-stream", amqp.Annotations{"x-opt-jms-msg-type": int8(1)}, "application/octet-stream"},
		"not of JMS":   {"application/octet-stream", nil, "application/octet-stream"},
	} {
		got := read(&amqp.Message{Properties: &amqp.MessageProperties{ContentType: &test.contentType}, Annotations: test.annotations}, "e")
		assert.Equal(t, test.want, got.ContentType, name)
	}
}

func TestReadIDs(t *testing.T) {
	t.Parallel()
	uuid := amqp.UUID{1, 2, 3}
	for want, id := range map[string]any{
		"":                                     nil,
		"ID:a-1":                               "ID:a-1",
		"18446744073709551615":                 ^uint64(0),
		"01020300-0000-0000-0000-000000000000": uuid,
		"00ff":                                 []byte{0, 255},
		"a\uFFFD":                              "a\x00",
	} {
		got := read(&amqp.Message{Properties: &amqp.MessageProperties{MessageID: id}}, "e")
		assert.Equal(t, want, got.ID.String())
	}
	ours := eventing.NewID()
	got := read(&amqp.Message{Properties: &amqp.MessageProperties{MessageID: ours.String()}}, "e")
	assert.Equal(t, ours, got.ID)
}

func TestReadKeys(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("é", eventing.MaxKeyBytes/2)
	for group, want := range map[string]string{
		"":            "",
		"tea":         "tea",
		"a\x00\xff":   "a\uFFFD\uFFFD",
		long:          long,
		long + "x":    long,
		"x" + long:    "x" + long[:len(long)-2],
		"\x00" + long: "\uFFFD" + long[:len(long)-4],
	} {
		got := read(&amqp.Message{Properties: &amqp.MessageProperties{GroupID: &group}}, "e")
		assert.Equal(t, want, got.Key)
	}
	assert.Empty(t, read(&amqp.Message{}, "e").Key)
	assert.Nil(t, encode(&eventing.Message{Event: "e"}).Properties.GroupID)
	encoded := encode(&eventing.Message{Event: "e", Key: "tea"})
	assert.Equal(t, "tea", read(encoded, "e").Key)
}

func TestReadHeaders(t *testing.T) {
	t.Parallel()
	got := readHeaders(map[string]any{
		"binary": []byte("hi"), "bool": true, "float": float32(0.1), "int": int8(-1), "text": "a\x00\xff", "time": time.UnixMilli(1).UTC(),
		"uint": uint64(5), "uuid": amqp.UUID{}, "null": nil, "map": map[string]any{}, "": "x", "\xff": "x",
		"_AMQ_DUPL_ID": "x", "JMSXGroupID": "x", "x-opt-y": "x",
	})
	assert.Equal(t, []eventing.Header{
		{Key: "binary", Value: "aGk="},
		{Key: "bool", Value: "true"},
		{Key: "float", Value: "0.1"},
		{Key: "int", Value: "-1"},
		{Key: "text", Value: "a\uFFFD\uFFFD"},
		{Key: "time", Value: "1970-01-01T00:00:00.001Z"},
		{Key: "uint", Value: "5"},
		{Key: "uuid", Value: "00000000-0000-0000-0000-000000000000"},
	}, got)
}

func TestReadBodies(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		message amqp.Message
		body    string
		invalid bool
	}{
		"none":     {amqp.Message{}, "", false},
		"data":     {amqp.Message{Data: [][]byte{[]byte("a")}}, "a", false},
		"sections": {amqp.Message{Data: [][]byte{[]byte("a"), nil, []byte("b")}}, "ab", false},
		"string":   {amqp.Message{Value: "a"}, "a", false},
		"binary":   {amqp.Message{Value: []byte("a")}, "a", false},
		"number":   {amqp.Message{Value: int64(1)}, "", true},
		"map":      {amqp.Message{Value: map[string]any{"a": 1}}, "", true},
		"sequence": {amqp.Message{Sequence: [][]any{{1}}}, "", true},
	} {
		got := read(&test.message, "e")
		if test.invalid {
			require.Error(t, got.Invalid, name)
			var again amqp.Message
			require.NoError(t, again.UnmarshalBinary(got.Body), name)
			continue
		}
		require.NoError(t, got.Invalid, name)
		assert.Equal(t, test.body, string(got.Body), name)
	}
}

func TestOutcome(t *testing.T) {
	t.Parallel()
	require.NoError(t, outcome(&amqp.StateAccepted{}))
	require.ErrorIs(t, outcome(&amqp.StateRejected{}), eventing.ErrRejected)
	err := outcome(&amqp.StateRejected{Error: &amqp.Error{Condition: "a:b", Description: "full\nup"}})
	require.ErrorIs(t, err, eventing.ErrRejected)
	require.ErrorContains(t, err, "a:b: full up")
	require.ErrorIs(t, outcome(&amqp.StateReleased{}), eventing.ErrRejected)
	require.ErrorIs(t, outcome(&amqp.StateModified{}), eventing.ErrRejected)
	require.ErrorIs(t, outcome(nil), eventing.ErrUnconfirmed)
}

// decodes tells whether the library decodes the message. It panics on some that
// no broker should pass on, such as annotations whose key is a map (seen with
// v1.7.0): what is fuzzed here is what we make of those that it decodes.
func decodes(into *amqp.Message, data []byte) (ok bool) {
	defer func() {
		if recover() != nil {
			ok = false
		}
	}()
	return into.UnmarshalBinary(data) == nil
}

func FuzzReadMessage(f *testing.F) {
	for _, message := range []*amqp.Message{
		encode(&eventing.Message{ID: eventing.NewID(), Event: "e", Key: "tea", Headers: []eventing.Header{{Key: "k", Value: "v"}}, Body: []byte("{}")}),
		{Value: "text", ApplicationProperties: map[string]any{"i": int32(1), "b": []byte{1}}},
		{Sequence: [][]any{{"a", int64(1)}}, Header: &amqp.MessageHeader{DeliveryCount: 3}},
	} {
		encoded, err := message.MarshalBinary()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(encoded)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var received amqp.Message
		if !decodes(&received, data) {
			return
		}
		message := read(&received, "e")
		if count := deliveryCount(&received); count < 1 {
			t.Fatalf("count %d", count)
		}
		if len(message.Key) > eventing.MaxKeyBytes || message.Key != clean(message.Key) {
			t.Fatalf("key %q", message.Key)
		}
		// Whatever came can be sent on: as a retry, or as a dead letter.
		if _, err := encodeFor(artemis{}, message).MarshalBinary(); err != nil {
			t.Fatalf("a copy can't be sent: %v", err)
		}
	})
}
