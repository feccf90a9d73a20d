#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2016 # expressions for inner shells
# The demo, which new users run first.

# shellcheck source=tests/live/common.bash
source "$BATS_TEST_DIRNAME/common.bash"

leftovers() {
	compgen -G '/tmp/rootfence-demo.*' && return 0
	grep -F /tmp/rootfence-demo. /proc/self/mountinfo
}

setup() { need_root; }

@test "the demo succeeds, writes no colours to a pipe, and leaves nothing behind" {
	run "$top/tests/demo.sh"
	echo "$output"
	[ "$status" -eq 0 ]
	[[ $output == *"All 15 succeeded."* ]]
	[[ $output != *$'\e'* ]] # no colours for a pipe
	run -1 leftovers
}

@test "the interrupted demo leaves nothing behind" {
	# setsid: a process group of its own, which gets the signal as from a terminal. In the
	# background bash ignores SIGINT, so that must be undone.
	env --default-signal=INT setsid "$top/tests/demo.sh" >"$BATS_TEST_TMPDIR/out" 2>&1 &
	local pid=$!
	eventually grep -q privilegedContainer "$BATS_TEST_TMPDIR/out"
	kill -INT -- "-$pid"
	local status=0
	wait "$pid" || status=$?
	[ "$status" -eq 130 ]
	run -1 leftovers
}
