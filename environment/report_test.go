package environment_test

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/environment"
)

var update = flag.Bool("update", false, "write the golden files anew")

type (
	Buffer     struct{}
	AsksBuffer struct {
		Buffer *Buffer `inject:""`
	}
	AsksPointer struct {
		Repository *Repository `inject:""`
	}
	BadOption struct {
		Repository Repository `inject:"nam=x"`
	}
	BadField struct {
		repository Repository `inject:""`
	}
	BadKey struct {
		Repository Repository `injekt:""`
	}
	ByValue     struct{}
	AsksByValue struct {
		Value ByValue `inject:""`
	}
	AsksTypo struct {
		Value *SQLRepositry `inject:""`
	}
	SQLRepositry struct{}
	AsksNamer    struct {
		Namer Namer `inject:""`
	}
	AsksAny struct {
		Any any `inject:""`
	}
	AsksSQL struct {
		Repository *SQLRepository `inject:""`
	}
	CycleA struct {
		B *CycleB `inject:""`
	}
	CycleB struct {
		C *CycleC `inject:""`
	}
	CycleC struct {
		A *CycleA `inject:""`
	}
)

// More that can't be wired.
type (
	BehindPointer struct{ *Base }
	InNamedField  struct {
		Deps struct {
			Plain *Plain `inject:""`
		}
	}
	AsksEnvironment struct {
		Environment *environment.Environment `inject:""`
		Context     context.Context          `inject:""` //nolint:containedctx // what is refused
	}
	Box[T any]  struct{ Value T }
	AsksGeneric struct {
		Box *Box[Plain] `inject:""`
	}
	Caching struct {
		Repository `inject:""`
	}
	TwiceBack struct {
		First, Second *BackAndForth `inject:""`
	}
	BackAndForth struct {
		Back, Again *TwiceBack `inject:""`
	}
)

func sameNameHere() environment.Part {
	type Local struct{}
	return environment.Register[Local]()
}

func sameNameThere() environment.Part {
	type Local struct{}
	type asksLocal struct {
		Local *Local `inject:""`
	}
	return environment.Register[asksLocal]()
}

// Those that a linter finds unused are read by the container.
var _ = BadField{}.repository

type reportTest struct {
	name    string
	kind    error
	parts   []environment.Part
	options []environment.Option
}

var reports = []reportTest{
	{"missing", environment.ErrMissing, []environment.Part{
		environment.Module("inner", environment.Register[Orders]()),
		environment.Provide(func(context.Context, Repository) *Plain { return nil }),
	}, nil},
	{"missing pointer", environment.ErrMissing, []environment.Part{environment.Register[ByValue](), environment.Register[AsksByValue]()}, nil},
	{"missing value", environment.ErrMissing, []environment.Part{environment.Supply(ValueNamer{}), environment.Register[AsksNamer]()}, nil},
	{"missing typo", environment.ErrMissing, []environment.Part{environment.Provide(newSQL), environment.Register[AsksTypo]()}, nil},
	{"missing any", environment.ErrMissing, []environment.Part{environment.Register[Plain](), environment.Register[AsksAny]()}, nil},
	{"missing hidden", environment.ErrMissing, []environment.Part{environment.Supply[Repository](newSQL()), environment.Register[AsksSQL]()}, nil},
	{"missing package", environment.ErrMissing, []environment.Part{environment.Provide(func() *bytes.Buffer { return nil }), environment.Register[AsksBuffer]()}, nil},
	{"missing interface", environment.ErrMissing, []environment.Part{environment.Provide(newSQL), environment.Register[AsksPointer]()}, nil},
	{"missing basic", environment.ErrMissing, []environment.Part{environment.Provide(func(int) string { return "" })}, nil},
	{"missing constructor", environment.ErrMissing, []environment.Part{environment.Provide(newOf[int])}, nil},
	{"ambiguous", environment.ErrAmbiguous, []environment.Part{environment.Register[Orders](), environment.Provide(newSQL), environment.Provide(newMem)}, nil},
	{"cycle", environment.ErrCycle, []environment.Part{
		environment.Register[Plain](), environment.Register[CycleA](), environment.Register[CycleB](), environment.Register[CycleC](),
	}, nil},
	{"cycle self", environment.ErrCycle, []environment.Part{environment.Provide(func(p *Plain) *Plain { return p })}, nil},
	{"duplicate", environment.ErrDuplicate, []environment.Part{environment.Register[Plain](), environment.Provide(func() *Plain { return nil })}, nil},
	{"tag option", environment.ErrTag, []environment.Part{environment.Register[BadOption]()}, nil},
	{"tag unexported", environment.ErrTag, []environment.Part{environment.Register[BadField]()}, nil},
	{"tag key", environment.ErrTag, []environment.Part{environment.Register[BadKey]()}, nil},
	{"tag of provided", environment.ErrTag, []environment.Part{environment.Provide(func() *Orders { return nil })}, nil},
	{"tag out of reach", environment.ErrTag, []environment.Part{
		environment.Register[BehindPointer](), environment.Register[InNamedField](), environment.Register[Plain](), environment.Provide(newSQL),
	}, nil},
	{"special types", environment.ErrMissing, []environment.Part{
		environment.Register[AsksEnvironment](), environment.Register[environment.Environment](), environment.Supply(context.Background()),
	}, nil},
	{"missing generic", environment.ErrMissing, []environment.Part{environment.Register[AsksGeneric]()}, nil},
	{"missing of one name", environment.ErrMissing, []environment.Part{sameNameHere(), sameNameThere()}, nil},
	{"missing recorded", environment.ErrMissing, []environment.Part{
		environment.Register[NotedRepository](), environment.Register[Orders](), extending(recording),
	}, nil},
	{"ambiguous decorator", environment.ErrAmbiguous, []environment.Part{environment.Register[Caching](), environment.Provide(newSQL)}, nil},
	{"cycle decorator", environment.ErrCycle, []environment.Part{environment.Register[Caching]()}, nil},
	{"cycle twice", environment.ErrCycle, []environment.Part{environment.Register[TwiceBack](), environment.Register[BackAndForth]()}, nil},
	{"signature", environment.ErrSignature, []environment.Part{environment.Provide(func() {}), environment.Provide(7)}, nil},
	{"signature of override", environment.ErrSignature, []environment.Part{environment.Supply(7)}, []environment.Option{
		environment.Override[int](newSQL),
	}},
	{"override of nothing", environment.ErrMissing, nil, []environment.Option{environment.Override[Repository](newSQL)}},
	{"override of value", environment.ErrMissing, []environment.Part{environment.Register[Plain]()}, []environment.Option{
		environment.Override[Plain](func() Plain { return Plain{} }),
	}},
	{"override ambiguous", environment.ErrAmbiguous, []environment.Part{environment.Provide(newSQL), environment.Provide(newMem)}, []environment.Option{
		environment.Override[Repository](newSQL),
	}},
	{"invalid parts", environment.ErrInvalid, []environment.Part{
		environment.Register[int](), environment.Supply[Repository](nil), environment.Supply((*Plain)(nil)), nil,
		environment.Module(""), environment.Extend(nil),
	}, []environment.Option{environment.StopTimeout(-time.Second), nil}},
	{"unused", environment.ErrUnused, []environment.Part{environment.Contribute(Plain{})}, []environment.Option{environment.Setting(7)}},
	{"construct error", environment.ErrConstruct, []environment.Part{environment.Provide(func() (*Plain, error) { return nil, errBroken })}, nil},
	{"construct lines", environment.ErrConstruct, []environment.Part{environment.Provide(func() (*Plain, error) {
		return nil, errors.Join(errBroken, errBroken)
	})}, nil},
	{"construct nil", environment.ErrConstruct, []environment.Part{environment.Provide(func() Repository { return (*SQLRepository)(nil) })}, nil},
	{"construct panic", environment.ErrConstruct, []environment.Part{environment.Provide(func() *Plain { panic(errBroken) })}, nil},
	{"construct nil pointer", environment.ErrConstruct, []environment.Part{environment.Provide(func() *Plain {
		var p *Plain
		p.Text = "x"
		return p
	})}, nil},
	{"construct goexit", environment.ErrConstruct, []environment.Part{environment.Provide(func() *Plain { runtime.Goexit(); return nil })}, nil},
	{"several", environment.ErrCycle, []environment.Part{
		environment.Register[BadOption](), environment.Register[CycleA](), environment.Register[CycleB](), environment.Register[CycleC](),
		environment.Register[AsksNamer](), environment.Provide(3),
	}, nil},
}

