package environment

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestPlaceOfALibrarysOwnPart(t *testing.T) {
	t.Parallel()
	root := &module{name: "shop", place: new(here())}
	from := origin{place: &place{}, module: root}
	assert.Equal(t, root.place.String(), from.at())
	assert.Empty(t, origin{place: &place{}}.at())
}
