package environment_test

import (
	"errors"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/environment"
	"github.com/aspyx-go/aspyx/environment/config"
)

type configured struct {
	DSN      config.Secret `value:"db.dsn"`
	Timeout  time.Duration `value:"db.timeout,default=5s"`
	Hosts    []string      `value:"db.hosts,default=a,b,c"`
	Greeting string        `value:"greeting,default=a=b, c"`
	Size     config.Bytes  `value:"size,default=1MiB"`
	Note     string        `value:"note,optional"`
}

func TestValues(t *testing.T) {
	t.Parallel()
	files := fstest.MapFS{"app.json": {Data: []byte(`{"db": {"dsn": "from the file", "timeout": "1s"}}`)}}
	env := boot(t, environment.Module("m", environment.Register[configured]()),
		environment.Config(config.File(files, "app.json", config.JSON), config.Map(map[string]any{"db.timeout": "2s"})))
	got := environment.Get[*configured](env)
	assert.Equal(t, "from the file", got.DSN.Reveal())
	assert.Equal(t, 2*time.Second, got.Timeout, "later sources win")
	assert.Equal(t, []string{"a", "b", "c"}, got.Hosts)
	assert.Equal(t, "a=b, c", got.Greeting, "a default goes to the end of the tag")
	assert.Equal(t, config.Bytes(1<<20), got.Size)
}

func TestValueProblemsAreReportedTogether(t *testing.T) {
	t.Parallel()
	const secret = "cAnArY-s3cr3t"
	err := environment.Validate(environment.Module("m", environment.Register[configured](),
		environment.Provide(func(struct {
			environment.Params
			N int `value:"n"`
		},
		) *Plain {
			return &Plain{}
		})),
		environment.Config(config.Map(map[string]any{
			"db": map[string]any{"dsn": map[string]any{"x": secret}, "timeout": "soon"}, "n": "seven",
		})))
	require.ErrorIs(t, err, environment.ErrConfig)
	bootError, ok := errors.AsType[*environment.BootError](err)
	require.True(t, ok)
	assert.Len(t, bootError.Problems, 3)
	assert.ErrorContains(t, err, "value of field environment_test.configured.Timeout")
	assert.ErrorContains(t, err, "db.timeout")
	assert.NotContains(t, err.Error(), secret)
	_, ok = errors.AsType[*config.Error](err)
	assert.True(t, ok)
}

func TestMissingValue(t *testing.T) {
	t.Parallel()
	err := environment.Validate(environment.Module("m", environment.Register[configured]()))
	require.ErrorIs(t, err, environment.ErrConfig)
	require.ErrorIs(t, err, config.ErrMissing)
}

func TestSourcesThatCannotBeLoaded(t *testing.T) {
	t.Parallel()
	err := environment.Validate(environment.Module("m"),
		environment.Config(config.File(fstest.MapFS{}, "app.json", config.JSON)), environment.Config(nil))
	require.ErrorIs(t, err, environment.ErrConfig)
	require.ErrorIs(t, err, environment.ErrInvalid)
	assert.ErrorContains(t, err, "app.json")
}

func TestEachInstanceHasValuesOfItsOwn(t *testing.T) {
	t.Parallel()
	type listed struct {
		Names []string `value:"names"`
	}
	env := boot(t, environment.Module("m", environment.Register[listed](environment.Transient())),
		environment.Config(config.Map(map[string]any{"names": []any{"a"}})))
	environment.Get[*listed](env).Names[0] = "changed"
	assert.Equal(t, []string{"a"}, environment.Get[*listed](env).Names)
}

// panicking is a type and a source whose methods panic.
type panicking struct{}

func (*panicking) UnmarshalText([]byte) error   { panic(errBroken) }
func (panicking) Name() string                  { return "panicking" }
func (panicking) Load() (config.Content, error) { panic(errBroken) }

func TestPanicsOfConfigurationCode(t *testing.T) {
	t.Parallel()
	type holder struct {
		Value panicking `value:"a"`
	}
	err := environment.Validate(environment.Module("m", environment.Register[holder]()), environment.Config(config.Map(map[string]any{"a": "x"})))
	require.ErrorIs(t, err, environment.ErrConfig)
	require.ErrorIs(t, err, errBroken)
	err = environment.Validate(environment.Module("m"), environment.Config(panicking{}))
	require.ErrorIs(t, err, environment.ErrConfig)
	require.ErrorContains(t, err, "panic at environment/value_test.go")
}
