package environment

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"

	"github.com/aspyx-go/aspyx/environment/config"
	"github.com/aspyx-go/aspyx/reflectx"
)

// The tags of fields that are to be filled.
var (
	injectTag = reflectx.NewTagSpec("inject", "name=", "optional")
	valueTag  = reflectx.NewTagSpec("value", "<key>", "optional", "default=…")
)

// fieldTag is a tag that fills fields.
type fieldTag struct {
	spec    *reflectx.TagSpec
	resolve TagResolver // of a user's own tag
}

func standardTags() []fieldTag { return []fieldTag{{spec: injectTag}, {spec: valueTag}} }

// TagResolver computes what a field with a tag of the user's own is filled
// with. It is called whenever an instance is made, must be safe for concurrent
// use, and returns a value that can be assigned to the field's type.
type TagResolver func(ctx context.Context, field TaggedField) (any, error)

// TaggedField is a field that a [TagResolver] is asked for.
type TaggedField struct {
	// Tag is the tag's content.
	Tag string
	// Type is the field's type.
	Type reflect.Type
	// Path names the field for messages: "shop.Orders.Table".
	Path string
}

type tagPart struct {
	declaration
	key     string
	resolve TagResolver
}

// Tag teaches the environment a struct tag: fields of registered components and
// of parameter structures that have it are filled by the resolver. The keys
// inject and value are taken.
func Tag(key string, resolve TagResolver) Part {
	return &tagPart{
		declaration: declaration{label: label{kind: "tag", name: key}, place: here()},
		key:         key, resolve: resolve,
	}
}

func (t *tagPart) collect(p *plan, m *module) {
	from := p.originOf(&t.declaration, m)
	problem := &Problem{Kind: ErrInvalid, Steps: from.steps("tag")}
	switch {
	case t.resolve == nil || !validKey(t.key):
		problem.Summary = fmt.Sprintf("invalid environment.Tag: it needs a resolver, and a key without spaces, quotes and colons, not %q", t.key)
	case p.hasTag(t.key):
		problem.Summary = fmt.Sprintf("invalid environment.Tag: the key %q is taken", t.key)
		problem.Hint = "choose another key"
	default:
		p.tags = append(p.tags, fieldTag{spec: reflectx.FreeTag(t.key), resolve: t.resolve})
		return
	}
	p.report(problem)
}

func validKey(key string) bool {
	return key != "" && !strings.ContainsFunc(key, func(r rune) bool { return r <= ' ' || r == '"' || r == ':' || r == 0x7f })
}

func (p *plan) hasTag(key string) bool {
	for _, tag := range p.tags {
		if tag.spec.Key() == key {
			return true
		}
	}
	return false
}

// tagged returns the need of a field with the tag.
func (p *plan) tagged(c *Component, tag fieldTag, field reflectx.TaggedField) need {
	n := newNeed(field.Type)
	n.field = field.Index
	options, _, _ := tag.spec.Parse(field.Tag) // what is wrong with it was reported
	switch {
	case tag.resolve != nil:
		n.kind, n.source = needValue, resolved(tag, field)
	case tag.spec == valueTag:
		n.kind, n.source = needValue, p.configured(c, options, field)
	default:
		n.name, n.optional = options["name"], n.optional || options.Has("optional")
		if n.kind == needContext && c.making == registered { // a field that would keep it
			n.kind = needOne
		}
	}
	return n
}

// resolved calls the user's resolver.
func resolved(tag fieldTag, field reflectx.TaggedField) valueSource {
	about := TaggedField{Tag: field.Tag.Get(tag.spec.Key()), Type: field.Type, Path: field.Path}
	return func(ctx context.Context, into reflect.Value) error {
		value, err := tag.resolve(ctx, about)
		if err != nil {
			return fmt.Errorf("tag %s: %w", tag.spec.Key(), err)
		}
		v := reflect.ValueOf(value)
		if !v.IsValid() || !v.Type().AssignableTo(into.Type()) {
			return fmt.Errorf("tag %s: the resolver returned %T, which is no %s", tag.spec.Key(), value, reflectx.Name(into.Type()))
		}
		into.Set(v)
		return nil
	}
}

// configured decodes a value of the configuration. It is tried at once, so that
// all that is wrong is reported together.
func (p *plan) configured(c *Component, options reflectx.Options, field reflectx.TaggedField) valueSource {
	key, values := options["key"], p.config
	standard, hasStandard := options["default"]
	decode := func(into reflect.Value) (err error) {
		defer func() {
			if value := recover(); value != nil { // in a method of the field's type
				err = newPanicError(value)
			}
		}()
		if hasStandard {
			return values.DecodeDefault(key, standard, into)
		}
		err = values.DecodeValue(key, into)
		if options.Has("optional") && errors.Is(err, config.ErrMissing) && !values.Has(key) {
			return nil
		}
		return err
	}
	if err := decode(reflect.New(field.Type).Elem()); err != nil {
		p.report(&Problem{Kind: ErrConfig, Summary: "value of field " + field.Path, Err: err, Steps: c.steps(c.title())})
	}
	return func(_ context.Context, into reflect.Value) error { return decode(into) }
}
