#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2154 # $work and the rest come from common.bash and runtime.bash
# Many containers on one policy, at once and in a row, with `watch` running and with more events
# than it reads: every event is printed or counted as lost, and memory does not grow. Counts are
# exact.

# shellcheck source=tests/live/common.bash
source "$BATS_TEST_DIRNAME/common.bash"
# shellcheck source=tests/live/runtime.bash
source "$BATS_TEST_DIRNAME/runtime.bash"
# shellcheck source=tests/podman.sh
work=/nonexistent guard=/nonexistent source "$BATS_TEST_DIRNAME/../podman.sh"

crowd=200 # at once
row=10000 # in a row

setup_file() {
	need_root
	lab_start
	chmod 755 "$work" # the users of containers execute files there
	"${CC:-gcc}" -O2 -Wall -static -D_GNU_SOURCE -o "$work/load" "$top/tests/live/load.c"
	# The guard only logs: there is one event for each execve of the probe.
	in_lab tee /etc/rootfence/policy.json >/dev/null <<-END
		{ "version": 1, "name": "load", "extends": ["default"],
		  "rules": [ { "names": ["hostNetworkNamespace"], "action": "RF_ACT_ALLOW" } ],
		  "exec": { "defaultAction": "RF_ACT_LOG", "rules": [ { "paths": ["/bin/ping"],
		            "capabilities": ["CAP_NET_RAW"], "action": "RF_ACT_ALLOW" } ] } }
	END
	mkdir "$work/judged"
	jq --arg root "$work/rootfs" '.root.path = $root | del(.hooks)
		| .linux.namespaces |= map(select(.type != "network"))' \
		"$top/tests/golden/specs/podman-user-3267/config.json" |
		in_lab "$rootfence" precreate >"$work/judged/config.json"
}

teardown_file() { lab_stop; }

setup() {
	in_lab "$rootfence" load
	watcher='' loader=''
}

teardown() {
	local pid
	for pid in $loader $watcher; do
		kill -9 "$pid" 2>/dev/null || true
	done
	in_lab "$rootfence" unload
}

status_json() { in_lab "$rootfence" status --format json; }

lost() { status_json | jq .lost; }

# load VERB N EXECS: starts containers with the hooks of the lab's policy.
load() {
	in_lab "$work/load" "$1" "$2" "$3" "$work/rootfs/bin/probe" "$work/judged" "$rootfence" \
		2>>"$BATS_TEST_TMPDIR/errors"
}

# load_starts N EXECS: the same, all at once; ${LOAD[0]} has the answers as they come.
load_starts() {
	coproc LOAD { load at-once "$1" "$2"; } 3>&-
	loader=$LOAD_PID
}

# says WHAT: the next answer is WHAT. go_on: sends the byte that the program waits for.
says() {
	local answer
	read -r -t 120 answer <&"${LOAD[0]}"
	echo "$answer"
	[[ $answer == "$1" ]]
}

go_on() { printf . >&"${LOAD[1]}"; }

# lab_runs COMMAND...: replaces the background shell by the command, so that $! is its pid.
lab_runs() { exec nsenter --mount="/proc/$lab/ns/mnt" --wd="$PWD" -- "$@"; }

# watch_into FILE: starts watch in the background and sets $watcher to its pid.
watch_into() {
	(lab_runs "$rootfence" watch --format json >"$1") 3>&- &
	watcher=$!
	eventually holds_lock "$watcher"
}

holds_lock() { awk -v pid="$1" '$5 == pid { found = 1 } END { exit !found }' /proc/locks; }

# told FILE N: each of N events is a complete line of FILE, or counted as lost.
told() { [[ $(($(wc -l <"$1") + $(lost))) -eq $2 ]]; }

# The private memory of the process in kB: the events' pages, shared with the kernel, do not count.
memory_of() { awk '/^RssAnon:/ { print $2 }' "/proc/$1/status"; }

state_files() { in_lab find /run/rootfence -printf '%P %s\n' | sort; }

map_size() { in_lab bpftool -j map dump pinned "/sys/fs/bpf/rootfence/$1" | jq length; }

