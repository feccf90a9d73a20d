#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2016 # expressions for jq
# A runtime that makes something else than was approved (liar.sh): the wrapper's `start` kills the
# container before its first instruction, and names what differs. The table of lies is in
# docs/threat-model.md.

# shellcheck source=tests/live/common.bash
source "$BATS_TEST_DIRNAME/common.bash"
# shellcheck source=tests/live/runtime.bash
source "$BATS_TEST_DIRNAME/runtime.bash"
# shellcheck source=tests/podman.sh
work=/nonexistent guard=/nonexistent source "$BATS_TEST_DIRNAME/../podman.sh"

setup_file() {
	need_root
	lab_start
	# crun starts nothing where cgroup v1 and v2 are mixed.
	in_lab umount /sys/fs/cgroup/unified 2>/dev/null || true
	cp "$BATS_TEST_DIRNAME/liar.sh" "$work/liar"
	mkdir -p "$work/files/sub" "$work/other" "$work/linked"
	echo one >"$work/files/one"
	cp -a "$work/rootfs/." "$work/linked"
	rm -rf "$work/linked/dev" && mkdir -p "$work/linked/tmp" && ln -s tmp "$work/linked/dev"
	mkdir -p "$work/rootfs/data"
	in_lab tee /etc/rootfence/policy.json >/dev/null <<-END
		{ "version": 1, "name": "lies", "extends": ["$policies/default.json"],
		  "rules": [{ "names": ["hostMounts", "mountOptions"], "action": "RF_ACT_ALLOW" }] }
	END
}

teardown_file() { lab_stop; }

setup() { log=$BATS_TEST_TMPDIR/log; }

teardown() {
	local name id
	for name in runc crun; do
		for id in $(in_lab "$(real "$name")" --root "$work/state" list -q 2>/dev/null); do
			in_lab "$(real "$name")" --root "$work/state" delete --force "$id" || true
		done
	done
	in_lab rm -rf /run/rootfence/containers
	[[ -z ${listener-} ]] || kill "$listener" 2>/dev/null || true
}

# real RUNTIME: the path of the real one. RUNTIMES=DIR tests those of a directory.
real() { command -v "${RUNTIMES:+$RUNTIMES/}$1"; }

use_runtime() {
	real "$1" >"$work/real" || return
	setup_runtime "{ \"runtimes\": { \"$1\": [\"$work/liar\"] } }"
}

# created RUNTIME SPEC-LIE INSIDE-LIE [APPROVED] [ARG...]: a container whose spec has a volume.
created() {
	local b runtime=$1
	use_runtime "$runtime" || skip_or_fail "$runtime is not installed"
	printf '%s' "${2:-.}" >"$work/spec"
	printf '%s' "$3" >"$work/inside"
	b=$(bundle lie '.mounts += [{"destination": "/data", "type": "bind", "source": "'"$work"'/files",
		"options": ["rbind", "ro", "nosuid", "nodev"]}] | '"${4:-.}")
	rm -f "$log"
	in_lab "$work/bin/$runtime" --root "$work/state" --log "$log" --log-format json \
		create --bundle "$b" "${@:5}" lie </dev/null >"$BATS_TEST_TMPDIR/out" 2>&1 ||
		{ cat "$BATS_TEST_TMPDIR/out" "$log"; return 1; }
}

start() {
	run in_lab "$work/bin/$1" --root "$work/state" --log "$log" --log-format json start lie
	echo "$1: status $status: $output"
}

is_dead() { [[ $(in_lab "$(real "$1")" --root "$work/state" state lie | jq -r .status) == stopped ]]; }

delete() { in_lab "$work/bin/$1" --root "$work/state" delete --force lie; }

# caught TEXT SPEC-LIE [INSIDE-LIE [APPROVED]]: under runc and crun.
caught() {
	local runtime
	for runtime in ${runtimes:-runc crun}; do
		created "$runtime" "$2" "${3-}" "${4-}"
		start "$runtime"
		[[ $status -eq 1 && $output == *"$1"* ]]
		logged "$1"
		is_dead "$runtime"
		delete "$runtime"
	done
}

@test "no lie: the container starts, once" {
	local runtime
	for runtime in runc crun; do
		created "$runtime" . ''
		start "$runtime"
		[[ $status -eq 0 ]]
		start "$runtime"
		[[ $status -ne 0 && $output != *"not what was approved"* ]]
		[[ $(in_lab "$(real "$runtime")" --root "$work/state" state lie | jq -r .status) == running ]]
		[[ $(records) == lie ]]
		delete "$runtime"
		[[ -z $(in_lab find /run/rootfence/containers -name 'lie*') ]]
	done
}

