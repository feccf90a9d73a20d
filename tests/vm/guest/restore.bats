#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2016,SC2030,SC2031 # bats runs each test in a subshell; expressions for inner shells
# Real CRIU: what a checkpoint brings back is held from its first instruction.

# shellcheck source=tests/vm/guest/common.bash
source "$BATS_TEST_DIRNAME/common.bash"

# The wrapper, by the names of the runtimes; podman knows a runtime by its name.
readonly wrap=/run/wrap

setup_file() {
	mkdir -p "$wrap"
	ln -sf /usr/bin/rootfence "$wrap/runc"
	ln -sf /usr/bin/rootfence "$wrap/crun"
	make_image
	install -m 755 /vm/bin/linger /tmp/rootfs/bin/linger
	install -m 4755 /vm/bin/linger /tmp/rootfs/bin/linger-suid
	rootfence load
}

setup() { own_policy "$(rule_for /bin/ping)"; }

teardown() {
	local runtime id
	[[ -z ${watcher-} ]] || kill "$watcher" 2>/dev/null || true
	for runtime in crun runc; do
		for id in /tmp/bundles/* outer; do
			"$runtime" delete --force "${id##*/}" >/dev/null 2>&1 || true
		done
	done
	podman rm --all --force --time 0 >/dev/null 2>&1 || true
	rm -rf /tmp/bundles
	own_policy
}

# Debian builds crun with CRIU since trixie.
can_checkpoint() { [[ $1 != crun || $(. /etc/os-release; echo "$VERSION_CODENAME") != bookworm ]]; }

runtimes() {
	local runtime
	for runtime in runc crun; do
		! can_checkpoint "$runtime" || echo "$runtime"
	done
}

# Without process.capabilities newer runc leaves the bounding set full.
readonly none='.process.capabilities = ([["bounding", "permitted", "effective", "inheritable",
	"ambient"][] | { (.): [] }] | add)'
readonly decent='.process.user = { "uid": 3267, "gid": 3267 } | '"$none"
readonly everything='(["CHOWN", "DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER", "FSETID", "KILL",
	"SETGID", "SETUID", "SETPCAP", "LINUX_IMMUTABLE", "NET_BIND_SERVICE", "NET_BROADCAST",
	"NET_ADMIN", "NET_RAW", "IPC_LOCK", "IPC_OWNER", "SYS_MODULE", "SYS_RAWIO", "SYS_CHROOT",
	"SYS_PTRACE", "SYS_PACCT", "SYS_ADMIN", "SYS_BOOT", "SYS_NICE", "SYS_RESOURCE", "SYS_TIME",
	"SYS_TTY_CONFIG", "MKNOD", "LEASE", "AUDIT_WRITE", "SETFCAP"] | map("CAP_" + .)) as $all'
readonly as_root="$everything"' | .process.user = { "uid": 0, "gid": 0 }
	| .process.capabilities = ([["bounding", "permitted", "effective"][] | { (.): $all }] | add)'

# The workload tries to gain when the file "go" appears. Its shell goes on if the execve fails.
readonly workload='while :; do
	echo >>/tmp/steps
	sleep 0.2
	[ -e /tmp/go ] || continue
	rm /tmp/go
	{ unshare -U true; echo "unshare $?"; probe; echo "probe $?"; } >/tmp/result.new 2>&1
	mv /tmp/result.new /tmp/result
done'

# write_config BUNDLE JQ: a config without hooks; the root is the bundle's own, and can be written.
write_config() {
	local bundle=$1
	rm -f "$bundle/config.json"
	(cd "$bundle" && runc spec)
	jq --arg workload "$workload" '.process.terminal = false | .root = { "path": "rootfs", "readonly": false }
		| del(.process.rlimits) | .process.noNewPrivileges = false
		| .process.args = ["/bin/linger", "/tmp/steps"] | '"$2" \
		"$bundle/config.json" >"$bundle/new.json"
	mv "$bundle/new.json" "$bundle/config.json"
}

new_bundle() {
	local bundle=/tmp/bundles/$1
	rm -rf "$bundle"
	mkdir -p "$bundle"
	cp -a /tmp/rootfs "$bundle/rootfs"
	write_config "$bundle" "$2"
}

steps() { stat -c %s "/tmp/bundles/$1/rootfs/tmp/steps" 2>/dev/null || echo 0; }

has_steps() { [[ $(steps "$1") -gt ${2:-0} ]]; }

# run_detached RUNTIME NAME. CRIU refuses descriptors of files that are not in the container.
run_detached() {
	"$1" --log "/tmp/bundles/$2/log" run --detach --bundle "/tmp/bundles/$2" "$2" \
		>/dev/null 2>&1 </dev/null 3>&- || { cat "/tmp/bundles/$2/log"; return 1; }
	rm -f "/tmp/bundles/$2/log"
}

