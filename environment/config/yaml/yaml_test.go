package yaml_test

import (
	"os"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/environment/config"
	"github.com/aspyx-go/aspyx/environment/config/yaml"
)

type server struct {
	Host  string `value:"host"`
	Ports []int
}

type app struct {
	Name    string
	Started time.Time
	Timeout time.Duration
	Ratio   float64
	Big     uint64
	On      bool
	Secret  config.Secret
	Servers []server
	Labels  map[string]string
	Empty   *server
	Any     map[string]any
}

// load returns what a file with this text holds.
func load(text string) (*config.Values, error) {
	files := fstest.MapFS{"app.yaml": {Data: []byte(text)}}
	return config.Load(config.File(files, "app.yaml", yaml.Decode))
}

func TestDecode(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("testdata/app.yaml")
	require.NoError(t, err)
	values, err := load(string(text))
	require.NoError(t, err)
	got, err := config.Get[app](values, "app")
	require.NoError(t, err)
	assert.Equal(t, app{
		Name: "shop", Started: time.Date(2024, 2, 29, 0, 0, 0, 0, time.UTC), Timeout: 1500 * time.Millisecond,
		Ratio: 0.5, Big: 18446744073709551615, On: true, Secret: config.NewSecret("0123"),
		Servers: []server{{"a.example", []int{80, 443}}, {"b.example", []int{80, 443}}},
		Labels:  map[string]string{"app.kubernetes.io/name": "shop", "1": "one"},
		Any:     map[string]any{"a": []any{1, "x", nil}},
	}, got)
}

func TestDecodeErrorsNameFileAndKey(t *testing.T) {
	t.Parallel()
	values, err := load("db:\n  timeout: 5\n  password: 123\n")
	require.NoError(t, err)
	_, err = config.Get[struct {
		Timeout  time.Duration
		Password config.Secret
	}](values, "db")
	require.EqualError(t, err, "config: db.timeout from file app.yaml: 5 is no time.Duration: write a unit, like 5s\n"+
		"config: db.password from file app.yaml: the value is no config.Secret: put it in quotes")
}

func TestDecodeEmpty(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "\n", "# only a comment\n", "---\n", "null\n", "~", "{}"} {
		tree, err := yaml.Decode([]byte(text))
		require.NoError(t, err, text)
		assert.Equal(t, map[string]any{}, tree, text)
	}
}

// No error shows what stands in the file, but for keys.
func TestDecodeRefuses(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ text, want string }{
		{"a: 1\nb: s3cret: c", "line 2: mapping values are not allowed in this context"},
		{"a: 1\nb: \"\\qs3cret\"", "line 2: found unknown escape character"},
		{"a: 1\nb:\n\tc: s3cret", "line 3: found character that cannot start any token"},
		{"a: *s3cret", "unknown anchor … referenced: put a text that begins with * in quotes"},
		{"a: 1\nb: !!int s3cret", "line 2: cannot decode !!str … as a !!int"},
		{"a:\n- x\n- !!float s3cret", "line 3: cannot decode !!str … as a !!float"},
		{"a: 1\nb: 2\na: 3", `line 3: mapping key "a" already defined at line 1`},
		{"a: {b: 1, b: 2}\nc: {d: 1, d: 2}", "line 1: mapping key \"b\" already defined at line 1\nline 2: mapping key \"d\" already defined at line 2"},
		{"[s3cret]", "line 1: it has to be a mapping: key: value"},
		{"\ns3cret", "line 2: it has to be a mapping: key: value"},
		{"a: 1\n---\nb: 2", "line 2: a second document: write one for each file"},
		{"a: 1\n---\nb: [", "line 3: did not find expected node content"},
		{"? [s3cret]\n: b", "line 1: cannot unmarshal !!seq into string"},
		{"a: {[s3cret]: b}", "invalid …"},
		{"a: &s3cret [*s3cret]", "anchor … value contains itself"},
		{"<<: s3cret", "map merge requires map or sequence of maps as the value"},
		{"a: s3cret\x00", "control characters are not allowed"},
	} {
		tree, err := yaml.Decode([]byte(test.text))
		require.EqualError(t, err, test.want, test.text)
		assert.NotContains(t, err.Error(), "s3cret")
		assert.Nil(t, tree)

		_, err = load(test.text)
		require.ErrorIs(t, err, config.ErrSource)
		assert.True(t, strings.HasPrefix(err.Error(), "config: file app.yaml: "))
	}
}

func TestDecodeRefusesNullAsKey(t *testing.T) {
	t.Parallel()
	_, err := load("a: {~: 1}")
	require.EqualError(t, err, `config: file app.yaml: in section "a": a key is null`)
}

func FuzzDecode(f *testing.F) {
	f.Add("app:\n  name: x\n  servers:\n  - host: a\n    ports: [1, 2]\n")
	f.Add("app: {started: 2024-02-29, timeout: 5s, on: yes, any: {1: a}}")
	f.Fuzz(func(t *testing.T, text string) {
		values, err := load(text)
		if err != nil {
			require.ErrorIs(t, err, config.ErrSource)
			return
		}
		var into app
		if err := values.Decode("app", &into); err != nil {
			require.Zero(t, into)
		}
		_, _, _ = values.Lookup("")
	})
}
