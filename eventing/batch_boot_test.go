package eventing_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/environment"
	"github.com/aspyx-go/aspyx/eventing"
	"github.com/aspyx-go/aspyx/eventing/memory"
)

type (
	batchOfOne  struct{ eventing.BatchListener[order] }
	batchOfNone struct{ eventing.BatchListener[order] }
	batchOfPtrs struct{ eventing.BatchListener[*order] }
	sizedAlone  struct {
		eventing.Listener[order] `listener:"size=10"`
	}
	agedAlone struct {
		eventing.Listener[order] `listener:"age=1s"`
	}
	emptyBatch struct {
		eventing.BatchListener[order] `listener:"size=0"`
	}
	hugeBatch struct {
		eventing.BatchListener[order] `listener:"size=10001"`
	}
	ageless struct {
		eventing.BatchListener[order] `listener:"age=0s"`
	}
	manyBatches struct {
		eventing.BatchListener[order] `listener:"size=1000,concurrency=11"`
	}
	misspelt struct {
		eventing.BatchListener[order] `listener:"sise=10"`
	}
)

func (*batchOfOne) On(context.Context, order) error     { return nil }
func (*batchOfPtrs) On(context.Context, []*order) error { return nil }
func (*sizedAlone) On(context.Context, order) error     { return nil }
func (*agedAlone) On(context.Context, order) error      { return nil }
func (*emptyBatch) On(context.Context, []order) error   { return nil }
func (*hugeBatch) On(context.Context, []order) error    { return nil }
func (*ageless) On(context.Context, []order) error      { return nil }
func (*manyBatches) On(context.Context, []order) error  { return nil }
func (*misspelt) On(context.Context, []order) error     { return nil }

func TestWhatABootRefusesOfBatches(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		part     environment.Part
		listener any
		want     string
	}{
		"On of one event": {
			environment.Register[batchOfOne](), &batchOfOne{},
			"listener *eventing_test.batchOfOne has the wrong method: it must be func (*batchOfOne) On(context.Context, []eventing_test.order) error, " +
				"not func (*batchOfOne) On(context.Context, eventing_test.order) error",
		},
		"no On": {
			environment.Register[batchOfNone](), &batchOfNone{},
			"listener *eventing_test.batchOfNone has no method On: add func (*batchOfNone) On(context.Context, []eventing_test.order) error",
		},
		"pointers to events": {environment.Register[batchOfPtrs](), &batchOfPtrs{}, "events are values: write [eventing_test.order], not [*eventing_test.order]"},
		"a size of one event": {
			environment.Register[sizedAlone](), &sizedAlone{},
			`listener *eventing_test.sizedAlone: option "size" of tag "listener" is one of batches: embed eventing.BatchListener, or remove it`,
		},
		"an age of one event": {environment.Register[agedAlone](), &agedAlone{}, `option "age" of tag "listener" is one of batches`},
		"an empty batch":      {environment.Register[emptyBatch](), &emptyBatch{}, "option size=0 must be a whole number from 1 to 10000"},
		"a huge batch":        {environment.Register[hugeBatch](), &hugeBatch{}, "option size=10001 must be a whole number from 1 to 10000"},
		"a batch without age": {environment.Register[ageless](), &ageless{}, "option age=0s must be a positive duration like 250ms or 5s"},
		"too much at once":    {environment.Register[manyBatches](), &manyBatches{}, "concurrency 11 and size 1000 make 11000 events at once: it must be 10000 at most"},
		"a slip of the pen":   {environment.Register[misspelt](), &misspelt{}, `unknown option "sise" of tag "listener": did you mean "size"?`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, without := eventing.NewEventManager(&hookedProvider{}, eventing.Config{Listeners: []any{test.listener}})
			with := environment.Validate(environment.Module("test", test.part, eventing.Module(memory.Config{})))
			require.ErrorContains(t, without, test.want)
			require.ErrorContains(t, with, test.want)
		})
	}
}
