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
// are tagged, [Provide] calls a constructor, [Supply] takes a ready value, and a
// module listed in another is an import. [Decorate] wraps what others make, [Tag]
// adds a struct tag. A part stands for itself: one that is listed twice, also by
// way of two modules, counts once. Nothing happens until a module is booted, and
// one module can be booted many times: environments share nothing, unless one is
// the [Parent] of the other.
//
// # How a dependency is found
//
// By its exact type; else by who says [As] that interface; else an interface is
// satisfied by what implements it; else by the parent environment. Of several,
// the only [Primary] one is meant, else the only one without a name ([Named]);
// otherwise it is an error that lists them: nothing is ever chosen at random. An
// interface without methods, such as any, has to be provided as itself.
//
// What a parameter or a field asks for may also be a list or a map[string] of
// all that there are, in their [Order]; an [Optional]; a [Lazy], which doesn't
// count for the order of building; a structure that embeds [Params]; the
// [*Environment] itself; a *config.Values; and, as a parameter, the
// [context.Context] given to [Boot].
//
// A component exists only [When] its conditions hold: by [Features], by the
// configuration ([Config]), or by other components.
//
// # How long it lives
//
// A component is a singleton, made at boot in the order of registration but for
// what it depends on, which comes first; or made when it is first needed
// ([Lazily]), anew for everyone ([Transient]), once for each context ([Scoped])
// or for each child environment ([PerEnvironment]). A singleton that would keep
// something which lives shorter is an error.
//
// # Life cycle
//
// All components are built; then each OnInit runs, then each OnRunning, in the
// order of building. [Environment.Shutdown] runs each OnStopping and after
// them each OnDestroy (and the constructors' clean-up functions) in reverse.
// See [Initializer], [Runner], [Stopper] and [Destroyer]. Values given to
// Supply belong to the caller and get no hooks. [HookTimeout] limits each hook.
// A [PostProcessor] sees, and may replace, all that is made.
//
// # Seeing
//
// [Environment.Graph] draws what there is, [Explain] tells why, an [Observer] is
// told what happens, [Environment.Health] asks all that can tell whether they
// work.
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
// All functions and methods are safe for concurrent use. After boot the graph
// doesn't change; lazy components are made once, on whatever goroutine comes
// first. A constructor that asks the environment for what it is itself needed
// for gets an error, and never waits for itself. Only if it waits for a goroutine of
// its own that asks without the constructor's context, that can't be noticed.
package environment
