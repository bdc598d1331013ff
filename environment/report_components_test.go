package environment_test

import (
	"context"

	"github.com/aspyx-go/aspyx/environment"
)

type (
	AsksNamed struct {
		Repository Repository `inject:"name=oders"`
		Database   *database  `inject:"name=audit"`
	}
	TaggedTwice struct {
		Repository Repository `inject:"" value:"x,optional"`
	}
	memParams struct {
		environment.Params
		Mem *MemRepository `inject:"name=mem"`
	}
	BadParams struct {
		environment.Params
		hidden Repository
		Wrong  Repository `inject:"optinal"`
		Twice  Repository `inject:"" value:"x,optional"`
	}
)

var _ = BadParams{}.hidden

// Constructors with names: the compiler names others, each release in its way.
func ofList([]SQLRepository) *Plain                                 { return nil }
func newPlains() []*Plain                                           { return nil }
func ofPlain(Plain) *ValueNamer                                     { return nil }
func ofMap(map[string]int) *Box[int]                                { return nil }
func ofDatabase(*database) *Plain                                   { return nil }
func ofRepositories(map[string]Repository) *Plain                   { return nil }
func ofMem(memParams) *Plain                                        { return nil }
func newCleaned() (*ValueNamer, func(context.Context) error, error) { return nil, nil, nil }
func ofBadParams(BadParams) *Plain                                  { return nil }

var componentReports = []reportTest{
	{"missing name", environment.ErrMissing, []environment.Part{
		environment.Register[AsksNamed](), environment.Provide(newSQL, environment.Named("orders")), environment.Provide(newAudit),
	}, nil},
	{"missing private", environment.ErrMissing, []environment.Part{
		environment.Module("inner", environment.Provide(newSQL, environment.Private())), environment.Register[Orders](),
	}, nil},
	{"missing excluded", environment.ErrMissing, []environment.Part{
		environment.Register[Orders](), environment.Provide(newSQL, environment.When(environment.Feature("sql"))),
		environment.Provide(newMem, environment.When(environment.Not(environment.Feature("sql")), environment.Property("mem.size"))),
	}, nil},
	{"missing list", environment.ErrMissing, []environment.Part{
		environment.Provide(newSQL), environment.Provide(ofList),
		environment.Provide(newPlains), environment.Provide(ofPlain),
		environment.Provide(ofMap),
	}, nil},
	{"ambiguous names", environment.ErrAmbiguous, []environment.Part{
		environment.Provide(newAudit, environment.Named("audit")), environment.Provide(newAudit, environment.Named("orders")),
		environment.Provide(ofDatabase),
	}, nil},
	{"ambiguous primary", environment.ErrAmbiguous, []environment.Part{
		environment.Provide(newSQL, environment.Primary()), environment.Provide(newMem, environment.Primary()), environment.Register[Orders](),
	}, nil},
	{"ambiguous keys", environment.ErrAmbiguous, []environment.Part{
		environment.Provide(newSQL, environment.Named("x")), environment.Provide(newMem, environment.Named("x")),
		environment.Provide(ofRepositories),
	}, nil},
	{"captive", environment.ErrCaptive, []environment.Part{
		environment.Provide(newSQL, environment.Transient()), environment.Register[Orders](),
		environment.Provide(newMem, environment.Scoped("request"), environment.Named("mem")),
		environment.Provide(ofMem),
	}, []environment.Option{environment.WithScope("request", &environment.ContextScope{})}},
	{"invalid options", environment.ErrInvalid, []environment.Part{
		environment.Register[Plain](environment.Named(""), environment.Transient(), environment.Scoped("reqest"), nil),
		environment.Provide(newSQL, environment.As[Namer](), environment.As[SQLRepository]()),
		environment.Supply(7, environment.Lazily()), environment.Register[hooked](environment.Transient()),
		environment.Provide(newCleaned, environment.Transient()),
	}, []environment.Option{environment.WithScope("request", &environment.ContextScope{}), environment.WithScope("", nil)}},
	{"decorate", environment.ErrMissing, []environment.Part{
		environment.Decorate(newPrefixed), environment.Decorate(newSQL), environment.Decorate(7),
		environment.Provide(newSQL, environment.When(environment.Feature("sql"))),
	}, nil},
	{"tags of one field", environment.ErrTag, []environment.Part{
		environment.Register[TaggedTwice](), environment.Provide(newSQL),
		environment.Provide(ofBadParams),
	}, nil},
}
