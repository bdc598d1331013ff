// Package benchmarks measures Aspyx side by side with its peers: sending an
// event against the least code that does the same and against watermill,
// booting a container and getting from it against dig, fx and samber/do. It is a
// module of its own, so that users of Aspyx never depend on the peers.
//
// Each exported function of this package is one side of a comparison, in the
// form that package testing runs. They are called by "go test -bench ." and by
// the program in cmd/compare, which runs the sides in turns and prints ratios.
package benchmarks
