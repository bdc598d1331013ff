package config_test

import (
	"encoding/json"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/environment/config"
)

func TestLoadMergesKeyByKey(t *testing.T) {
	t.Parallel()
	values := load(t,
		config.Map(map[string]any{
			"db":    map[string]any{"dsn": "first", "pool": map[string]any{"min": 1, "max": 2}},
			"list":  []any{1, 2, 3},
			"value": "text", "section": map[string]any{"a": 1},
		}),
		config.Map(map[string]any{
			"DB.Pool.Max": 5, "list": []any{4}, "DB.timeout": "1s",
			"value.inner": "below", "section": "replaced",
		}),
		config.Map(map[string]any{"db": nil, "db-": map[string]any{}}),
	)
	for _, test := range []struct {
		key  string
		want any
	}{
		{"db.dsn", "first"},
		{"db.pool.min", 1},
		{"db.pool.max", 5},
		{"db.timeout", "1s"},
		{"list", []any{4}},
		{"value.inner", "below"},
		{"value", map[string]any{"inner": "below"}},
		{"section", "replaced"},
		{"section.a", nil},
		{"db.pool", map[string]any{"min": 1, "Max": 5}},
		{"db.dsn.deeper", nil},
		{"nothing", nil},
		{"db..dsn", nil},
		{".", nil},
	} {
		value, source, ok := values.Lookup(test.key)
		assert.Equal(t, test.want, value, test.key)
		assert.Equal(t, test.want != nil, ok, test.key)
		assert.Equal(t, ok, source == "map", test.key)
		assert.Equal(t, ok, values.Has(test.key), test.key)
	}
	whole, err := config.Get[map[string]any](values, "")
	require.NoError(t, err)
	assert.Equal(t, map[string]any{
		"db-":  map[string]any{"dsn": "first", "Pool": map[string]any{"min": 1, "Max": 5}, "timeout": "1s"},
		"list": []any{4}, "value": map[string]any{"inner": "below"}, "section": "replaced",
	}, whole)
}

func TestKeysIgnoreCaseAndSeparators(t *testing.T) {
	t.Parallel()
	values := of(t, map[string]any{"db.max_conns": 1, "_": 2, "-": 3})
	for _, key := range []string{"db.max_conns", "db.maxConns", "DB.MAX-CONNS", "d_b.maxconns"} {
		assert.True(t, values.Has(key), key)
	}
	assert.False(t, values.Has("db.max.conns"))
	value, err := config.Get[int](values, "_")
	require.NoError(t, err)
	assert.Equal(t, 2, value)
}

func TestVariablesOverrideAndHideNothing(t *testing.T) {
	t.Parallel()
	values := load(t,
		config.Map(map[string]any{"db": map[string]any{"dsn": "file", "max": 1}, "labels": map[string]any{"a": "1", "b": "2"}}),
		Vars{"$db.dsn": "variable", "$db": "not a section", "$labels.b": "3", "$labels.c": "unseen"},
	)
	value, source, ok := values.Lookup("db.dsn")
	require.True(t, ok)
	assert.Equal(t, "variable", value)
	assert.Equal(t, "variable $db.dsn", source)

	db, err := config.Get[struct {
		DSN string
		Max int
	}](values, "db")
	require.NoError(t, err, "the variable of a struct doesn't count")
	assert.Equal(t, "variable", db.DSN)
	assert.Equal(t, 1, db.Max)

	labels, err := config.Get[map[string]string](values, "labels")
	require.NoError(t, err)
	assert.Equal(t, map[string]string{"a": "1", "b": "3"}, labels)

	text, err := config.Get[string](values, "db")
	require.NoError(t, err)
	assert.Equal(t, "not a section", text)

	// A later source wins over a variable.
	values = load(t, Vars{"$db.dsn": "variable", "$db": "x"}, config.Map(map[string]any{"db": map[string]any{"dsn": "file"}}))
	value, _, _ = values.Lookup("db.dsn")
	assert.Equal(t, "file", value)
	value, _, _ = values.Lookup("db")
	assert.Equal(t, map[string]any{"dsn": "file"}, value)
}

