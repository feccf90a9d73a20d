#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2016,SC2030,SC2031,SC2119 # expressions for inner shells; bats' own variables
# Tests for containerd alone: its configuration, and ctr, whose command line names the runtime.

ENGINE=containerd
# shellcheck source=tests/vm/guest/engines.bash
source "$BATS_TEST_DIRNAME/engines.bash"

setup_file() { engine_start; }

teardown_file() {
	[[ ! -e /var/lib/rootfence/register/runc-divert ]] || register uninstall runc-divert
	engine_stop
}

setup() { own_policy; }

@test "install-containerd: containerd shows the wrapper as the runtime of pods, and starts" {
	cp /etc/containerd/config.toml /run/config.toml 2>/dev/null || touch /run/no-config
	register install containerd
	containerd config dump | grep -E "BinaryName = [\"']${wrapper}[\"']"
	stop_daemon containerd
	start_containerd
	register uninstall containerd
	[[ ! -e /run/config.toml ]] || cmp /run/config.toml /etc/containerd/config.toml
	[[ ! -e /run/no-config || ! -e /etc/containerd/config.toml ]]
}

@test "ctr run prints the reason of a refusal, and starts an allowed container" {
	run run_in vm -- echo container ran
	refused rootUser
	run run_in vm --privileged --user=3267 -- echo container ran
	refused privilegedContainer
	run run_in vm --user=3267 -- echo container ran
	ran
}

@test "the shim's record names the wrapper for as long as the container runs" {
	start one
	grep -qF "$wrapper" /run/containerd/io.containerd.runtime.v2.task/default/one/runtime
	run register uninstall
	echo "$output"
	[[ $status -ne 0 && $output == *"containers run by the wrapper still exist"*one* ]]
}

@test "exec, list, events, pause, resume, metrics and signals work as without rootfence" {
	local pid
	ctr events >/run/events 3>&- &
	pid=$!
	run exec_in one -- sh -c 'echo container ran as $(id -u)'
	ran 'container ran as 3267'
	run exec_in one -- sh -c 'exit 7'
	[ "$status" -eq 7 ]
	run sh -c 'echo in | ctr task exec --exec-id in one cat'
	ran in
	run script -qec 'ctr task exec -t --exec-id term one sh -c "test -t 0 && tty"' /dev/null
	ran /dev/pts/
	eventually grep -q /tasks/exec-added /run/events
	kill "$pid"
	ctr task ls | grep -qE '^one .*RUNNING'
	ctr task ps one | grep -qE '[0-9]'
	ctr task pause one
	ctr task ls | grep -qE '^one .*PAUSED'
	ctr task resume one
	ctr task metrics one | grep -q memory
	run exec_in one --user 0 -- echo container ran
	refused rootUser
	remove one
	eventually no_entries
	run ctr task ls -q
	[[ $status -eq 0 && $output != *one* ]]
}

@test "a signal reaches the container, and ctr gets its status and output" {
	local pid code=0
	ctr run --rm --runc-binary "$wrapper" "$(full_name user)" talker \
		sh -c 'trap "echo container ran; exit 3" TERM; while :; do sleep 1; done' >/run/talker 3>&- &
	pid=$!
	eventually eval 'ctr task ls | grep -qE "^talker .*RUNNING"'
	sleep 3 # until sh has set its trap
	ctr task kill --signal TERM talker
	wait "$pid" || code=$?
	[ "$code" -eq 3 ]
	grep -qx 'container ran' /run/talker
}

@test "ctr run -t gives a terminal" {
	run script -qec "ctr run --rm -t --runc-binary $wrapper localhost/user:latest term \
		sh -c 'test -t 0 && tty'" /dev/null
	ran /dev/pts/
}

@test "ctr without --runc-binary bypasses the wrapper until runc is diverted" {
	run ctr run --rm localhost/vm:latest past echo container ran
	ran
	register install runc-divert
	run ctr run --rm localhost/vm:latest diverted echo container ran
	refused rootUser
	run ctr run --rm localhost/user:latest ordinary grep Cap /proc/self/status
	echo "$output"
	has_no_capability
	register uninstall runc-divert
}
