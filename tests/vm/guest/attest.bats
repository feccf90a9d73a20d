#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2154,SC2016 # bats sets status and output; expressions for inner shells
# Who counts as the runtime, which of several entries holds a process, and what becomes of a runtime
# that makes another container than the one that was approved. With the runtimes alone.

# shellcheck source=tests/vm/guest/common.bash
source "$BATS_TEST_DIRNAME/common.bash"

setup_file() {
	make_image
	rootfence load
}

setup() {
	own_policy "$(rule_for /bin/ping)"
	events=$BATS_TEST_TMPDIR/events
}

# remove RUNTIME NAME: newer runc cannot kill what is in a threaded cgroup.
remove() {
	local pid
	pid=$("$1" state "$2" 2>/dev/null | jq .pid)
	[[ -n $pid ]] || return 0
	[[ $pid -le 1 ]] || kill -9 "$pid" 2>/dev/null || true
	eventually "$1" delete --force "$2" >/dev/null 2>&1
}

teardown() {
	local runtime id
	[[ -z ${watcher-} ]] || kill "$watcher" 2>/dev/null || true
	for runtime in crun runc; do
		for id in second first; do
			remove "$runtime" "$id"
		done
	done
	own_policy
}

# create RUNTIME NAME: creates a container that inherits none of bats' descriptors.
create() {
	timeout 60 "$1" create --bundle "/run/bundles/$2" "$2" >"/run/bundles/$2.out" 2>&1 \
		</dev/null 3>&- || { cat "/run/bundles/$2.out"; return 1; }
}

watch_events() {
	rootfence watch --format json >>"$events" 3>&- &
	watcher=$!
	sleep 1
	: >"$events"
}

# differences: what the events of the container say, one name a line.
differences() { jq -r '.differences[]' "$events" | sort -u; }

has_event() { jq -e "select($1)" "$events" >/dev/null; }

stopped() {
	echo "$status $output"
	[[ $output != *"container ran"* && $output != *"probe ran"* && $status -ne 0 ]]
}

# A hook of the host that starts programs, one of them in namespaces of its own and one that outlives
# its parent. All need root, which the container does not have.
make_hook() {
	cat >/run/hook.sh <<-'END'
		#!/bin/sh
		exec >>/run/hook.out 2>&1
		set -e
		[ "$(id -u)" = 0 ]
		grep -qE '^CapPrm:.0*[1-9a-f]' /proc/self/status
		unshare --mount --net --uts --ipc sh -c 'mount -t tmpfs none /mnt && id -u'
		unshare --pid --fork sh -c 'id -u; /bin/true'
		(sleep 1; id -u; echo late) &
		wait
		echo done
	END
	chmod 755 /run/hook.sh
	rm -f /run/hook.out
}

@test "createContainer hooks start what they need, and nothing else is the runtime" {
	local runtime
	make_hook
	for runtime in crun runc; do
		rm -f /run/hook.out
		make_bundle "$runtime" first '.hooks.createContainer = [{ path: "/run/hook.sh" }]'
		create "$runtime" first
		cat /run/hook.out
		[ "$(tail -n 2 /run/hook.out | tr '\n' ' ')" = 'late done ' ]
		[ "$(status_json | jq '[.containers[].denied] | add')" -eq 0 ]
		run "$runtime" exec --user 0 first echo container ran
		stopped
		"$runtime" start first
		run "$runtime" exec --user 3267:3267 first echo container ran
		[[ $status -eq 0 && $output == "container ran" ]]
		"$runtime" delete --force first
	done
}

# Init is still the runtime's program, and becomes the parent of an orphan.
@test "an orphan of an exec session in a created container is held" {
	local runtime out
	own_policy "$no_profile, $(rule_for /bin/ping)"
	for runtime in crun runc; do
		make_bundle "$runtime" first '.hooks.createContainer = [{ path: "/bin/true" }]
			| del(.linux.seccomp)'
		create "$runtime" first
		out=/run/bundles/orphan
		"$runtime" exec --user 3267:3267 first sh -c '(sleep 2
			read -r _ _ _ parent _ </proc/self/stat; echo "PPid: $parent"
			unshare -U echo container ran
			unshare -U /bin/busybox id -u
			/bin/probe
			echo end) >/dev/shm/orphan 2>&1 &' || true
		"$runtime" exec --user 3267:3267 first sh -c 'sleep 6; cat /dev/shm/orphan' >"$out"
		cat "$out"
		grep -qx 'PPid: 1' "$out"
		run ! grep -qE 'container ran|probe ran' "$out"
		! denies || grep -q 'unshare.*Operation not permitted' "$out"
		"$runtime" delete --force first
	done
}

is_stopped() { [[ $("$1" state "$2" | jq -r .status) == stopped ]]; }

