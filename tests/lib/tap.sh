# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# TAP from a shell script: `step NAME COMMAND...` is one test point, `tap_done` prints the plan and
# fails if a step failed or none ran. In a function, any command that fails makes the step fail; in
# a condition bash would look only at the last command.

tap_count=0 tap_failed=0

step() {
	local name=$1 out status
	shift
	tap_count=$((tap_count + 1))
	set +e
	out=$(set -e; "$@" 2>&1)
	status=$?
	set -e
	if [[ $status -eq 0 ]]; then
		printf 'ok %d - %s\n' "$tap_count" "$name"
	else
		tap_failed=$((tap_failed + 1))
		printf 'not ok %d - %s\n' "$tap_count" "$name"
		printf '%s\n' "$out" | sed 's/^/# /'
	fi
}

tap_done() {
	printf '1..%d\n' "$tap_count"
	[[ $tap_failed -eq 0 && $tap_count -gt 0 ]]
}
