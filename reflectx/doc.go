// Package reflectx reads types: their names, the markers that they embed,
// their fields and struct tags, and the signatures of constructors. The
// container and eventing both read types by it, so that they agree on what a
// type says.
//
// It works at boot, once for each type. It never asks for a method by index or
// by a name that isn't constant, and links no text/template: either would make
// the linker keep every exported method of the user's program. It never parses
// the names of generic types: their type arguments are asked from the types
// themselves.
//
// All functions are safe for concurrent use and keep no state.
package reflectx
