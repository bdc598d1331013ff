package reflectx_test

import (
	"context"
	"errors"
	"io"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/reflectx"
	dotted "github.com/aspyx-go/aspyx/reflectx/testdata/dotted.v1"
)

type (
	service  struct{ name string }
	closer   func(context.Context) error
	myError  struct{}
	selfMade struct{ service *service }
)

func (*myError) Error() string                   { return "mine" }
func (s *service) Read([]byte) (int, error)      { return 0, io.EOF }
func (s *service) Child(name string) *service    { return &service{s.name + name} }
func (s selfMade) Service() *service             { return s.service }
func newService() *service                       { return &service{} }
func newBox[T any](value T) *box[T]              { return &box[T]{value} }
func (b *box[T]) Value() T                       { return b.value }
func newVariadic(_ int, _ ...string) (s service) { return s }

func TestParseConstructorAccepts(t *testing.T) {
	t.Parallel()
	types := func(types ...reflect.Type) []reflect.Type { return types }
	serviceType, intType := reflect.TypeFor[*service](), reflect.TypeFor[int]()
	for _, test := range []struct {
		what string
		fn   any
		in   []reflect.Type
		out  reflect.Type
	}{
		{"T", newService, nil, serviceType},
		{"T, error", func() (*service, error) { return nil, nil }, nil, serviceType},
		{"T, Cleanup, error", func() (*service, reflectx.Cleanup, error) { return nil, nil, nil }, nil, serviceType},
		{
			"T, func, error", func() (*service, func(context.Context) error, error) { return nil, nil, nil }, nil, serviceType,
		},
		{"parameters", func(int, *service, error) int { return 0 }, types(intType, serviceType, reflect.TypeFor[error]()), intType},
		{"variadic", newVariadic, types(intType), reflect.TypeFor[service]()},
		{"only variadic", func(...int) int { return 0 }, nil, intType},
		{"a slice isn't variadic", func([]int) int { return 0 }, types(reflect.TypeFor[[]int]()), intType},
		{"an interface", func() io.Reader { return nil }, nil, reflect.TypeFor[io.Reader]()},
		{"a function", func() func() { return nil }, nil, reflect.TypeFor[func()]()},
		{"a named function", func() closer { return nil }, nil, reflect.TypeFor[closer]()},
		{"an error's type", func() *myError { return nil }, nil, reflect.TypeFor[*myError]()},
		{"an instance", newBox[int], types(intType), reflect.TypeFor[*box[int]]()},
		{"a method", (&service{}).Child, types(reflect.TypeFor[string]()), serviceType},
		{"a method expression", (*service).Child, types(serviceType, reflect.TypeFor[string]()), serviceType},
	} {
		constructor, err := reflectx.ParseConstructor(test.fn)
		require.NoError(t, err, test.what)
		assert.Equal(t, test.in, constructor.In, test.what)
		assert.Equal(t, test.out, constructor.Out, test.what)
	}
}

func TestParseConstructorRefuses(t *testing.T) {
	t.Parallel()
	const must = "constructor must be func(…) T, func(…) (T, error) or func(…) (T, func(context.Context) error, error), not "
	for _, test := range []struct {
		fn   any
		want string
	}{
		{nil, "constructor must be a function, not nil"},
		{1, "constructor must be a function, not int"},
		{&service{}, "constructor must be a function, not *reflectx_test.service"},
		{(func() *service)(nil), "constructor is a nil func() *reflectx_test.service"},
		{func() {}, must + "func()"},
		{func() error { return nil }, must + "func() error"},
		{func() (error, error) { return nil, nil }, must + "func() (error, error)"},
		{func() (int, string) { return 0, "" }, must + "func() (int, string)"},
		{func() (int, *myError) { return 0, nil }, must + "func() (int, *reflectx_test.myError)"},
		{func() reflectx.Cleanup { return nil }, must + "func() func(context.Context) error"},
		{func() (int, reflectx.Cleanup) { return 0, nil }, must + "func() (int, func(context.Context) error)"},
		{func() (int, func(), error) { return 0, nil, nil }, must + "func() (int, func(), error)"},
		{func() (int, closer, error) { return 0, nil, nil }, must + "func() (int, reflectx_test.closer, error)"},
		{
			func() (int, error, reflectx.Cleanup) { return 0, nil, nil }, //nolint:staticcheck // the wrong order is what is tested
			must + "func() (int, error, func(context.Context) error)",
		},
		{func() (int, string, bool, error) { return 0, "", false, nil }, must + "func() (int, string, bool, error)"},
	} {
		constructor, err := reflectx.ParseConstructor(test.fn)
		require.EqualError(t, err, test.want)
		assert.Nil(t, constructor)
	}
}

func parse(t *testing.T, fn any) *reflectx.Constructor {
	t.Helper()
	constructor, err := reflectx.ParseConstructor(fn)
	require.NoError(t, err)
	return constructor
}