checkpoint() {
	local bundle=/tmp/bundles/$2
	mkdir -p "$bundle/work"
	"$1" checkpoint --image-path "$bundle/image" --work-path "$bundle/work" "$2" \
		>"$bundle/out" 2>&1 </dev/null 3>&- ||
		{ tail -n 1 "$bundle/out"; grep -a Error "$bundle/work/dump.log"; return 1; }
	"$1" delete --force "$2" >/dev/null 2>&1 || true
}

# restore RUNTIME NAME [OPTION...]
restore() {
	local runtime=$1 name=$2 bundle=/tmp/bundles/$2 status=0
	shift 2
	"$runtime" --log "$bundle/log" restore --bundle "$bundle" --image-path "$bundle/image" \
		--work-path "$bundle/work" "$@" "$name" >"$bundle/out" 2>&1 </dev/null 3>&- ||
		status=$?
	[[ $status -eq 0 ]] || { cat "$bundle/out"; grep -a Error "$bundle/work/restore.log" || true; }
	return "$status"
}

# bad NAME RUNTIME JQ: a checkpoint of a container that Rootfence never saw, with a decent config.
bad() {
	new_bundle "$1" "$3"
	run_detached "$2" "$1"
	eventually has_steps "$1"
	checkpoint "$2" "$1"
	write_config "/tmp/bundles/$1" "$decent"
}

has_entry() { status_json | jq -e --arg id "$1" 'any(.containers[]; .id == $id)' >/dev/null; }

has_no_entry() { ! has_entry "$1"; }

# did_not_live NAME RUNTIME: refused, named, and not one step was taken.
did_not_live() {
	local before
	before=$(steps "$1")
	run restore "$wrap/$2" "$1" --detach
	echo "$status $output"
	[[ $status -ne 0 ]] || { cat "/proc/$("$2" state "$1" | jq .pid)/cgroup"; status_json; }
	[[ $status -eq 1 && $output == *"does not allow"*"was killed before it ran"* ]]
	grep -q 'killed before it ran' "/tmp/bundles/$1/log"
	[ "$(steps "$1")" -eq "$before" ]
	run "$2" state "$1"
	[ "$status" -ne 0 ]
	eventually has_no_entry "$1"
}

@test "CRIU works here, with each runtime that Debian built with it" {
	criu check
	can_checkpoint crun || skip 'crun of this Debian is built without CRIU: only runc is tried'
	grep -q CRIU <<<"$(crun --version)"
}

@test "restored as root with all capabilities: does not live" {
	local runtime
	for runtime in $(runtimes); do
		bad "bad-$runtime" "$runtime" "$as_root"
		did_not_live "bad-$runtime" "$runtime"
	done
}

@test "other credentials that the policy does not allow: do not live" {
	local kind runtime=runc
	local -A kinds=(
		[uid0]='.process.user = { "uid": 0, "gid": 0 } | '"$none"
		[host-pids]="$as_root"' | del(.linux.namespaces[] | select(.type == "pid"))'
		[threads]="$as_root"' | .process.args += ["thread"]'
		[child]="$decent"' | .process.capabilities = { "bounding": ["CAP_SYS_ADMIN"] }
			| .process.args = ["sh", "-c", "linger-suid /tmp/steps & while :; do wait; done"]'
	)
	for kind in "${!kinds[@]}"; do
		echo "# $kind"
		bad "$kind" "$runtime" "${kinds[$kind]}"
		did_not_live "$kind" "$runtime"
	done
}

# A container that was created under Rootfence; checkpoint and restore through the wrapper.
decent() {
	new_bundle "$1" "$decent | .process.args = [\"sh\", \"-c\", \$workload]"
	run_detached "$wrap/$2" "$1"
	eventually has_steps "$1"
	checkpoint "$wrap/$2" "$1"
}

is_running() { [[ $("$1" state "$2" | jq -r .status) == running ]]; }

# was_held NAME: the restored workload tries to gain.
was_held() {
	local root=/tmp/bundles/$1/rootfs
	has_entry "$1"
	touch "$root/tmp/go"
	chmod 666 "$root/tmp/go"
	eventually test -e "$root/tmp/result"
	cat "$root/tmp/result"
	[[ $(<"$root/tmp/result") != *"probe ran"* && $(<"$root/tmp/result") != *"unshare 0"* ]]
	was_stopped "$(sed -n 's/^probe //p' "$root/tmp/result")" 126
}

