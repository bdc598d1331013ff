package config

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"reflect"
	"strconv"
	"strings"

	"github.com/aspyx-go/aspyx/reflectx"
)

// exact limits the whole numbers that a float64 tells apart.
const exact = 1 << 53

// integerOf returns a whole number in digits. It is false for all else, also
// for text.
func integerOf(value any) (string, bool) {
	v := reflect.ValueOf(value)
	number, isJSON := value.(json.Number)
	switch {
	case v.CanInt():
		return strconv.FormatInt(v.Int(), 10), true
	case v.CanUint():
		return strconv.FormatUint(v.Uint(), 10), true
	case v.CanFloat():
		text := strconv.FormatFloat(v.Float(), 'f', -1, 64)
		return text, isDigits(text)
	case !isJSON:
		return "", false
	case isDigits(number.String()):
		return number.String(), true
	}
	f, err := number.Float64() // 5.0 and 1e3 are whole as well
	text := strconv.FormatFloat(f, 'f', -1, 64)
	return text, err == nil && f > -exact && f < exact && isDigits(text)
}

func isDigits(text string) bool {
	digits := strings.TrimLeft(text, "+-")
	return digits != "" && strings.Trim(digits, "0123456789") == ""
}

// digitsOf returns a whole number, or one as text, and its base.
func digitsOf(value any) (text string, base int, ok bool) {
	text, ok = textOf(value)
	if !ok {
		text, ok = integerOf(value)
		return text, 10, ok
	}
	// Without a prefix a leading zero means nothing: 010 is ten.
	digits := strings.ToLower(strings.TrimLeft(text, "+-"))
	if strings.HasPrefix(digits, "0x") || strings.HasPrefix(digits, "0o") || strings.HasPrefix(digits, "0b") {
		return text, 0, true
	}
	return text, 10, true
}

func (o *origin) int(value any, v reflect.Value) error {
	text, base, ok := digitsOf(value)
	n, err := int64(0), strconv.ErrSyntax
	if ok {
		n, err = strconv.ParseInt(text, base, v.Type().Bits())
	}
	switch {
	case errors.Is(err, strconv.ErrRange):
		limit := new(big.Int).Lsh(big.NewInt(1), uint(v.Type().Bits()-1)) //nolint:gosec // at most 63
		return o.outside(value, v.Type(), new(big.Int).Neg(limit), limit)
	case err != nil:
		return o.notWhole(value, v.Type())
	}
	v.SetInt(n)
	return nil
}

func (o *origin) uint(value any, v reflect.Value) error {
	text, base, ok := digitsOf(value)
	n, err := uint64(0), strconv.ErrSyntax
	if ok {
		n, err = strconv.ParseUint(text, base, v.Type().Bits())
		if digits, negative := strings.CutPrefix(text, "-"); negative && isDigits(digits) {
			err = strconv.ErrRange
		}
	}
	switch {
	case errors.Is(err, strconv.ErrRange):
		limit := new(big.Int).Lsh(big.NewInt(1), uint(v.Type().Bits())) //nolint:gosec // at most 64
		return o.outside(value, v.Type(), new(big.Int), limit)
	case err != nil:
		return o.notWhole(value, v.Type())
	}
	v.SetUint(n)
	return nil
}

// outside is the error of a number that is less than low, or not less than
// high.
func (o *origin) outside(value any, t reflect.Type, low, high *big.Int) error {
	high = new(big.Int).Sub(high, big.NewInt(1))
	return o.refuse(value, t, fmt.Sprintf("it has to be from %s to %s", low, high))
}

func (o *origin) notWhole(value any, t reflect.Type) error {
	if text, ok := textOf(value); ok {
		if _, err := strconv.ParseFloat(text, 64); err != nil {
			return o.refuse(value, t, "")
		}
	} else if !isNumber(value) {
		return o.refuse(value, t, "")
	}
	return o.refuse(value, t, "write a whole number")
}

func (o *origin) float(value any, v reflect.Value) error {
	t := v.Type()
	text, ok := textOf(value)
	given := reflect.ValueOf(value)
	number, isJSON := value.(json.Number)
	switch {
	case ok:
	case isJSON:
		text = number.String()
	case given.CanFloat():
		if v.OverflowFloat(given.Float()) {
			return o.refuse(value, t, "it is out of range")
		}
		v.SetFloat(given.Float())
		return nil
	default:
		text, _ = integerOf(value)
	}
	f, err := strconv.ParseFloat(text, t.Bits())
	switch {
	case errors.Is(err, strconv.ErrRange):
		return o.refuse(value, t, "it is out of range")
	case err != nil:
		return o.refuse(value, t, "")
	case isDigits(text) && !isExactly(f, text):
		return o.refuse(value, t, "it can't be held exactly as "+reflectx.Name(t))
	}
	v.SetFloat(f)
	return nil
}

// isExactly tells whether the float is the whole number that it was read from.
func isExactly(f float64, digits string) bool {
	whole, ok := new(big.Int).SetString(digits, 10)
	rounded, _ := big.NewFloat(f).Int(nil)
	return ok && whole.Cmp(rounded) == 0
}
