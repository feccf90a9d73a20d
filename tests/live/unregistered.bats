#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2154,SC2030,SC2031 # $work and the rest come from common.bash; each test is a process
# Containers that nobody registered are reported, once for each namespace; registered ones are not.
# The guard is the whole host's, and other tests may run: so events are told apart by namespace.
# That they are stopped is for guests: tests/vm/guest/unregistered.bats.

# shellcheck source=tests/live/common.bash
source "$BATS_TEST_DIRNAME/common.bash"

setup_file() {
	need_root
	live_start
	echo '{ "version": 1, "name": "host" }' >"$work/host.json"
}

teardown_file() { live_stop; }

setup() {
	live_setup
	use_policy "$policies/default.json"
	"$rootfence" load --guard "$guard" --policy "$work/host.json"
	events=$BATS_TEST_TMPDIR/events
	watch_into "$events"
}

teardown() {
	kill "${watchers[@]}" || true
	podman rm --all --force --time 0 >/dev/null
	"$rootfence" unload --guard "$guard"
}

watchers=()

# watch_into FILE: a reader of events, once it reads. Its pid is the last of $watchers.
watch_into() {
	local before
	before=$(readers)
	"$rootfence" watch --format json --guard "$guard" >"$1" 2>"$1.errors" 3>&- &
	watchers+=($!)
	eventually has_more_readers "$before"
}

readers() { guard_status | jq .readers; }

has_more_readers() { [[ $(readers) -gt $1 ]]; }

# A program of that name; the first one that a container executes is the path of its event. Numbers
# of namespaces are used again at once, so they do not tell two events apart.
program() {
	ln -sf "$(type -P "${2-true}")" "$BATS_TEST_TMPDIR/$1"
	echo "$BATS_TEST_TMPDIR/$1"
}

# stranger NAME: a container that nobody registered and that executes the program of that name.
stranger() { unshare --pid --fork --mount-proc "$(program "$1")"; }

# of NAME [FILE]: its events.
of() { jq -c --arg name "/$1" 'select(.path | endswith($name))' "${2-$events}"; }

# in_namespace INODE: the events in that namespace.
in_namespace() { jq -c --argjson inode "$1" 'select(.namespace == $inode)' "$events"; }

# reported NAME: exactly once, also when some time has passed.
reported() {
	eventually is_reported "$1"
	stranger "after-$1"
	eventually is_reported "after-$1"
	of "$1"
	[[ $(of "$1" | wc -l) -eq 1 ]]
}

is_reported() { [[ -n $(of "$1") ]]; }

# not_reported NAME: even after an event that comes later has arrived.
not_reported() {
	stranger "after-$1"
	eventually is_reported "after-$1"
	of "$1"
	[[ -z $(of "$1") ]]
}

@test "a pid namespace with mounts of its own is one event, whatever is executed in it" {
	unshare --pid --fork --mount-proc "$(program one sh)" -c '/bin/true; /bin/true; exec /bin/true'
	reported one
	of one | jq -e '.rule == "unregistered" and .container == "" and .outcome == "logged"
		and .action == "RF_ACT_LOG" and .startedBy.comm == "unshare" and .startedBy.pid > 0
		and .pid > 0 and .comm == "unshare" and .namespace > 0 and (.cgroup | startswith("/"))'
	[[ -z $(of true) ]]
	guard_status | jq -e '.unregistered.namespaces >= 2 and .unregistered.stopped == 0
		and .unregistered.action == "RF_ACT_LOG" and .unregistered.latest.pid > 0'
	run "$rootfence" status --guard "$guard"
	echo "$output"
	[[ $output == *'unregistered  '*' containers seen, 0 execves stopped (RF_ACT_LOG)'* ]]
	[[ $output == *'the latest: pid '*', started by '* ]]
}

@test "a mount namespace that was made in a user namespace is one" {
	unshare --user --map-root-user --mount "$(program one sh)" -c '/bin/true; /bin/true'
	reported one
}

@test "what has the mounts that root on the host gave it is no container" {
	unshare --pid --fork "$(program pid)"
	not_reported pid
	unshare --mount "$(program mount)"
	not_reported mount
	unshare --user --map-root-user "$(program user)"
	not_reported user
	"$(program host)"
	not_reported host
}

@test "runc without our hooks is one, and says what started it" {
	local inode bundle=$BATS_TEST_TMPDIR/bundle
	mkdir "$bundle"
	runc spec --bundle "$bundle"
	jq --arg root "$work/rootfs" '.process.terminal = false | .root.path = $root
		| .process.args = ["sh", "-c", "/bin/true; sleep 1000"]' \
		"$bundle/config.json" >"$bundle/new.json"
	mv "$bundle/new.json" "$bundle/config.json"
	runc --root "$work/runc" run --detach --bundle "$bundle" stranger </dev/null >/dev/null 3>&-
	inode=$(stat -L -c %i "/proc/$(runc --root "$work/runc" state stranger | jq .pid)/ns/pid")
	stranger after
	eventually is_reported after
	in_namespace "$inode" | jq -e '.comm == "runc:[2:INIT]" and .startedBy.pid > 0'
	[[ $(in_namespace "$inode" | wc -l) -eq 1 ]]
	runc --root "$work/runc" delete --force stranger
}

@test "registered containers are not, nor their sessions and what they start" {
	local inode
	podman run --detach --name one --user 3267 live sleep 1000 >/dev/null
	inode=$(stat -L -c %i "/proc/$(podman inspect --format '{{.State.Pid}}' one)/ns/pid")
	podman exec one sh -c '/bin/true; (/bin/true)'
	podman run --detach --name two --pid container:one --user 3267 live sleep 1000 >/dev/null
	podman exec two true
	stranger after
	eventually is_reported after
	[[ -z $(in_namespace "$inode") ]]
}

