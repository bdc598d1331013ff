package docs_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/aspyx-go/aspyx/environment"
)

// Repository keeps orders.
type Repository interface {
	Save(order string) string
}

// SQLRepository is the only Repository of the program.
type SQLRepository struct{ table string }

// Save saves an order.
func (r *SQLRepository) Save(order string) string { return order + " is in " + r.table }

// Settings are made before the module is booted.
type Settings struct{ Table string }

// NewRepository gets its parameters from the container. The function that it
// returns is called when the environment is shut down.
func NewRepository(ctx context.Context, settings Settings) (*SQLRepository, func(context.Context) error, error) {
	if settings.Table == "" {
		return nil, nil, errors.New("no table is configured")
	}
	disconnect := func(context.Context) error {
		_, err := fmt.Println("disconnected")
		return err
	}
	return &SQLRepository{settings.Table}, disconnect, nil
}

// OrderService is made by the container, which fills its fields.
type OrderService struct {
	Orders Repository `inject:""` // *SQLRepository, the only one that implements it
}

// Orders is a module. Nothing happens until it is booted.
var Orders = environment.Module("orders",
	environment.Supply(Settings{Table: "orders"}),
	environment.Provide(NewRepository),
	environment.Register[OrderService](),
)

func Example_boot() {
	ctx := context.Background()
	env, err := environment.Boot(ctx, Orders)
	if err != nil {
		fmt.Println(err)
		return
	}
	service := environment.Get[*OrderService](env)
	fmt.Println(service.Orders.Save("order 4711"))
	if err := env.Shutdown(ctx); err != nil {
		fmt.Println(err)
	}
	// Output:
	// order 4711 is in orders
	// disconnected
}

// MapRepository is for tests.
type MapRepository struct{}

// Save saves nothing.
func (MapRepository) Save(order string) string { return order + " is in memory" }

func Example_override() {
	env := environment.New(Orders,
		environment.Override[Repository](func() MapRepository { return MapRepository{} }))
	service := environment.Get[*OrderService](env)
	fmt.Println(service.Orders.Save("order 4711"))
	if err := env.Shutdown(context.Background()); err != nil {
		fmt.Println(err)
	}
	// Output:
	// order 4711 is in memory
}

// Database is what Server depends on.
type Database struct{}

// OnInit is called when all components are built.
func (*Database) OnInit(context.Context) error { return say("init database") }

// OnRunning is called when all components are initialized.
func (*Database) OnRunning(context.Context) error { return say("run database") }

// OnStopping is called before anything is destroyed.
func (*Database) OnStopping(context.Context) error { return say("stop database") }

// OnDestroy is called when nothing that depends on it is left.
func (*Database) OnDestroy(context.Context) error { return say("destroy database") }

// Server depends on Database.
type Server struct {
	Database *Database `inject:""`
}

// OnInit is called after that of Database.
func (*Server) OnInit(context.Context) error { return say("init server") }

// OnRunning is called after that of Database.
func (*Server) OnRunning(context.Context) error { return say("run server") }

// OnStopping is called before that of Database.
func (*Server) OnStopping(context.Context) error { return say("stop server") }

// OnDestroy is called before that of Database.
func (*Server) OnDestroy(context.Context) error { return say("destroy server") }

func say(text string) error {
	_, err := fmt.Println(text)
	return err
}

func Example_lifeCycle() {
	ctx := context.Background()
	env := environment.New(environment.Module("server",
		environment.Register[Server](),
		environment.Register[Database](),
	))
	if err := env.Shutdown(ctx); err != nil {
		fmt.Println(err)
	}
	// Output:
	// init database
	// init server
	// run database
	// run server
	// stop server
	// stop database
	// destroy server
	// destroy database
}

func Example_run() {
	ctx := context.Background()
	env := environment.New(Orders)
	go env.Stop(errors.New("the disk is full")) // or a signal, or the end of ctx
	fmt.Println(env.Run(ctx))
	// Output:
	// disconnected
	// the disk is full
}

func Example_find() {
	env := environment.New(Orders)
	_, err := environment.Find[*MapRepository](env)
	fmt.Println(errors.Is(err, environment.ErrMissing))
	if err := env.Shutdown(context.Background()); err != nil {
		fmt.Println(err)
	}
	// Output:
	// true
	// disconnected
}
