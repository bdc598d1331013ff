package benchmarks_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/dig"

	"github.com/aspyx-go/aspyx/environment"
)

var update = flag.Bool("update", false, "write the golden files anew")

// What the mistakes are made with.
type (
	Store     interface{ Save(order string) }
	SQLStore  struct{}
	FileStore struct{}
	SQLStor   struct{}
	Service   struct{}
)

func (*SQLStore) Save(string)  {}
func (*FileStore) Save(string) {}

func NewSQLStore() *SQLStore   { return &SQLStore{} }
func NewFileStore() *FileStore { return &FileStore{} }

func AsksForValue(SQLStore) *Service             { return nil }
func AsksForInterfacePointer(*Store) *Service    { return nil }
func AsksForList([]SQLStore) *Service            { return nil }
func AsksForInterface(Store) *Service            { return nil }
func AsksForMisspelled(*SQLStor) *Service        { return nil }
func AsksForName(NamedParams) *Service           { return nil }
func AsksForNameOfDig(NamedParamsOfDig) *Service { return nil }

type NamedParams struct {
	environment.Params
	Store *SQLStore `inject:"name=order"`
}

type NamedParamsOfDig struct {
	dig.In
	Store *SQLStore `name:"order"`
}

// mistake is the same one made with both containers.
type mistake struct {
	name    string
	stores  []any // constructors
	asks    any
	asksDig any    // where it differs
	named   string // the name of the store
	bound   bool   // dig is told that it is a Store; aspyx sees that
}

var mistakes = []mistake{
	{name: "pointer and value", stores: []any{NewSQLStore}, asks: AsksForValue},
	{name: "pointer to an interface", stores: []any{NewSQLStore}, asks: AsksForInterfacePointer, bound: true},
	{name: "list", stores: []any{NewSQLStore}, asks: AsksForList},
	{name: "name", stores: []any{NewSQLStore}, asks: AsksForName, asksDig: AsksForNameOfDig, named: "orders"},
	{name: "several", stores: []any{NewSQLStore, NewFileStore}, asks: AsksForInterface},
	{name: "slip of the pen", stores: []any{NewSQLStore}, asks: AsksForMisspelled},
}

// TestReports keeps what both containers say of the same mistakes, which
// docs/operating.md shows.
func TestReports(t *testing.T) {
	t.Parallel()
	var text strings.Builder
	for _, m := range mistakes {
		fmt.Fprintf(&text, "# %s: aspyx\n%s\n\n", m.name, reportOfAspyx(t, &m))
		fmt.Fprintf(&text, "# %s: dig\n%s\n\n", m.name, reportOfDig(t, &m))
	}
	file := filepath.Join("..", "docs", "testdata", "reports.golden")
	if *update {
		require.NoError(t, os.WriteFile(file, []byte(text.String()), 0o600))
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.Equal(t, string(want), text.String(), "go test -run Reports -update . writes it anew; the page then has to follow")
}

func reportOfAspyx(t *testing.T, m *mistake) string {
	t.Helper()
	var options []environment.ComponentOption
	if m.named != "" {
		options = append(options, environment.Named(m.named))
	}
	var parts []environment.Part
	for _, store := range m.stores {
		parts = append(parts, environment.Provide(store, options...))
	}
	err := environment.Validate(environment.Module("shop", append(parts, environment.Provide(m.asks))...))
	require.Error(t, err)
	return err.Error()
}

// folders are what dig prints before the name of a file's folder.
var folders = regexp.MustCompile(`\t/\S*/(benchmarks/)`)

func reportOfDig(t *testing.T, m *mistake) string {
	t.Helper()
	var options []dig.ProvideOption
	if m.named != "" {
		options = append(options, dig.Name(m.named))
	}
	if m.bound {
		options = append(options, dig.As(new(Store)))
	}
	container := dig.New()
	for _, store := range m.stores {
		require.NoError(t, container.Provide(store, options...))
	}
	asks := m.asks
	if m.asksDig != nil {
		asks = m.asksDig
	}
	require.NoError(t, container.Provide(asks))
	err := container.Invoke(func(*Service) {})
	require.Error(t, err)
	return folders.ReplaceAllString(fmt.Sprintf("%+v", err), "\t$1")
}
