package reflectx_test

import (
	"reflect"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/reflectx"
)

type (
	tagged struct {
		First  int `event:""`
		Second int `event:"durabel"`
		None   int
	}
	holder struct {
		Own int `event:"durable"`
		tagged
		Embedded struct{ Inner int } `event:""`
		Named    struct {
			Deep  int `event:""`
			Near  int `evnt:""` // may be somebody else's
			Below tagged
		}
		*pointed
		Pointer *tagged
	}
	pointed struct {
		*holder
		Late int `event:""`
	}
)

func TestTagSpecFields(t *testing.T) {
	t.Parallel()
	type field struct {
		path    string
		index   []int
		reached bool
	}
	fields := eventTag.Fields(reflect.TypeFor[holder]())
	got := make([]field, len(fields))
	for i, f := range fields {
		got[i] = field{f.Path, f.Index, f.Reached}
	}
	assert.Equal(t, []field{
		{"reflectx_test.holder.Own", []int{0}, true},
		{"reflectx_test.tagged.First", []int{1, 0}, true},
		{"reflectx_test.tagged.Second", []int{1, 1}, true},
		{"reflectx_test.holder.Embedded", []int{2}, true},
		{"reflectx_test.holder.Named.Deep", []int{3, 0}, false},
		{"reflectx_test.holder.Named.Below.First", []int{3, 2, 0}, false},
		{"reflectx_test.holder.Named.Below.Second", []int{3, 2, 1}, false},
		{"reflectx_test.holder.pointed.Late", []int{4, 1}, false},
	}, got)
	require.ErrorContains(t, fields[2].Err, "durabel")
	require.NoError(t, fields[1].Err)
	assert.Empty(t, reflectx.NewTagSpec("inject").Fields(reflect.TypeFor[holder]()))
}
