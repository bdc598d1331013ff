package docs_test

import (
	"context"
	"fmt"

	"github.com/aspyx-go/aspyx/environment"
	"github.com/aspyx-go/aspyx/environment/config"
)

// Logged is a Store around another.
type Logged struct{ Next Store }

// Put logs what it puts.
func (l *Logged) Put(document string) string {
	fmt.Println("put", document)
	return l.Next.Put(document)
}

// NewLogged is a decorator: it takes a Store and returns one.
func NewLogged(next Store) Store { return &Logged{next} }

func Example_decorate() {
	env := environment.New(environment.Module("stores",
		environment.Provide(NewDisk),
		environment.Decorate(NewLogged),
		environment.Register[Draft](),
	))
	defer shutdown(env)
	fmt.Println(environment.Get[*Draft](env).Store.Put("the draft"))
	// Output:
	// put the draft
	// the draft is on the disk
}

// Labelled is a component that wants to know its name.
type Labelled interface{ SetLabel(label string) }

// Labels sees all components.
type Labels struct{}

// Process is called for each component that is made.
func (*Labels) Process(_ context.Context, component *environment.Component, instance any) (any, error) {
	if labelled, ok := instance.(Labelled); ok {
		labelled.SetLabel(component.String() + " of module " + component.Module())
	}
	return instance, nil
}

// Shelf is Labelled.
type Shelf struct{ Label string }

// SetLabel is called when it was made.
func (s *Shelf) SetLabel(label string) { s.Label = label }

func Example_postProcessor() {
	env := environment.New(environment.Module("library",
		environment.Register[Labels](),
		environment.Register[Shelf](),
	))
	defer shutdown(env)
	fmt.Println(environment.Get[*Shelf](env).Label)
	// Output:
	// *docs_test.Shelf of module library
}

// vault stands for a server that keeps passwords.
var vault = map[string]string{"db/password": "s3cr3t"}

// VaultTag fills fields that are tagged vault.
var VaultTag = environment.Tag("vault", func(_ context.Context, field environment.TaggedField) (any, error) {
	text, ok := vault[field.Tag]
	if !ok {
		return nil, fmt.Errorf("%s: the vault has no %q", field.Path, field.Tag)
	}
	return config.NewSecret(text), nil
})

// Login has a field with a tag of our own.
type Login struct {
	Password config.Secret `vault:"db/password"`
}

func Example_ownTag() {
	env := environment.New(environment.Module("login", VaultTag, environment.Register[Login]()))
	defer shutdown(env)
	login := environment.Get[*Login](env)
	fmt.Println(login.Password, len(login.Password.Reveal()))
	// Output:
	// ****** 6
}
