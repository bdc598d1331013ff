// Package e2e tests what only several real processes show: that they share the
// work of one listener, and that a process killed within a handler loses
// nothing. It has no code besides its tests.
package e2e
