package config_test

import (
	"reflect"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/environment/config"
)

type (
	Base struct {
		Name string `value:"name"`
	}
	Server struct {
		Base
		inner
		HTTPPort int
		Deep     int   `value:"limits.requests.max,optional"`
		Near     int   `value:"limits.min,optional"`
		Extra    *Base `value:"extra,optional"`
		Value    Base  `value:"value,optional"`
		Nested   struct {
			Level int `value:"level,default=3"`
		}
	}
	inner struct {
		Region string `value:"region,default=eu,west"`
	}
	OnlyOptional struct {
		A int
		B *Base
	}
	AllDefaults struct {
		A int `value:"a,default=1"`
	}
	NeedsOptional struct {
		Inner OnlyOptional `value:"inner"`
	}
)

func TestDecodeStruct(t *testing.T) {
	t.Parallel()
	values := of(t, map[string]any{
		"name": "a", "httpPort": 80, "limits": map[string]any{"requests.max": 5, "min": 1}, "value.name": "v", "Nested": map[string]any{},
	})
	got, err := config.Get[Server](values, "")
	require.NoError(t, err)
	want := Server{Base: Base{"a"}, inner: inner{"eu,west"}, HTTPPort: 80, Deep: 5, Near: 1, Value: Base{"v"}}
	want.Nested.Level = 3
	assert.Equal(t, want, got)

	pointer, err := config.Get[*Server](values, "")
	require.NoError(t, err)
	assert.Equal(t, &want, pointer)
}

func TestDecodeStructKeepsWhatIsNotSet(t *testing.T) {
	t.Parallel()
	pool := &Pool{Min: 1, Max: 2}
	db := DB{Replica: "r", MaxConns: 3, Pool: pool, Timeout: time.Hour}
	values := of(t, map[string]any{"db.dsn": "x", "db.pool.max": 9})
	require.NoError(t, values.Decode("db", &db))
	assert.Equal(t, DB{
		DSN: config.NewSecret("x"), Replica: "r", MaxConns: 3,
		Pool: &Pool{Min: 1, Max: 9}, Timeout: 5 * time.Second, Tags: []string{"a", "b"},
	}, db)
	assert.Equal(t, Pool{1, 2}, *pool, "what it pointed to is not changed")
}

func TestDecodeStructRefuses(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		what string
		tree map[string]any
		into any
		kind error
		want string
	}{
		{"missing field", map[string]any{"db.timeout": "1s"}, DB{}, config.ErrMissing, "config: db.dsn: missing: looked in map"},
		{"missing section", nil, DB{}, config.ErrMissing, "config: db.dsn: missing: looked in map"},
		{"missing section, nothing required", map[string]any{"bd": 1}, OnlyOptional{}, config.ErrMissing, "config: db: missing: did you mean bd (map)?"},
		{"missing pointer", nil, &OnlyOptional{}, config.ErrMissing, "config: db: missing: looked in map"},
		{"missing inner section", map[string]any{"db": map[string]any{}}, NeedsOptional{}, config.ErrMissing, "config: db.inner: missing: looked in map"},
		{"missing all", nil, Server{}, config.ErrMissing, "config: db.name: missing: looked in map"},
		{
			"missing in a section that is optional",
			map[string]any{"db.name": "a", "db.extra": map[string]any{}},
			Server{},
			config.ErrMissing,
			"config: db.extra.name: missing: looked in map",
		},
		{"unknown, near", map[string]any{"db.dsn": "x", "db.max_con": 1}, DB{}, config.ErrUnknown, "config: db.max_con from map: config_test.DB has no such key: did you mean max_conns?"},
		{"unknown, far", map[string]any{"db.dsn": "x", "db.url": 1}, DB{}, config.ErrUnknown, "config: db.url from map: config_test.DB has no such key: it has dsn, timeout, replica, max_conns, pool, tags"},
		{"ignored", map[string]any{"db.dsn": "x", "db.ignored": 1}, DB{}, config.ErrUnknown, "config: db.ignored from map: config_test.DB has no such key: it has dsn, timeout, replica, max_conns, pool, tags"},
		{"unknown, inner", map[string]any{"db.dsn": "x", "db.pool.mxa": 1}, DB{}, config.ErrUnknown, "config: db.pool.mxa from map: config_test.Pool has no such key: did you mean max?"},
		{"unknown, several names", map[string]any{"db.name": "x", "db.limits.requests": map[string]any{"mex": 1}}, Server{}, config.ErrUnknown, "config: db.limits.requests.mex from map: config_test.Server has no such key: did you mean limits.requests.max?"},
		{"value for a section", map[string]any{"db.name": "x", "db.limits": 5}, Server{}, config.ErrUnknown, "config: db.limits from map: config_test.Server has no such key: it has name, region, http_port, limits.requests.max, limits.min, extra, value, nested"},
		{"unknown, without fields", map[string]any{"db.name": "x"}, struct{}{}, config.ErrUnknown, "config: db.name from map: struct {} has no such key: it has none"},
		{"value", map[string]any{"db": password}, DB{}, config.ErrValue, "config: db from map: a text is no config_test.DB: write a section with its keys"},
		{"value of a pointer", map[string]any{"db": 5}, &DB{}, config.ErrValue, "config: db from map: a number is no config_test.DB: write a section with its keys"},
		{
			"everything",
			map[string]any{"db": map[string]any{"timeout": "5", "pool": map[string]any{"min": "x"}, "tags": 1, "url": 1}},
			DB{},
			config.ErrValue,
			"config: db.dsn: missing: looked in map\n" +
				"config: db.timeout from map: \"5\" is no time.Duration: write a unit, like 5s\n" +
				"config: db.pool.min from map: \"x\" is no int\n" +
				"config: db.tags from map: 1 is no []string: write a list\n" +
				"config: db.url from map: config_test.DB has no such key: it has dsn, timeout, replica, max_conns, pool, tags",
		},
	} {
		into := valueOf(test.into)
		err := of(t, test.tree).DecodeValue("db", into)
		require.EqualError(t, err, test.want, test.what)
		require.ErrorIs(t, err, test.kind, test.what)
		assert.True(t, into.IsZero(), test.what)
	}
}

