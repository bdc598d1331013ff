package eventingtest

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/eventing"
)

// contentCases prove promise 5: what is sent arrives byte by byte.
func contentCases() []Case {
	return []Case{
		newCase(5, "headers arrive byte by byte", headersArrive),
		newCase(5, "id, time, name and content type arrive", identityArrives),
		newCase(5, "a body of a pipeline arrives byte by byte", pipelineBodyArrives),
		newCase(5, "bodies of all sizes arrive", bodiesArrive),
	}
}

// awkwardHeaders are what protocols have trouble with.
func awkwardHeaders() map[string]string {
	headers := map[string]string{
		"empty":        "",
		"blank":        " ",
		"margins":      "  a tab\t",
		"newlines":     "one\ntwo\r\nthree\r",
		"colon":        "a:b::c",
		"backslash":    `a\nb\\c\`,
		"percent":      "100%25 %s %zz",
		"equals":       "a=b;c=d&e",
		"quotes":       `"double" 'single' <tag/>`,
		"number":       "007",
		"boolean":      "true",
		"unicode":      "Grüße, 世界 🌍 e\u0301",
		"control":      "\x01\x1f\x7f",
		"long":         strings.Repeat("0123456789abcdef", 256), // 4 KiB
		"case":         "lower",
		"Case":         "upper",
		"with.dot":     "dot",
		"with-hyphen":  "hyphen",
		"_underscored": "underscore",
	}
	for n := len(headers); n < 60; n++ {
		headers[fmt.Sprintf("filler%02d", n)] = fmt.Sprint("value ", n)
	}
	return headers
}

// headersArrive sets every second header in a pipeline, the others on the call.
func headersArrive(s *scene) {
	want := awkwardHeaders()
	var options []eventing.SendOption
	inPipeline := map[string]string{}
	for key, value := range want {
		if len(options) < len(want)/2 {
			options = append(options, eventing.WithHeader(key, value))
		} else {
			inPipeline[key] = value
		}
	}
	sending := step{send: func(ctx context.Context, envelope *eventing.Envelope, proceed func(context.Context) error) error {
		for key, value := range inPipeline {
			envelope.Set(key, value)
		}
		return proceed(ctx)
	}}
	inHandle := make(chan map[string]string, 1)
	handling := step{handle: func(ctx context.Context, envelope *eventing.Envelope, proceed func(context.Context) error) error {
		inHandle <- maps.Collect(envelope.Headers())
		return proceed(ctx)
	}}
	inListener := make(chan map[string]string, 1)
	manager := s.start(process{
		pipelines: []any{&outer{step: sending}, &inner{step: handling}},
		listeners: []any{&once{reaction: func(ctx context.Context, _ sample) error {
			inListener <- maps.Collect(eventing.EnvelopeFrom(ctx).Headers())
			return nil
		}}},
	})
	require.NoError(s, manager.SendEvent(s.limit(), sample{}, options...))
	assert.Equal(s, want, await(s, "the headers in Handle", inHandle))
	assert.Equal(s, want, await(s, "the headers in On", inListener))
}

// await returns what the channel brings.
func await[V any](s *scene, what string, from <-chan V) V {
	s.Helper()
	select {
	case value := <-from:
		return value
	case <-s.limit().Done():
		require.FailNow(s, "this didn't happen in time: "+what)
		panic("unreachable")
	}
}

type identity struct {
	id, name, contentType string
	milliseconds          int64
}

func identify(envelope *eventing.Envelope) identity {
	return identity{envelope.ID().String(), envelope.EventName(), envelope.ContentType(), envelope.Time().UnixMilli()}
}

func identityArrives(s *scene) {
	sent, received := make(chan identity, 1), make(chan identity, 1)
	capture := step{send: func(ctx context.Context, envelope *eventing.Envelope, proceed func(context.Context) error) error {
		sent <- identify(envelope)
		return proceed(ctx)
	}}
	manager := s.start(process{
		pipelines: []any{&outer{step: capture}},
		listeners: []any{&once{reaction: func(ctx context.Context, _ sample) error {
			received <- identify(eventing.EnvelopeFrom(ctx))
			return nil
		}}},
	})
	require.NoError(s, manager.SendEvent(s.limit(), sample{}))
	want := await(s, "the event is sent", sent)
	assert.NotEmpty(s, want.contentType)
	assert.Equal(s, want, await(s, "the event is handled", received))
}

// pipelineBodyArrives sends bytes that are no text in place of the event, as
// encryption does.
func pipelineBodyArrives(s *scene) {
	var plain []byte // written before the event is sent
	onWire := make(chan []byte, 1)
	cipher := step{
		send: func(ctx context.Context, envelope *eventing.Envelope, proceed func(context.Context) error) error {
			var err error
			if plain, err = envelope.Body(); err != nil {
				return err
			}
			envelope.SetBody(allBytes())
			return proceed(ctx)
		},
		handle: func(ctx context.Context, envelope *eventing.Envelope, proceed func(context.Context) error) error {
			body, err := envelope.Body()
			if err != nil {
				return err
			}
			onWire <- body
			envelope.SetBody(plain)
			return proceed(ctx)
		},
	}
	manager := s.start(process{pipelines: []any{&outer{step: cipher}}, listeners: []any{&once{reaction: s.note("once")}}})
	s.send(manager, 7, 1)
	assert.Equal(s, allBytes(), await(s, "the body in Handle", onWire))
	s.await("the event, decoded from the body that Handle has set", func() bool {
		return slices.Contains(s.numbers("once"), 7)
	})
}

// allBytes holds every byte, so that it is no UTF-8.
func allBytes() []byte {
	all := make([]byte, 256)
	for i := range all {
		all[i] = byte(i)
	}
	return all
}

func bodiesArrive(s *scene) {
	provider := s.provider()
	consumer := s.attach(provider, s.queue("alpha"), 10)
	for name, body := range map[string][]byte{
		"empty": {}, "one byte": {0}, "text": []byte("Grüße\r\n\x00"), "all bytes": allBytes(),
		"200 KiB": bytes.Repeat(allBytes(), 800),
	} {
		message := s.message(0)
		message.Body, message.ContentType = body, "application/octet-stream"
		s.submit(provider, message)
		delivery := s.receive(consumer, "the body "+name)
		assert.True(s, bytes.Equal(body, delivery.Message.Body), "the body %s arrives as %d bytes", name, len(delivery.Message.Body))
		assert.Equal(s, message.ContentType, delivery.Message.ContentType)
		s.settle(consumer, delivery, eventing.Accept)
	}
}
