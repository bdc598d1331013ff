package environment

import (
	"path"
	"runtime"
	"strconv"
	"strings"
)

// libraryPackages are passed over when the place of a call is looked for: a
// user wants to see the line that they wrote.
var libraryPackages = []string{
	"github.com/aspyx-go/aspyx/environment.",
	"github.com/aspyx-go/aspyx/eventing.",
}

// place is where a part was declared. It is cheap to take, since every part
// of every module takes one while the program starts, and read only by those
// who print it.
type place struct {
	// A user's call is at most one of the library's own away.
	callers [2]uintptr
}

// here returns the place of the caller's caller, and of those above it.
func here() place {
	var p place
	runtime.Callers(3, p.callers[:])
	return p
}

// hereAbove is here, for what is called one level deeper.
func hereAbove() place {
	var p place
	runtime.Callers(4, p.callers[:])
	return p
}

// String returns the file and line of the innermost call that isn't one of
// this library's own. It is empty where there is none: a package-level part of
// this library.
func (p *place) String() string {
	n := 0
	for n < len(p.callers) && p.callers[n] != 0 {
		n++
	}
	if n == 0 {
		return ""
	}
	frames := runtime.CallersFrames(p.callers[:n])
	for {
		frame, more := frames.Next()
		switch {
		case strings.HasPrefix(frame.Function, "runtime."):
			return ""
		case !inLibrary(&frame):
			return shortPlace(frame.File, frame.Line)
		case !more:
			return ""
		}
	}
}

func inLibrary(frame *runtime.Frame) bool {
	for _, prefix := range libraryPackages {
		if strings.HasPrefix(frame.Function, prefix) {
			return !strings.HasSuffix(frame.File, "_test.go")
		}
	}
	return false
}

// shortPlace keeps of the file's path what is the same on all machines.
func shortPlace(file string, line int) string {
	if file == "" {
		return ""
	}
	folder, name := path.Split(file)
	return path.Join(path.Base(folder), name) + ":" + strconv.Itoa(line)
}

// panicPlace returns where the panic came from that is being recovered. It is
// called by what the deferred function calls.
func panicPlace() string {
	var callers [32]uintptr
	frames := runtime.CallersFrames(callers[:runtime.Callers(4, callers[:])])
	for {
		frame, more := frames.Next()
		if !more || !strings.HasPrefix(frame.Function, "runtime.") {
			return shortPlace(frame.File, frame.Line)
		}
	}
}
