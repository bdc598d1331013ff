package amqp

import (
	"bytes"
	"testing"

	"github.com/Azure/go-amqp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/eventing"
)

func encoded(tb testing.TB, message *amqp.Message) []byte {
	tb.Helper()
	data, err := message.MarshalBinary()
	require.NoError(tb, err)
	return data
}

// section is a section with a value of any encoding.
func section(kind byte, value ...byte) []byte { return append([]byte{0, smallUlong, kind}, value...) }

// usual is a message like ours, as it comes.
func usual(tb testing.TB) []byte {
	tb.Helper()
	return encoded(tb, encode(&eventing.Message{
		ID: eventing.NewID(), Event: "event", ContentType: "application/json", Durable: true,
		Headers: []eventing.Header{{Key: "session", Value: "one"}, {Key: "tenant", Value: "two"}},
		Body:    []byte(`{"article":"tea","price":7}`), DuplicateID: "duplicate",
	}))
}

func TestScan(t *testing.T) {
	t.Parallel()
	deep := append(make([]byte, maxNesting+2), null) // described again and again
	lists := []byte{list0}
	for range maxNesting + 1 {
		lists = append([]byte{0xc0, byte(len(lists) + 1), 1}, lists...)
	}
	for name, test := range map[string]struct {
		message []byte
		want    verdict
	}{
		"none":              {nil, good},
		"usual":             {usual(t), good},
		"string":            {section(valueSection, 0xa1, 1, 'a'), good},
		"binary":            {section(valueSection, 0xa0, 1, 'a'), good},
		"null":              {section(valueSection, null), good},
		"null data":         {section(dataSection, null), good},
		"null annotations":  {section(annotationsSection, null), good},
		"null header":       {section(headerSection, null), broken},
		"ulong descriptor":  {append([]byte{0, ulong, 0, 0, 0, 0, 0, 0, 0, dataSection}, 0xa0, 0), good},
		"list in headers":   {section(headersSection, 0xc1, 7, 2, 0xa1, 1, 'k', 0xc0, 1, 0), good},
		"number":            {section(valueSection, 0x54, 7), odd},
		"sequence":          {section(sequenceSection, list0), odd},
		"char":              {section(headersSection, 0xc1, 9, 2, 0xa1, 1, 'k', 0x73, 0, 0, 0, 'x'), odd},
		"decimal":           {section(valueSection, 0x84, 0, 0, 0, 0, 0, 0, 0, 0), odd},
		"unknown code":      {section(valueSection, 0x4f), odd},
		"map as key":        {section(annotationsSection, 0xc1, 5, 2, 0xc1, 1, 0, null), odd},
		"list as key":       {section(annotationsSection, 0xc1, 3, 2, list0, null), odd},
		"array":             {section(annotationsSection, 0xc1, 9, 2, 0xa3, 1, 'k', 0xe0, 3, 1, 0x50, 1), odd},
		"array of strings":  {section(valueSection, 0xe0, 5, 1, 0xa1, 2, 'a', 'b'), odd},
		"described":         {section(valueSection, 0, 0xa3, 1, 'a', null), odd},
		"number as id":      {section(propertiesSection, 0xc0, 3, 1, 0x54, 1), good},
		"number as subject": {section(propertiesSection, 0xc0, 6, 4, null, null, null, 0x54, 1), odd},
		"too many fields":   {section(headerSection, 0xc0, 7, 6, null, null, null, null, null, null), odd},
		"array too short":   {section(valueSection, 0xe0, 3, 2, 0x50, 1), broken},
		"strings too short": {section(valueSection, 0xe0, 5, 1, 0xa1, 3, 'a', 'b'), broken},
		"array of maps":     {section(valueSection, 0xe0, 4, 1, 0xc1, 1, 0), broken},
		"list too long":     {section(valueSection, 0xc0, 3, 1, null, null), broken},
		"list too short":    {section(valueSection, 0xc0, 2, 2, null), broken},
		"half a pair":       {section(annotationsSection, 0xc1, 2, 1, null), broken},
		"truncated":         {usual(t)[:100], broken},
		"unknown section":   {section(0x79, null), broken},
		"no section":        {[]byte{1, 2, 3}, broken},
		"large descriptor":  {append([]byte{0, ulong, 1, 0, 0, 0, 0, 0, 0, dataSection}, 0xa0, 0), broken},
		"2 GB promised":     {section(dataSection, binary32, 0x7f, 0xff, 0xff, 0xff), broken},
		"deep":              {section(valueSection, deep...), broken},
		"deep lists":        {section(valueSection, lists...), broken},
	} {
		assert.Equal(t, test.want, scan(test.message), name)
	}
}

