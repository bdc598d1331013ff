package eventing_test

import (
	"context"
	"encoding/xml"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/environment"
	"github.com/aspyx-go/aspyx/eventing"
	"github.com/aspyx-go/aspyx/eventing/memory"
)

// xmlCodec is a codec as users write their own.
type xmlCodec struct{}

func (xmlCodec) ContentType() string                 { return "application/xml" }
func (xmlCodec) Encode(event any) ([]byte, error)    { return xml.Marshal(event) }
func (xmlCodec) Decode(body []byte, event any) error { return xml.Unmarshal(body, event) }

// contentTypes notes what each envelope holds, on both sides.
type contentTypes struct {
	eventing.AbstractEnvelopePipeline
	sent, handled recorder[string]
}

func note(e *eventing.Envelope, into *recorder[string]) error {
	body, err := e.Body()
	into.add(e.EventName() + " " + e.ContentType() + " " + string(body[:1]))
	return err
}

func (p *contentTypes) Send(ctx context.Context, e *eventing.Envelope, d *eventing.EventDescriptor) error {
	if err := note(e, &p.sent); err != nil {
		return err
	}
	return p.ProceedSend(ctx, e, d)
}

func (p *contentTypes) Handle(ctx context.Context, e *eventing.Envelope, d *eventing.EventListenerDescriptor) error {
	if err := note(e, &p.handled); err != nil {
		return err
	}
	return p.ProceedHandle(ctx, e, d)
}

// reads is a listener that takes everything.
func reads(got *recorder[int]) *orderListener {
	return &orderListener{on: func(_ context.Context, event order) error {
		got.add(event.ID)
		return nil
	}}
}

func TestManagerEncodesByItsCodecAndReadsMore(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var got recorder[int]
		var seen contentTypes
		manager, broker := start(t, eventing.Config{
			Listeners: []any{reads(&got)}, Pipelines: []any{&seen},
			Codec: xmlCodec{}, Codecs: []eventing.Codec{eventing.JSON},
		})
		require.NoError(t, manager.SendEvent(t.Context(), order{ID: 1}))
		submit(t, broker, &eventing.Message{ContentType: "application/json; charset=utf-8", Body: []byte(`{"ID":2}`)})
		submit(t, broker, &eventing.Message{Body: []byte(`<order><ID>3</ID></order>`)}) // no type: the manager's
		submit(t, broker, &eventing.Message{ContentType: "text/csv", Body: []byte("4")})
		submit(t, broker, &eventing.Message{ContentType: "application/xml", Body: []byte(`{"ID":5}`)})
		synctest.Wait()
		assert.Equal(t, []int{1, 2, 3}, got.all())
		assert.Equal(t, []string{"order application/xml <"}, seen.sent.all())
		assert.Equal(t, []string{
			"order application/xml <", "order application/json; charset=utf-8 {", "order  <", "order text/csv 4", "order application/xml {",
		}, seen.handled.all())

		letters := deadLetters(t, broker, "orders")
		require.Len(t, letters, 2)
		assert.Equal(t, `decode event "order" from text/csv: this listener reads application/xml, application/json only`, header(letters[0], "aspyx_error"))
		assert.Equal(t, "text/csv", letters[0].ContentType)
		assert.Equal(t, "1", header(letters[0], "aspyx_attempts"), "no repetition mends it")
		assert.Contains(t, header(letters[1], "aspyx_error"), `decode event "order" from application/xml: `)
	})
}

type letter struct{ Text string }

type letterListener struct {
	eventing.Listener[letter] `listener:"name=letters"`
	got                       *recorder[string]
}

func (l *letterListener) On(_ context.Context, event letter) error {
	l.got.add(event.Text)
	return nil
}

// An event's codec goes for foreign types and for those that embed Event; its
// listeners read it without being told, and the manager's too.
func TestEventsHaveCodecsOfTheirOwn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var got recorder[int]
		var letters recorder[string]
		var seen contentTypes
		manager, broker := start(t, eventing.Config{
			Events: []eventing.EventDefinition{
				eventing.EventOf[order](eventing.EncodedBy(xmlCodec{})),
				eventing.EventOf[letter](eventing.Name("letter"), eventing.EncodedBy(nil)),
			},
			Listeners: []any{reads(&got), &letterListener{got: &letters}}, Pipelines: []any{&seen},
		})
		require.NoError(t, manager.SendEvent(t.Context(), &order{ID: 1}))
		require.NoError(t, manager.SendEvent(t.Context(), letter{Text: "dear"}))
		submit(t, broker, &eventing.Message{ContentType: "application/json", Body: []byte(`{"ID":2}`)})
		submit(t, broker, &eventing.Message{Body: []byte(`<order><ID>3</ID></order>`)}) // no type: the event's
		synctest.Wait()
		assert.Equal(t, []int{1, 2, 3}, got.all())
		assert.Equal(t, []string{"dear"}, letters.all())
		assert.Equal(t, []string{"order application/xml <", "letter application/json {"}, seen.sent.all())
		assert.Equal(t, eventing.Totals{Sent: 2, Handled: 4}, manager.Stats().Totals)
	})
}