# lie RUNTIME JQ: our hook sees the approved spec, the runtime another one.
lie() {
	local bundle=/run/bundles/first
	make_bundle "$1" first "$honest"
	cp "$bundle/config.json" "$bundle/approved.json"
	jq '.hooks.createRuntime = [{ path: "/bin/cp", args: ["cp", "'"$bundle"'/approved.json",
		"'"$bundle"'/config.json"] }] + .hooks.createRuntime | '"$2" \
		"$bundle/approved.json" >"$bundle/config.json"
	: >"$events"
	create "$1" first
	"$1" start first || true
	sleep 1
}

# is_caught RUNTIME NAME JQ
is_caught() {
	lie "$1" "$3"
	echo "$1 $2: $(differences | tr '\n' ' ')"
	eventually is_stopped "$1" first
	differences | grep -qx "$2"
	"$1" delete --force first
	run ! grep -x first <("$1" list --quiet)
}

without() { printf '.linux.namespaces |= map(select(.type != "%s"))' "$1"; }

@test "a runtime that makes something else than was approved: caught by name" {
	local runtime
	honest='.process.noNewPrivileges = true | .process.cwd = "/tmp"
		| .mounts |= map(select(.destination != "/sys" and .destination != "/dev/mqueue"
			and .destination != "/sys/fs/cgroup"))
		| .linux.namespaces += [{ type: "cgroup" }] | .linux.namespaces |= unique
		| del(.hostname)'
	watch_events
	for runtime in crun runc; do
		lie "$runtime" .
		[ "$("$runtime" state first | jq -r .status)" = running ]
		[ ! -s "$events" ]
		"$runtime" exec --user 3267:3267 first true
		"$runtime" delete --force first
		is_caught "$runtime" noNewPrivileges '.process.noNewPrivileges = false'
		is_caught "$runtime" seccomp 'del(.linux.seccomp)'
		is_caught "$runtime" networkNamespace "$(without network) | del(.linux.sysctl)"
		is_caught "$runtime" ipcNamespace "$(without ipc)"
		is_caught "$runtime" utsNamespace "$(without uts)"
		is_caught "$runtime" cgroupNamespace "$(without cgroup)"
		lie "$runtime" '.process.capabilities.bounding = ["CAP_SYS_ADMIN"]
			| .process.capabilities.inheritable = ["CAP_SYS_ADMIN"]'
		eventually is_stopped "$runtime" first
		has_event '.rule == "ceiling"'
		"$runtime" delete --force first
	done
}

@test "the user namespace and its map are those of the spec" {
	local runtime
	honest='.process.noNewPrivileges = true | .process.user = { uid: 0, gid: 0 }
		| .linux.uidMappings = [{ containerID: 0, hostID: 100000, size: 65536 }]
		| .linux.gidMappings = .linux.uidMappings | .linux.namespaces += [{ type: "user" }]'
	watch_events
	for runtime in crun runc; do
		lie "$runtime" .
		[ "$("$runtime" state first | jq -r .status)" = running ]
		[ ! -s "$events" ]
		"$runtime" delete --force first
		is_caught "$runtime" uidMap '.linux.uidMappings[0].hostID = 200000
			| .linux.gidMappings = .linux.uidMappings'
		is_caught "$runtime" userNamespace "$(without user)"' | .process.capabilities = {}
			| del(.linux.uidMappings, .linux.gidMappings) | .process.user = { uid: 3267, gid: 3267 }'
	done
}

# As after CVE-2024-21626: the working directory is one of the host, left open.
@test "a working directory on a mount of the host is caught" {
	local pid
	make_bundle crun first
	start_bundle crun first
	pid=$(crun state first | jq .pid)
	watch_events
	run nsenter --target "$pid" --all --wd=/etc --setuid 3267 --setgid 3267 /bin/busybox ls
	stopped
	eventually has_event '.differences | index("workingDirectory")'
	: >"$events"
	run nsenter --target "$pid" --all --wd=/proc/"$pid"/root --setuid 3267 --setgid 3267 \
		/bin/busybox true
	sleep 1
	run ! has_event '.differences | index("workingDirectory")'
}

# A policy that judges nothing, with a guard that only logs gains.
free_policy() {
	cat >/etc/rootfence/policy.json <<-END
		{ "version": 1, "name": "free", "defaultAction": "RF_ACT_ALLOW", "rules": [],
		  "exec": { "defaultAction": "RF_ACT_LOG", "guarantee": "kill",
		            "userNamespaces": "RF_ACT_ALLOW", "setIds": "RF_ACT_LOG" } }
	END
}

# runs JQ COMM: the container runs, its init has become COMM, and nothing differed.
runs() {
	make_bundle runc first "$1"
	start_bundle runc first
	eventually grep -qsx "$2" "/proc/$(runc state first | jq .pid)/comm" ||
		{ cat /run/bundles/first.out "$events"; return 1; }
	sleep 1
	[ -z "$(differences)" ]
	[ "$(runc state first | jq -r .status)" = running ]
	runc delete --force first
}

