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
		  "rules": [{ "names": ["hostMounts", "mountOptions", "hostUtsNamespace"], "action": "RF_ACT_ALLOW" }] }
	END
}

teardown_file() { lab_stop; }

setup() {
	log=$BATS_TEST_TMPDIR/log
	: >"$work/before"
	: >"$work/options"
	: >"$work/outside"
}

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

# created RUNTIME SPEC-LIE INSIDE-LIE [APPROVED] [ARG...]: a container whose spec has a volume; its
# id is lie, or $id.
created() {
	local b runtime=$1
	use_runtime "$runtime" || skip_or_fail "$runtime is not installed"
	printf '%s' "${2:-.}" >"$work/spec"
	printf '%s' "$3" >"$work/inside"
	b=$(bundle lie '.mounts += [{"destination": "/data", "type": "bind", "source": "'"$work"'/files",
		"options": ["rbind", "ro", "nosuid", "nodev"]}] | '"${4:-.}")
	rm -f "$log"
	in_lab "$work/bin/$runtime" --root "$work/state" --log "$log" --log-format json \
		create --bundle "$b" "${@:5}" "${id:-lie}" </dev/null >"$BATS_TEST_TMPDIR/out" 2>&1 ||
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

@test "a process that has ended is for the runtime to tell; what cannot be read starts nothing" {
	local runtime text file
	for runtime in runc crun; do
		created "$runtime" . ''
		kill -KILL "$(in_lab "$(real "$runtime")" --root "$work/state" state lie | jq .pid)"
		start "$runtime"
		[[ $status -ne 0 && $output != *rootfence:* ]]
		delete "$runtime"
	done
	for text in '' 3 '3\n{' '{"version": 1}' '-1\n{}' '3\n{"version": 2}'; do
		created crun . ''
		file=$(in_lab find /run/rootfence/containers -name 'lie%approved')
		printf %b "$text" | in_lab tee "$file" >/dev/null
		start crun
		[[ $status -eq 6 ]]
		[[ $(in_lab "$(real crun)" --root "$work/state" state lie | jq -r .status) != running ]]
		delete crun
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
	caught 'readonlyPaths: /proc/bus shows something else' . \
		'umount /proc/bus; mount -o bind /data /proc/bus; mount -o remount,bind,ro none /proc/bus'
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
	caught 'more is mounted at /dev/shm' . \
		'mount -t tmpfs -o nosuid,nodev,noexec,size=65536k none /dev/shm'
	caught 'a tmpfs is mounted at /dev/mqueue' . \
		'umount /dev/mqueue; mount -t tmpfs -o nosuid,nodev,noexec none /dev/mqueue'
}

@test "a file system of the host in place of a new one" {
	local at
	mkdir -p "$work/shm"
	in_lab mount -t tmpfs none "$work/shm"
	for at in /dev/pts:devpts:/dev/pts /dev/shm:tmpfs:$work/shm /sys:sysfs:/sys; do
		IFS=: read -r at type source <<<"$at"
		caught "the $type at $at is the host's" '.mounts |= map(if .destination == "'"$at"'"
			then .type = "bind" | .source = "'"$source"'" | .options += ["bind"] else . end)'
	done
	in_lab umount "$work/shm"
	caught "the proc at /proc is the host's" '.mounts |= map(
		if .destination == "/proc" then .type = "bind" | .source = "/proc" | .options = ["bind"] else . end)'
	caught 'part of a tmpfs is mounted at /dev/shm' . \
		'mkdir /dev/shm/a; mount -o bind,nosuid,nodev,noexec /dev/shm/a /dev/shm'
}

