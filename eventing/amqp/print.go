package amqp

import (
	"fmt"
	"io"
	"log/slog"
)

// String describes the configuration by where it leads to.
func (c Config) String() string {
	place, err := c.location()
	if err != nil {
		// What can't be read may hold the password anywhere.
		return "amqp.Config(invalid)"
	}
	return "amqp.Config(" + place.String() + ")"
}

// Format prints [Config.String] under every verb, since the fields hold the
// password.
func (c Config) Format(state fmt.State, _ rune) { _, _ = io.WriteString(state, c.String()) }

// LogValue implements [slog.LogValuer], without the password.
func (c Config) LogValue() slog.Value { return slog.StringValue(c.String()) }

// MarshalText lets encoders, like that of JSON, print no password either.
func (c Config) MarshalText() ([]byte, error) { return []byte(c.String()), nil }