@test "after its first execve init goes where its processes may" {
	local root='.process.user = { uid: 0, gid: 0 } | .root.readonly = false
		| .process.capabilities |= map_values(["CAP_SYS_ADMIN", "CAP_SYS_CHROOT",
			"CAP_SYS_PTRACE", "CAP_SETFCAP", "CAP_SETUID", "CAP_SETGID"])'
	free_policy
	watch_events
	# Out of a directory whose mount is gone.
	runs "$root"' | .process.args = ["sh", "-c",
		"mount -t tmpfs none /tmp && cd /tmp && umount -l /tmp && exec sleep 100000"]' sleep
	# Into a user namespace of its own, with another map.
	runs "$root"' | .linux.uidMappings = [{ containerID: 0, hostID: 100000, size: 65536 }]
		| .linux.gidMappings = .linux.uidMappings | .linux.namespaces += [{ type: "user" }]
		| .process.args = ["unshare", "-U", "-r", "sleep", "100000"]' sleep
	# To the host, as the command of a debugging container.
	[[ -e /sys/fs/cgroup/cgroup.controllers ]] || return 0
	runs "$root | $(without pid)"' | .process.args = ["nsenter", "-t", "1", "-m", "-u", "-i", "-n",
		"sleep", "100000"]' sleep
}

in_cgroup() { printf '.linux.cgroupsPath = "%s"' "$1"; }

@test "a container in the cgroup of one with wider limits has its own, and the reverse" {
	[[ ! -e /sys/fs/cgroup/cgroup.controllers ]] && skip 'entries by cgroup need cgroup v2'
	free_policy
	make_bundle runc first "$(in_cgroup /outer) | $(without pid)
		| .process.user = { uid: 0, gid: 0 } | del(.linux.resources)"
	start_bundle runc first
	[ "$(status_json | jq '[.containers[] | select(.id == "first") | .cgroup // empty] | length')" -eq 1 ]
	own_policy "$(rule_for /bin/ping)"
	make_bundle runc second "$(in_cgroup /outer/inner) | del(.linux.resources)"
	start_bundle runc second
	grep -q '/outer/inner$' "/proc/$(runc state second | jq .pid)/cgroup"
	run runc exec --user 0 second echo container ran
	stopped
	run runc exec second /bin/probe
	stopped
	run runc exec second echo container ran
	[[ $status -eq 0 && $output == "container ran" ]]
	run runc exec --user 0 first echo container ran
	[[ $status -eq 0 && $output == "container ran" ]]
	"runc" delete --force second
	"runc" delete --force first

	own_policy '"rules": [ { "names": ["hostPidNamespace"], "action": "RF_ACT_ALLOW" } ], '"$(rule_for /bin/ping)"
	make_bundle runc first "$(in_cgroup /outer) | $(without pid) | del(.linux.resources)"
	start_bundle runc first
	free_policy
	make_bundle runc second "$(in_cgroup /outer/inner) | .process.user = { uid: 0, gid: 0 }
		| del(.linux.resources)"
	create runc second
	run runc start second
	eventually is_stopped runc second
}

# Of a threaded cgroup only the threads can be read. Runtimes make one below a cgroup with processes.
@test "a threaded cgroup tells a container that shares the host's pid namespace" {
	[[ ! -e /sys/fs/cgroup/cgroup.controllers ]] && skip 'entries by cgroup need cgroup v2'
	own_policy '"rules": [ { "names": ["hostPidNamespace"], "action": "RF_ACT_ALLOW" } ], '"$(rule_for /bin/ping)"
	make_bundle runc first "$(in_cgroup /outer) | $(without pid) | del(.linux.resources)"
	start_bundle runc first
	make_bundle runc second "$(in_cgroup /outer/inner) | $(without pid) | del(.linux.resources)"
	start_bundle runc second
	[ "$(</sys/fs/cgroup/outer/inner/cgroup.type)" = threaded ]
	[ "$(entries)" -eq 2 ]
	run runc exec --user 0 second echo container ran
	stopped
	run runc exec second echo container ran
	[[ $status -eq 0 && $output == "container ran" ]]
}

@test "a container in the pid namespace of another one has its own limits, on either side" {
	local pid
	[[ ! -e /sys/fs/cgroup/cgroup.controllers ]] && skip 'entries by cgroup need cgroup v2'
	make_bundle runc first
	start_bundle runc first
	pid=$(runc state first | jq .pid)
	free_policy
	make_bundle runc second ".process.user = { uid: 0, gid: 0 }
		| (.linux.namespaces[] | select(.type == \"pid\")).path = \"/proc/$pid/ns/pid\""
	start_bundle runc second
	run runc exec --user 0 second echo container ran
	[[ $status -eq 0 && $output == "container ran" ]]
	run runc exec --user 0 first echo container ran
	stopped
}