func TestWithParent(t *testing.T) {
	t.Parallel()
	parent := of(t, map[string]any{"db.dsn": "parent", "db.timeout": "1s"})
	child := of(t, map[string]any{"db.dsn": "child"})
	both := child.WithParent(parent)
	for key, want := range map[string]string{"db.dsn": "child", "db.timeout": "1s"} {
		value, err := config.Get[string](both, key)
		require.NoError(t, err)
		assert.Equal(t, want, value)
	}
	assert.False(t, child.Has("db.timeout"), "it isn't changed")
	var none *config.Values
	assert.True(t, none.WithParent(parent).Has("db.dsn"))
	assert.True(t, parent.WithParent(none).Has("db.dsn"))
	assert.False(t, none.WithParent(none).Has(""))
}

func TestNoValues(t *testing.T) {
	t.Parallel()
	for _, values := range []*config.Values{nil, {}, load(t), load(t, config.Map(nil), config.Env("ASPYX_NOBODY_HAS_THIS"))} {
		assert.False(t, values.Has(""))
		assert.False(t, values.Has("a"))
		_, _, ok := values.Lookup("a")
		assert.False(t, ok)
		_, err := config.Get[int](values, "a")
		require.ErrorIs(t, err, config.ErrMissing)
		_, err = config.Get[map[string]any](values, "")
		require.ErrorIs(t, err, config.ErrMissing)
	}
}

func TestMissingTellsWhereToLook(t *testing.T) {
	t.Parallel()
	tree := config.Map(map[string]any{"database": map[string]any{"dsn": "x", "port": 1}, "max_conns": 1, "a": "leaf"})
	for _, test := range []struct {
		key     string
		sources []config.Source
		want    string
	}{
		{"db.dsn", nil, "there is no source"},
		{"db.dsn", []config.Source{tree, tree, Vars{}}, "looked in map, variable $db.dsn"},
		{"database.dns", []config.Source{tree}, "did you mean database.dsn (map)?"},
		{"databse.dsn", []config.Source{tree}, "did you mean database.dsn (map)?"},
		{"databse.dns", []config.Source{tree}, "did you mean database.dsn (map)?"},
		{"databas", []config.Source{tree}, "did you mean database (map)?"},
		{"database.host", []config.Source{tree}, "looked in map"},
		{"max.conns", []config.Source{tree}, "did you mean max_conns (map)?"},
		{"database.dsn", []config.Source{tree, config.Map(map[string]any{"database": "hides"})}, "looked in map"},
		{"db.dsn", []config.Source{Vars{"$db.dns": "", "$x": ""}}, "did you mean $db.dns (variable)?"},
		{"db.dsn", []config.Source{Vars{"$x": ""}}, "looked in variable $db.dsn"},
		{"db_dsn", []config.Source{Vars{"$db_dns": "", "$db_host": "", "$x": ""}}, "did you mean $db_dns (variable)?"},
	} {
		_, err := config.Get[int](load(t, test.sources...), test.key)
		require.EqualError(t, err, "config: "+test.key+": missing: "+test.want)
		require.ErrorIs(t, err, config.ErrMissing)
	}
}

func TestDecodeDefault(t *testing.T) {
	t.Parallel()
	values := of(t, map[string]any{"set": "2s", "bad": "x", "section.dsn": "x"})
	for _, test := range []struct {
		key, text string
		want      time.Duration
	}{{"set", "5s", 2 * time.Second}, {"unset", "5s", 5 * time.Second}} {
		into := valueOf(test.want)
		require.NoError(t, values.DecodeDefault(test.key, test.text, into))
		assert.Equal(t, test.want, into.Interface())
	}
	for _, test := range []struct {
		key  string
		into any
		want string
	}{
		{"bad", time.Second, `config: bad from the default: "7" is no time.Duration: write a unit, like 7s`},
		{"bad", 1, `config: bad from map: "x" is no int`},
		{"unset", time.Second, `config: unset from the default: "7" is no time.Duration: write a unit, like 7s`},
		{"section", Pool{}, `config: section: a struct takes no default: give its fields defaults`},
		{"unset", &Pool{}, `config: unset: a struct takes no default: give its fields defaults`},
	} {
		into := valueOf(test.into)
		require.EqualError(t, values.DecodeDefault(test.key, "7", into), test.want)
		assert.True(t, into.IsZero())
	}
}

