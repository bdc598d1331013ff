package soak

import (
	"fmt"
	"strings"
	"time"
)

// Report is what has become of the events. The zero value is that of none.
type Report struct {
	Events  int // that were to be sent
	Sent    int // confirmed by the broker
	NotSent int // surely
	Unknown int // sent, perhaps

	// Duplicates is how often a listener has handled an event once more, after
	// the broker was killed.
	Duplicates int

	Kills int
	Took  time.Duration // from the boot until all were handled

	// Violations are what must not be. Empty means that all is as promised.
	Violations []Violation
}

// Violation is one kind of what must not be.
type Violation struct {
	Kind    string
	Count   int
	Example string // the first one
}

// violate counts a violation.
func (r *Report) violate(kind string, count int, example string) {
	for i := range r.Violations {
		if r.Violations[i].Kind == kind {
			r.Violations[i].Count += count
			return
		}
	}
	r.Violations = append(r.Violations, Violation{kind, count, example})
}

// String is the report as a table, with a line for each violation.
func (r *Report) String() string {
	var text strings.Builder
	fmt.Fprintf(&text, `events      %9d
sent        %9d
not sent    %9d
unknown     %9d
duplicates  %9d
kills       %9d
seconds     %9.1f
events/s    %9.0f
`, r.Events, r.Sent, r.NotSent, r.Unknown, r.Duplicates, r.Kills, r.Took.Seconds(), float64(r.Events)/r.Took.Seconds())
	for _, v := range r.Violations {
		fmt.Fprintf(&text, "VIOLATED    %9d  %s (%s)\n", v.Count, v.Kind, v.Example)
	}
	return text.String()
}
