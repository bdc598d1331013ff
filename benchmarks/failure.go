package benchmarks

import (
	"sync/atomic"
	"testing"
)

// failure is the first since it was asked for.
var failure atomic.Pointer[error]

// Failure returns why a benchmark has failed since the last call, or nil.
// [testing.Benchmark] tells nobody.
func Failure() error {
	if err := failure.Swap(nil); err != nil {
		return *err
	}
	return nil
}

// report notes an error, and goes on.
func report(b *testing.B, err error) { //nolint:thelper // see check
	b.Helper()
	failure.CompareAndSwap(nil, &err)
	b.Error(err)
}

// check ends the benchmark on an error. It calls Helper only then: that costs
// more than some of what is measured.
func check(b *testing.B, err error) { //nolint:thelper // see above
	if err != nil {
		b.Helper()
		report(b, err)
		b.FailNow()
	}
}