@test "a masked path is not masked, or by something else" {
	caught 'maskedPaths: "/proc/keys" is not masked' . 'umount /proc/keys'
	caught 'maskedPaths: "/sys/firmware" is not masked' . 'umount /sys/firmware'
	caught 'maskedPaths: "/proc/keys" is not masked' . 'mount -o bind /dev/zero /proc/keys'
	caught 'maskedPaths: "/proc/keys" is not masked' . 'mount -o bind /data/one /proc/keys'
	caught 'maskedPaths: "/sys/firmware" is not masked' . 'mount -o remount,bind,rw none /sys/firmware'
	caught 'maskedPaths: "/sys/firmware" is not masked' . 'mount -o bind /data /sys/firmware'
	caught 'is not masked' '.linux.maskedPaths = []'
}

@test "a read-only path is not read-only" {
	caught 'readonlyPaths: "/proc/sys" is not read-only' . 'umount /proc/sys'
	caught 'readonlyPaths: "/proc/sys" is not read-only' . 'mount -o remount,bind,rw none /proc/sys'
	caught 'readonlyPaths: "/proc/bus" is not read-only' '.linux.readonlyPaths = []'
}

@test "another mount, or a mount of something else" {
	caught '/host is a mount that was not approved' \
		'.mounts += [{"destination": "/host", "type": "bind", "source": "/etc", "options": ["rbind", "ro"]}]'
	caught '/tmp is a mount that was not approved' . 'mount -t tmpfs none /tmp'
	caught '/data/sub is a mount that was not approved' \
		'.mounts += [{"destination": "/data/sub", "type": "bind", "source": "/etc", "options": ["rbind", "ro"]}]'
	caught '/data shows another file' '.mounts[-1].source = "/etc"'
	caught '/data shows another file' . 'mount -t tmpfs -o ro,nosuid,nodev none /data'
	caught 'nothing is mounted at /data' 'del(.mounts[-1])'
	caught 'more is mounted at /dev/shm' . 'mount -t tmpfs -o nosuid,nodev,noexec none /dev/shm'
	caught 'a tmpfs is mounted at /dev/mqueue' . \
		'umount /dev/mqueue; mount -t tmpfs -o nosuid,nodev,noexec none /dev/mqueue'
}

@test "a mount without the options that were approved" {
	caught 'the mount at /data is not ro' . 'mount -o remount,bind,rw,nosuid,nodev none /data'
	caught 'the mount at /data is not nosuid' . 'mount -o remount,bind,ro,suid,nodev none /data'
	caught 'the mount at /data is not nodev' . 'mount -o remount,bind,ro,nosuid,dev none /data'
	caught 'the mount at /dev/shm is not noexec' . 'mount -o remount,bind,nosuid,nodev,exec none /dev/shm'
}

@test "the root can be written to, or is another directory" {
	caught 'the root can be written to' . 'mount -o remount,bind,rw none /'
	caught 'the root can be written to' '.root.readonly = false'
	caught 'another directory than was approved' '.root.path = "'"$work"'/linked"'
}

@test "/dev is a link, or no mount; a device or the console is something else" {
	local runtime
	runtimes=runc caught '/dev is a link' . '' '.root.path = "'"$work"'/linked" | .root.readonly = false'
	caught '/dev is not a mount of its own' . 'umount -l /dev'
	caught '/dev/zero is another file' . 'rm /dev/zero; mknod /dev/zero c 1 1'
	caught '/dev/zero is another file' . 'rm /dev/zero; ln -s /data/one /dev/zero'
	caught '/dev/urandom is another file' . 'mount -o bind /data/one /dev/urandom'
	cat >"$BATS_TEST_TMPDIR/listen.py" <<-'END'
		import socket, sys
		s = socket.socket(socket.AF_UNIX)
		s.bind(sys.argv[1])
		s.listen()
		kept = []
		while True:
		    c = s.accept()[0]
		    kept.append(socket.recv_fds(c, 4096, 1))
	END
	python3 "$BATS_TEST_TMPDIR/listen.py" "$work/console" 3>&- &
	listener=$!
	eventually test -S "$work/console"
	for runtime in runc crun; do
		created "$runtime" . '' '.process.terminal = true' --console-socket "$work/console"
		start "$runtime"
		[[ $status -eq 0 ]]
		delete "$runtime"
		created "$runtime" . 'umount /dev/console || rm /dev/console; touch /dev/console
			mount -o bind /dev/zero /dev/console' '.process.terminal = true' \
			--console-socket "$work/console"
		start "$runtime"
		[[ $status -eq 1 && $output == *'/dev/console is not the terminal'* ]]
		delete "$runtime"
	done
}

