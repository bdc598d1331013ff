package eventing

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"slices"
	"strings"
)

// Scheme makes sources from URLs. Each transport exports one.
type Scheme struct {
	// Names are the URL schemes, like "amqp" and "amqps".
	Names []string

	// Source returns the source that a URL describes. Its errors hold no
	// password.
	Source func(*url.URL) (Source, error)
}

// URLVariable and URLProperty are the environment variable and the value of the
// configuration that [Configured] reads.
const (
	URLVariable = "EVENTING_URL"
	URLProperty = "eventing.url"
)

// Configured is a source that picks the provider among the given schemes, by the
// environment variable EVENTING_URL, else by the value eventing.url of the
// environment's configuration (environment.Config). Where neither is set, it
// means memory://.
func Configured(schemes ...Scheme) Source { return configured(schemes) }

type configured []Scheme

func (c configured) Open(settings Settings) (Provider, error) {
	text, from := os.Getenv(URLVariable), URLVariable
	if text == "" && settings.Property != nil {
		var err error
		from = URLProperty
		if text, err = settings.Property(URLProperty); err != nil {
			return nil, err
		}
	}
	if text == "" {
		text = "memory://"
	}
	source, err := FromURL(text, c...)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", from, err)
	}
	return source.Open(settings)
}

// FromURL returns the source that a URL describes, picked among the given
// schemes. Its error never holds the URL, which may hold a password.
func FromURL(text string, schemes ...Scheme) (Source, error) {
	var known []string
	parsed, err := url.Parse(text)
	for _, scheme := range schemes {
		if err == nil && slices.Contains(scheme.Names, parsed.Scheme) {
			return scheme.Source(parsed)
		}
		known = append(known, scheme.Names...)
	}
	if err != nil {
		return nil, errors.New("eventing: the provider's URL can't be parsed (write scheme://user:password@host:port, with special characters of the password percent-encoded)")
	}
	// Only a name before :// is safe to repeat: in a URL without a scheme,
	// what stands before the colon may be anything.
	if !strings.HasPrefix(text[len(parsed.Scheme):], "://") {
		return nil, fmt.Errorf("eventing: the provider's URL has no scheme (known: %s)", strings.Join(known, ", "))
	}
	return nil, fmt.Errorf("eventing: no provider for URLs of scheme %q (known: %s)", parsed.Scheme, strings.Join(known, ", "))
}