func TestCallReturnsWhatTheConstructorReturns(t *testing.T) {
	t.Parallel()
	cause := errors.New("no disk")

	value, cleanup, err := parse(t, func(name string) *service { return &service{name} }).
		Call([]reflect.Value{reflect.ValueOf("a")})
	require.NoError(t, err)
	assert.Nil(t, cleanup)
	assert.Equal(t, &service{"a"}, value.Interface())

	value, cleanup, err = parse(t, func() (int, error) { return 0, cause }).Call(nil)
	require.Equal(t, cause, err)
	assert.Nil(t, cleanup)
	assert.Equal(t, 0, value.Interface())

	_, cleanup, err = parse(t, func() (int, reflectx.Cleanup, error) {
		return 1, func(context.Context) error { return cause }, nil
	}).Call(nil)
	require.NoError(t, err)
	require.Equal(t, cause, cleanup(t.Context()))

	_, cleanup, err = parse(t, func() (int, reflectx.Cleanup, error) { return 1, nil, nil }).Call(nil)
	require.NoError(t, err)
	assert.Nil(t, cleanup)

	_, _, err = parse(t, func() (*service, reflectx.Cleanup, error) { return nil, nil, cause }).Call(nil)
	require.Equal(t, cause, err, "an error explains the nil")

	value, _, err = parse(t, newVariadic).Call([]reflect.Value{reflect.ValueOf(1)})
	require.NoError(t, err)
	assert.Equal(t, service{}, value.Interface())
}

func TestCallPassesOnPanics(t *testing.T) {
	t.Parallel()
	constructor := parse(t, func() int { panic("no disk") })
	assert.PanicsWithValue(t, "no disk", func() { _, _, _ = constructor.Call(nil) })
}

func TestCallRefusesNil(t *testing.T) {
	t.Parallel()
	for _, fn := range []any{
		func() *service { return nil },
		func() io.Reader { return nil },
		func() io.Reader { return (*service)(nil) }, // looks like a value
		func() any { return io.Reader((*service)(nil)) },
		func() map[string]int { return nil },
		func() chan int { return nil },
		func() func() { return nil },
		func() unsafe.Pointer { return nil },
		func() (*service, error) { return nil, nil },
		func() (*service, reflectx.Cleanup, error) { return nil, nil, nil },
	} {
		constructor := parse(t, fn)
		_, _, err := constructor.Call(nil)
		require.Equal(t, reflectx.ErrNil, err, constructor)
	}
	for _, fn := range []any{
		func() []int { return nil }, // an empty slice works
		func() any { return []int(nil) },
		func() io.Reader { return &service{} },
		func() service { return service{} },
		func() string { return "" },
	} {
		constructor := parse(t, fn)
		_, _, err := constructor.Call(nil)
		require.NoError(t, err, constructor)
	}
}

func TestIsNil(t *testing.T) {
	t.Parallel()
	assert.True(t, reflectx.IsNil(reflect.ValueOf(nil)))
	assert.True(t, reflectx.IsNil(reflect.ValueOf((*service)(nil))))
	assert.False(t, reflectx.IsNil(reflect.ValueOf(0)))
	assert.False(t, reflectx.IsNil(reflect.ValueOf(new(*service))), "a pointer to a nil pointer")
}

func TestConstructorLocation(t *testing.T) {
	t.Parallel()
	_, _, line, _ := runtime.Caller(0)
	constructor := parse(t, func() int { return 1 })
	file, got := constructor.Location()
	assert.Equal(t, "constructor_test.go", filepath.Base(file))
	assert.Equal(t, line+1, got)

	for _, fn := range []any{newService, newBox[int], (*service).Child, newVariadic} {
		constructor := parse(t, fn)
		file, line := constructor.Location()
		assert.Equal(t, "constructor_test.go", filepath.Base(file), constructor)
		assert.Positive(t, line, constructor)
	}
}

// The compiler makes a function of its own for a method that is bound to its
// value or reached through a pointer: it stands nowhere.
func TestConstructorLocationOfGeneratedFunction(t *testing.T) {
	t.Parallel()
	for _, fn := range []any{selfMade{newService()}.Service, (*selfMade).Service} {
		constructor := parse(t, fn)
		file, line := constructor.Location()
		assert.Empty(t, file, constructor)
		assert.Zero(t, line, constructor)
	}
}

func TestConstructorString(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		fn   any
		want string
	}{
		{newService, "reflectx_test.newService func() *reflectx_test.service"},
		{newVariadic, "reflectx_test.newVariadic func(int, ...string) reflectx_test.service"},
		{newBox[int], "reflectx_test.newBox[...] func(int) *reflectx_test.box[int]"},
		{newBox[string], "reflectx_test.newBox[...] func(string) *reflectx_test.box[string]"},
		{(*service).Child, "reflectx_test.(*service).Child func(*reflectx_test.service, string) *reflectx_test.service"},
		{(&service{}).Child, "reflectx_test.(*service).Child func(string) *reflectx_test.service"},
		{selfMade.Service, "reflectx_test.selfMade.Service func(reflectx_test.selfMade) *reflectx_test.service"},
		{func() int { return 1 }, "reflectx_test.TestConstructorString.func1 func() int"},
		{dotted.New, "dotted.v1.New func() *dotted.Thing"},
		{strings.NewReader, "strings.NewReader func(string) *strings.Reader"},
	} {
		assert.Equal(t, test.want, parse(t, test.fn).String())
	}
	assert.Contains(t, parse(t, (*box[int]).Value).String(), "func(*reflectx_test.box[int]) int")
	made := reflect.MakeFunc(reflect.TypeFor[func() int](), func([]reflect.Value) []reflect.Value { return nil })
	assert.Contains(t, parse(t, made.Interface()).String(), "func() int")
}
