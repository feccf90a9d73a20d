#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# deps.sh PACKAGE...: installs those that are missing, from Debian, and nothing else. When all are
# there it asks nobody and changes nothing.
set -euo pipefail

installed() {
	dpkg-query -W -f='${db:Status-Status} ${Package}\n' "$@" 2>/dev/null |
		sed -n 's/^installed //p' | sort -u
}

missing() {
	comm -23 <(printf '%s\n' "$@" | sort -u) <(installed "$@")
}

# apt knows a package once its lists have been fetched; a fresh image has none.
known() {
	apt-get install --simulate --no-install-recommends "$@" >/dev/null 2>&1
}

die() {
	printf 'deps: %s\n' "$*" >&2
	exit 1
}

main() {
	local packages
	command -v dpkg-query >/dev/null || die "no dpkg here; install what matches: $*"
	mapfile -t packages < <(missing "$@")
	[[ ${#packages[@]} -gt 0 ]] || return 0

	[[ $EUID -eq 0 ]] || die "as root: apt-get install --no-install-recommends ${packages[*]}"
	printf 'deps: installing %s\n' "${packages[*]}"
	export DEBIAN_FRONTEND=noninteractive
	known "${packages[@]}" || apt-get update -q
	# A server may have moved on since the lists were fetched: then, once, ask again.
	apt-get install -qq --no-install-recommends "${packages[@]}" ||
		{ apt-get update -q && apt-get install -qq --no-install-recommends "${packages[@]}"; }
}

main "$@"