@test "the working directory is outside of the container" {
	caught 'the working directory is outside' . 'umount -l /data' '.process.cwd = "/data"'
}

@test "a descriptor of a directory outside stays open" {
	local runtime
	for runtime in runc crun; do
		created "$runtime" . '' . --preserve-fds 1 3</etc
		start "$runtime"
		[[ $status -eq 1 && $output == *'descriptor 3 of the process is a directory outside'* ]]
		delete "$runtime"
		created "$runtime" . '' . --preserve-fds 1 3</etc/passwd
		start "$runtime"
		[[ $status -eq 0 ]]
		delete "$runtime"
	done
}

@test "another user, group or capability; no noNewPrivileges, no seccomp" {
	local set
	caught '/process/user/uid' '.process.user.uid = 0'
	caught '/process/user/gid' '.process.user.gid = 0'
	caught 'has group 27' '.process.user.additionalGids = [27]'
	for set in bounding permitted; do
		caught "/process/capabilities/$set: the process holds CAP_SYS_ADMIN; approved: none" \
			'.process.capabilities["'"$set"'"] = ["CAP_SYS_ADMIN"]'
	done
	caught '/process/capabilities/effective' \
		'.process.capabilities |= (.effective = ["CAP_KILL"] | .permitted = ["CAP_KILL"])'
	caught '/process/noNewPrivileges' '.process.noNewPrivileges = false'
	runtimes=runc caught '/linux/seccomp' 'del(.linux.seccomp)'
}

@test "the host's namespaces, or another one than was approved" {
	local type
	# Without a cgroup v2 of its own, such a container cannot be guarded: createRuntime refuses it.
	if created runc '.linux.namespaces |= map(select(.type != "pid"))' ''; then
		start runc
		[[ $status -eq 1 && $output == *"the process is in the host's pid namespace"* ]]
	else
		grep -F 'nothing tells the container from the host' "$log"
	fi
	delete runc || true
	for type in network ipc uts; do
		caught "the process is in the host's $type namespace" \
			'.linux.namespaces |= map(select(.type != "'"$type"'"))
			| .mounts |= map(select(.destination != "/dev/mqueue")) | del(.linux.sysctl, .hostname)' '' \
			'.mounts |= map(select(.destination != "/dev/mqueue"))'
	done
	unshare --net --uts sleep 1000 3>&- &
	listener=$!
	eventually test "$(readlink /proc/self/ns/net)" != "$(readlink "/proc/$listener/ns/net")"
	caught 'in another uts namespace than' \
		'.linux.namespaces |= map(if .type == "uts" then del(.path) else . end)' '' \
		'.linux.namespaces |= map(if .type == "uts" then .path = "/proc/'"$listener"'/ns/uts" else . end)'
}

@test "other ids in the user namespace" {
	caught '/linux/uidMappings' '.linux.uidMappings[0].hostID = 0' '' \
		'.linux.namespaces += [{"type": "user"}] | .linux.uidMappings = [{"containerID": 0, "hostID": 200000, "size": 65536}]
		| .linux.gidMappings = .linux.uidMappings'
}

@test "a runtime that does not run createRuntime: not started" {
	local runtime
	for runtime in runc crun; do
		created "$runtime" 'del(.hooks)' ''
		start "$runtime"
		[[ $status -eq 6 && $output == *'did not approve'* ]]
		delete "$runtime"
	done
}

@test "mode audit: the container starts, and syslog says what differs" {
	local runtime
	in_lab sed -i 's/"name": "lies",/& "mode": "audit",/' /etc/rootfence/policy.json
	for runtime in runc crun; do
		created "$runtime" . 'umount /proc/keys'
		run in_lab bash -c "$(declare -f syslog_of); syslog_of \"\$@\"" - DGRAM \
			"$work/bin/$runtime" --root "$work/state" --log "$log" start lie
		echo "$output"
		[[ $status -eq 0 && $output == *'maskedPaths: "/proc/keys" is not masked; it starts'* ]]
		[[ $(in_lab "$(real "$runtime")" --root "$work/state" state lie | jq -r .status) == running ]]
		delete "$runtime"
	done
	in_lab sed -i 's/ "mode": "audit",//' /etc/rootfence/policy.json
}
