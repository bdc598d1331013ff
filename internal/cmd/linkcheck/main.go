// Command linkcheck proves that packages don't make the linker keep the methods
// of all types, as it must once a reachable function looks methods up by a name
// or number that only the run time knows:
//
//	linkcheck ./environment ./eventing
//
// It builds a program that uses nothing of the packages, and one for each
// package, added to those before it, that uses all its exported functions and
// methods. Each has a method that nobody calls, and links enough of the standard
// library for its size to tell. A program that keeps the method fails the check,
// and the functions to blame are named with the way to them. A control program,
// which looks a method up by a variable name, has to keep it.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
)

func main() {
	if err := run(context.Background(), os.Stdout, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "linkcheck:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, out io.Writer, patterns []string) error {
	packages, err := load(ctx, patterns)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "linkcheck-")
	if err != nil {
		return fmt.Errorf("make a folder for the programs: %w", err)
	}
	defer func() { _ = os.RemoveAll(dir) }() // what remains in the system's own folder harms nobody

	c := checker{out: out, dir: dir}
	if err := c.expect(ctx, "without any", program{}, false); err != nil {
		return err
	}
	for i, p := range packages {
		if err := c.expect(ctx, "with "+p.path, program{packages: packages[:i+1]}, false); err != nil {
			return err
		}
		if len(p.left) > 0 {
			_, _ = fmt.Fprintf(out, "%18s: %s\n", "not used", strings.Join(p.left, ", "))
		}
	}
	return c.expect(ctx, "control", program{control: true}, true)
}

// checker builds the programs and compares their sizes with the first's.
type checker struct {
	out   io.Writer
	dir   string
	first int64
}

// expect builds the program and returns an error unless it keeps the method or
// not, as wanted.
func (c *checker) expect(ctx context.Context, name string, p program, want bool) error {
	b, err := p.build(ctx, c.dir)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if c.first == 0 {
		c.first = b.size
	}
	kept := "drops unused methods"
	if b.kept {
		kept = "keeps all methods"
	}
	_, _ = fmt.Fprintf(c.out, "%8.2f MB %+6.1f %%  %-20s  %s\n",
		float64(b.size)/1e6, 100*float64(b.size-c.first)/float64(c.first), kept, name)
	switch {
	case b.kept == want:
		return nil
	case want:
		return fmt.Errorf("%s: the program dropped the method that nobody calls, though it looks methods up by name: the check finds nothing anymore", name)
	}
	blame, err := b.blame(ctx)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return fmt.Errorf("%s: the linker keeps the methods of all types, because of\n%s", name, blame)
}
