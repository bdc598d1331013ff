package config

import (
	"errors"
	"fmt"
	"math/big"
	"strconv"
	"strings"
)

// Bytes is a size in bytes. As text it is a number, with a unit or without:
// 512, 512B, 16KiB, 1.5GiB, 10MB. The units KiB, MiB, GiB, TiB, PiB and EiB are
// powers of 1024, and kB (or KB), MB, GB, TB, PB and EB are powers of 1000. A
// size is a whole number of bytes and not negative.
type Bytes int64

// maxDigits limits the text of a size, which is read without loss.
const maxDigits = 40

// units returns the units from the greatest to the least, but for KB, which is
// only read.
func units() []unit {
	var list []unit
	decimal := int64(1_000_000_000_000_000_000)
	for i, letter := range []string{"E", "P", "T", "G", "M", "k"} {
		list = append(list, unit{strings.ToUpper(letter) + "iB", 1 << (10 * (6 - i))}, unit{letter + "B", decimal})
		decimal /= 1000
	}
	return append(list, unit{"B", 1}, unit{"", 1}, unit{"KB", 1000})
}

type unit struct {
	name string
	size int64
}

// String returns the size in the greatest unit of which it is a multiple: 16KiB,
// 10MB, 512B. It is read as the same size, unless it is negative.
func (b Bytes) String() string {
	for _, u := range units() {
		if b != 0 && int64(b)%u.size == 0 {
			return strconv.FormatInt(int64(b)/u.size, 10) + u.name
		}
	}
	return "0B"
}

// MarshalText returns String.
func (b Bytes) MarshalText() ([]byte, error) { return []byte(b.String()), nil }

// UnmarshalText reads a size as described at [Bytes].
func (b *Bytes) UnmarshalText(text []byte) error {
	size, err := parseBytes(string(text))
	if err != nil {
		return fmt.Errorf("config: %s is no size: %w", show(string(text)), err)
	}
	*b = size
	return nil
}

func parseBytes(text string) (Bytes, error) {
	number := strings.TrimRight(text, "kKMGTPEiB")
	name := text[len(number):]
	number = strings.TrimRight(number, " ")
	whole, fraction, hasFraction := strings.Cut(number, ".")
	size := int64(0)
	for _, u := range units() {
		if u.name == name {
			size = u.size
		}
	}
	unsigned := !strings.ContainsAny(number, "+-")
	if size == 0 || !unsigned || !isDigits(whole) || hasFraction && !isDigits(fraction) {
		return 0, errors.New("write bytes, or a unit like 16KiB or 10MB")
	}
	if len(number) > maxDigits {
		return 0, fmt.Errorf("write at most %d digits", maxDigits)
	}
	value, _ := new(big.Rat).SetString(number) // what is left always is one
	value.Mul(value, new(big.Rat).SetInt64(size))
	switch {
	case !value.IsInt():
		return 0, errors.New("it is no whole number of bytes")
	case !value.Num().IsInt64():
		return 0, errors.New("it has to be less than 8EiB")
	}
	return Bytes(value.Num().Int64()), nil
}
