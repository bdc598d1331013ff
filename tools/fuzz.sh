#!/usr/bin/env bash
# Runs every fuzz target of the module for FUZZTIME (default 250000x, which is ten
# seconds for the fastest) each, from the corpus in its package's testdata/fuzz.
# An input that fails is added there by the go command: keep it with the fix.
#
# By a count, not by a duration: at the end of one the go command may fail with
# "context deadline exceeded", and without an input that has failed
# (go.dev/issue/75804, mended in Go 1.27).
set -euo pipefail

# `go test -list` prints a package's targets, then a line "ok package time".
targets=$(go test -list '^Fuzz' ./... | awk '
	/^Fuzz/ { names[++n] = $1; next }
	$1 == "ok" { for (i = 1; i <= n; i++) print $2, names[i]; n = 0 }')
[[ -n $targets ]] || { echo "no fuzz target found" >&2; exit 1; }
while read -r package target; do
	echo "$package $target"
	go test -run '^$' -fuzz "^$target\$" -fuzztime "${FUZZTIME:-250000x}" -fuzzminimizetime 1x "$package"
done <<<"$targets"