@test "a mount without the options that were approved" {
	caught 'the mount at /data is not ro' . 'mount -o remount,bind,rw,nosuid,nodev none /data'
	caught 'the mount at /data is not nosuid' . 'mount -o remount,bind,ro,suid,nodev none /data'
	caught 'the mount at /data is not nodev' . 'mount -o remount,bind,ro,nosuid,dev none /data'
	caught 'the mount at /dev/shm is not size=65536k' . \
		'mount -o remount,nosuid,nodev,noexec,size=1g none /dev/shm'
	cat >"$work/share.py" <<-'END'
		import ctypes, os, sys
		libc = ctypes.CDLL(None)
		assert libc.setns(os.open("/proc/%s/ns/mnt" % sys.argv[1], os.O_RDONLY), 0) == 0
		assert libc.mount(None, b"/data", None, 1 << 20, None) == 0 # MS_SHARED
	END
	echo 'python3 "$work/share.py" "$pid"' >"$work/outside"
	caught 'the mount at /data is shared' .
	: >"$work/outside"
	caught 'is not ro' '.mounts |= map(if .type == "cgroup" then .options -= ["ro"] else . end)'
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
	caught '/dev/mem is a device that was not approved: character 1:1' . 'mknod /dev/mem c 1 1'
	caught '/dev/x/sda is a device that was not approved: block 8:0' . 'mkdir /dev/x; mknod /dev/x/sda b 8 0'
	caught '/dev/ptmx does not make terminals' . 'rm /dev/ptmx; ln -s /data/one /dev/ptmx'
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

@test "the working directory is outside of the container, or another" {
	caught 'the working directory is not "/"' '.process.cwd = "/tmp"'
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

@test "a descriptor stays open that the runtime was not told to hand on" {
	echo --preserve-fds 1 >"$work/options"
	caught 'descriptor 3 of the process stays open; the runtime was told to hand on 3' .
}

@test "other limits, file mode mask, OOM score, scheduling, cgroup; somebody traces the process" {
	caught '/process/rlimits: RLIMIT_NPROC' 'del(.process.rlimits)' '' \
		'.process.rlimits = [{"type": "RLIMIT_NPROC", "hard": 1000, "soft": 1000}]'
	caught '/process/user/umask: the process has 000' '.process.user.umask = 0'
	caught '/process/oomScoreAdj: the process has 0; approved: 100' '.process.oomScoreAdj = 0' '' \
		'.process.oomScoreAdj = 100'
	echo setarch -R >"$work/before"
	caught '/linux/personality' .
	: >"$work/before"
	echo 'while read -r file; do echo "$pid" >"$file"; done < <(ls -d /sys/fs/cgroup/cgroup.procs \
		/sys/fs/cgroup/pids/cgroup.procs 2>/dev/null)' >"$work/outside"
	caught '/linux/cgroupsPath: the process is no longer in cgroup' .
	cat >"$work/trace.py" <<-'END'
		import ctypes, sys, time
		assert ctypes.CDLL(None).ptrace(0x4206, int(sys.argv[1]), None, None) == 0 # PTRACE_SEIZE
		open(sys.argv[2], "w").close()
		time.sleep(20)
	END
	echo 'rm -f "$work/traces"
		python3 "$work/trace.py" "$pid" "$work/traces" </dev/null >/dev/null 2>&1 3>&- &
		until [[ -e $work/traces ]]; do sleep 0.1; done' >"$work/outside"
	caught "traces the container's" .
}

@test "a file system that does not answer: not started, after half a minute" {
	[[ -c /dev/fuse ]] || skip_or_fail 'there is no /dev/fuse'
	cat >"$work/fuse.py" <<-'END'
		import ctypes, os, sys, time
		libc = ctypes.CDLL(None)
		fd = os.open("/dev/fuse", os.O_RDWR)
		assert libc.setns(os.open("/proc/%s/ns/mnt" % sys.argv[1], os.O_RDONLY), 0) == 0
		options = b"fd=%d,rootmode=40000,user_id=0,group_id=0" % fd
		assert libc.mount(b"none", b"/proc", b"fuse", 0, options) == 0
		os.write(1, b"mounted")
		time.sleep(50)
	END
	echo 'python3 "$work/fuse.py" "$pid" </dev/null >"$work/mounted" 2>&1 3>&- &
		until grep -q mounted "$work/mounted"; do sleep 0.1; done' >"$work/outside"
	created crun . ''
	start crun
	[[ $status -eq 6 && $output == *'a file system in it does not answer'* ]]
	is_dead crun
	delete crun
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

@test "a namespace of another container in place of a new one, or of the runtime's" {
	local type
	id=web created runc . '' '.linux.cgroupsPath = "/rootfence-web"'
	listener=$(in_lab "$(real runc)" --root "$work/state" state web | jq .pid)
	for type in network:net ipc:ipc uts:uts; do
		caught "the process is in the ${type%:*} namespace of container \"web\"" \
			'.linux.namespaces |= map(if .type == "'"${type%:*}"'" then .path = "/proc/'"$listener/ns/${type#*:}"'" else . end)
			| del(.hostname, .linux.sysctl)'
	done
	caught 'the process is in another uts namespace than the runtime' \
		'.linux.namespaces += [{"type": "uts", "path": "/proc/'"$listener"'/ns/uts"}]' '' \
		'.linux.namespaces |= map(select(.type != "uts")) | del(.hostname)'
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
