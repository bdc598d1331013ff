package reflectx_test

import (
	"reflect"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/reflectx"
)

type (
	event struct {
		reflectx.Marker `marker:"events.Module"`
	}
	listener[T any] struct {
		reflectx.Marker `marker:"listeners.Module"`
	}
	nameless struct{ reflectx.Marker }
	aliased  = event
)

func (listener[T]) listensTo() reflect.Type { return reflect.TypeFor[T]() }

type (
	direct struct {
		event `event:"name=a"`
		A     int
	}
	generic  struct{ listener[direct] }
	viaAlias struct{ aliased }
	twice    struct {
		A int
		listener[direct]
		event
	}
	withoutHandler struct{ nameless }
	named          struct{ Event event }
	unmarked       struct {
		plain
		error
		A int
	}
	recursive struct {
		*recursive
		event
	}
	// A generic type may itself be marked.
	genericEvent[T any] struct {
		event
		Value T
	}
)

func TestMarkers(t *testing.T) {
	t.Parallel()
	eventType, listenerType := reflect.TypeFor[event](), reflect.TypeFor[listener[direct]]()
	for _, test := range []struct {
		what     string
		t        reflect.Type
		types    []reflect.Type
		handlers []string
	}{
		{"direct", reflect.TypeFor[direct](), []reflect.Type{eventType}, []string{"events.Module"}},
		{"generic", reflect.TypeFor[generic](), []reflect.Type{listenerType}, []string{"listeners.Module"}},
		{"through an alias", reflect.TypeFor[viaAlias](), []reflect.Type{eventType}, []string{"events.Module"}},
		{
			"two, in the order of the fields", reflect.TypeFor[twice](),
			[]reflect.Type{listenerType, eventType},
			[]string{"listeners.Module", "events.Module"},
		},
		{"without a handler", reflect.TypeFor[withoutHandler](), []reflect.Type{reflect.TypeFor[nameless]()}, []string{""}},
		{"of a generic type", reflect.TypeFor[genericEvent[int]](), []reflect.Type{eventType}, []string{"events.Module"}},
		{"of a recursive type", reflect.TypeFor[recursive](), []reflect.Type{eventType}, []string{"events.Module"}},
		{"a field with a name", reflect.TypeFor[named](), nil, nil},
		{"none", reflect.TypeFor[unmarked](), nil, nil},
		{"the marker itself", eventType, nil, nil},
		{"Marker", reflect.TypeFor[reflectx.Marker](), nil, nil},
		{"an int", reflect.TypeFor[int](), nil, nil},
		{"an interface", reflect.TypeFor[error](), nil, nil},
		{"a pointer to a marked struct", reflect.TypeFor[*direct](), nil, nil},
	} {
		markers, err := reflectx.Markers(test.t)
		require.NoError(t, err, test.what)
		require.Len(t, markers, len(test.types), test.what)
		for i, marker := range markers {
			assert.Equal(t, test.types[i], marker.Type, test.what)
			assert.Equal(t, test.types[i], marker.Field.Type, test.what)
			assert.Equal(t, test.handlers[i], marker.Handler, test.what)
		}
	}
}

func TestMarkersHaveTheirFieldsTag(t *testing.T) {
	t.Parallel()
	markers, err := reflectx.Markers(reflect.TypeFor[direct]())
	require.NoError(t, err)
	assert.Equal(t, "name=a", markers[0].Field.Tag.Get("event"))
	assert.Equal(t, []int{0}, markers[0].Field.Index)
}

type (
	byPointer        struct{ *event }
	pointerToGeneric struct{ *listener[direct] }
	base             struct{ event } // unexported, as embedded structs often are
	holdsMarked      struct{ base }
	throughPointer   struct{ *base }
	threeLevels      struct{ holdsMarked }
	pointerBelow     struct{ byPointer }
	own              struct {
		event
		base
	}
	left  struct{ event }
	right struct{ event }
	both  struct {
		left
		right
	}
	// Both ways to the marker go through one struct: it is told once.
	up      struct{ *base }
	down    struct{ *base }
	diamond struct{ inner }
	inner   struct {
		up
		down
	}
	ring       struct{ *ringSecond }
	ringSecond struct {
		*ring
		base
	}
)

