#!/usr/bin/env bash
# What the tests need beside Go: a C compiler (the race detector), Java 17 or
# later and Maven (the broker).
#
#   tools/deps.sh install   installs what is missing, with apt-get
#   tools/deps.sh check     says what is missing and fails; where CI=true and
#                           apt-get can be used, installs it instead
#
# Where ASPYX_TEST_BROKER names a broker, check doesn't ask for Java and Maven.
set -euo pipefail

java_is_new_enough() {
	local java=java version
	[[ -z ${JAVA_HOME:-} ]] || java=$JAVA_HOME/bin/java
	version=$("$java" -version 2>&1 | sed -nE 's/.*version "([0-9]+).*/\1/p;' | head -n 1)
	[[ -n $version && $version -ge 17 ]]
}

# missing prints the Debian packages of what isn't there.
missing() {
	command -v "${CC:-gcc}" >/dev/null || echo gcc libc6-dev
	if [[ $1 == install || -z ${ASPYX_TEST_BROKER:-} ]]; then
		java_is_new_enough 2>/dev/null || echo default-jre-headless
		command -v mvn >/dev/null || echo maven
	fi
}

install_packages() {
	apt-get update -qq
	DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

mode=${1:?install or check}
packages=$(missing "$mode" | xargs)
[[ -n $packages ]] || exit 0

can_install=false
if [[ $(id -u) == 0 ]] && command -v apt-get >/dev/null; then can_install=true; fi
if [[ $can_install == true && ($mode == install || ${CI:-} == true) ]]; then
	echo "installing $packages"
	# shellcheck disable=SC2086 # a list of words
	install_packages $packages
	packages=$(missing "$mode" | xargs)
	[[ -n $packages ]] || exit 0
fi
echo "missing, by the names of Debian packages: $packages; install them by \`sudo make deps\` or your system's own way (Java 17 or later)" >&2
exit 1
