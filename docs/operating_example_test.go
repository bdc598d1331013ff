package docs_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"

	"github.com/aspyx-go/aspyx/environment"
	"github.com/aspyx-go/aspyx/environment/health"
)

// Office is the module that this page looks into.
var Office = environment.Module("office",
	environment.Module("stores",
		environment.Provide(NewDisk),
		environment.Provide(NewCloud, environment.When(environment.Feature("cloud"))),
		environment.Decorate(NewLogged),
	),
	environment.Register[Desk](),
	environment.Register[Counter](environment.Lazily()),
)

func Example_observe() {
	observer := func(_ context.Context, event environment.Event) {
		switch e := event.(type) {
		case *environment.Excluded:
			fmt.Println("excluded", e.Component, "since", e.Why)
		case *environment.Constructed:
			fmt.Println("constructed", e.Component, e.Err) // and e.Took
		case *environment.HookCalled:
			fmt.Println("called", e.Hook, "of", e.Component, e.Err)
		case *environment.Booted:
			fmt.Println("booted", e.Module, "with", e.Components)
		case *environment.Stopped:
			fmt.Println("stopped", e.Module, e.Err)
		}
	}
	env := environment.New(Office, environment.Observe(observer))
	shutdown(env)
	// Output:
	// excluded *docs_test.Cloud since feature "cloud" is off
	// constructed *docs_test.Disk <nil>
	// constructed docs_test.Store <nil>
	// constructed *docs_test.Desk <nil>
	// booted office with 3
	// stopped office <nil>
}

func Example_debugLog() {
	logger := slog.New(slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{
		Level: slog.LevelDebug,
		ReplaceAttr: func(_ []string, attr slog.Attr) slog.Attr { // times differ from run to run
			if attr.Key == slog.TimeKey || attr.Key == "took" {
				return slog.Attr{}
			}
			return attr
		},
	}))
	env := environment.New(Office, environment.Logger(logger))
	shutdown(env)
	// Output:
	// level=DEBUG msg="component excluded" component=*docs_test.Cloud why="feature \"cloud\" is off"
	// level=DEBUG msg="component constructed" component=*docs_test.Disk
	// level=DEBUG msg="component constructed" component=docs_test.Store
	// level=DEBUG msg="component constructed" component=*docs_test.Desk
	// level=DEBUG msg="environment booted" module=office components=3
	// level=DEBUG msg="environment stopping" module=office
	// level=DEBUG msg="environment stopped" module=office
}

func Example_graph() {
	env := environment.New(Office)
	defer shutdown(env)
	fmt.Print(env.Graph())
	// Output:
	// module "office": 5 components
	// *docs_test.Disk  (singleton, module "stores")
	// *docs_test.Desk  (singleton, module "office")
	//   Store -> docs_test.Store
	// *docs_test.Counter  (lazy singleton, module "office", unused)
	// docs_test.Store  (singleton, module "stores")
	//   decorated -> *docs_test.Disk
	// *docs_test.Cloud  (singleton, module "stores", excluded: feature "cloud" is off)
}

func Example_graphDOT() {
	env := environment.New(Office)
	defer shutdown(env)
	if err := env.Graph().WriteDOT(os.Stdout); err != nil {
		fmt.Println(err)
	}
	// Output:
	// digraph {
	// 	rankdir=LR;
	// 	node [shape=box];
	// 	subgraph cluster_0 {
	// 		label="stores";
	// 		n0 [label="*docs_test.Disk"];
	// 		n3 [label="docs_test.Store"];
	// 		n4 [label="*docs_test.Cloud", style=dashed];
	// 	}
	// 	subgraph cluster_1 {
	// 		label="office";
	// 		n1 [label="*docs_test.Desk"];
	// 		n2 [label="*docs_test.Counter", style=dashed];
	// 	}
	// 	n1 -> n3 [label="Store"];
	// 	n3 -> n0 [label="decorated"];
	// }
}

