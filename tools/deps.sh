#!/usr/bin/env bash
# What the tests need beside Go: a C compiler (the race detector, a library of
# Python), Java 17 or later with its compiler and Maven (the broker, a program in
# Java), and Python 3 with its headers (programs in Python).
#
#   tools/deps.sh install   installs what is missing, with apt-get
#   tools/deps.sh check     says what is missing and fails; where CI=true and
#                           apt-get can be used, installs it instead
set -euo pipefail

java_is_new_enough() {
	local java=java version
	[[ -z ${JAVA_HOME:-} ]] || java=$JAVA_HOME/bin/java
	version=$("$java" -version 2>&1 | sed -nE 's/.*version "([0-9]+).*/\1/p;' | head -n 1)
	[[ -n $version && $version -ge 17 ]] && "$java" --list-modules | grep '^jdk.compiler' >/dev/null
}

# python_is_complete tells whether python3 can make a venv and build in it.
python_is_complete() {
	python3 - <<-'end'
		import ensurepip, os, sys, sysconfig, venv
		sys.exit(sys.version_info < (3, 9) or not os.path.exists(sysconfig.get_path("include") + "/Python.h"))
	end
}

# missing prints the Debian packages of what isn't there.
missing() {
	command -v "${CC:-gcc}" >/dev/null || echo gcc libc6-dev
	python_is_complete 2>/dev/null || echo python3 python3-venv python3-dev
	java_is_new_enough 2>/dev/null || echo default-jdk-headless
	command -v mvn >/dev/null || echo maven
}

install_packages() {
	apt-get update -qq
	DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

mode=${1:?install or check}
packages=$(missing | xargs)
[[ -n $packages ]] || exit 0

can_install=false
if [[ $(id -u) == 0 ]] && command -v apt-get >/dev/null; then can_install=true; fi
if [[ $can_install == true && ($mode == install || ${CI:-} == true) ]]; then
	echo "installing $packages"
	# shellcheck disable=SC2086 # a list of words
	install_packages $packages
	packages=$(missing | xargs)
	[[ -n $packages ]] || exit 0
fi
echo "missing, by the names of Debian packages: $packages; install them by \`sudo make deps\` or your system's own way (Java 17 or later)" >&2
exit 1