# crun has no filter for sessions in a restored container; the wrapper gives it one.
sessions_work() {
	local as=(--user 3267:3267)
	"$wrap/$1" exec "${as[@]}" --no-new-privs "$2" true
	"$1" exec "${as[@]}" "$2" grep -qx $'Seccomp:\t2' /proc/self/status
	run "$1" exec "${as[@]}" "$2" probe
	[[ $status -ne 0 && $output != *"probe ran"* ]]
	run "$1" exec --user 0 "$2" echo container ran
	[[ $status -ne 0 && $output != *"container ran"* ]]
}

@test "a decent container lives on, and cannot gain" {
	local runtime before
	for runtime in $(runtimes); do
		decent "good-$runtime" "$runtime"
		eventually no_entries
		before=$(steps "good-$runtime")
		restore "$wrap/$runtime" "good-$runtime" --detach
		eventually has_steps "good-$runtime" "$before"
		is_running "$runtime" "good-$runtime"
		status_json | jq -e .intact
		was_held "good-$runtime"
		sessions_work "$runtime" "good-$runtime"
		is_running "$runtime" "good-$runtime"
		"$runtime" delete --force "good-$runtime"
		eventually no_entries
	done
}

@test "without --detach: the guard alone kills, and holds" {
	local runtime before
	own_policy "$no_profile, $(rule_for /bin/ping)"
	for runtime in $(runtimes); do
		bad "bad-$runtime" "$runtime" "$as_root"
		before=$(steps "bad-$runtime")
		run restore "$wrap/$runtime" "bad-$runtime"
		echo "$status $output"
		[ "$status" -ne 0 ]
		[ "$(steps "bad-$runtime")" -eq "$before" ]
		eventually no_entries
		decent "good-$runtime" "$runtime"
		restore "$wrap/$runtime" "good-$runtime" &
		eventually has_entry "good-$runtime"
		was_held "good-$runtime"
		! denies || grep -q 'unshare.*Operation not permitted' \
			"/tmp/bundles/good-$runtime/rootfs/tmp/result"
		"$runtime" delete --force "good-$runtime"
		wait || true
		eventually no_entries
	done
}

# runc calls createRuntime in the middle of a restore; crun does not.
@test "hooks alone: runc's restore is held too" {
	local before hooks=/run/bundles/hooks/config.json
	make_bundle runc hooks '.process.args = ["/bin/linger", "/tmp/steps"]'
	jq '.root = { "path": "rootfs", "readonly": false }' "$hooks" >"$BATS_TEST_TMPDIR/config.json"
	bad first runc "$as_root"
	cp "$BATS_TEST_TMPDIR/config.json" /tmp/bundles/first/config.json
	before=$(steps first)
	restore runc first --detach || true
	[ "$(steps first)" -eq "$before" ]
	eventually no_entries
	runc delete --force first || true
	# CRIU is to bring back what the same config made.
	new_bundle second "$decent"
	cp "$BATS_TEST_TMPDIR/config.json" /tmp/bundles/second/config.json
	run_detached runc second
	eventually has_steps second
	checkpoint runc second
	before=$(steps second)
	restore runc second --detach
	has_entry second
	eventually has_steps second "$before"
}

@test "the event says what came back" {
	local events=$BATS_TEST_TMPDIR/events
	rootfence watch --format json >"$events" 3>&- &
	watcher=$!
	bad first runc "$as_root"
	did_not_live first runc
	eventually grep -q '"fentry/__ptrace_unlink"' "$events"
	kill "$watcher"
	cat "$events"
	jq -es 'any(.[]; .container == "first" and .action == "RF_ACT_KILL_PROCESS")' "$events"
}

@test "a policy that only logs: lives, with an event" {
	local events=$BATS_TEST_TMPDIR/events before
	own_policy '"mode": "audit"'
	rootfence watch --format json >"$events" 3>&- &
	watcher=$!
	bad first runc "$as_root"
	before=$(steps first)
	restore "$wrap/runc" first --detach
	eventually has_steps first "$before"
	eventually grep -q '"fentry/__ptrace_unlink"' "$events"
	kill "$watcher"
}

@test "a container that shares a pid namespace, or a guard that is not there: refused" {
	local bundle=/tmp/bundles/first
	decent first runc
	cp "$bundle/config.json" "$bundle/approved.json"
	jq 'del(.linux.namespaces[] | select(.type == "pid"))' "$bundle/approved.json" \
		>"$bundle/config.json"
	run restore "$wrap/runc" first --detach
	echo "$status $output"
	[[ $status -ne 0 && $output != *"was killed"* ]]
	cp "$bundle/approved.json" "$bundle/config.json"
	rootfence unload
	restore "$wrap/runc" first --detach # loads it
	has_entry first
}

