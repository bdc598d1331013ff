// Package config reads the configuration of a program: from maps, files,
// environment variables and flags into typed Go values.
//
//	values, err := config.Load(
//		config.Map(map[string]any{"db.timeout": "5s"}),
//		config.File(os.DirFS("."), "app.yaml", yaml.Decode),
//		config.Env("APP"),
//	)
//	timeout, err := config.Get[time.Duration](values, "db.timeout")
//
// # Keys
//
// A key is a path of names separated by dots. Names that differ only in upper
// and lower case, '_' and '-' are the same: db.max_conns, db.maxConns and the
// flag -db.max-conns are one key. A source that has one key twice is an error.
// The empty key is the whole configuration.
//
// An environment variable is found by the name that is made from the asked key:
// [Env]("APP") looks for db.max_conns in APP_DB_MAX_CONNS. Since variables have
// no structure, they never add a key to a map, and a whole struct has none.
//
// # Precedence
//
// Later sources win, key by key: a file that sets db.dsn leaves db.timeout of
// an earlier one. A value hides all of an earlier section of its key, a section
// hides an earlier value; lists are replaced, never merged. A null counts as
// absent, so an empty section in a file hides nothing.
//
// # Conversion
//
// It is strict: what doesn't fit is an error, never a zero or a cut-off value.
//
//	bool                   true or false; as text all that strconv.ParseBool takes
//	integers               in the range of the type; 5.0 is 5, 5.5 is an error; text may be 0x, 0o or 0b
//	floats                 all numbers; an integer that the type can't hold exactly is an error
//	string                 text only: a number or a date in a YAML file needs quotes
//	Secret                 as a string
//	time.Duration          text with a unit: 250ms, 1h30m
//	Bytes                  text such as 16KiB or 10MB, or a whole number of bytes
//	time.Time              text in the form of RFC 3339, or a date of YAML
//	url.URL                text
//	encoding.TextUnmarshaler  text, or an integer as text
//	[]byte                 the bytes of a text
//	slices, arrays         a list, or text with commas: a, b
//	maps with string keys  a section, or text with commas: a=1, b=2
//	structs                a section, see below
//	pointers               as what they point to
//	any                    what the source has; sections as map[string]any
//
// A section below a map whose elements can't hold one becomes keys with dots,
// so that map[string]string takes labels such as app.kubernetes.io/name.
//
// # Structs
//
//	type DB struct {
//		DSN      config.Secret `value:"dsn"`
//		Timeout  time.Duration `value:"timeout,default=5s"`
//		Replica  string        `value:"replica,optional"`
//		MaxConns int           // max_conns
//		Pool     *Pool         // nil where no key of pool is set
//	}
//
// A tagged field has the tag's key, relative to the struct's. It must be set
// somewhere, unless it has a default, which stands last and is taken verbatim,
// or is optional. A field without the tag is optional, and its key is its name
// in snake case: MaxConns is max_conns, HTTPPort is http_port. Optional fields
// that are not set keep what they hold. Fields tagged value:"-" and unexported
// ones are left alone; those of a struct that is embedded by value count as the
// outer one's. A key in a section that no field has is an error, which catches
// slips of the pen.
//
// # Errors
//
// Everything that is wrong is reported at once, as an [*Error] each, of a kind
// for errors.Is. An error names the key, its source and the type that was
// expected. It shows the offending value only where that is a plain text,
// number or bool, and never if the type is or holds a [Secret], is a url.URL,
// or the text looks like a URL with a password.
//
// # Concurrency
//
// Sources are read by [Load] only. All functions and all methods of [*Values]
// are safe for concurrent use.
package config
