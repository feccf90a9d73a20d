#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The guard in the kernel, with containers of podman and of plain runc.

# shellcheck source=tests/live/common.bash
source "$BATS_TEST_DIRNAME/common.bash"

setup_file() {
	need_root
	live_start
}

teardown_file() {
	"$rootfence" unload --guard "$guard"
	live_stop
}

setup() {
	live_setup
	use_policy "$policies/default.json"
}

teardown() {
	remove_containers
	runc list --quiet | while read -r id; do runc delete --force "$id"; done
}

# The containers under the guard are only those of this test.
runc() { command runc --root "$work/runc" "$@"; }

start_container() { podman run --detach --name "$1" --user 3267 live sleep 1000 >/dev/null; }

# make_bundle NAME: a runc bundle in $work with our hooks, judged and rewritten as podman's would
# be.
make_bundle() {
	local bundle=$work/$1
	mkdir -p "$bundle"
	[[ -e $bundle/rootfs ]] || ln -s "$work/rootfs" "$bundle/rootfs"
	rm -f "$bundle/config.json"
	runc spec --bundle "$bundle"
	jq --arg bin "$rootfence" --arg policy "$policies/default.json" --arg guard "$guard" \
		--arg root "$work/rootfs" '
		.process.terminal = false | .process.args = ["sleep", "1000"] | .root.path = $root
		| .process.user = {"uid": 3267, "gid": 3267} | del(.process.rlimits)
		| .hooks.createRuntime = [{"path": $bin, "args":
			["rootfence", "createRuntime", "--policy", $policy, "--guard", $guard]}]
		| .hooks.poststop = [{"path": $bin, "args": ["rootfence", "poststop", "--guard", $guard]}]
		' "$bundle/config.json" >"$bundle/new.json"
	"$rootfence" precreate --policy "$policies/default.json" --guard "$guard" \
		<"$bundle/new.json" >"$bundle/config.json"
}

# run_bundle BUNDLE ID: creates the container; its process must not inherit bats' descriptors.
run_bundle() {
	runc create --bundle "$work/$1" "$2" >"$work/runc.out" 2>&1 </dev/null 3>&- ||
		{ cat "$work/runc.out"; return 1; }
}

# The process that inherits orphans on this machine may reap them late.
is_reaped() { [[ ! -e /proc/$1 ]]; }

# An execve in a guarded container that would gain root is stopped.
guard_holds() {
	own_hooks "$(policy rule-for-another \
		'"exec": { "rules": [ { "paths": ["/bin/ping"], "capabilities": ["CAP_NET_RAW"],
		"action": "RF_ACT_ALLOW" } ] }')"
	run podman run --rm --user 3267 live sh -c '/bin/probe; echo "exit $?"'
	echo "$output"
	[[ $status -eq 0 && $output != *"probe ran"* ]] || return 1
	was_stopped "$(sed -n 's/^exit //p' <<<"$output")"
}

@test "the guarantee here is kill or deny; status tells why a kernel cannot deny" {
	"$rootfence" load --guard "$guard"
	[[ $(level) == kill || $(level) == deny ]]
	run "$rootfence" status --guard "$guard"
	echo "$output"
	[ "$status" -eq 0 ]
	[[ $(level) == deny || $output == *BPF* ]]
}

@test "loading in parallel loads once" {
	"$rootfence" unload --guard "$guard"
	local i pids=()
	for i in {1..8}; do
		"$rootfence" load --guard "$guard" &
		pids+=($!)
	done
	all_end_with 0 "${pids[@]}"
	[[ $(level) == kill || $(level) == deny ]]
	guard_holds
}

@test "a running container is under the guard, and removed from it when it ends" {
	start_container one
	[ "$(entries)" -eq 1 ]
	guard_status | jq -e --arg id "$(podman inspect --format '{{.Id}}' one)" \
		'.containers[0].id == $id'
	podman rm --force --time 0 one
	no_entries
}

# A runtime may not wait for the process that it kills, and another runtime may have a container of
# the same id.
@test "poststop removes no container that is still alive" {
	local id
	start_container one
	id=$(podman inspect --format '{{.Id}}' one)
	"$rootfence" poststop --guard "$guard" <<<'{ "ociVersion": "1.0.2", "id": "'"$id"'",
		"status": "stopped", "bundle": "/nonexistent" }'
	[ "$(entries)" -eq 1 ]
	podman rm --force --time 0 one
	no_entries
}

nothing_is_guarded() { [[ $(entries) -eq 0 ]]; }

# registers BUNDLE POLICY: createRuntime again, by hand, for the container of that bundle and name.
registers() {
	runc state "$1" | "$rootfence" createRuntime --policy "$2" --guard "$guard"
}

