package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path"
	"slices"
	"strings"
)

// binary is a program that was built.
type binary struct {
	root, overlay, file string

	size int64
	kept bool // the method that nobody calls is in it
}

// link builds the program and returns what the linker prints.
func (b *binary) link(ctx context.Context, flags ...string) (string, error) {
	command := exec.CommandContext(ctx, "go", "build", "-C", b.root, "-overlay", b.overlay, "-buildvcs=false", //nolint:gosec // all arguments are this program's own
		"-ldflags="+strings.Join(flags, " "), "-o", b.file, "./"+path.Clean(folder))
	out, err := command.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, out)
	}
	return string(out), nil
}

// inspect finds out the size and whether the method is there. A symbol that has
// to be there proves that its name would be found.
func (b *binary) inspect(ctx context.Context) error {
	info, err := os.Stat(b.file)
	if err != nil {
		return fmt.Errorf("look at the program: %w", err)
	}
	b.size = info.Size()
	symbols, err := goOutput(ctx, "tool", "nm", b.file)
	if err != nil {
		return err
	}
	names := strings.Fields(symbols)
	if !slices.Contains(names, "main.main") {
		return fmt.Errorf("go tool nm shows no main.main among %d symbols", len(names)/3)
	}
	b.kept = slices.Contains(names, unused)
	return nil
}

// blame returns the functions for which the linker keeps all methods, each with
// the way to it from the start of the program.
func (b *binary) blame(ctx context.Context) (string, error) {
	out, err := b.link(ctx, "-dumpdep")
	if err != nil {
		return "", err
	}
	return culprits(out), nil
}

// mark is what the linker prints behind the name of such a function.
const mark = "<ReflectMethod>"

// start is what the linker names as the one that needs what the program starts
// with.
const start = "_"

// culprits reads what the linker prints under -dumpdep: lines "from -> to".
func culprits(dependencies string) string {
	reachedFrom := map[string]string{}
	var marked []string
	for line := range strings.Lines(dependencies) {
		from, to, ok := strings.Cut(strings.TrimSpace(line), " -> ")
		if !ok {
			continue
		}
		name := plain(to)
		if _, seen := reachedFrom[name]; !seen {
			reachedFrom[name] = plain(from)
			if strings.Contains(to, mark) {
				marked = append(marked, name)
			}
		}
	}
	var text strings.Builder
	for _, name := range marked {
		text.WriteString("  " + name + "\n")
		seen := map[string]bool{name: true}
		for from := reachedFrom[name]; from != "" && from != start && !seen[from]; from = reachedFrom[from] {
			seen[from] = true
			text.WriteString("    <- " + from + "\n")
		}
	}
	return text.String()
}

// plain returns a symbol without the linker's marks.
func plain(symbol string) string {
	name, _, _ := strings.Cut(symbol, " <")
	return name
}