# The outer process leaves /outer, so that the inner cgroup is not threaded: CRIU cannot read which
# processes are in such a one. Where CRIU has a tmpfs to fill, its tar is stopped by the outer entry.
@test "in the cgroup of a container with stricter limits: does not live" {
	local before
	free_policy
	new_bundle inner "$as_root"' | .linux.cgroupsPath = "/outer/inner" | del(.linux.resources)'
	run_detached "$wrap/runc" inner
	eventually has_steps inner
	checkpoint "$wrap/runc" inner
	rmdir /sys/fs/cgroup/outer # it has controllers, so it may have no processes
	own_policy '"rules": [ { "names": ["hostPidNamespace"], "action": "RF_ACT_ALLOW" } ], '"$(rule_for /bin/ping)"
	make_bundle runc outer '.linux.cgroupsPath = "/outer" | del(.linux.resources)
		| .linux.namespaces |= map(select(.type != "pid"))'
	start_bundle runc outer
	mkdir /sys/fs/cgroup/outer/leaf
	runc state outer | jq .pid >/sys/fs/cgroup/outer/leaf/cgroup.procs
	free_policy
	before=$(steps inner)
	run restore "$wrap/runc" inner --detach
	echo "$status $output"
	[ "$status" -ne 0 ]
	[ "$(steps inner)" -eq "$before" ]
	eventually has_no_entry inner
	runc delete --force inner || true
	runc delete --force outer
	eventually has_no_entry outer
	restore "$wrap/runc" inner --detach
	has_entry inner
}

# CRIU runs tar in the container, before there is an entry, to fill its tmpfs.
@test "unregistered containers are stopped: what CRIU starts is not" {
	local before
	own_policy '"unregistered": "RF_ACT_ERRNO", '"$(rule_for /bin/ping)"
	rootfence load --replace
	new_bundle tmpfs "$decent"' | .mounts += [{ "destination": "/scratch", "type": "tmpfs",
		"source": "tmpfs", "options": ["mode=1777"] }]
		| .process.args = ["sh", "-c", "echo kept >/scratch/file; exec linger /tmp/steps"]'
	run_detached "$wrap/runc" tmpfs
	eventually has_steps tmpfs
	checkpoint "$wrap/runc" tmpfs
	before=$(status_json | jq .unregistered.stopped)
	restore "$wrap/runc" tmpfs --detach
	[ "$(status_json | jq .unregistered.stopped)" -eq "$before" ]
	[ "$(runc exec tmpfs cat /scratch/file)" = kept ]
	own_policy
	rootfence load --replace
}

# Docker and CRI-O restore as podman does: `restore --detach`, with images from elsewhere.
@test "podman: checkpoint and restore, and sessions in what came back" {
	local runtime podman
	for runtime in $(runtimes); do
		podman=(podman --runtime "$wrap/$runtime")
		"${podman[@]}" run --detach --name good --user 3267 "$image" sh -c "$workload" >/dev/null
		"${podman[@]}" container checkpoint good
		"${podman[@]}" container restore good
		has_entry "$(podman inspect --format '{{.Id}}' good)"
		podman exec good touch /tmp/go
		eventually podman exec good test -e /tmp/result
		run podman exec good cat /tmp/result
		echo "$output"
		[[ $output != *"probe ran"* && $output != *"unshare 0"* ]]
		was_stopped "$(sed -n 's/^probe //p' <<<"$output")" 126
		podman rm --force --time 0 good
	done
}

@test "podman: export and import, and images of another container" {
	local podman=(podman --runtime "$wrap/runc") images
	"${podman[@]}" run --detach --name good --user 3267 "$image" sh -c "$workload" >/dev/null
	"${podman[@]}" container checkpoint --export /tmp/export.tar good
	podman rm --force --time 0 good
	"${podman[@]}" container restore --import /tmp/export.tar
	rm -f /tmp/export.tar
	has_entry "$(podman inspect --format '{{.Id}}' good)"
	"${podman[@]}" container checkpoint good

	podman --runtime runc --hooks-dir /run/none run --detach --name bad \
		--user 0 --cap-add all --security-opt seccomp=unconfined "$image" sh -c "$workload" >/dev/null
	podman container checkpoint bad
	images=$(podman inspect --format '{{.StaticDir}}' good)/checkpoint
	rm -r "$images"
	cp -a "$(podman inspect --format '{{.StaticDir}}' bad)/checkpoint" "$images"
	run "${podman[@]}" container restore good
	echo "$output"
	[[ $status -ne 0 && $output == *"was killed before it ran"* ]]
	[ "$(podman inspect --format '{{.State.Running}}' good)" = false ]
	eventually no_entries
}
