package environment

import (
	"bytes"
	"runtime"
	"runtime/debug"
	"strconv"
)

// launch runs user code in a goroutine of its own, so that neither a panic nor
// a runtime.Goexit in it reaches the caller. The result is sent once; who
// launches waits for it.
func launch(fn func() error) <-chan error {
	done := make(chan error, 1)
	go func() {
		err := errGoexit // what it stays if fn neither returns nor panics
		defer func() {
			if value := recover(); value != nil {
				err = newPanicError(value)
			}
			done <- err
		}()
		err = fn()
	}()
	return done
}

// guard runs user code as [launch] does, and waits until it has ended.
func guard(fn func() error) error {
	return <-launch(fn)
}

// newPanicError is to be called by the deferred function that has recovered.
func newPanicError(value any) *PanicError {
	return &PanicError{Value: value, Stack: debug.Stack(), at: panicPlace()}
}

// goroutineID returns the number of the calling goroutine. Go has no other way
// to learn it than the first line of its stack, "goroutine 7 [running]:"; it
// serves only to notice that a constructor waits for itself.
func goroutineID() int64 {
	var buffer [64]byte
	line := buffer[:runtime.Stack(buffer[:], false)]
	fields := bytes.Fields(line)
	if len(fields) < 2 {
		return 0
	}
	id, _ := strconv.ParseInt(string(fields[1]), 10, 64) // 0 where the form has changed: then nothing is noticed
	return id
}
