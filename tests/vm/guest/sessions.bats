#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2016 # expressions for inner shells
# Exec sessions, nesting and shared namespaces, with the runtimes alone, without an engine.

# shellcheck source=tests/vm/guest/common.bash
source "$BATS_TEST_DIRNAME/common.bash"

setup_file() {
	make_image
	rootfence load
}

setup() { own_policy "$(rule_for /bin/ping)"; }

teardown() {
	local runtime id
	for runtime in crun runc; do
		for id in first second; do
			"$runtime" delete --force "$id" >/dev/null 2>&1 || true
		done
	done
	own_policy
}

# stopped: the last `run` did not reach the container's program, or the probe in it.
stopped() {
	echo "$status $output"
	[[ $output != *"container ran"* && $output != *"probe ran"* && $status -ne 0 ]]
}

@test "exec with capabilities, as root, and both: stopped; ordinary exec works" {
	local runtime
	for runtime in crun runc; do
		make_bundle "$runtime" first
		start_bundle "$runtime" first
		[ "$(entries)" -eq 1 ]
		run "$runtime" exec --cap CAP_SYS_ADMIN first echo container ran
		stopped
		run "$runtime" exec --cap CAP_NET_ADMIN --user 3267 first echo container ran
		stopped
		run "$runtime" exec --user 0 first echo container ran
		stopped
		run "$runtime" exec --user 0 --cap CAP_SYS_ADMIN first echo container ran
		stopped
		# Without --user, crun 1.8 uses uid 0 instead of the container's.
		run "$runtime" exec --user 3267:3267 first echo container ran
		echo "$status $output"
		[[ $status -eq 0 && $output == "container ran" ]]
		run "$runtime" exec --user 3267:3267 first /bin/probe
		stopped
		"$runtime" delete --force first
		eventually no_entries
	done
}

@test "a container in the pid namespace of another one is guarded, and the other one too" {
	local pid
	make_bundle runc first
	start_bundle runc first
	pid=$(runc state first | jq .pid)
	make_bundle runc second \
		"(.linux.namespaces[] | select(.type == \"pid\")).path = \"/proc/$pid/ns/pid\""
	start_bundle runc second
	[ "$(entries)" -eq 2 ]
	run runc exec second /bin/probe
	stopped
	run runc exec --cap CAP_SYS_ADMIN second echo container ran
	stopped
	run runc exec second echo container ran
	[[ $status -eq 0 && $output == "container ran" ]]
	runc delete --force second
	[ "$(entries)" -eq 1 ]
	run runc exec first /bin/probe
	stopped
	runc delete --force first
	eventually no_entries
}

# Everything except gaining is allowed, as for an engine in a container.
free_policy() {
	cat >/etc/rootfence/policy.json <<-END
		{ "version": 1, "name": "free", "defaultAction": "RF_ACT_ALLOW", "rules": [],
		  "exec": { "defaultAction": "RF_ACT_ERRNO", "errnoRet": 1, "guarantee": "kill",
		            "userNamespaces": "RF_ACT_ALLOW", "setIds": "RF_ACT_LOG" } }
	END
}

@test "processes in namespaces made inside a guarded container are guarded" {
	free_policy
	make_bundle runc first '.process.user = { "uid": 0, "gid": 0 }
		| .process.capabilities = ({} | .bounding = ["CAP_SYS_ADMIN", "CAP_SETUID",
		"CAP_SETGID", "CAP_SYS_CHROOT"] | .permitted = .bounding | .effective = .bounding)'
	start_bundle runc first
	run runc exec first unshare -p -m -f sh -c 'echo container ran as $(id -u)'
	echo "$output"
	[[ $status -eq 0 && $output == "container ran as 0" ]]
	run runc exec first unshare -p -m -f su testuser -c 'id -u; /bin/probe'
	echo "$output"
	[[ ${lines[0]} == 3267 && $status -ne 0 && $output != *"probe ran"* ]]
	run runc exec --user 3267 first /bin/probe
	stopped
}

all_capabilities() {
	capsh --print | sed -n 's/^Bounding set =//p' | tr a-z, 'A-Z\n' | jq -R . | jq -sc .
}

# The engine's root is the guest's own, below an overlay. It runs no hooks in there, so only the
# guard outside can stop anything.
@test "containers that podman starts in a guarded container are guarded" {
	local nest=/run/nest
	local engine=(podman --hooks-dir /nonexistent --storage-driver vfs run --rm --cgroups disabled
		--network none --security-opt seccomp=unconfined --rootfs)
	free_policy
	mkdir -p "$nest"/{upper,work,root}
	mount -t overlay -o "lowerdir=/,upperdir=$nest/upper,workdir=$nest/work" nest "$nest/root"
	make_rootfs "$nest/root/inner"
	make_bundle runc first "$(printf '.root.path = "%s/root" | .root.readonly = false
		| .process.user = { "uid": 0, "gid": 0 } | .process.env += ["HOME=/root"]
		| del(.linux.maskedPaths, .linux.readonlyPaths)
		| .process.capabilities = (%s | { bounding: ., permitted: ., effective: . })' \
		"$nest" "$(all_capabilities)")"
	start_bundle runc first
	run runc exec first "${engine[@]}" /inner id -u
	echo "$output"
	[[ $status -eq 0 && $output == 0 ]]
	run runc exec first "${engine[@]}" /inner setpriv --reuid 3267 /bin/probe
	echo "$output"
	[[ $status -ne 0 && $output != *"probe ran"* ]]
	run podman --hooks-dir /nonexistent run --rm --user 3267 --rootfs "$nest/root/inner" /bin/probe
	echo "$output"
	[[ $status -eq 0 && $output == *"probe ran"* ]]
	runc delete --force first
	umount "$nest/root"
}

# A kernel that preempts BPF programs does not start a program for one task while it runs for
# another task on the same processor.
@test "many processes that call execve at once are all checked" {
	make_bundle crun first
	start_bundle crun first
	for _ in {1..8}; do
		crun exec --detach --user 3267:3267 first sh -c 'while :; do /bin/busybox true; done' \
			>/dev/null 2>&1 </dev/null 3>&-
	done
	run crun exec --user 3267:3267 first sh -c 'i=0; while [ $i -lt 60 ]; do /bin/probe; i=$((i + 1)); done'
	echo "$output"
	rootfence status
	[[ $output != *"probe ran"* ]]
	[ "$(status_json | jq '[.containers[].denied] | add')" -ge 60 ]
	crun delete --force first
}

@test "loading again changes nothing, and status shows an unload" {
	make_bundle crun first
	start_bundle crun first
	run rootfence load
	[[ $status -eq 0 && $output == *"loaded already"* ]]
	[ "$(entries)" -eq 1 ]
	run crun exec --user 3267:3267 first /bin/probe
	stopped
	crun delete --force first
	rootfence load --replace
	rootfence unload
	run rootfence status
	[[ $status -eq 0 && $output == *"not loaded"* ]]
	make_bundle crun first
	start_bundle crun first
	[ "$(entries)" -eq 1 ]
}
