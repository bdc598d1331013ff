package config

import (
	"strings"
	"unicode"

	"github.com/aspyx-go/aspyx/reflectx"
)

// fold returns what the spellings of a name have in common.
func fold(name string) string {
	folded := strings.Map(func(r rune) rune {
		if r == '_' || r == '-' {
			return -1
		}
		return unicode.ToLower(r)
	}, name)
	if folded == "" {
		return name
	}
	return folded
}

// foldKey returns what the spellings of a key have in common.
func foldKey(key string) string {
	names := split(key)
	for i, name := range names {
		names[i] = fold(name)
	}
	return strings.Join(names, ".")
}

// split returns the names of a key; the empty one has none.
func split(key string) []string {
	if key == "" {
		return nil
	}
	return strings.Split(key, ".")
}

// below returns the key of what lies below another.
func below(key, name string) string {
	if key == "" || name == "" {
		return key + name
	}
	return key + "." + name
}

// snake returns the key of a field without a tag: words in lower case, joined
// by '_'. A plural s after capitals belongs to them: URLs is urls.
func snake(name string) string {
	runes := []rune(name)
	upper := func(i int) bool { return i < len(runes) && unicode.IsUpper(runes[i]) }
	var key strings.Builder
	for i, r := range runes {
		if i > 0 && unicode.IsUpper(r) && runes[i-1] != '_' {
			last := i+1 == len(runes)
			plural := i+1 < len(runes) && runes[i+1] == 's' && (i+2 == len(runes) || upper(i+2))
			if !upper(i-1) || !last && !upper(i+1) && !plural && unicode.IsLetter(runes[i+1]) {
				key.WriteByte('_')
			}
		}
		key.WriteRune(unicode.ToLower(r))
	}
	return key.String()
}

// variable returns the environment variable of a key.
func variable(prefix, key string) string {
	name := strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToUpper(r)
		}
		return '_'
	}, key)
	if prefix == "" || name == "" {
		return name
	}
	return prefix + "_" + name
}

// nearest returns the candidate that differs from the word in the fewest of its
// parts, each by slips of the pen. Whole words aren't compared: in long ones
// host and port are near.
func nearest(word string, candidates []string, separator string) (string, bool) {
	best, near := 0, ""
	parts := strings.Split(word, separator)
	for _, candidate := range candidates {
		others := strings.Split(candidate, separator)
		if len(others) != len(parts) {
			continue
		}
		slips := 0
		for i, part := range parts {
			if _, ok := reflectx.Nearest(part, others[i:i+1]); !ok {
				slips = -1
				break
			}
			if fold(part) != fold(others[i]) {
				slips++
			}
		}
		if slips >= 0 && (near == "" || slips < best) {
			best, near = slips, candidate
		}
	}
	return near, near != ""
}
