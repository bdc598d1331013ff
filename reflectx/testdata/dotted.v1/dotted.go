// Package dotted has a path whose last element holds a dot, as those of
// gopkg.in do: the runtime escapes it in the names of functions.
package dotted

// Thing is what New builds.
type Thing struct{ Name string }

// New is a constructor.
func New() *Thing { return &Thing{} }
