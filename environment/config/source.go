package config

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"reflect"
	"strings"
)

// Source is a place that configuration comes from. Implementations need not be
// safe for concurrent use unless they are given to several calls of [Load].
type Source interface {
	// Name names the source in errors: "file app.yaml". For variables the
	// name of the variable follows it: "environment variable". It must not
	// hold a secret.
	Name() string
	// Load reads the source. It is called once by each [Load]. Its errors
	// must not hold values.
	Load() (Content, error)
}

// Content is what a source holds: a tree, variables, or both, of which the
// variables win. The zero value is empty.
type Content struct {
	// Tree has values by key. They are nested maps with keys that are text,
	// numbers or bools, lists, and values of any other type; a key may have
	// dots. [Load] copies maps and lists.
	Tree map[string]any
	// Variables has texts by names that aren't keys.
	Variables map[string]string
	// Variable returns the name of the variable of a key. It must always
	// return the same for one key and be safe for concurrent use. nil means
	// that the variables are not used.
	Variable func(key string) string
}

// Format prints how much there is and never a value.
func (c Content) Format(state fmt.State, _ rune) {
	_, _ = fmt.Fprintf(state, "config.Content(%d keys, %d variables)", len(c.Tree), len(c.Variables))
}

// source keeps what it reads behind a function, where printers can't look.
type source struct {
	name string
	load func() (Content, error)
}

func (s *source) Name() string { return s.name }

func (s *source) Load() (Content, error) { return s.load() }

// Map returns a source of fixed values, as [Content] describes the tree. A nil
// map is empty. Its name is "map".
func Map(tree map[string]any) Source {
	return &source{"map", func() (Content, error) { return Content{Tree: tree}, nil }}
}

// Env returns a source of the process's environment variables as they are when
// it is loaded. The key db.max_conns with the prefix APP is APP_DB_MAX_CONNS;
// with an empty prefix it is DB_MAX_CONNS. Letters become upper case, and every
// character that is no letter or digit becomes '_': keys that differ in nothing
// else share a variable. A variable that is set to nothing is an empty text.
func Env(prefix string) Source {
	prefix = strings.TrimRight(variable("", prefix), "_")
	return &source{"environment variable", func() (Content, error) {
		variables := map[string]string{}
		for _, entry := range os.Environ() {
			name, text, ok := strings.Cut(entry, "=")
			if ok && (prefix == "" || strings.HasPrefix(name, prefix+"_")) {
				variables[name] = text
			}
		}
		return Content{
			Variables: variables,
			Variable:  func(key string) string { return variable(prefix, key) },
		}, nil
	}}
}

// Flags returns a source of the flags that were set when it is loaded, which
// therefore has to be after [flag.FlagSet.Parse]. The name of a flag is its
// key: -db.max-conns sets db.max_conns. Defaults of flags don't count. Values of
// types that aren't from package flag are taken by their String method.
func Flags(set *flag.FlagSet) Source {
	return &source{"flags", func() (Content, error) {
		if set == nil {
			return Content{}, errors.New("the flag set is nil: give flag.CommandLine or your own")
		}
		tree := map[string]any{}
		set.Visit(func(f *flag.Flag) { tree[f.Name] = flagValue(f.Value) })
		return Content{Tree: tree}, nil
	}}
}

func flagValue(value flag.Value) any {
	getter, ok := value.(flag.Getter)
	if !ok {
		return value.String()
	}
	switch got := getter.Get().(type) {
	case *Secret: // of flag.TextVar, whose text is masked
		return *got
	default:
		if v := reflect.ValueOf(got); v.IsValid() && v.Kind() != reflect.Pointer {
			return got
		}
		return value.String()
	}
}