# waiting: a child in a pid namespace of its own that executes nothing before it is told, like that
# of a runtime. Sets $pid, its name for createRuntime is in $bundle.
waiting() {
	bundle=$BATS_TEST_TMPDIR/buildah123
	mkdir "$bundle"
	echo '{}' >"$bundle/config.json"
	mkfifo "$bundle/go"
	python3 - "$bundle" "$(program step)" <<-'END' 3>&- &
		import ctypes, os, sys
		libc = ctypes.CDLL(None)
		if libc.unshare(0x20000000) or libc.unshare(0x00020000):
		    sys.exit(1)
		child = os.fork()
		if child == 0:
		    open(sys.argv[1] + "/go").read()
		    os.execv(sys.argv[2], ["build-step"])
		with open(sys.argv[1] + "/pid", "w") as file:
		    print(child, file=file)
		os.waitpid(child, 0)
	END
	eventually test -s "$bundle/pid"
	read -r pid <"$bundle/pid"
}

# exempt_element: what the hook noted about the namespace $inode.
exempt_element() {
	bpftool -j map dump pinned "$guard/unregistered" | jq -c --argjson inode "$inode" '
		.[] | select(.formatted.value | .namespace == $inode and .exempt == 2)'
}

@test "a build that the hook lets pass is known, and stays so when the policy changes" {
	local bundle pid inode
	waiting
	printf '{ "ociVersion": "1.0.2", "id": "b", "status": "created", "pid": %d, "bundle": "%s" }' \
		"$pid" "$bundle" | "$rootfence" createRuntime --except-builds --guard "$guard"
	inode=$(stat -L -c %i "/proc/$pid/ns/pid")
	echo '{ "version": 1, "name": "other", "exec": { "errnoRet": 13 } }' >"$BATS_TEST_TMPDIR/other.json"
	"$rootfence" load --guard "$guard" --policy "$BATS_TEST_TMPDIR/other.json"
	[[ -n $(exempt_element) ]]
	echo >"$bundle/go"
	not_reported step
}

@test "what is known of a namespace says nothing about a later one with the same numbers" {
	local bundle pid inode element
	waiting
	printf '{ "ociVersion": "1.0.2", "id": "b", "status": "created", "pid": %d, "bundle": "%s" }' \
		"$pid" "$bundle" | "$rootfence" createRuntime --except-builds --guard "$guard"
	inode=$(stat -L -c %i "/proc/$pid/ns/pid")
	# As if its init had started at another time.
	element=$(exempt_element | jq -r '.key |= map(ltrimstr("0x")) | .value |= map(ltrimstr("0x"))
		| .value[8:12] = ["01", "00", "00", "00"]
		| "key hex \(.key | join(" ")) value hex \(.value | join(" "))"')
	# shellcheck disable=SC2086 # one word for each byte
	bpftool map update pinned "$guard/unregistered" $element
	echo >"$bundle/go"
	reported step
}

@test "two readers each have every event; one that comes later has the latest" {
	watch_into "$events.2"
	stranger one
	reported one
	watch_into "$events.3"
	stranger two
	reported two
	eventually same_events
}

# A cgroup is looked up by its id when the event is printed, and may be gone by then.
told_by() { jq -c '[.time, .thread, .path]' "$1" | sort; }

same_events() {
	diff <(told_by "$events") <(told_by "$events.2") && diff <(told_by "$events") <(told_by "$events.3")
}

@test "a reader that is killed loses nothing for another, and its place is free again" {
	local n
	watch_into "$events.2"
	kill -9 "${watchers[1]}"
	stranger one
	reported one
	[[ $(readers) -eq 1 ]]
	watchers=("${watchers[0]}")
	for n in {2..8}; do watch_into "$events.$n"; done
	run -5 "$rootfence" watch --guard "$guard"
	[[ $output == *'8 rootfence processes read the events already'* ]]
	kill -9 "${watchers[7]}"
	watchers=("${watchers[@]:0:7}")
	eventually has_readers 7
	watch_into "$events.9"
	stranger two
	for n in {2..7} 9; do eventually is_in two "$events.$n"; done
}

has_readers() { [[ $(readers) -eq $1 ]]; }

is_in() { [[ $(of "$1" "$2" | wc -l) -eq 1 ]]; }

@test "a reader whose place is taken away says so" {
	local slot
	for slot in {0..7}; do
		bpftool map delete pinned "$guard/readers" key hex 0"$slot" 00 00 00 || true
	done
	wait "${watchers[0]}" || [[ $? -eq 5 ]]
	grep -q 'the map readers was emptied' "$events.errors"
	watchers=()
	watch_into "$events"
}

@test "a reader that stands still loses its own events, and is told how many" {
	local n
	watch_into "$events.2"
	kill -STOP "${watchers[1]}"
	seq 1700 | xargs -P "$(nproc)" -n 1 unshare --user --map-root-user --mount true
	n=$(wc -l <"$events")
	eventually has_lines "$events" 1700
	[[ $(guard_status | jq .lost) -gt 0 ]]
	kill -CONT "${watchers[1]}"
	eventually grep -q 'events were lost here' "$events.2.errors"
	[ ! -s "$events.errors" ]
	lost=$(sed -n 's/^rootfence: \([0-9]*\) events.*/\1/p' "$events.2.errors" | head -1)
	[[ $((lost + $(wc -l <"$events.2"))) -ge 1700 ]]
}

has_lines() { [[ $(wc -l <"$1") -ge $2 ]]; }
