package reflectx_test

import (
	randv1 "math/rand"
	randv2 "math/rand/v2"
	"reflect"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/aspyx-go/aspyx/reflectx"
)

const here = "github.com/aspyx-go/aspyx/reflectx_test"

type plain struct{}

type box[T any] struct{ value T }

func localIn[T any]() reflect.Type {
	type local struct{ value T }
	return reflect.TypeFor[local]()
}

func TestNames(t *testing.T) {
	t.Parallel()
	type local struct{}
	for _, test := range []struct {
		t                      reflect.Type
		name, full, simpleName string
	}{
		{nil, "nil", "nil", "-"},
		{reflect.TypeFor[int](), "int", "int", "int"},
		{reflect.TypeFor[error](), "error", "error", "error"},
		{reflect.TypeFor[plain](), "reflectx_test.plain", here + ".plain", "plain"},
		{reflect.TypeFor[*plain](), "*reflectx_test.plain", "*" + here + ".plain", ""},
		{reflect.TypeFor[**plain](), "**reflectx_test.plain", "**" + here + ".plain", ""},
		{reflect.TypeFor[local](), "reflectx_test.local", here + ".local", "local"},
		{reflect.TypeFor[[]plain](), "[]reflectx_test.plain", "[]reflectx_test.plain", ""},
		{reflect.TypeFor[struct{ A int }](), "struct { A int }", "struct { A int }", ""},
		{reflect.TypeFor[func() error](), "func() error", "func() error", ""},
		{reflect.TypeFor[box[int]](), "reflectx_test.box[int]", here + ".box[int]", ""},
		{
			reflect.TypeFor[*box[*plain]](),
			"*reflectx_test.box[*" + here + ".plain]", "*" + here + ".box[*" + here + ".plain]", "",
		},
		{
			reflect.TypeFor[box[map[string]box[plain]]](),
			"reflectx_test.box[map[string]" + here + ".box[" + here + ".plain]]",
			here + ".box[map[string]" + here + ".box[" + here + ".plain]]", "",
		},
	} {
		assert.Equal(t, test.name, reflectx.Name(test.t))
		assert.Equal(t, test.full, reflectx.FullName(test.t))
		if test.t == nil {
			continue
		}
		simple, ok := reflectx.SimpleName(test.t)
		assert.Equal(t, test.simpleName, simple, test.name)
		assert.Equal(t, test.simpleName != "", ok, test.name)
	}
}

// A type that is declared in a generic function has one instance for each of
// the function's: it has no name of its own.
func TestSimpleNameOfLocalTypeInGenericFunction(t *testing.T) {
	t.Parallel()
	assert.NotEqual(t, localIn[int](), localIn[string]())
	for _, local := range []reflect.Type{localIn[int](), localIn[string]()} {
		_, ok := reflectx.SimpleName(local)
		assert.False(t, ok, local)
	}
}

func TestFullNameTellsPackagesApart(t *testing.T) {
	t.Parallel()
	one, two := reflect.TypeFor[*randv1.Rand](), reflect.TypeFor[*randv2.Rand]()
	assert.Equal(t, reflectx.Name(one), reflectx.Name(two))
	assert.Equal(t, "*math/rand.Rand", reflectx.FullName(one))
	assert.Equal(t, "*math/rand/v2.Rand", reflectx.FullName(two))
}

// Types that print alike are still different types: names are for messages and
// never for identity.
func TestLocalTypesThatPrintTheSame(t *testing.T) {
	t.Parallel()
	one := func() reflect.Type {
		type local struct{}
		return reflect.TypeFor[local]()
	}()
	two := func() reflect.Type {
		type local struct{}
		return reflect.TypeFor[local]()
	}()
	assert.NotEqual(t, one, two)
	assert.Equal(t, reflectx.Name(one), reflectx.Name(two))
	assert.Equal(t, reflectx.FullName(one), reflectx.FullName(two))
}

func TestStructOf(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		t, want reflect.Type
		ok      bool
	}{
		{reflect.TypeFor[plain](), reflect.TypeFor[plain](), true},
		{reflect.TypeFor[*plain](), reflect.TypeFor[plain](), true},
		{reflect.TypeFor[**plain](), reflect.TypeFor[*plain](), false},
		{reflect.TypeFor[int](), reflect.TypeFor[int](), false},
		{reflect.TypeFor[*int](), reflect.TypeFor[int](), false},
		{reflect.TypeFor[error](), reflect.TypeFor[error](), false},
	} {
		got, ok := reflectx.StructOf(test.t)
		assert.Equal(t, test.want, got)
		assert.Equal(t, test.ok, ok, test.t)
	}
}
