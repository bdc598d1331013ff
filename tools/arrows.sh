#!/usr/bin/env bash
# Proves that the linter's rules on the direction of dependencies bite: in a
# copy of the module each package gets one import that it must not have, and
# depguard has to refuse every one of them. (Cycles are the compiler's matter.)
set -euo pipefail

lint=$PWD/.cache/bin/golangci-lint
module=$(go list -m)
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
tar -c --exclude=./.cache --exclude=./.git . | tar -x -C "$copy"
cd "$copy"

count=0
forbid() { # package, import
	count=$((count + 1))
	printf 'package %s\n\nimport _ "%s"\n' "$(basename "$1")" "$2" >"$1/zz_forbidden.go"
}
forbid reflectx github.com/goccy/go-json
forbid environment github.com/goccy/go-json
forbid environment/environmenttest "$module/reflectx"
forbid environment/config github.com/goccy/go-json
forbid environment/config/yaml "$module/environment"
forbid environment/health "$module/eventing"
forbid errhandler "$module/environment"
forbid eventing "$module/environment"
forbid eventing/memory "$module/environment"
forbid eventing/trace "$module/environment"
forbid eventing/amqp "$module/environment"
forbid eventing/eventingtest "$module/eventing/amqp"
forbid internal/artemis "$module/eventing"
forbid internal/foreign "$module/eventing"
forbid internal/soak "$module/eventing/memory"
forbid internal/supervise "$module/eventing"
forbid internal/amqppeer "$module/eventing"

report=$("$lint" run --enable-only depguard --show-stats=false --output.text.print-issued-lines=false ./... || true)
caught=$(grep -c 'zz_forbidden.go.*(depguard)' <<<"$report" || true)
if [[ $caught != "$count" ]]; then
	echo "depguard caught $caught of $count forbidden imports:" >&2
	echo "$report" >&2
	exit 1
fi
