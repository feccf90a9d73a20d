#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Every kind of credentials times every kind of file (tests/vm/matrix): once without the guard, then
# in a guarded container. The guard must stop exactly the attempts that gained without it.

# shellcheck source=tests/vm/guest/common.bash
source "$BATS_TEST_DIRNAME/common.bash"

dir=/run/matrix

make_files() {
	mkdir -p "$dir"
	mount -t tmpfs -o mode=755 matrix "$dir"
	mkdir "$dir/nosuid"
	mount -t tmpfs -o nosuid,mode=755 matrix "$dir/nosuid"
	cp /vm/bin/matrix "$dir/payload"
	"$dir/payload" files "$dir"
	modprobe binfmt_misc
	mount -t binfmt_misc binfmt_misc /proc/sys/fs/binfmt_misc
	echo ":matrix:M::RFMATRIX::$dir/payload:" >/proc/sys/fs/binfmt_misc/register
	echo ":matrixc:M::RFMATRIC::$dir/payload:C" >/proc/sys/fs/binfmt_misc/register
}

setup_file() {
	make_files
	"$dir/payload" run "$dir" >"$dir/plain"
	rootfence load
}

teardown() { [[ ! -e $dir/pid ]] || kill -9 "$(<"$dir/pid")"; rm -f "$dir/pid"; }

# The policies differ in one line; user namespaces are allowed, so that they can be tried.
policy() {
	printf '{ "version": 1, "name": "matrix", "defaultAction": "RF_ACT_ALLOW", "rules": [%s],
		"exec": { "defaultAction": "RF_ACT_ERRNO", "errnoRet": 1, "guarantee": "kill",
		"userNamespaces": "RF_ACT_ALLOW", "setIds": "RF_ACT_LOG" } }\n' "$1" >"$dir/policy.json"
}

bundle() {
	local ns namespaces=''
	for ns in pid mount; do # what start_nobody makes: a promise that is not kept stops it
		namespaces+="{ \"type\": \"$ns\" }, "
	done
	printf '{ "ociVersion": "1.0.2", "root": { "path": "/" }, "process": {
		"user": { "uid": 3267, "gid": 3267 }, "args": ["sleep"], "cwd": "/",
		"capabilities": {} },
		"linux": { "namespaces": [%s] } }\n' "${namespaces%, }" >"$dir/config.json"
}

# A container whose init runs as nobody and does nothing; $dir/pid is its pid on the host.
start_nobody() {
	bundle
	rm -f "$dir/go"
	mkfifo "$dir/go"
	unshare --pid --fork --mount --mount-proc setpriv --reuid 3267 --regid 3267 --clear-groups \
		--bounding-set=-all bash -c "read -r <$dir/go; exec sleep 100000" \
		>/dev/null 2>&1 3>&- &
	disown # it ends by SIGKILL, which bash would report
	eventually pgrep -P $!
	pgrep -P $! >"$dir/pid"
	eventually grep -q bash "/proc/$(<"$dir/pid")/comm"
	printf '{ "ociVersion": "1.0.2", "id": "matrix", "status": "creating", "pid": %d,
		"bundle": "%s" }' "$(<"$dir/pid")" "$dir" |
		rootfence createRuntime --policy "$dir/policy.json"
	echo >"$dir/go"
	eventually grep -q sleep "/proc/$(<"$dir/pid")/comm"
	[ "$(entries)" -eq 1 ]
}

stopped() { if denies; then echo errno:1; else echo signal:9; fi; }

# guarded_run gain|ceiling: runs the matrix under the guard; prints the numbers to the guest's log
# too.
guarded_run() {
	start_nobody
	"$dir/payload" run "$dir" "$(<"$dir/pid")" >"$dir/$1"
	cp "$dir/$1" "/vm/matrix-$1"
	run "$dir/payload" compare "$dir/plain" "$dir/$1" "$1" "$(stopped)"
	echo "# note: $(uname -r) $(expected_hook): $1: ${lines[-1]}" >&3
	echo "$output"
	[ "$status" -eq 0 ]
}

@test "without the guard, every attempt could be made" {
	"$dir/payload" table "$dir/plain" >/vm/matrix-table
	cp "$dir/plain" /vm/matrix-plain
	run -1 grep -P '\tsetup' "$dir/plain"
}

@test "exactly the attempts that gain are stopped; all others end as without the guard" {
	policy ''
	guarded_run gain
}

@test "under an empty ceiling, attempts that end above it are stopped as well" {
	policy '{ "names": ["capabilities"], "action": "RF_ACT_REJECT", "args": { "allow": [] } },
		{ "names": ["rootUser"], "action": "RF_ACT_REJECT" }'
	guarded_run ceiling
}
