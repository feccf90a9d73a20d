# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# TAP from a shell script: `step NAME COMMAND...` is one test point, `tap_done` prints the plan and
# fails if one of them did.

tap_count=0 tap_failed=0

step() {
	local name=$1 out
	shift
	tap_count=$((tap_count + 1))
	if out=$("$@" 2>&1); then
		printf 'ok %d - %s\n' "$tap_count" "$name"
	else
		tap_failed=$((tap_failed + 1))
		printf 'not ok %d - %s\n' "$tap_count" "$name"
		printf '%s\n' "$out" | sed 's/^/# /'
	fi
}

tap_done() {
	printf '1..%d\n' "$tap_count"
	[[ $tap_failed -eq 0 ]]
}