func TestMisplacedMarkers(t *testing.T) {
	t.Parallel()
	const name = "reflectx_test."
	for _, test := range []struct {
		what  string
		t     reflect.Type
		found int
		errs  []string
	}{
		{
			"pointer to a marker", reflect.TypeFor[byPointer](), 0,
			[]string{name + "byPointer embeds a pointer to " + name + "event: embed " + name + "event by value"},
		},
		{
			"pointer to a generic marker", reflect.TypeFor[pointerToGeneric](), 0,
			[]string{name + "pointerToGeneric embeds a pointer to " + name + "listener[" + here + ".direct]: embed " + name + "listener[" + here + ".direct] by value"},
		},
		{
			"in an embedded struct", reflect.TypeFor[holdsMarked](), 0,
			[]string{name + "holdsMarked holds " + name + "event only through base: embed " + name + "event in " + name + "holdsMarked itself"},
		},
		{
			"in a struct embedded by pointer", reflect.TypeFor[throughPointer](), 0,
			[]string{name + "throughPointer holds " + name + "event only through base: embed " + name + "event in " + name + "throughPointer itself"},
		},
		{
			"three levels down", reflect.TypeFor[threeLevels](), 0,
			[]string{name + "threeLevels holds " + name + "event only through holdsMarked.base: embed " + name + "event in " + name + "threeLevels itself"},
		},
		{
			"by pointer, below", reflect.TypeFor[pointerBelow](), 0,
			[]string{name + "byPointer embeds a pointer to " + name + "event: embed " + name + "event by value"},
		},
		{
			"besides its own", reflect.TypeFor[own](), 1,
			[]string{name + "own holds " + name + "event only through base: embed " + name + "event in " + name + "own itself"},
		},
		{
			"in two embedded structs", reflect.TypeFor[both](), 0,
			[]string{
				name + "both holds " + name + "event only through left: embed " + name + "event in " + name + "both itself",
				name + "both holds " + name + "event only through right: embed " + name + "event in " + name + "both itself",
			},
		},
		{
			"in a struct that is reached twice", reflect.TypeFor[diamond](), 0,
			[]string{name + "diamond holds " + name + "event only through inner.up.base: embed " + name + "event in " + name + "diamond itself"},
		},
		{
			"in a ring of pointers", reflect.TypeFor[ring](), 0,
			[]string{name + "ring holds " + name + "event only through ringSecond.base: embed " + name + "event in " + name + "ring itself"},
		},
	} {
		t.Run(test.what, func(t *testing.T) {
			t.Parallel()
			markers, err := reflectx.Markers(test.t)
			assert.Len(t, markers, test.found)
			require.Error(t, err)
			joined, ok := err.(interface{ Unwrap() []error })
			require.True(t, ok)
			require.Len(t, joined.Unwrap(), len(test.errs))
			for i, one := range joined.Unwrap() {
				require.EqualError(t, one, test.errs[i])
			}
		})
	}
}

func TestZero(t *testing.T) {
	t.Parallel()
	type listensTo interface{ listensTo() reflect.Type }

	m, ok := reflectx.Zero[listensTo](reflect.TypeFor[listener[direct]]())
	require.True(t, ok)
	assert.Equal(t, reflect.TypeFor[direct](), m.listensTo())

	for _, other := range []reflect.Type{reflect.TypeFor[event](), reflect.TypeFor[int](), reflect.TypeFor[listensTo]()} {
		_, ok = reflectx.Zero[listensTo](other)
		assert.False(t, ok, other)
	}
}