@test "a registered container cannot be registered again with wider limits" {
	local ping before
	make_bundle again
	run_bundle again again
	before=$("$rootfence" status --guard "$guard" --format json | jq -c .containers)
	ping=$(policy ping '"exec": { "rules": [ { "paths": ["/bin/ping"],
		"capabilities": ["CAP_NET_RAW"], "action": "RF_ACT_ALLOW" } ] }')
	run registers again "$ping"
	echo "$output"
	[[ $status -eq 5 && $output == *"container 'again' is registered with stricter limits"* ]]
	registers again "$policies/audit.json" # asks for no guarantee
	[[ $("$rootfence" status --guard "$guard" --format json | jq -c .containers) == "$before" ]]
	registers again "$policies/default.json"
	registers again "$(policy kill '"exec": { "defaultAction": "RF_ACT_KILL_PROCESS" }')"
	run registers again "$policies/default.json"
	[[ $status -eq 5 ]]
	runc delete --force again
	eventually nothing_is_guarded
}

@test "unload as a hook of a container: the guard stays" {
	make_bundle unloads
	jq --arg bin "$rootfence" --arg guard "$guard" '.hooks.createRuntime += [{"path": $bin,
		"args": ["rootfence", "unload", "--guard", $guard]}]' "$work/unloads/config.json" \
		>"$work/unloads/new.json"
	mv "$work/unloads/new.json" "$work/unloads/config.json"
	run run_bundle unloads unloads
	echo "$output"
	[[ $status -ne 0 && $output == *"a container's hook must not unload the guard"* ]]
	"$rootfence" status --guard "$guard"
	eventually nothing_is_guarded
}

@test "a restarted container is under the guard again" {
	start_container one
	podman restart --time 0 one
	[ "$(entries)" -eq 1 ]
}

@test "podman exec of an ordinary command works" {
	start_container one
	run podman exec one id -u
	[[ $status -eq 0 && $output == 3267 ]]
	run podman exec --user nobody one sh -c 'id -u; exec id -u'
	[[ $status -eq 0 && $output == $'65534\n65534' ]]
}

@test "podman exec as root is stopped, for every command" {
	start_container one
	local spelling
	for spelling in 0 root 0:0; do
		run podman exec --user "$spelling" one echo container ran
		echo "$output"
		[[ $output != *"container ran"* ]]
		was_stopped "$status"
	done
	podman exec one true
}

@test "podman exec --privileged is stopped" {
	start_container one
	run podman exec --privileged one echo container ran
	echo "$output"
	[[ $output != *"container ran"* ]]
	was_stopped "$status"
	run podman exec --privileged --user 0 one echo container ran
	[[ $output != *"container ran"* ]]
	was_stopped "$status"
	podman exec one true
}

@test "runc exec with capabilities is stopped" {
	make_bundle b
	run_bundle b guard-exec
	runc start guard-exec
	run runc exec --cap CAP_SYS_ADMIN guard-exec echo container ran
	[[ $output != *"container ran"* ]]
	was_stopped "$status"
	run runc exec guard-exec echo container ran
	[[ $status -eq 0 && $output == "container ran" ]]
	runc delete --force guard-exec
}

@test "a set-user-ID binary gains nothing under the default policy" {
	run podman run --rm --user 3267 live sh -c '/bin/probe; echo "exit $?"'
	echo "$output"
	[ "$status" -eq 0 ]
	[[ $output != *"probe ran"* ]] || grep -qE $'^CapPrm:\t0+$' <<<"$output"
	run -1 grep -E $'^Uid:\t[0-9]+\t0' <<<"$output"
}

@test "denials are counted, and reported with container and program" {
	local events=$BATS_TEST_TMPDIR/events pid
	"$rootfence" load --guard "$guard"
	"$rootfence" watch --format json --guard "$guard" >"$events" 3>&- &
	pid=$!
	guard_holds
	eventually grep -q /bin/probe "$events"
	kill "$pid"
	jq -e 'select(.path == "/bin/probe") | .container and .pid and .comm' "$events"
}

@test "watch --container shows that container only" {
	local events=$BATS_TEST_TMPDIR/events pid id
	start_container one
	start_container two
	id=$(podman inspect --format '{{.Id}}' two)
	"$rootfence" watch --format json --container "$id" --guard "$guard" >"$events" 3>&- &
	pid=$!
	sleep 0.3
	run podman exec --user 0 one true
	was_stopped "$status"
	run podman exec --user 0 two true
	was_stopped "$status"
	eventually test -s "$events"
	kill "$pid"
	[ "$(jq -r .container "$events" | sort -u)" = "$id" ]
}

@test "kill -9 of watch leaves the guard in force" {
	"$rootfence" watch --guard "$guard" >/dev/null 3>&- &
	local pid=$!
	sleep 0.3
	kill -9 "$pid"
	all_end_with 137 "$pid"
	guard_holds
}

# kill_or_loaded PID: kills a load in the background, which may have ended by now but did not fail.
kill_or_loaded() {
	local status=0
	kill -9 "$1" 2>/dev/null || true
	wait "$1" || status=$?
	[[ $status -eq 0 || $status -eq 137 ]]
}