func newOf[T any](*Plain) *T { return new(T) }

var lineNumber = regexp.MustCompile(`(\.(?:go|s)):\d+`)

func TestReports(t *testing.T) {
	t.Parallel()
	for _, report := range slices.Concat(reports, componentReports) {
		t.Run(report.name, func(t *testing.T) {
			t.Parallel()
			_, err := environment.Boot(t.Context(), environment.Module("shop", report.parts...), report.options...)
			require.ErrorIs(t, err, report.kind)
			bootError, ok := errors.AsType[*environment.BootError](err)
			require.True(t, ok)
			assert.Equal(t, "shop", bootError.Module)

			text := lineNumber.ReplaceAllString(bootError.Error(), "$1:N") + "\n"
			file := filepath.Join("testdata", filepath.Base(regexp.MustCompile(" ").ReplaceAllString(report.name, "_"))+".golden")
			if *update {
				require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
			}
			want, err := os.ReadFile(file)
			require.NoError(t, err)
			assert.Equal(t, string(want), text)
		})
	}
}

func TestReportsAreDeterministic(t *testing.T) {
	t.Parallel()
	for _, report := range slices.Concat(reports, componentReports) {
		module := environment.Module("shop", report.parts...)
		_, first := environment.Boot(t.Context(), module, report.options...)
		for range 50 {
			_, err := environment.Boot(t.Context(), module, report.options...)
			require.EqualError(t, err, first.Error())
		}
	}
}

func TestConstructErrorsAreReached(t *testing.T) {
	t.Parallel()
	_, err := environment.Boot(t.Context(), environment.Module("m", environment.Provide(func() *Plain { panic(errBroken) })))
	require.ErrorIs(t, err, errBroken)
	panicked, ok := errors.AsType[*environment.PanicError](err)
	require.True(t, ok)
	assert.Contains(t, string(panicked.Stack), "TestConstructErrorsAreReached")
}

func TestPlacesAreThoseOfTheUsersCalls(t *testing.T) {
	t.Parallel()
	_, _, line, ok := runtime.Caller(0)
	require.True(t, ok)
	err := environment.Validate(environment.Module("m", // two lines below the caller's
		environment.Register[Orders](),
		environment.Supply(1), environment.Supply(2),
	))
	for _, at := range []int{line + 3, line + 4} {
		assert.ErrorContains(t, err, "environment/report_test.go:"+strconv.Itoa(at))
	}
}

func TestBootOfWhatIsNoModule(t *testing.T) {
	t.Parallel()
	require.ErrorIs(t, environment.Validate(nil), environment.ErrInvalid)
	require.ErrorIs(t, environment.Validate(environment.Register[Plain](), environment.Setting(1)), environment.ErrInvalid)
}
