package reflectx

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// TagSpec says what may stand in one struct tag: options separated by commas,
// each a flag or a name with a value.
type TagSpec struct {
	key    string
	first  string // the name that Options has for what stands first
	flags  []string
	values []string
	last   string // the option whose value goes to the end of the tag
	free   bool   // the content is somebody else's
}

// NewTagSpec returns the specification of the tag with this key. Options that
// end in "=" take a value; the value of one that ends in "=…" goes to the end of
// the tag, commas included. One in angle brackets stands first, without a name,
// and is required. The others are flags:
//
//	NewTagSpec("event", "name=", "durable")
//	NewTagSpec("value", "<key>", "default=…")
func NewTagSpec(key string, options ...string) *TagSpec {
	spec := &TagSpec{key: key}
	for _, option := range options {
		if name, ok := strings.CutSuffix(option, "=…"); ok {
			spec.last = name
		} else if name, ok := strings.CutSuffix(option, "="); ok {
			spec.values = append(spec.values, name)
		} else if strings.HasPrefix(option, "<") {
			spec.first = strings.Trim(option, "<>")
		} else {
			spec.flags = append(spec.flags, option)
		}
	}
	return spec
}

// FreeTag returns the specification of a tag whose content isn't looked at.
func FreeTag(key string) *TagSpec { return &TagSpec{key: key, free: true} }

// Options is the content of one tag, by option. Flags have an empty value.
type Options map[string]string

// Has tells whether the option stands in the tag.
func (o Options) Has(option string) bool {
	_, ok := o[option]
	return ok
}

// Parse reads the tag. It is strict: the error joins everything that is wrong
// with it (an unknown option, one that stands twice, a missing or needless
// value, a tag that Go itself would silently not find), each with the nearest
// option that would be right. The second result tells whether the tag is
// there at all.
func (s *TagSpec) Parse(tag reflect.StructTag) (Options, bool, error) {
	text, found, err := s.lookup(tag)
	if err != nil || !found {
		return nil, found, err
	}
	options := Options{}
	if s.free || text == "" && s.first == "" {
		return options, true, nil
	}
	var errs []error
	for rest, more := text, true; more; {
		var part string
		if name, _, ok := strings.Cut(rest, "="); ok && name == s.last && name != "" {
			part, more = rest, false
		} else {
			part, rest, more = strings.Cut(rest, ",")
		}
		errs = append(errs, s.parse(part, text, options))
	}
	return options, true, errors.Join(errs...)
}

// parse reads one part of the tag's text into options.
func (s *TagSpec) parse(part, text string, options Options) error {
	name, value, hasValue := strings.Cut(part, "=")
	switch {
	case s.first != "" && !options.Has(s.first):
		options[s.first] = part
		if part == "" || hasValue {
			return fmt.Errorf("tag %s:%q must begin with a %s", s.key, text, s.first)
		}
		return nil
	case part == "":
		return fmt.Errorf("tag %s:%q has an empty option: remove the needless comma", s.key, text)
	case !s.known(name):
		return s.unknown(name)
	case options.Has(name):
		return fmt.Errorf("option %q of tag %q stands twice", name, s.key)
	case slices.Contains(s.flags, name) && hasValue:
		return fmt.Errorf("option %q of tag %q takes no value: write %s", name, s.key, name)
	case !hasValue && !slices.Contains(s.flags, name), slices.Contains(s.values, name) && value == "":
		return fmt.Errorf("option %q of tag %q needs a value: write %s=…", name, s.key, name)
	}
	options[name] = value
	return nil
}

func (s *TagSpec) known(name string) bool {
	return slices.Contains(s.flags, name) || slices.Contains(s.values, name) || name != "" && name == s.last
}

func (s *TagSpec) unknown(name string) error {
	all := slices.Concat(s.values, s.flags)
	if s.last != "" {
		all = append(all, s.last)
	}
	slices.Sort(all)
	if len(all) == 0 {
		return fmt.Errorf("unknown option %q of tag %q: it takes none", name, s.key)
	}
	if nearest, ok := Nearest(strings.TrimSpace(name), all); ok {
		return fmt.Errorf("unknown option %q of tag %q: did you mean %q?", name, s.key, nearest)
	}
	return fmt.Errorf("unknown option %q of tag %q: it takes %s", name, s.key, strings.Join(all, ", "))
}

// lookup is [reflect.StructTag.Lookup], but says what that passes over: text
// that isn't a list of key:"value", a key that stands twice, and a key that
// differs from the wanted one by case or by one slip of the pen.
func (s *TagSpec) lookup(tag reflect.StructTag) (value string, found bool, err error) {
	near := ""
	rest := strings.TrimLeft(string(tag), " ")
	for rest != "" {
		key, text, after, ok := nextPair(rest)
		switch {
		case !ok && (found || near != "" || s.concerns(rest)):
			return "", false, fmt.Errorf("struct tag %#q is malformed: write %s:\"…\", separated by single spaces", string(tag), s.key)
		case !ok:
			return "", false, nil // somebody else's
		case key == s.key && found:
			return "", false, fmt.Errorf("struct tag %#q has the key %q twice", string(tag), s.key)
		case key == s.key:
			value, found = text, true
		case !s.free && distance(strings.ToLower(key), strings.ToLower(s.key)) <= 1:
			near = key
		}
		rest = strings.TrimLeft(after, " ")
	}
	if !found && near != "" {
		return "", false, fmt.Errorf("struct tag has the key %q: did you mean %q?", near, s.key)
	}
	return value, found, nil
}

// concerns tells whether malformed text was meant for this tag: it holds the
// key, or begins with an option as if the key had been forgotten.
func (s *TagSpec) concerns(text string) bool {
	if strings.Contains(strings.ToLower(text), strings.ToLower(s.key)) {
		return true
	}
	words := strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune("\"'`=:, ", r) })
	return len(words) > 0 && s.known(words[0])
}

// nextPair splits key:"value" off the front of a struct tag, where the key ends
// as [reflect.StructTag.Lookup] has it end.
func nextPair(text string) (key, value, rest string, ok bool) {
	key, rest, ok = strings.Cut(text, ":")
	if !ok || key == "" || strings.ContainsFunc(key, endsKey) || !strings.HasPrefix(rest, `"`) {
		return "", "", "", false
	}
	quoted, err := strconv.QuotedPrefix(rest)
	if err != nil {
		return "", "", "", false
	}
	value, err = strconv.Unquote(quoted)
	return key, value, rest[len(quoted):], err == nil
}

func endsKey(r rune) bool { return r <= ' ' || r == '"' || r == '\x7f' }

// Key returns the tag's key.
func (s *TagSpec) Key() string { return s.key }