func TestMessagesThatTheLibraryCantRead(t *testing.T) {
	t.Parallel()
	require.ErrorContains(t, decodeError(section(annotationsSection, 0xc1, 5, 2, 0xc1, 1, 0, null)), "unhashable", "it panics")
	require.ErrorContains(t, decodeError(section(valueSection, 0x73, 0, 0, 0, 'x')), "char not implemented")
	require.NoError(t, decodeError(section(annotationsSection, 0xc1, 9, 2, 0xa3, 1, 'k', 0xe0, 3, 1, 0x50, 1)))
}

func TestScanAllocatesNothing(t *testing.T) { //nolint:paralleltest // counts allocations
	message := usual(t)
	assert.Zero(t, testing.AllocsPerRun(100, func() { scan(message) }))
}

// A message that can't be read is replaced by one that can.
func TestRefuse(t *testing.T) {
	t.Parallel()
	ours := usual(t)
	header := encoded(t, &amqp.Message{Header: &amqp.MessageHeader{Durable: true, DeliveryCount: 2}})
	id := encoded(t, &amqp.Message{Properties: &amqp.MessageProperties{MessageID: "4711"}})
	headers := section(headersSection, 0xc1, 19, 6, 0xa1, 1, 'k', 0xa1, 1, 'v', 0xa1, 1, 'c', 0x73, 0, 0, 0, 'x', 0xa1, 1, 'n', null)
	original := bytes.Join([][]byte{header, id, headers, section(dataSection, 0xa0, 1, 'b')}, nil)
	require.Equal(t, odd, scan(original))
	reason := unreadable(original)
	require.ErrorContains(t, reason, "char not implemented")
	refused := refuse(original, reason)
	require.Equal(t, good, scan(refused))
	var received amqp.Message
	require.NoError(t, received.UnmarshalBinary(refused))
	message := convert(&received)
	require.EqualError(t, message.Invalid, "the message can't be decoded: char not implemented")
	assert.Equal(t, original, message.Body)
	assert.Equal(t, []eventing.Header{{Key: "k", Value: "v"}}, message.Headers)
	assert.Equal(t, "4711", message.ID.String())
	assert.True(t, message.Durable)
	assert.Equal(t, 3, deliveryCount(&received))

	cut := ours[:len(ours)-20]
	received = amqp.Message{}
	require.NoError(t, received.UnmarshalBinary(refuse(cut, unreadable(cut))))
	message = convert(&received)
	require.EqualError(t, message.Invalid, errUnsound.Error())
	assert.Len(t, message.Headers, 2, "what comes before is kept")
	assert.Equal(t, cut, message.Body)
}

func FuzzScan(f *testing.F) {
	for _, message := range [][]byte{
		usual(f),
		section(headersSection, 0xc1, 9, 2, 0xa1, 1, 'k', 0x73, 0, 0, 0, 'x'),
		section(annotationsSection, 0xc1, 5, 2, 0xc1, 1, 0, null),
		section(annotationsSection, 0xc1, 9, 2, 0xa3, 1, 'k', 0xe0, 3, 1, 0x50, 1),
		section(valueSection, 0, 0xa3, 1, 'a', 0xd0, 0, 0, 0, 5, 0, 0, 0, 1, null),
		section(propertiesSection, 0xc0, 6, 4, null, null, null, 0xa1, 0),
		encoded(f, &amqp.Message{Sequence: [][]any{{"a", int64(1), []string{"b"}}}, Footer: amqp.Annotations{"f": uint8(1)}}),
	} {
		f.Add(message)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		verdict := scan(data)
		if verdict != broken {
			if err := decodeError(data); verdict == good && err != nil {
				t.Fatalf("it looked good: %v", err)
			}
		}
		reason := unreadable(data)
		if reason == nil {
			return
		}
		var received amqp.Message
		if err := received.UnmarshalBinary(refuse(data, reason)); err != nil {
			t.Fatalf("what takes its place can't be decoded: %v", err)
		}
		message := convert(&received)
		if message.Invalid == nil || !bytes.Equal(message.Body, data) {
			t.Fatalf("the original is lost: %v", message.Invalid)
		}
		if _, err := encode(message).MarshalBinary(); err != nil {
			t.Fatalf("its dead letter can't be sent: %v", err)
		}
		beginning := amqp.Message{}
		if err := beginning.UnmarshalBinary(replacement(data, uint64(1))); err != nil || beginning.Annotations[replaced] != any(uint64(1)) {
			t.Fatalf("what tells of it can't be decoded: %v", err)
		}
	})
}

func BenchmarkScan(b *testing.B) {
	message := usual(b)
	b.SetBytes(int64(len(message)))
	b.ReportAllocs()
	for b.Loop() {
		if scan(message) != good {
			b.Fatal("not good")
		}
	}
}
