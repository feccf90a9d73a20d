#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2154,SC2030,SC2031 # bats sets $output and $status, each test in a process of its own
# The guard of the whole guest: containers that nobody registered are reported or stopped, registered
# ones are neither; and what is taken away from the guard is noticed.

# shellcheck source=tests/vm/guest/common.bash
source "$BATS_TEST_DIRNAME/common.bash"

setup_file() { make_image; }

setup() {
	rootfence load
}

teardown() {
	rootfence unload
	podman rm --all --force --time 0
}

# host_policy JSON: loads the guard with it.
host_policy() {
	echo '{ "version": 1, "name": "host", '"$1"' }' >"$BATS_TEST_TMPDIR/host.json"
	rootfence load --policy "$BATS_TEST_TMPDIR/host.json"
}

stranger() { unshare --pid --fork --mount-proc "$@"; }

seen() { status_json | jq .unregistered.namespaces; }

stopped() { status_json | jq .unregistered.stopped; }

# caller_is CALLER PROGRAM: by this hook the kernel has given the process its new name already.
caller_is() { if [[ $(expected_hook) == fentry/* ]]; then echo "$2"; else echo "$1"; fi; }

@test "a container that nobody registered is reported once and runs" {
	local before
	before=$(seen)
	stranger sh -c '/bin/true; /bin/true; echo ran'
	[ "$(seen)" -eq $((before + 1)) ]
	[ "$(stopped)" -eq 0 ]
	status_json | jq -e '.unregistered.latest | .comm == "'"$(caller_is unshare sh)"'"
		and .startedBy.comm == "unshare"'
}

@test "the host, and namespaces with its mounts, are not" {
	local before
	before=$(seen)
	/bin/true
	unshare --pid --fork /bin/true
	unshare --mount /bin/true
	unshare --user --map-root-user /bin/true
	[ "$(seen)" -eq "$before" ]
	unshare --user --map-root-user --mount /bin/true
	[ "$(seen)" -eq $((before + 1)) ]
}

@test "RF_ACT_ERRNO stops it, and neither the host nor a registered container" {
	host_policy '"unregistered": "RF_ACT_ERRNO", "exec": { "errnoRet": 13 }'
	run stranger sh -c 'echo ran'
	echo "$status $output"
	[[ $status -ne 0 && $output != *ran* ]]
	! denies || [[ $output == *'Permission denied'* ]]
	[ "$(stopped)" -gt 0 ]
	run unshare --user --map-root-user --mount echo ran
	[[ $output != *ran* ]]
	run podman run --rm --user 3267 "$image" sh -c 'echo ran; /bin/true && echo again'
	echo "$output"
	[[ $status -eq 0 && $output == $'ran\nagain' ]]
}

@test "what is below an exempt cgroup is let pass, and not reported" {
	local cgroup=/sys/fs/cgroup/a.slice/one/b before
	[[ -e /sys/fs/cgroup/cgroup.controllers ]] || skip 'needs cgroup v2'
	mkdir -p "$cgroup"
	host_policy '"unregistered": { "action": "RF_ACT_ERRNO", "args": { "exempt": ["/a.slice/*"] } }'
	before=$(seen)
	run sh -c 'echo $$ >'"$cgroup"'/cgroup.procs; unshare --pid --fork --mount-proc echo ran'
	echo "$output"
	[[ $status -eq 0 && $output == ran ]]
	[ "$(seen)" -eq "$before" ]
	run sh -c 'echo $$ >'/sys/fs/cgroup/a.slice'/cgroup.procs; unshare --pid --fork --mount-proc echo ran'
	[[ $output != *ran* ]]
	host_policy '"unregistered": "RF_ACT_ERRNO"'
	run sh -c 'echo $$ >'"$cgroup"'/cgroup.procs; unshare --pid --fork --mount-proc echo ran'
	[[ $output != *ran* ]]
}

@test "exempt cgroups: below * as below a name, and not one that only begins like it" {
	local name cgroup long
	[[ -e /sys/fs/cgroup/cgroup.controllers ]] || skip 'needs cgroup v2'
	long=$(printf 'x%.0s' {1..55})
	host_policy '"unregistered": { "action": "RF_ACT_ERRNO",
		"args": { "exempt": ["/b.slice/one", "/*/two", "/'"$long"'"] } }'
	for name in b.slice/one b.slice/two c.slice/two "$long"; do
		exempt "$name"
		[[ $output == ran ]]
	done
	for name in c.slice/one b.slice "${long}x" two; do
		exempt "$name"
		[[ $output != *ran* ]]
	done
}

# exempt CGROUP: what a stranger in it says.
exempt() {
	mkdir -p "/sys/fs/cgroup/$1"
	run sh -c 'echo $$ >/sys/fs/cgroup/'"$1"'/cgroup.procs; unshare --pid --fork --mount-proc echo ran'
	echo "$1: $output"
}

# As systemd does it for PrivatePIDs=: init's child, with mounts of its own and the host's root.
@test "a service to which the host's init gave a pid namespace is no container" {
	local before
	host_policy '"unregistered": "RF_ACT_ERRNO"'
	before=$(seen)
	mkfifo /run/go
	unshare --pid --mount bash -c '(read -r </run/go; exec sh -c "/bin/true && echo ran >/run/out") &'
	echo >/run/go
	eventually grep -q ran /run/out
	[ "$(seen)" -eq "$before" ]
	rm /run/out
	unshare --pid --mount bash -c '(read -r </run/go; exec chroot /tmp/rootfs sh -c "echo ran >/tmp/out") &'
	echo >/run/go
	eventually has_seen "$before"
	[ ! -e /tmp/rootfs/tmp/out ]
	rm /run/go
}

has_seen() { [ "$(seen)" -gt "$1" ]; }

@test "runc without hooks: seen with what started it" {
	local bundle=$BATS_TEST_TMPDIR/bundle before
	mkdir "$bundle"
	runc spec --bundle "$bundle"
	jq '.process.terminal = false | .root.path = "/tmp/rootfs" | .process.args = ["true"]' \
		"$bundle/config.json" >"$bundle/new.json"
	mv "$bundle/new.json" "$bundle/config.json"
	before=$(seen)
	runc run --bundle "$bundle" stranger </dev/null
	[ "$(seen)" -eq $((before + 1)) ]
	status_json | jq -e '.unregistered.latest.comm == "'"$(caller_is 'runc:[2:INIT]' true)"'"'
}

nothing_starts() {
	run podman run --rm --user 3267 "$image" echo container ran
	[[ $status -ne 0 && $output != *'container ran'* ]]
}

# Loading is slow under emulation. So one link and one map are lost, and the others only moved.
@test "every link and map that is taken away is noticed" {
	local pin pins
	start_container one
	mapfile -t pins < <(ls /sys/fs/bpf/rootfence)
	for pin in "${pins[@]}"; do
		mv "/sys/fs/bpf/rootfence/$pin" /sys/fs/bpf/away
		run -5 rootfence status
		[[ $output == *"$pin is not pinned any more"* ]]
		mv /sys/fs/bpf/away "/sys/fs/bpf/rootfence/$pin"
	done
	rootfence status
	for pin in containers link_free; do
		rm "/sys/fs/bpf/rootfence/$pin"
		run -5 rootfence status
		[[ $output == *"$pin is not pinned any more"* ]]
		nothing_starts
		rootfence load --replace
		[ "$(entries)" -eq 1 ]
	done
	podman exec one true
	run podman exec --user 0 one echo container ran
	[[ $output != *'container ran'* ]]
}

@test "the switch that turns fentry and LSM programs off is noticed where it counts" {
	[[ $(expected_hook) != tp_btf/* ]] || skip 'tracepoints do not depend on it'
	sysctl -q kernel.ftrace_enabled=0 || skip 'the kernel refuses it while the guard is loaded'
	run rootfence status
	sysctl -q kernel.ftrace_enabled=1
	echo "$output"
	[[ $status -eq 5 && $output == *'kernel.ftrace_enabled is 0'* ]]
	rootfence status
}

@test "an event says what the engine calls the container, to each reader" {
	local events=$BATS_TEST_TMPDIR/events reader readers=()
	start_container one
	for reader in 1 2; do
		rootfence watch --format json >"$events.$reader" 3>&- &
		readers+=($!)
	done
	run podman exec --user 0 one true
	for reader in 1 2; do eventually grep -q '"container":"[0-9a-f]' "$events.$reader"; done
	kill "${readers[@]}"
	cat "$events.1"
	jq -e 'select(.container != "") | .engine == "podman" and .name == "one"
		and (.image | endswith("vm:latest"))' "$events.1"
	diff <(jq -c 'select(.container != "")' "$events.1") \
		<(jq -c 'select(.container != "")' "$events.2")
}
