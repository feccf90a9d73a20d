# shellcheck shell=bash
# shellcheck disable=SC2154,SC2090,SC2089 # bats sets status and output; $ulimits is TOML, quotes and all
# SPDX-License-Identifier: Apache-2.0
#
# Shared by the live tests. $work is a directory of the test file's own; podman, the guard and the
# hooks live in it (tests/podman.sh).

bats_require_minimum_version 1.5.0
top=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
rootfence=${ROOTFENCE:-$top/build/rootfence}
policies=$top/policies

# CI has everything that the tests need, so a skip there is a failure.
skip_or_fail() {
	[[ ${CI-} != true ]] || { echo "cannot run in CI, and must: $*"; return 1; }
	skip "$*"
}

need_root() { [[ $EUID -eq 0 ]] || skip_or_fail 'needs root'; }

# Makes a work directory with a bpffs, a podman of its own and the image "live", once per file.
live_start() {
	work=$(mktemp -d /tmp/rootfence-live.XXXXXX)
	guard=$work/bpf/rootfence
	mkdir -p "$work/bpf"
	mount -t bpf bpf "$work/bpf"
	# shellcheck source=tests/podman.sh
	source "$top/tests/podman.sh"
	podman_start live
	export work guard runtime ulimits
	export CONTAINERS_CONF CONTAINERS_STORAGE_CONF
}

live_stop() {
	# shellcheck source=tests/podman.sh
	source "$top/tests/podman.sh"
	podman_stop
	rm -rf "$work"
}

# For setup(): defines the functions again, since bats runs every test in a process of its own.
live_setup() {
	# shellcheck source=tests/podman.sh
	source "$top/tests/podman.sh"
}

use_policy() { own_hooks "$1"; }

# policy NAME JSON: a policy file below $work that extends default; prints its path.
policy() {
	cat >"$work/$1.json" <<-END
		{ "version": 1, "name": "$1", "extends": ["$policies/default.json"], $2 }
	END
	printf '%s' "$work/$1.json"
}

guard_status() { "$rootfence" status --format json --guard "$guard"; }

# Containers under the guard.
entries() { guard_status | jq '[.containers[].id] | unique | length'; }

level() { guard_status | jq -r .guarantee; }

# eventually COMMAND...: the command succeeds within twenty seconds; test machines are busy.
eventually() {
	local tries
	for tries in {1..200}; do
		"$@" && return 0
		[[ $tries -eq 200 ]] || sleep 0.1
	done
	return 1
}

# podman cannot remove a container or a pod that it is still taking down by itself.
remove_containers() { eventually podman rm --all --force --time 0 >/dev/null; }
remove_pods() { eventually podman pod rm --all --force --time 0 >/dev/null; }

# all_end_with STATUS PID...: each of these background processes ends with that status.
all_end_with() {
	local wanted=$1 pid status failed=0
	for pid in "${@:2}"; do
		status=0
		wait "$pid" || status=$?
		[[ $status -eq $wanted ]] || { echo "process $pid: status $status" && failed=1; }
	done
	return "$failed"
}

no_entries() { [[ $(entries) -eq 0 ]]; }

# refused CODE: the last `run podman run ...` started nothing because a hook exited with CODE.
refused() {
	echo "$output"
	[[ $status -ne 0 && $output == *"exit status $1"* && $output != *"container ran"* ]]
}

# was_stopped STATUS: the guard killed the process in the container, or denied the execve with
# EPERM.
was_stopped() { [[ $1 -eq 137 || $1 -eq 126 || $1 -eq 255 ]]; }

# other_version_map NAME KEY_SIZE VALUE_SIZE: a map of a guard of version 99, which is the first byte
# of its entry.
other_version_map() {
	local type=hash
	[[ $1 != meta ]] || type=array
	bpftool map create "$guard/$1" type "$type" key "$2" value "$3" entries 1 name "$1"
	# shellcheck disable=SC2046 # one word for each byte
	bpftool map update pinned "$guard/$1" key hex $(bytes 0 "$2") value hex $(bytes 99 "$3")
}

bytes() { printf '%02x ' "$1"; [[ $2 -le 1 ]] || printf '00 %.0s' $(seq $(($2 - 1))); }

# syslog_of DGRAM|STREAM COMMAND...: prints what COMMAND writes to a syslog socket of that kind,
# with its pid replaced by PID, and ends with its status.
syslog_of() {
	cat >"$BATS_TEST_TMPDIR/listen.py" <<-'END'
		import socket, subprocess, sys
		kind = getattr(socket, "SOCK_" + sys.argv[1])
		log = socket.socket(socket.AF_UNIX, kind)
		log.bind("/dev/log")
		if kind == socket.SOCK_STREAM:
		    log.listen()
		process = subprocess.Popen(sys.argv[2:], stdin=sys.stdin, stdout=subprocess.PIPE)
		process.communicate(timeout=30)
		if kind == socket.SOCK_STREAM:
		    log = log.accept()[0]
		log.settimeout(1)
		while True:
		    try:
		        text = log.recv(4096)
		    except socket.timeout:
		        break
		    if not text:
		        break
		    print(text.decode().replace("\0", "\n").replace(str(process.pid), "PID").rstrip())
		sys.exit(process.returncode)
	END
	unshare --mount bash -c 'mount -t tmpfs none /dev && exec python3 "$@"' - \
		"$BATS_TEST_TMPDIR/listen.py" "$@"
}

# with_containers_line LINE COMMAND...: as if /etc/subuid and /etc/subgid had this line for the user
# containers, which --userns=auto needs.
with_containers_line() {
	local file
	for file in subuid subgid; do
		sed '/^containers:/d' "/etc/$file" >"$work/$file"
		printf '%s\n' "$1" >>"$work/$file"
	done
	# shellcheck disable=SC2016 # expanded inside
	unshare --mount bash -ec 'mount --bind "$0/subuid" /etc/subuid
		mount --bind "$0/subgid" /etc/subgid
		exec "$@"' "$work" "${@:2}"
}
