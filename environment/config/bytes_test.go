package config_test

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/environment/config"
)

func TestBytes(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		text string
		size config.Bytes
		back string
	}{
		{"0", 0, "0B"},
		{"512", 512, "512B"},
		{"512B", 512, "512B"},
		{"1024", 1024, "1KiB"},
		{"16KiB", 16384, "16KiB"},
		{"16 KiB", 16384, "16KiB"},
		{"1.5GiB", 1536 << 20, "1536MiB"},
		{"0.5kB", 500, "500B"},
		{"10KB", 10_000, "10kB"},
		{"10kB", 10_000, "10kB"},
		{"10MB", 10_000_000, "10MB"},
		{"16MB", 16_000_000, "16MB"},
		{"2GB", 2_000_000_000, "2GB"},
		{"2TB", 2_000_000_000_000, "2TB"},
		{"2PB", 2_000_000_000_000_000, "2PB"},
		{"2EB", 2_000_000_000_000_000_000, "2EB"},
		{"3MiB", 3 << 20, "3MiB"},
		{"3TiB", 3 << 40, "3TiB"},
		{"3PiB", 3 << 50, "3PiB"},
		{"3EiB", 3 << 60, "3EiB"},
		{"9223372036854775807", math.MaxInt64, "9223372036854775807B"},
	} {
		var size config.Bytes
		require.NoError(t, size.UnmarshalText([]byte(test.text)), test.text)
		assert.Equal(t, test.size, size, test.text)
		text, err := json.Marshal(size)
		require.NoError(t, err)
		assert.Equal(t, `"`+test.back+`"`, string(text))
		require.NoError(t, json.Unmarshal(text, &size))
		assert.Equal(t, test.size, size, "there and back")
	}
	assert.Equal(t, "-2KiB", config.Bytes(-2048).String())
}

func TestBytesRefuses(t *testing.T) {
	t.Parallel()
	const form = "write bytes, or a unit like 16KiB or 10MB"
	for _, test := range []struct{ text, want string }{
		{"", form},
		{"KiB", form},
		{"-1", form},
		{"+1", form},
		{"1K", form},
		{"1kib", form},
		{"1mb", form},
		{"1e3", form},
		{"1.", form},
		{".5KiB", form},
		{"1.2.3", form},
		{"1 000", form},
		{" 1", form},
		{"1KiB ", form},
		{"1.5", "it is no whole number of bytes"},
		{"0.0001kB", "it is no whole number of bytes"},
		{"8EiB", "it has to be less than 8EiB"},
		{"9223372036854775808", "it has to be less than 8EiB"},
		{strings.Repeat("0", 41), "write at most 40 digits"},
	} {
		size := config.Bytes(7)
		err := size.UnmarshalText([]byte(test.text))
		require.EqualError(t, err, `config: "`+test.text+`" is no size: `+test.want, test.text)
		assert.Equal(t, config.Bytes(7), size)
	}
}
