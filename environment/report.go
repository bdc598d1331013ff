package environment

import (
	"fmt"
	"slices"
	"strings"
)

// report renders all problems below a line that counts them.
func (e *BootError) report() string {
	var text strings.Builder
	noun := "problems"
	if len(e.Problems) == 1 {
		noun = "problem"
	}
	fmt.Fprintf(&text, "environment: %d %s in module %q", len(e.Problems), noun, e.Module)
	for _, problem := range e.Problems {
		text.WriteString("\n  ")
		text.WriteString(indent(problem.report(), "  "))
	}
	return text.String()
}

// report renders the summary and, below it, the steps in two columns and the
// hint.
func (p *Problem) report() string {
	var text strings.Builder
	text.WriteString(p.Summary)
	if p.Err != nil {
		if p.Summary != "" {
			text.WriteString(": ")
		}
		text.WriteString(indent(fmt.Sprint(p.Err), "    "))
	}
	writeSteps(&text, slices.Concat(p.Steps, p.Excluded))
	if p.Hint != "" {
		text.WriteString("\n  hint: ")
		text.WriteString(indent(p.Hint, "    "))
	}
	return text.String()
}

// writeSteps writes the steps below what stands there, in two columns.
func writeSteps(text *strings.Builder, steps []Step) {
	const widest = 120 // those that are longer stand out of the column
	width := 0
	for _, step := range steps {
		if len(step.What) <= widest {
			width = max(width, len(step.What))
		}
	}
	for _, step := range steps {
		if step.Place == "" {
			fmt.Fprintf(text, "\n  %s", step.What)
			continue
		}
		fmt.Fprintf(text, "\n  %-*s  %s", width, step.What, step.Place)
	}
}

// indent puts the prefix before every line but the first.
func indent(text, prefix string) string {
	return strings.ReplaceAll(text, "\n", "\n"+prefix)
}