map_is_empty() { [[ $(map_size "$1") -eq 0 ]]; }

# The sizes that could grow, without the entries of containers, which come and go.
sizes() {
	memory_of "$watcher"
	state_files
}

@test "the hooks of 200 containers at once: all guarded, every event reported, no entry left" {
	local before events=$BATS_TEST_TMPDIR/events
	watch_into "$events"
	load in-a-row 20 1
	before=$(sizes)
	load_starts "$crowd" 5
	says "registered $crowd"
	[[ $(map_size rules) -eq 2 ]] # all share one set: its record and its rule
	[[ $(status_json | jq '[.containers[] | select(.logged == 0)] | length') -eq $crowd ]]
	go_on
	says "executed $crowd"
	[[ $(status_json | jq '[.containers[] | select(.logged == 5 and .denied == 0) | .id] |
		unique | length') -eq $crowd ]]
	go_on
	says "ended $crowd"
	go_on
	eventually map_is_empty containers
	eventually told "$events" $((20 + 5 * crowd))
	diff <(echo "$before") <(sizes)
	[ ! -s "$BATS_TEST_TMPDIR/errors" ]
}

@test "events faster than watch can print: lost ones are counted, and no hook waits for a reader" {
	local events=$BATS_TEST_TMPDIR/events printed reader
	mkfifo "$BATS_TEST_TMPDIR/slow"
	exec 7<>"$BATS_TEST_TMPDIR/slow" # keeps the pipe open without reading it
	watch_into "$BATS_TEST_TMPDIR/slow"
	load_starts 1 4000
	says 'registered 1'
	go_on
	says 'executed 1'
	[[ $(status_json | jq '.containers[].logged') -eq 4000 ]]
	[[ $(lost) -gt 1000 ]]
	load in-a-row 20 0
	cat "$BATS_TEST_TMPDIR/slow" >"$events" 7>&- 3>&- &
	reader=$!
	eventually told "$events" 4000
	[[ $(wc -l <"$events") -gt 1000 ]]
	printed=$(jq -r 'select(.container == "load-0" and .outcome == "logged") | .path' "$events" |
		sort | uniq -c)
	[[ $printed == *" $(wc -l <"$events") $work/rootfs/bin/probe" ]]
	go_on
	says 'ended 1'
	go_on
	kill "$reader"
	exec 7>&-
}

@test "hooks that wait for input and output hold no lock, so other hooks run" {
	local fifo=$BATS_TEST_TMPDIR/fifo pids=() pid
	mkfifo "$fifo" "$fifo.full"
	exec 7<>"$fifo" 8<>"$fifo.full"
	dd if=/dev/zero of="$fifo.full" bs=65536 count=1 oflag=nonblock status=none
	(lab_runs "$rootfence" createRuntime <"$fifo") 3>&- &
	pids+=($!)
	(lab_runs "$rootfence" poststop <"$fifo") 3>&- &
	pids+=($!)
	(lab_runs "$rootfence" precreate <"$work/judged/config.json" >"$fifo.full") 3>&- &
	pids+=($!)
	(lab_runs "$rootfence" precreate <<<'{}' 2>"$fifo.full") 3>&- &
	pids+=($!)
	load_starts "$crowd" 0
	says "registered $crowd"
	for pid in "${pids[@]}"; do
		kill -0 "$pid"
		run -1 holds_lock "$pid"
	done
	go_on
	says "executed $crowd"
	go_on
	says "ended $crowd"
	go_on
	kill -9 "${pids[@]}"
	exec 7>&- 8>&-
}

@test "10,000 containers in a row: every event is reported, and memory does not grow" {
	local before events=$BATS_TEST_TMPDIR/events
	watch_into "$events"
	load in-a-row 500 3
	eventually told "$events" 1500
	before=$(sizes)
	load in-a-row "$row" 3
	[[ $(map_size rules) -eq 2 ]]
	eventually told "$events" $((1500 + 3 * row))
	eventually map_is_empty containers
	diff <(echo "$before") <(sizes)
	[ ! -s "$BATS_TEST_TMPDIR/errors" ]
}
