# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# TAP from a shell script: `step NAME COMMAND...` is one test point, `tap_done` prints the plan.

tap_count=0

step() {
	local name=$1 out
	shift
	tap_count=$((tap_count + 1))
	if out=$("$@" 2>&1); then
		printf 'ok %d - %s\n' "$tap_count" "$name"
	else
		printf 'not ok %d - %s\n' "$tap_count" "$name"
		printf '%s\n' "$out" | sed 's/^/# /'
	fi
}

tap_done() {
	printf '1..%d\n' "$tap_count"
}