func TestModuleTakesCodecs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		got, seen, broker := &recorder[int]{}, &contentTypes{}, memory.NewBroker()
		env, err := environment.Boot(t.Context(), environment.Module("test",
			eventing.Module(broker),
			environment.Register[order](),
			eventing.RegisterEvent[order](eventing.EncodedBy(xmlCodec{})),
			environment.Provide(func() *orderListener { return reads(got) }),
			environment.Supply(seen),
		), eventing.UseCodec(eventing.StdJSON), eventing.UseCodecs(brokenCodec{}), environment.Logger(slog.New(slog.DiscardHandler)))
		require.NoError(t, err)
		manager := environment.Get[*eventing.EventManager](env)
		require.NoError(t, manager.SendEvent(t.Context(), order{ID: 1}))
		submit(t, broker, &eventing.Message{ContentType: "application/json", Body: []byte(`{"ID":2}`)})
		submit(t, broker, &eventing.Message{ContentType: "application/x-broken", Body: []byte("3")})
		synctest.Wait()
		assert.Equal(t, []int{1, 2}, got.all())
		assert.Equal(t, []string{"order application/xml <"}, seen.sent.all())
		letters := deadLetters(t, broker, "orders")
		require.Len(t, letters, 1, "a codec that panics takes nothing down")
		assert.Equal(t, `decode event "order" from application/x-broken: panic: broken codec`, header(letters[0], "aspyx_error"))
		require.NoError(t, env.Shutdown(t.Context()))
	})
}

// brokenCodec panics whatever it is given.
type brokenCodec struct{}

func (brokenCodec) ContentType() string        { return "application/x-broken" }
func (brokenCodec) Encode(any) ([]byte, error) { panic("broken codec") }
func (brokenCodec) Decode([]byte, any) error   { panic("broken codec") }

// unnamedCodec has no media type.
type unnamedCodec struct{ xmlCodec }

func (unnamedCodec) ContentType() string { return "xml" }

func TestCodecsThatCannotBeFoundAreRefused(t *testing.T) {
	t.Parallel()
	provider, err := memory.New(memory.Config{})
	require.NoError(t, err)
	for name, test := range map[string]struct {
		config eventing.Config
		reason string
	}{
		"nil":       {eventing.Config{Codecs: []eventing.Codec{nil}}, "a codec is nil"},
		"no type":   {eventing.Config{Codec: unnamedCodec{}}, `the content type "xml", which is no media type`},
		"of events": {eventing.Config{Events: []eventing.EventDefinition{eventing.EventOf[order](eventing.EncodedBy(unnamedCodec{}))}}, `event eventing_test.order: codec eventing_test.unnamedCodec has`},
		"two for one event": {eventing.Config{Events: []eventing.EventDefinition{
			eventing.EventOf[order](), eventing.EventOf[order](eventing.EncodedBy(xmlCodec{})),
			eventing.EventOf[order](eventing.EncodedBy(xmlCodec{})), eventing.EventOf[order](eventing.EncodedBy(eventing.JSON)),
		}}, "event eventing_test.order is encoded by application/xml and by application/json: keep one EncodedBy"},
		"with an option of the tag": {eventing.Config{Events: []eventing.EventDefinition{
			eventing.EventOf[order](eventing.EncodedBy(xmlCodec{}), eventing.Durable()),
		}}, "embeds eventing.Event: say its options in the tag"},
		"a wrong tag": {eventing.Config{Events: []eventing.EventDefinition{
			eventing.EventOf[unknownOption](eventing.EncodedBy(xmlCodec{})),
		}}, "durabel"},
	} {
		_, err := eventing.NewEventManager(provider, test.config)
		require.ErrorContains(t, err, test.reason, name)
		assert.Equal(t, 1, strings.Count(err.Error(), test.reason), name)
	}
}
