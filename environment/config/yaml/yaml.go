// Package yaml reads YAML files as configuration:
//
//	config.File(os.DirFS("."), "app.yaml", yaml.Decode)
//
// It is a package of its own so that programs without YAML don't link its
// library. An error names the line and never shows a value.
package yaml

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Decode is a config.Decoder. The file holds one mapping, or nothing but
// comments. Aliases and merge keys are followed. Dates that aren't in quotes
// become a [time.Time], whole numbers an int, int64 or uint64. A key that stands
// twice in one mapping is an error. It is safe for concurrent use.
func Decode(data []byte) (map[string]any, error) {
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	var document yaml.Node
	err := decoder.Decode(&document)
	if errors.Is(err, io.EOF) {
		return map[string]any{}, nil
	}
	if err != nil {
		return nil, clean(err)
	}
	var next yaml.Node
	switch err := decoder.Decode(&next); {
	case err == nil:
		return nil, fmt.Errorf("line %d: a second document: write one for each file", next.Line)
	case !errors.Is(err, io.EOF):
		return nil, clean(err)
	}
	root := document.Content[0]
	if root.Kind == yaml.ScalarNode && root.ShortTag() == "!!null" {
		return map[string]any{}, nil
	}
	if root.Kind != yaml.MappingNode {
		return nil, fmt.Errorf("line %d: it has to be a mapping: key: value", root.Line)
	}
	if err := check(root); err != nil {
		return nil, err
	}
	tree := map[string]any{}
	if err := root.Decode(&tree); err != nil {
		return nil, clean(err)
	}
	return tree, nil
}

// check reads the values one by one, since the library's error for a value that
// doesn't fit its tag has no line.
func check(n *yaml.Node) error {
	if n.Kind == yaml.ScalarNode {
		var value any
		if err := n.Decode(&value); err != nil {
			return fmt.Errorf("line %d: %w", n.Line, clean(err))
		}
	}
	for _, inner := range n.Content {
		if err := check(inner); err != nil {
			return err
		}
	}
	return nil
}

// clean returns the library's error without what it quotes of the file, but for
// keys that stand twice.
func clean(err error) error {
	faults := []string{strings.TrimPrefix(err.Error(), "yaml: ")} //nolint:forbidigo // the text is all there is
	if typed, ok := errors.AsType[*yaml.TypeError](err); ok {
		faults = typed.Errors
	}
	quoted := regexp.MustCompile("(?s)'.*'|`.*`|\".*\"|map key: .*")
	twice := regexp.MustCompile(`^line \d+: mapping key ".*" already defined at line \d+$`)
	errs := make([]error, len(faults))
	for i, fault := range faults {
		if !twice.MatchString(fault) {
			fault = quoted.ReplaceAllString(fault, "…")
		}
		if strings.HasPrefix(fault, "unknown anchor") {
			fault += ": put a text that begins with * in quotes"
		}
		errs[i] = errors.New(fault)
	}
	return errors.Join(errs...)
}
