package docs_test

import (
	"context"
	"encoding/xml"
	"fmt"

	"github.com/aspyx-go/aspyx/environment"
	"github.com/aspyx-go/aspyx/eventing"
	"github.com/aspyx-go/aspyx/eventing/memory"
)

// XML is a codec of one's own.
type XML struct{}

// ContentType goes with each event, and finds the codec on receiving.
func (XML) ContentType() string { return "application/xml" }

// Encode encodes an event.
func (XML) Encode(event any) ([]byte, error) { return xml.Marshal(event) }

// Decode decodes into a pointer to an event.
func (XML) Decode(body []byte, event any) error { return xml.Unmarshal(body, event) }

// Invoice is an event that older systems read.
type Invoice struct {
	eventing.Event `event:"name=invoice"`
	Number         string `json:"number" xml:"number,attr"`
}

// Bodies prints what goes out.
type Bodies struct {
	eventing.AbstractEnvelopePipeline
}

// Send prints the encoded event.
func (p *Bodies) Send(ctx context.Context, envelope *eventing.Envelope, event *eventing.EventDescriptor) error {
	body, err := envelope.Body()
	if err != nil {
		return err
	}
	fmt.Printf("%s: %s\n", envelope.ContentType(), body)
	return p.ProceedSend(ctx, envelope, event)
}

func Example_codecs() {
	ctx := context.Background()
	env := environment.New(environment.Module("office",
		eventing.Module(memory.Config{}),
		environment.Register[OrderPlaced](),
		eventing.RegisterEvent[Invoice](eventing.EncodedBy(XML{})),
		environment.Register[Bodies](),
	), eventing.UseCodecs(XML{}))
	manager := environment.Get[*eventing.EventManager](env)
	events := []any{OrderPlaced{ID: "4711", Amount: 30}, Invoice{Number: "R-1"}}
	if err := eventing.SendEvents(ctx, manager, events); err != nil {
		fmt.Println(err)
	}
	if err := env.Shutdown(ctx); err != nil {
		fmt.Println(err)
	}
	// Output:
	// application/json: {"id":"4711","amount":30}
	// application/xml: <Invoice number="R-1"></Invoice>
}
