package eventingtest_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/eventing"
	"github.com/aspyx-go/aspyx/eventing/eventingtest"
	"github.com/aspyx-go/aspyx/eventing/memory"
)

// TestReportTellsWhatIsLacking has a provider run that lacks all it may.
func TestReportTellsWhatIsLacking(t *testing.T) { //nolint:tparallel // the end of the subtest is waited for
	t.Parallel()
	broker := memory.NewBroker()
	poor := opener(broker, func(f *faulty) {
		f.lacks = func(c *eventing.Capabilities) { *c = eventing.Capabilities{} }
	})
	var results []eventingtest.Result
	t.Run("suite", func(t *testing.T) {
		eventingtest.Run(t, eventingtest.Harness{
			Provider: poor,
			Report:   func(_ *testing.T, all []eventingtest.Result) { results = all },
		})
	})
	shown := map[int]string{}
	cases := 0
	for _, result := range results {
		shown[result.Promise] = result.String()
		cases += result.Passed + result.Left
	}
	require.Len(t, eventingtest.Cases(), cases, "each case is in the results")
	assert.Equal(t, map[int]string{
		1: "native", 2: "native", 3: "native and by us; cases not run: 2", 4: "native", 5: "native; refused: delay",
		6: "by us", 7: "by us; refused: delay", 8: "by us; refused: delay", 9: "native and by us",
		10: "nothing to show; cases not run: 1", 11: "native; refused: mandatory events", 12: "native and by us; cases not run: 1", 13: "native and by us; refused: order by key",
	}, shown)
	assert.Equal(t, "broken (2 cases failed)", eventingtest.Result{Keeper: "native", Passed: 1, Failed: 2}.String())
}