@test "kill -9 of load at any moment leaves no guard or a complete one" {
	local delay pid
	for delay in 0 0.005 0.01 0.02 0.03 0.05 0.08 0.12 0.2; do
		"$rootfence" unload --guard "$guard"
		"$rootfence" load --guard "$guard" 3>&- &
		pid=$!
		sleep "$delay"
		kill_or_loaded "$pid"
		"$rootfence" load --guard "$guard"
		[[ $(level) == kill || $(level) == deny ]]
	done
	guard_holds
}

@test "kill -9 of a hook at any moment starts no unguarded container" {
	local delay
	for delay in 0.001 0.002 0.004 0.008; do
		use_policy "$policies/default.json"
		printf '#!/bin/bash\nexec timeout -s KILL %s "%s" "$@"\n' "$delay" "$rootfence" \
			>"$work/dying.sh"
		chmod +x "$work/dying.sh"
		jq --arg path "$work/dying.sh" '.hook.path = $path' \
			"$work/hooks/zz-rootfence-createruntime.json" >"$work/hooks/new"
		mv "$work/hooks/new" "$work/hooks/zz-rootfence-createruntime.json"
		if podman run --detach --name one --user 3267 live sleep 1000; then
			[ "$(entries)" -eq 1 ]
		fi
		podman rm --force --time 0 one || true
	done
	guard_holds
}

@test "kill -9 of container and conmon: no entry after the next status" {
	start_container one
	[ "$(entries)" -eq 1 ]
	kill -9 "$(podman inspect --format '{{.State.ConmonPid}}' one)"
	kill -9 "$(podman inspect --format '{{.State.Pid}}' one)"
	eventually no_entries
}

@test "kill -9 of container and conmon: no entry after the next hook" {
	start_container one
	kill -9 "$(podman inspect --format '{{.State.ConmonPid}}' one)"
	local ids pid
	pid=$(podman inspect --format '{{.State.Pid}}' one)
	kill -9 "$pid"
	eventually is_reaped "$pid"
	start_container two
	ids=$(guard_status | jq -r '.containers[].id')
	[ "$ids" = "$(podman inspect --format '{{.Id}}' two)" ]
}

start_and_stop() {
	local i
	for ((i = $1; i <= $2; i++)); do
		run_bundle many "many-$i"
		runc delete --force "many-$i"
	done
}

@test "500 containers started and stopped leave no entry" {
	make_bundle many
	start_and_stop 1 230 3>&- &
	local first=$!
	start_and_stop 231 460
	wait "$first"
	local i
	for i in {1..40}; do
		podman run --rm --user 3267 live true
	done
	guard_status
	no_entries
}

@test "many containers started at once are all under the guard" {
	local i
	make_bundle many
	for i in {1..32}; do
		run_bundle many "wide-$i"
	done
	[ "$(entries)" -eq 32 ]
	for i in {1..32}; do
		runc delete --force "wide-$i"
	done
	eventually no_entries # the last one may be reaped late
}

# The container tries all the time, while load --replace runs and is killed.
@test "replacing the guard leaves no moment without one" {
	local i before pid
	own_hooks "$(policy rule-for-another \
		'"exec": { "rules": [ { "paths": ["/bin/ping"], "capabilities": ["CAP_NET_RAW"],
		"action": "RF_ACT_ALLOW" } ] }')"
	"$rootfence" load --guard "$guard"
	podman run --detach --name one --user 3267 live \
		sh -c 'while :; do /bin/probe; done 2>/dev/null' >/dev/null
	before=$(bpftool link show pinned "$guard/link_exec" | head -n 1)
	run "$rootfence" load --replace --guard "$guard"
	echo "$output"
	[[ $status -eq 0 && $output == "guard replaced at "* ]]
	[ "$(bpftool link show pinned "$guard/link_exec" | head -n 1)" != "$before" ]
	for i in {1..30}; do
		"$rootfence" load --replace --guard "$guard" >/dev/null 3>&- &
		pid=$!
		sleep "0.0$((RANDOM % 10))$((RANDOM % 10))"
		kill_or_loaded "$pid"
	done
	"$rootfence" load --replace --guard "$guard"
	[ "$(ls -d "$guard"*)" = "$guard" ]
	[ "$(entries)" -eq 1 ]
	before=$(guard_status | jq '.containers[0].denied')
	[ "$before" -gt 30 ]
	eventually has_denied_more_than "$before"
	run podman logs one
	[[ $status -eq 0 && -z $output ]]
}

has_denied_more_than() { [[ $(guard_status | jq '.containers[0].denied') -gt $1 ]]; }

@test "unload removes the guard, and status says so" {
	"$rootfence" unload --guard "$guard"
	run "$rootfence" status --guard "$guard"
	echo "$output"
	[ "$status" -eq 0 ]
	[[ $output == *"not loaded"* ]]
	[ ! -e "$guard" ] || [ -z "$(ls -A "$guard")" ]
}
