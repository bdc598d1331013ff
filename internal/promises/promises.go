// Package promises keeps the documentation's table of who keeps which promise
// equal to what the conformance suite has shown.
package promises

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/eventing/eventingtest"
)

var update = flag.Bool("update", false, "write what the suite has shown to the documentation's test data")

// Check compares the results of a run with those that the documentation has of
// a broker, in docs/testdata/promises-<broker>.golden. The test runs in a folder
// two levels below the root of the repository. With the flag -update it writes
// them.
func Check(broker string) func(t *testing.T, results []eventingtest.Result) {
	return func(t *testing.T, results []eventingtest.Result) {
		t.Helper()
		var lines strings.Builder
		for _, result := range results {
			fmt.Fprintf(&lines, "%d\t%v\n", result.Promise, result)
		}
		name := filepath.Join("..", "..", "docs", "testdata", "promises-"+broker+".golden")
		if *update {
			require.NoError(t, os.WriteFile(name, []byte(lines.String()), 0o600))
		}
		documented, err := os.ReadFile(name) //nolint:gosec // a file of this repository
		require.NoError(t, err)
		assert.Equal(t, string(documented), lines.String(), "the documentation differs: run go test -run TestConformance -update, and copy the table")
	}
}
