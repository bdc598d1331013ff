package config_test

import (
	"flag"
	"io"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/environment/config"
)

func TestEnv(t *testing.T) {
	t.Setenv("APP_DB_MAX_CONNS", "7")
	t.Setenv("APP_EMPTY", "")
	t.Setenv("APPDB_DSN", "of nobody")
	t.Setenv("ASPYX_TEST_PLAIN", "plain")
	t.Setenv("APP_ÄRGER_1", "ä")
	for _, prefix := range []string{"APP", "app", "APP_", "App-"} {
		values := load(t, config.Env(prefix))
		for _, key := range []string{"db.max_conns", "db.max-conns", "DB.Max.Conns", "db/max conns"} {
			value, source, ok := values.Lookup(key)
			assert.True(t, ok, key)
			assert.Equal(t, "7", value)
			assert.Equal(t, "environment variable APP_DB_MAX_CONNS", source)
		}
		assert.False(t, values.Has("db.maxConns"), "the words of a name are part of the variable's")
		assert.False(t, values.Has("db"))
		assert.False(t, values.Has(""))
		value, source, ok := values.Lookup("empty")
		assert.True(t, ok, "it is set")
		assert.Empty(t, value)
		assert.Equal(t, "environment variable APP_EMPTY", source)
		assert.True(t, values.Has("ärger.1"))
	}
	values := load(t, config.Env(""))
	assert.True(t, values.Has("aspyx.test_plain"))
	assert.True(t, values.Has("app.db.max_conns"))

	_, err := config.Get[bool](load(t, config.Env("APP")), "db.max_conns")
	require.EqualError(t, err, `config: db.max_conns from environment variable APP_DB_MAX_CONNS: "7" is no bool: write true or false`)
	_, err = config.Get[int](load(t, config.Env("APP")), "db.max_cons")
	require.EqualError(t, err, `config: db.max_cons: missing: did you mean APP_DB_MAX_CONNS (environment variable)?`)
}

func TestEnvFillsStructs(t *testing.T) {
	t.Setenv("APP_DB_DSN", password)
	t.Setenv("APP_DB_MAX_CONNS", "7")
	t.Setenv("APP_DB_POOL_MAX", "9")
	t.Setenv("APP_DB_TAGS", "x, y")
	t.Setenv("APP_DB_UNKNOWN", "variables are never unknown")
	db, err := config.Get[DB](load(t, config.Env("APP")), "db")
	require.NoError(t, err)
	assert.Equal(t, DB{
		DSN: config.NewSecret(password), Timeout: 5 * time.Second, MaxConns: 7,
		Pool: &Pool{Max: 9}, Tags: []string{"x", "y"},
	}, db)

	// A type inside itself ends where no variable is set.
	t.Setenv("APP_LIST_VALUE", "1")
	t.Setenv("APP_LIST_NEXT_VALUE", "2")
	list, err := config.Get[Node](load(t, config.Env("APP")), "list")
	require.NoError(t, err)
	assert.Equal(t, Node{1, &Node{2, nil}}, list)
}

type upper string

func (u *upper) String() string { return string(*u) }

func (u *upper) Set(text string) error {
	*u = upper(strings.ToUpper(text))
	return nil
}

func TestFlags(t *testing.T) {
	t.Parallel()
	set := flag.NewFlagSet("test", flag.ContinueOnError)
	set.SetOutput(io.Discard)
	set.String("db.dsn", "default", "")
	set.Int("db.max-conns", 3, "")
	set.Duration("timeout", 0, "")
	set.Bool("verbose", false, "")
	var own upper
	set.Var(&own, "own", "")
	var secret config.Secret
	set.TextVar(&secret, "password", config.Secret{}, "")
	var size config.Bytes
	set.TextVar(&size, "size", config.Bytes(0), "")
	require.NoError(t, set.Parse([]string{
		"-db.max-conns=5", "-timeout", "3s", "-verbose", "-own=x", "-password=" + password, "-size=16KiB",
	}))

	values := load(t, config.Map(map[string]any{"db": map[string]any{"dsn": "file", "maxConns": 1}}), config.Flags(set))
	type target struct {
		DB struct {
			DSN      string
			MaxConns int
		}
		Timeout  time.Duration
		Verbose  bool
		Own      string
		Password config.Secret
		Size     config.Bytes
	}
	got, err := config.Get[target](values, "")
	require.NoError(t, err)
	assert.Equal(t, "file", got.DB.DSN, "a flag that wasn't set doesn't count")
	assert.Equal(t, 5, got.DB.MaxConns)
	assert.Equal(t, 3*time.Second, got.Timeout)
	assert.True(t, got.Verbose)
	assert.Equal(t, "X", got.Own)
	assert.Equal(t, password, got.Password.Reveal())
	assert.Equal(t, config.Bytes(16384), got.Size)
	_, err = config.Get[bool](values, "db.max_conns")
	require.EqualError(t, err, "config: db.max_conns from flags: 5 is no bool: write true or false")
}