func TestDecodeNeedsAPointer(t *testing.T) {
	t.Parallel()
	values := of(t, map[string]any{"a": 1})
	for _, test := range []struct {
		into any
		want string
	}{
		{nil, "config: a: can't decode into a <nil>: give a non-nil pointer"},
		{5, "config: a: can't decode into a int: give a non-nil pointer"},
		{(*int)(nil), "config: a: can't decode into a *int: give a non-nil pointer"},
	} {
		err := values.Decode("a", test.into)
		require.EqualError(t, err, test.want)
		require.ErrorIs(t, err, config.ErrType)
	}
	require.ErrorIs(t, values.DecodeValue("a", valueOf(func() {})), config.ErrType)
}

func TestValuesDontChange(t *testing.T) {
	t.Parallel()
	list := []any{map[string]any{"a": "1"}, []string{"b"}}
	tree := map[string]any{"list": list, "section": map[string]any{"a": 1}}
	values := of(t, tree)
	want := []any{map[string]any{"a": "1"}, []any{"b"}}

	list[0] = "changed"
	tree["section"] = "changed"
	for range 2 {
		got, _, _ := values.Lookup("list")
		require.Equal(t, want, got)
		got.([]any)[0] = "changed" //nolint:forcetypeassert // it is
		var anything any
		require.NoError(t, values.Decode("list", &anything))
		require.Equal(t, want, anything)
		anything.([]any)[1].([]any)[0] = "changed" //nolint:forcetypeassert // it is
		anys, err := config.Get[[]any](values, "list")
		require.NoError(t, err)
		require.Equal(t, want, anys)
		anys[0].(map[string]any)["a"] = "changed" //nolint:forcetypeassert // it is
	}
	assert.True(t, values.Has("section.a"))
}

func TestValuesAreSafeForConcurrentUse(t *testing.T) {
	t.Parallel()
	values := load(t, config.Map(map[string]any{"db": map[string]any{"dsn": "x", "pool": map[string]any{"max": json.Number("5")}}}), Vars{"$db.max_conns": "7"})
	var group sync.WaitGroup
	for range 16 {
		group.Go(func() {
			db, err := config.Get[DB](values, "db")
			assert.NoError(t, err)
			assert.Equal(t, 7, db.MaxConns)
			assert.True(t, values.WithParent(values).Has("db.pool"))
			_, _, _ = values.Lookup("")
			_, err = config.Get[int](values, "db.pol.max")
			assert.ErrorIs(t, err, config.ErrMissing)
		})
	}
	group.Wait()
}

type badSource struct{ content config.Content }

var errBad = errors.New("it is closed")

func (badSource) Name() string { return "vault" }

func (s badSource) Load() (config.Content, error) { return s.content, errBad }

func TestLoadJoinsErrors(t *testing.T) {
	t.Parallel()
	values, err := config.Load(config.Map(nil), nil, badSource{}, config.Map(map[string]any{"a..b": 1}), config.Flags(nil))
	assert.Nil(t, values)
	require.EqualError(t, err, "config: source 2: it is nil: leave it out\n"+
		"config: vault: it is closed\n"+
		"config: map: the key \"a..b\" has an empty name\n"+
		"config: flags: the flag set is nil: give flag.CommandLine or your own")
	require.ErrorIs(t, err, config.ErrSource)
	require.ErrorIs(t, err, errBad)
}