func Example_graphMermaid() {
	env := environment.New(Office)
	defer shutdown(env)
	if err := env.Graph().WriteMermaid(os.Stdout); err != nil {
		fmt.Println(err)
	}
	// Output:
	// flowchart LR
	//   subgraph m0["stores"]
	//     n0["*docs_test.Disk"]
	//     n3["docs_test.Store"]
	//     n4["*docs_test.Cloud"]
	//   end
	//   subgraph m1["office"]
	//     n1["*docs_test.Desk"]
	//     n2["*docs_test.Counter"]
	//   end
	//   n1 -->|"Store"| n3
	//   n3 -->|"decorated"| n0
}

func Example_graphJSON() {
	env := environment.New(environment.Module("stores", environment.Provide(NewDisk)))
	defer shutdown(env)
	if err := env.Graph().WriteJSON(os.Stdout); err != nil {
		fmt.Println(err)
	}
	// Output:
	// {
	//   "module": "stores",
	//   "nodes": [
	//     {
	//       "title": "*docs_test.Disk",
	//       "module": "stores",
	//       "place": "docs/operating_example_test.go:138",
	//       "origin": "provided by docs_test.NewDisk func() *docs_test.Disk",
	//       "lifetime": "singleton"
	//     }
	//   ]
	// }
}

func Example_graphOfAFailedBoot() {
	err := environment.Validate(Mails)
	if bootError, ok := errors.AsType[*environment.BootError](err); ok {
		fmt.Print(bootError.Graph())
	}
	// Output:
	// module "mails": 3 components
	// *docs_test.Newsletter  (singleton, module "mails", failed)
	//   Mail -> nothing of type docs_test.Mail
	// *docs_test.SMTP  (singleton, module "mails", excluded: property "smtp.host" isn't set)
	// *docs_test.Printed  (singleton, module "mails", excluded: feature "dev" is off)
}

func Example_explain() {
	env := environment.New(Office)
	defer shutdown(env)
	explanation, err := environment.Explain[Store](env)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(explanation)
	// Output:
	// docs_test.Store is docs_test.Store: it is of exactly this type, as the only one
	//   decorated by docs_test.NewLogged func(docs_test.Store) docs_test.Store, singleton
	//   listed                                             docs/operating_example_test.go:21
	//   <- module "stores"                                 docs/operating_example_test.go:18
	//   <- module "office"                                 docs/operating_example_test.go:17
	//   excluded *docs_test.Cloud: feature "cloud" is off  docs/operating_example_test.go:20
	//   needed by *docs_test.Desk.Store                    docs/operating_example_test.go:23
}

// Printer is a component that can tell whether it works.
type Printer struct{ Paper int }

// Health is asked by the environment.
func (p *Printer) Health(context.Context) error {
	if p.Paper == 0 {
		return errors.New("no paper")
	}
	return nil
}

// Telephone works always.
type Telephone struct{}

// Health is asked by the environment.
func (*Telephone) Health(context.Context) error { return nil }

// Equipment has two that are asked.
var Equipment = environment.Module("equipment",
	environment.Register[Printer](),
	environment.Register[Telephone](),
)

func Example_health() {
	env := environment.New(Equipment)
	defer shutdown(env)
	report := env.Health(context.Background())
	fmt.Println("healthy:", report.Healthy)
	for _, check := range report.Checks {
		fmt.Println(check.Component, check.Err)
	}
	// Output:
	// healthy: false
	// *docs_test.Printer no paper
	// *docs_test.Telephone <nil>
}

func Example_healthHandlers() {
	env := environment.New(Equipment)
	defer shutdown(env)
	mux := http.NewServeMux()
	mux.Handle("GET /live", health.Live(env))
	mux.Handle("GET /ready", health.Ready(env, slog.New(slog.DiscardHandler))) // nil is slog.Default()
	for _, path := range []string{"/live", "/ready"} {
		answer := httptest.NewRecorder()
		mux.ServeHTTP(answer, httptest.NewRequestWithContext(context.Background(), http.MethodGet, path, http.NoBody))
		fmt.Print(answer.Code, " ", answer.Body)
	}
	// Output:
	// 200 {"status":"up"}
	// 503 {"status":"down","checks":{"*docs_test.Printer":"down","*docs_test.Telephone":"up"}}
}
