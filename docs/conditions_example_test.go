package docs_test

import (
	"fmt"

	"github.com/aspyx-go/aspyx/environment"
)

// Mail sends letters.
type Mail interface{ Send(letter string) string }

// SMTP is the real Mail.
type SMTP struct {
	Host string `value:"smtp.host"`
}

// Send sends a letter.
func (s *SMTP) Send(letter string) string { return letter + " goes to " + s.Host }

// Printed is a Mail for the desk of a developer.
type Printed struct{}

// Send prints a letter.
func (*Printed) Send(letter string) string { return letter + " is printed" }

// Newsletter needs a Mail.
type Newsletter struct {
	Mail Mail `inject:""`
}

// Mails is a module of which the configuration and the features decide.
var Mails = environment.Module("mails",
	environment.Register[SMTP](environment.When(environment.Property("smtp.host"))),
	environment.Register[Printed](environment.When(environment.Feature("dev"))),
	environment.Register[Newsletter](),
)

func Example_features() {
	env := environment.New(Mails, environment.Features("dev"))
	defer shutdown(env)
	fmt.Println(environment.Get[*Newsletter](env).Mail.Send("the news"))
	// Output:
	// the news is printed
}

func Example_excluded() {
	fmt.Println(environment.Validate(Mails))
	// Output:
	// environment: 1 problem in module "mails"
	//   missing docs_test.Mail, needed by
	//     *docs_test.Newsletter.Mail                                docs/conditions_example_test.go:35
	//     <- module "mails"                                         docs/conditions_example_test.go:32
	//     excluded *docs_test.SMTP: property "smtp.host" isn't set  docs/conditions_example_test.go:33
	//     excluded *docs_test.Printed: feature "dev" is off         docs/conditions_example_test.go:34
	//     hint: see to a condition of what is excluded, or provide another
}

func Example_missingCondition() {
	library := environment.Module("library",
		environment.Provide(NewDisk, environment.When(environment.Missing[Store]())),
	)
	program := environment.Module("program", library, environment.Provide(NewCloud))
	for _, module := range []environment.Part{library, program} {
		env := environment.New(module)
		fmt.Println(environment.Get[Store](env).Put("the letter"))
		shutdown(env)
	}
	// Output:
	// the letter is on the disk
	// the letter is in the cloud
}