func TestFile(t *testing.T) {
	t.Parallel()
	files := fstest.MapFS{
		"app.json": {Data: []byte(`{"db": {"dsn": "x", "big": 12345678901234567890}, "list": [1, true, null, "a", []]}`)},
		"bad.json": {Data: []byte("{\n  \"a\": " + password + "\n}")},
	}
	source := config.File(files, "app.json", config.JSON)
	assert.Equal(t, "file app.json", source.Name())
	values := load(t, source, config.OptionalFile(files, "app.json", config.JSON), config.OptionalFile(files, "none.json", config.JSON))
	big, err := config.Get[uint64](values, "db.big")
	require.NoError(t, err)
	assert.Equal(t, uint64(12345678901234567890), big)
	_, err = config.Get[bool](values, "db.dsn")
	require.EqualError(t, err, `config: db.dsn from file app.json: "x" is no bool: write true or false`)

	for _, test := range []struct {
		source config.Source
		want   string
	}{
		{config.File(files, "none.json", config.JSON), "config: file none.json: open none.json: file does not exist"},
		{config.OptionalFile(files, ".", config.JSON), "config: file .: read .: invalid argument"},
		{config.File(files, "bad.json", config.JSON), "config: file bad.json: line 2: it is no JSON: invalid character looking for beginning of value"},
		{config.OptionalFile(files, "bad.json", config.JSON), "config: file bad.json: line 2: it is no JSON: invalid character looking for beginning of value"},
		{config.File(nil, "app.json", config.JSON), `config: file app.json: it needs a file system and a decoder, like os.DirFS(".") and config.JSON`},
		{config.File(files, "app.json", nil), `config: file app.json: it needs a file system and a decoder, like os.DirFS(".") and config.JSON`},
	} {
		_, err := config.Load(test.source)
		require.ErrorIs(t, err, config.ErrSource)
		assert.EqualError(t, err, test.want)
	}
	_, err = config.Load(config.File(files, "none.json", config.JSON))
	require.ErrorIs(t, err, fs.ErrNotExist)
}

func TestJSONRefuses(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ text, want string }{
		{"", "line 1: it is no JSON: unexpected end"},
		{"\n\n{", "line 3: it is no JSON: unexpected end"},
		{"{}\n{}", "line 2: it is no JSON: invalid character after top-level value"},
		{"{\"a\": 1,\n\n}", "line 3: it is no JSON: invalid character looking for beginning of object key string"},
		{"{'a': 1}", "line 1: it is no JSON: invalid character looking for beginning of object key string"},
		{"[1]", "it has to be an object: {…}"},
		{"null", "it has to be an object: {…}"},
		{"\"x\"", "it has to be an object: {…}"},
		{"{\"a\": 1,\n\"a\": 2}", `line 2: the key "a" stands twice`},
		{"{\"a\": tRue}", "line 1: it is no JSON: invalid character in literal true (expecting 'r')"},
		{"{\"a\": [{\"b\": 1, \"b\": 2}]}", `line 1: the key "b" stands twice`},
	} {
		tree, err := config.JSON([]byte(test.text))
		require.EqualError(t, err, test.want, "%.20s", test.text)
		assert.Nil(t, tree)
	}
}

// Releases of Go say these in different words.
func TestJSONRefusesInOtherWords(t *testing.T) {
	t.Parallel()
	for _, text := range []string{strings.Repeat("[", 20_000), `{"a": "\q"}`, `{"a": "\u12 "}`} {
		_, err := config.JSON([]byte(text))
		require.ErrorContains(t, err, "line 1: it is no JSON")
	}
}