func TestUnknownNamesItsSource(t *testing.T) {
	t.Parallel()
	values := load(t, namedSource{"first", config.Content{Tree: map[string]any{"pool": map[string]any{"a": 1}}}},
		namedSource{"second", config.Content{Tree: map[string]any{"pool": map[string]any{"b": 1, "max": 1}}}})
	_, err := config.Get[Pool](values, "pool")
	require.EqualError(t, err, "config: pool.b from second: config_test.Pool has no such key: it has min, max\n"+
		"config: pool.a from first: config_test.Pool has no such key: it has min, max")
}

type namedSource struct {
	name    string
	content config.Content
}

func (s namedSource) Name() string { return s.name }

func (s namedSource) Load() (config.Content, error) { return s.content, nil }

func TestDefaultsAloneAreEnough(t *testing.T) {
	t.Parallel()
	got, err := config.Get[AllDefaults](nil, "nothing")
	require.NoError(t, err)
	assert.Equal(t, AllDefaults{1}, got)
}

func TestDecodeStructInsideItself(t *testing.T) {
	t.Parallel()
	values := of(t, map[string]any{"value": 1, "next": map[string]any{"next": map[string]any{"value": 3}}})
	got, err := config.Get[Node](values, "")
	require.NoError(t, err)
	assert.Equal(t, Node{1, &Node{0, &Node{3, nil}}}, got)
}

func TestCheck(t *testing.T) {
	t.Parallel()
	for _, valid := range []any{DB{}, Server{}, Node{}, map[Color][]*Pool{}, new(any(1)), Even{}, time.Time{}, [2]float32{}} {
		require.NoError(t, config.Check(reflect.TypeOf(valid)), "%T", valid)
	}
	require.EqualError(t, config.Check(nil), "config: nil: nil is no type")
	const noFunc = `a func can't be configured: leave the field out with value:"-"`
	for _, test := range []struct {
		as   any
		kind error
		want string
	}{
		{func() {}, config.ErrType, "func(): " + noFunc},
		{[]func(){}, config.ErrType, "func(): " + noFunc},
		{make(chan int), config.ErrType, `chan int: a chan can't be configured: leave the field out with value:"-"`},
		{complex64(1), config.ErrType, `complex64: a complex64 can't be configured: leave the field out with value:"-"`},
		{map[int]string{}, config.ErrType, "map[int]string: the keys of a map have to be strings"},
		{[]error{}, config.ErrType, "error: an interface other than any can't be configured"},
		{struct{ F, G func() }{}, config.ErrType, "func(): " + noFunc},
		{struct {
			private int `value:"x"`
		}{}, config.ErrType, "field struct { private int \"value:\\\"x\\\"\" }.private: it is unexported and can't be set"},
		{struct {
			A int `value:"x,default=y"`
		}{}, config.ErrValue, `x from the default of field struct { A int "value:\"x,default=y\"" }.A: "y" is no int`},
	} {
		err := config.Check(reflect.TypeOf(test.as))
		require.EqualError(t, err, "config: "+test.want)
		require.ErrorIs(t, err, test.kind)
		require.ErrorIs(t, config.ParseText("", valueOf(test.as)), test.kind, "decoding checks too")
	}
}

type (
	BadTag struct {
		Key    int `value:""`
		Option int `value:"a,optionl"`
		Slip   int `valeu:"b"`
		Slips  int `value:"b,default"`
		Both   int `value:"c,optional,default=1"`
		Empty  int `value:"d..e"`
		Same   int `value:"f"`
		Again  int `value:"F"`
		Pool   `value:"pool,default=x"`
	}
	BadInner struct {
		Base
		Inner BadDefault
	}
	BadDefault struct {
		Level int `value:"level,default=high"`
	}
)

func TestCheckTags(t *testing.T) {
	t.Parallel()
	err := config.Check(reflect.TypeFor[BadTag]())
	require.EqualError(t, err, "config: field config_test.BadTag.Key: tag value:\"\" must begin with a key\n"+
		"field config_test.BadTag.Option: unknown option \"optionl\" of tag \"value\": did you mean \"optional\"?\n"+
		"field config_test.BadTag.Slip: struct tag has the key \"valeu\": did you mean \"value\"?\n"+
		"field config_test.BadTag.Slips: option \"default\" of tag \"value\" needs a value: write default=…\n"+
		"field config_test.BadTag.Both: a default makes it optional: remove one of the two options\n"+
		"field config_test.BadTag.Empty: a name in the key \"d..e\" is empty\n"+
		"field config_test.BadTag.Pool: a struct takes no default: give its fields defaults\n"+
		"fields config_test.BadTag.Same and config_test.BadTag.Again have the same key F")
	require.ErrorIs(t, err, config.ErrType)

	err = config.Check(reflect.TypeFor[BadInner]())
	require.EqualError(t, err, `config: level from the default of field config_test.BadDefault.Level: "high" is no int`)
}
