package docs_test

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"testing/fstest"
	"time"

	"github.com/aspyx-go/aspyx/environment"
	"github.com/aspyx-go/aspyx/environment/config"
	"github.com/aspyx-go/aspyx/environment/config/yaml"
)

// Connection takes values from the configuration.
type Connection struct {
	DSN     config.Secret `value:"db.dsn"`
	Timeout time.Duration `value:"db.timeout,default=5s"`
	Replica string        `value:"db.replica,optional"`
	Hosts   []string      `value:"db.hosts,default=north,south"`
}

// files stands for os.DirFS(".").
var files = fstest.MapFS{"shop.yaml": {Data: []byte(`
db:
  dsn: shop:s3cr3t@db
  timeout: 1s
  pool:
    max-conns: 10
    buffer: 64KiB
`)}}

func Example_configuration() {
	flags := flag.NewFlagSet("shop", flag.ContinueOnError)
	flags.Duration("db.timeout", 0, "how long a query may take")
	if err := flags.Parse([]string{"-db.timeout", "3s"}); err != nil { // os.Args[1:]
		fmt.Println(err)
		return
	}
	env := environment.New(environment.Module("shop", environment.Register[Connection]()),
		environment.Config(
			config.File(files, "shop.yaml", yaml.Decode),
			config.OptionalFile(files, "local.yaml", yaml.Decode), // isn't there
			config.Env("SHOP"),  // db.timeout is SHOP_DB_TIMEOUT
			config.Flags(flags), // db.timeout is -db.timeout
		))
	defer shutdown(env)
	fmt.Printf("%+v\n", *environment.Get[*Connection](env))
	// Output:
	// {DSN:****** Timeout:3s Replica: Hosts:[north south]}
}

func Example_variables() {
	if err := os.Setenv("SHOP_DB_TIMEOUT", "250ms"); err != nil { // export SHOP_DB_TIMEOUT=250ms
		fmt.Println(err)
		return
	}
	defer func() { _ = os.Unsetenv("SHOP_DB_TIMEOUT") }()
	values, err := config.Load(config.File(files, "shop.yaml", yaml.Decode), config.Env("SHOP"))
	if err != nil {
		fmt.Println(err)
		return
	}
	timeout, err := config.Get[time.Duration](values, "db.timeout")
	fmt.Println(timeout, err)
	// Output:
	// 250ms <nil>
}

// Pool is a section of the configuration.
type Pool struct {
	MaxConns int          // max_conns
	Buffer   config.Bytes `value:"buffer,default=16KiB"`
}

// Pooled takes a whole section.
type Pooled struct {
	Pool   Pool           `value:"db.pool"`
	Values *config.Values `inject:""` // all of the configuration
}

func Example_section() {
	env := environment.New(environment.Module("shop", environment.Register[Pooled]()),
		environment.Config(config.File(files, "shop.yaml", yaml.Decode)))
	defer shutdown(env)
	pooled := environment.Get[*Pooled](env)
	fmt.Printf("%+v\n", pooled.Pool)
	fmt.Println(pooled.Values.Has("db.replica"))
	// Output:
	// {MaxConns:10 Buffer:64KiB}
	// false
}

func Example_configurationErrors() {
	err := environment.Validate(
		environment.Module("shop", environment.Register[Connection](), environment.Register[Pooled]()),
		environment.Config(config.Map(map[string]any{
			"db": map[string]any{"dns": "shop:s3cr3t@db", "timeout": 5, "pool": map[string]any{"max_con": 10}},
		})))
	fmt.Println(errors.Is(err, environment.ErrConfig), errors.Is(err, config.ErrMissing))
	fmt.Println(err)
	// Output:
	// true true
	// environment: 3 problems in module "shop"
	//   value of field docs_test.Connection.DSN: config: db.dsn: missing: did you mean db.dns (map)?
	//     *docs_test.Connection  docs/configuration_example_test.go:97
	//     <- module "shop"       docs/configuration_example_test.go:97
	//   value of field docs_test.Connection.Timeout: config: db.timeout from map: 5 is no time.Duration: write a unit, like 5s
	//     *docs_test.Connection  docs/configuration_example_test.go:97
	//     <- module "shop"       docs/configuration_example_test.go:97
	//   value of field docs_test.Pooled.Pool: config: db.pool.max_con from map: docs_test.Pool has no such key: did you mean max_conns?
	//     *docs_test.Pooled  docs/configuration_example_test.go:97
	//     <- module "shop"   docs/configuration_example_test.go:97
}

// Remote is a source of our own.
type Remote struct{ Server string }

// Name names the source in errors.
func (r Remote) Name() string { return "server " + r.Server }

// Load is called once at each boot.
func (r Remote) Load() (config.Content, error) {
	return config.Content{Tree: map[string]any{"db.timeout": "5"}}, nil
}

func Example_ownSource() {
	values, err := config.Load(Remote{"config.example.com"})
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = config.Get[time.Duration](values, "db.timeout")
	fmt.Println(err)
	// Output:
	// config: db.timeout from server config.example.com: "5" is no time.Duration: write a unit, like 5s
}
