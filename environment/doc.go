// Package environment is a container: it makes the components of a program,
// gives each what it needs, starts them, and stops them in reverse order.
//
//	var Module = environment.Module("shop",
//		environment.Provide(NewRepository), // func NewRepository(ctx context.Context) (*SQLRepository, error)
//		environment.Register[OrderService](),
//	)
//
//	type OrderService struct {
//		Store Repository `inject:""` // *SQLRepository, if nothing else implements Repository
//	}
//
//	env := environment.New(Module)
//	defer env.Shutdown(ctx)
//	service := environment.Get[*OrderService](env)
//
// # What a module says
//
// A [Module] lists parts: [Register] makes a struct and fills its fields that
// are tagged inject, [Provide] calls a constructor, [Supply] takes a ready
// value, and a module listed in another is an import. A part stands for
// itself: one that is listed twice, also by way of two modules, counts once.
// Nothing happens until a module is booted, and one module can be booted many
// times: environments share nothing.
//
// # How a dependency is found
//
// By its exact type; else an interface is satisfied by the only component
// whose type implements it. Several of them are an error that lists them:
// nothing is ever chosen at random. An interface without methods, such as any,
// has to be provided as itself. A constructor's parameter of type
// [context.Context] is the context given to [Boot].
//
// Every component is made once, at boot, in the order of registration but for
// what it depends on, which comes first.
//
// # Life cycle
//
// All components are built; then each OnInit runs, then each OnRunning, in the
// order of building. [Environment.Shutdown] runs each OnStopping and after
// them each OnDestroy (and the constructors' clean-up functions) in reverse.
// See [Initializer], [Runner], [Stopper] and [Destroyer]. Values given to
// Supply belong to the caller and get no hooks.
//
// # Errors
//
// [Boot] and [Validate] report everything that is wrong with a module at once,
// as a [*BootError] with one [*Problem] each: what needs it, file and line,
// and a hint. The error of an OnInit or OnRunning is no wiring problem: it is
// returned as it is, wrapped with the component's name. When a boot fails,
// what was built is stopped and destroyed.
//
// # Concurrency
//
// All functions and methods are safe for concurrent use. After boot the
// environment doesn't change.
package environment
