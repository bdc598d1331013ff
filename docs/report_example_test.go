package docs_test

import (
	"fmt"

	"github.com/aspyx-go/aspyx/environment"
	"github.com/aspyx-go/aspyx/eventing"
	"github.com/aspyx-go/aspyx/eventing/memory"
)

// Mailer sends mail.
type Mailer interface{ Send(text string) error }

// Reminder reminds of what wasn't paid.
type Reminder struct {
	Mail Mailer `inject:""`
}

// BillPaid has a slip of the pen in its tag.
type BillPaid struct {
	eventing.Event `event:"durabel"`
}

// Receipts has a method On that no listener may have.
type Receipts struct {
	eventing.Listener[OrderPlaced]
}

// On lacks the context.
func (r *Receipts) On(event OrderPlaced) error { return nil }

func Example_report() {
	module := environment.Module("reminders",
		eventing.Module(memory.Config{}),
		environment.Register[Reminder](),
		environment.Register[BillPaid](),
		environment.Register[Receipts](),
	)
	fmt.Println(environment.Validate(module))
	// Output:
	// environment: 3 problems in module "reminders"
	//   event docs_test.BillPaid: unknown option "durabel" of tag "event": did you mean "durable"?
	//     *docs_test.BillPaid    docs/report_example_test.go:36
	//     <- module "reminders"  docs/report_example_test.go:33
	//   listener *docs_test.Receipts has the wrong method: it must be func (*Receipts) On(context.Context, docs_test.OrderPlaced) error, not func (*Receipts) On(docs_test.OrderPlaced) error
	//     *docs_test.Receipts    docs/report_example_test.go:37
	//     <- module "reminders"  docs/report_example_test.go:33
	//   missing docs_test.Mailer, needed by
	//     *docs_test.Reminder.Mail  docs/report_example_test.go:35
	//     <- module "reminders"     docs/report_example_test.go:33
	//     hint: nothing implements it: add environment.Provide(…) of a type that does
}
