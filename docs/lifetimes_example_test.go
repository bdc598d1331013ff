package docs_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/aspyx-go/aspyx/environment"
)

// Heavy takes long to make.
type Heavy struct{}

// NewHeavy makes it.
func NewHeavy() *Heavy {
	fmt.Println("made")
	return &Heavy{}
}

func Example_lazily() {
	env := environment.New(environment.Module("heavy",
		environment.Provide(NewHeavy, environment.Lazily()),
	))
	defer shutdown(env)
	fmt.Println("booted")
	first, second := environment.Get[*Heavy](env), environment.Get[*Heavy](env)
	fmt.Println(first == second)
	// Output:
	// booted
	// made
	// true
}

// Draft belongs to who asks for it.
type Draft struct {
	Text  string
	Store Store `inject:""`
}

func Example_transient() {
	env := environment.New(environment.Module("drafts",
		environment.Provide(NewDisk),
		environment.Register[Draft](environment.Transient()),
	))
	defer shutdown(env)
	first, second := environment.Get[*Draft](env), environment.Get[*Draft](env)
	fmt.Println(first == second, first.Store == second.Store)
	// Output:
	// false true
}

// Basket belongs to one request.
type Basket struct{ Articles []string }

// OnDestroy is called at the end of the request.
func (b *Basket) OnDestroy(context.Context) error {
	return say(fmt.Sprint("the end of ", b.Articles))
}

// Checkout belongs to one request, as its Basket does.
type Checkout struct {
	Basket *Basket `inject:""`
}

// Requests is a module with components of a scope.
var Requests = environment.Module("requests",
	environment.Register[Basket](environment.Scoped("request")),
	environment.Register[Checkout](environment.Scoped("request")),
)

func Example_scoped() {
	scope := &environment.ContextScope{}
	env := environment.New(Requests, environment.WithScope("request", scope))
	defer shutdown(env)
	handle := func(ctx context.Context, article string) (err error) {
		ctx, end := scope.Begin(ctx)
		defer func() { err = errors.Join(err, end(context.WithoutCancel(ctx))) }()
		basket, err := environment.GetContext[*Basket](ctx, env)
		if err != nil {
			return err
		}
		basket.Articles = append(basket.Articles, article)
		checkout, err := environment.GetContext[*Checkout](ctx, env)
		if err != nil {
			return err
		}
		return say(fmt.Sprint("to pay ", checkout.Basket.Articles))
	}
	fmt.Println(handle(context.Background(), "tea"))
	fmt.Println(handle(context.Background(), "milk"))
	// Output:
	// to pay [tea]
	// the end of [tea]
	// <nil>
	// to pay [milk]
	// the end of [milk]
	// <nil>
}

// Keeper lives as long as the environment, and must not keep a Basket.
type Keeper struct {
	Basket *Basket `inject:""`
}

func Example_captive() {
	err := environment.Validate(environment.Module("shop", Requests, environment.Register[Keeper]()),
		environment.WithScope("request", &environment.ContextScope{}))
	fmt.Println(err)
	// Output:
	// environment: 1 problem in module "shop"
	//   captive *docs_test.Basket: it is scoped to "request", and the singleton *docs_test.Keeper would keep one instance of it for ever
	//     *docs_test.Keeper.Basket  docs/lifetimes_example_test.go:106
	//     <- module "shop"          docs/lifetimes_example_test.go:106
	//     *docs_test.Basket         docs/lifetimes_example_test.go:67
	//     hint: take environment.Lazy[*docs_test.Basket], and call its GetContext with the context at hand
}

// Cashier asks for the Basket of each request.
type Cashier struct {
	Basket environment.Lazy[*Basket] `inject:""`
}

// Pay is called within a request.
func (c *Cashier) Pay(ctx context.Context) error {
	basket, err := c.Basket.GetContext(ctx)
	if err != nil {
		return err
	}
	return say(fmt.Sprint(len(basket.Articles), " articles to pay"))
}

func Example_lazyScoped() {
	scope := &environment.ContextScope{}
	env := environment.New(environment.Module("shop", Requests, environment.Register[Cashier]()),
		environment.WithScope("request", scope))
	defer shutdown(env)
	cashier := environment.Get[*Cashier](env)
	ctx, end := scope.Begin(context.Background())
	fmt.Println(cashier.Pay(ctx), end(ctx))
	err := cashier.Pay(context.Background())
	fmt.Println(errors.Is(err, environment.ErrNoScope))
	// Output:
	// 0 articles to pay
	// the end of []
	// <nil> <nil>
	// true
}

// Counter counts in one environment.
type Counter struct{ N int }

func Example_parent() {
	parent := environment.New(environment.Module("program",
		environment.Provide(NewDisk),
		environment.Register[Counter](environment.PerEnvironment()),
	))
	defer shutdown(parent)
	child := environment.New(environment.Module("plug-in",
		environment.Provide(NewCloud),
		environment.Register[Draft](),
	), environment.Parent(parent))
	fmt.Println(environment.Get[*Disk](child) == environment.Get[*Disk](parent))
	fmt.Println(environment.Get[*Counter](child) == environment.Get[*Counter](parent))
	fmt.Println(environment.Get[Store](parent).Put("the letter"))
	fmt.Println(environment.Get[*Draft](child).Store.Put("the draft"))
	// Output:
	// true
	// false
	// the letter is on the disk
	// the draft is in the cloud
}
