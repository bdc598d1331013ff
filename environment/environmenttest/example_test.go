package environmenttest_test

import (
	"fmt"
	"testing"

	"github.com/aspyx-go/aspyx/environment"
	"github.com/aspyx-go/aspyx/environment/environmenttest"
)

// Rates tells what a currency is worth.
type Rates interface{ Of(currency string) float64 }

// LiveRates asks a server.
type LiveRates struct{}

// Of asks the server.
func (*LiveRates) Of(string) float64 { panic("a test has asked the server") }

// NewLiveRates returns the real rates.
func NewLiveRates() Rates { return &LiveRates{} }

// FixedRates are made up.
type FixedRates map[string]float64

// Of looks the currency up.
func (r FixedRates) Of(currency string) float64 { return r[currency] }

func newFixedRates() FixedRates { return FixedRates{"EUR": 2} }

// Converter converts amounts.
type Converter struct {
	Rates Rates `inject:""`
}

// Convert returns what the amount is worth.
func (c *Converter) Convert(amount float64, currency string) float64 {
	return amount * c.Rates.Of(currency)
}

// Module is the module of the program.
var Module = environment.Module("money",
	environment.Provide(NewLiveRates),
	environment.Register[Converter](),
)

// A test of a real module with one component replaced.
func ExampleNew() {
	testConverter := func(tb testing.TB) {
		tb.Helper()
		env := environmenttest.New(tb, Module, environment.Override[Rates](newFixedRates))
		fmt.Println(environment.Get[*Converter](env).Convert(21, "EUR"))
	}

	inTest(testConverter) // package testing does this
	// Output:
	// 42
}
