// Package interop tests that software of others understands our events, and we
// understand theirs: qpid-proton for Python, the JMS client of Qpid for Java,
// and the Python original. It has no code besides its tests; the foreign
// programs are in testdata, and internal/foreign installs what they need.
package interop
