package docs_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestTableOfPromises: the table is what the conformance suite has shown.
func TestTableOfPromises(t *testing.T) {
	t.Parallel()
	memory, artemis, classic := readPromises(t, "memory"), readPromises(t, "artemis"), readPromises(t, "classic")
	require.Len(t, artemis, len(memory))
	require.Len(t, classic, len(memory))
	table := "| promise | memory | Artemis, by AMQP 1.0 | ActiveMQ Classic, by AMQP 1.0 |\n| --- | --- | --- | --- |\n"
	for i := range memory {
		require.Equal(t, memory[i][0], artemis[i][0])
		require.Equal(t, memory[i][0], classic[i][0])
		table += "| " + memory[i][0] + " | " + memory[i][1] + " | " + artemis[i][1] + " | " + classic[i][1] + " |\n"
	}
	page, err := os.ReadFile("delivery.md")
	require.NoError(t, err)
	assert.True(t, strings.Contains(string(page), "\n"+table), "delivery.md must have this table:\n%s", table)
}

// readPromises returns the numbers of the promises and who keeps them.
func readPromises(t *testing.T, broker string) (rows [][2]string) {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("testdata", "promises-"+broker+".golden"))
	require.NoError(t, err)
	for line := range strings.Lines(string(content)) {
		promise, keeper, ok := strings.Cut(strings.TrimSpace(line), "\t")
		require.True(t, ok)
		rows = append(rows, [2]string{promise, keeper})
	}
	return rows
}
