#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Measures what the guard costs on this machine; docs/performance.md has the numbers. Needs root.
#   ROUNDS  rounds of three turns (default 600)    LOOP  execves in each turn (default 20)
#   CROWD   registered containers (default "1 100 1000 10000")
#   BEFORE  an older binary, whose guard is compared with this one's on the same container
set -euo pipefail
cd "$(dirname "$0")/../.."

rounds=${ROUNDS:-600} loop=${LOOP:-20}
read -ra crowds <<<"${CROWD:-1 100 1000 10000}"
work=$(mktemp -d /tmp/rootfence-bench.XXXXXX)
chmod 755 "$work"
rootfence=$work/rootfence
idle=$work/bpf/idle
guard=$work/bpf/rootfence
before=$work/bpf/before
init='' crowd=''

clean_up() {
	[[ -z $init ]] || kill -9 "$init" 2>/dev/null || true
	[[ -z $crowd ]] || kill "$crowd" 2>/dev/null || true
	unload_both || true
	umount -l "$work/bpf" 2>/dev/null || true
	rm -rf "$work"
}

# The container's policy allows everything, so that only the check at each execve costs time. Its
# spec promises all that can be promised of any process but seccomp, which would cost time itself.
prepare() {
	mkdir -p "$work/bpf"
	mount -t bpf bpf "$work/bpf"
	cp build/rootfence "$rootfence" # the build may go on meanwhile
	"${CC:-gcc}" -O2 -static -D_GNU_SOURCE -o "$work/execs" tests/bench/execs.c
	"${CC:-gcc}" -O2 -o "$work/turns" tests/bench/turns.c -lbpf
	cat >"$work/policy.json" <<-END
		{ "version": 1, "name": "cost", "defaultAction": "RF_ACT_ALLOW", "rules": [],
		  "exec": { "defaultAction": "RF_ACT_ERRNO", "errnoRet": 1, "guarantee": "kill",
		            "userNamespaces": "RF_ACT_ALLOW", "setIds": "RF_ACT_LOG" } }
	END
	cat >"$work/config.json" <<-END
		{ "ociVersion": "1.0.2", "root": { "path": "/" }, "linux": { "namespaces": [
		  { "type": "pid" }, { "type": "mount" }, { "type": "network" }, { "type": "ipc" },
		  { "type": "uts" }, { "type": "cgroup" } ] }, "process": { "cwd": "/", "args": ["a"],
		  "user": { "uid": 3267, "gid": 3267 }, "capabilities": {} } }
	END
	unshare --pid --fork --mount --net --ipc --uts --cgroup --mount-proc sleep 100000 2>/dev/null &
	local parent=$!
	until init=$(pgrep -P "$parent" sleep); do sleep 0.1; done
	enter=(nsenter -t "$init" -p -m -n -i -u -C)
}

# register PID: registers the process as a runtime's hook would.
register() { register_with "$rootfence" "$guard" "$1"; }

# register_with BINARY GUARD PID
register_with() {
	printf '{ "ociVersion": "1.0.2", "id": "cost-%d", "status": "creating", "pid": %d,
		"bundle": "%s" }' "$3" "$3" "$work" |
		"$1" createRuntime --policy "$work/policy.json" --guard "$2"
}

load() { "$rootfence" load --guard "$1" >/dev/null; }

unload_both() {
	"$rootfence" unload --guard "$idle" </dev/null >/dev/null
	"$rootfence" unload --guard "$guard" </dev/null >/dev/null
}

# One guard without entries, to which the container is one that nobody registered, and one with the
# container and the crowd.
load_both() {
	unload_both
	load "$idle"
	load "$guard"
}

# Runs the loop as the container's own user, in the same way whether or not the container is
# guarded.
execs=(setpriv --reuid 3267 --regid 3267 --clear-groups --bounding-set=-all
	taskset --cpu-list 0 "$work/execs" loop "$loop")

in_container() { "${enter[@]}" "$@"; }

# summary FILE COLUMN: prints the median of COLUMN's ratio to the first one, and its 95 % interval.
summary() {
	awk -v n="$2" '{ print ($n / $1 - 1) * 100 }' "$1" | sort -n | awk '
		{ v[NR] = $1 }
		END {
			m = NR / 2
			w = sqrt(NR)
			printf "%+.2f %% (%+.2f to %+.2f)", v[int(m + 0.5)], v[int(m - w + 0.5)],
				v[int(m + w + 0.5)]
		}'
}

# measure_execve GUARD GUARD FORMAT COMMAND...: FORMAT has one gap for the execve, and one for each
# guard. The guards are not attached any more afterwards.
measure_execve() {
	"$work/turns" "$rounds" "$1" "$2" "${@:4}" >"$work/rounds"
	# shellcheck disable=SC2059 # the format is ours
	printf "        execve %s us; $3\n" \
		"$(sort -n "$work/rounds" | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] / 1000 }')" \
		"$(summary "$work/rounds" 2)" "$(summary "$work/rounds" 3)"
}

measure_before() {
	load_both
	register "$init"
	"$BEFORE" load --guard "$before" >/dev/null
	register_with "$BEFORE" "$before" "$init"
	measure_execve "$before" "$guard" 'guarded by the older one %s, by this one %s' \
		"${enter[@]}" "${execs[@]}"
	"$BEFORE" unload --guard "$before" </dev/null >/dev/null
}

# A process of the host, where one container is guarded, and where nothing is.
measure_host() {
	load_both
	register "$init"
	measure_execve "$idle" "$guard" 'on the host: nothing guarded %s, a container guarded %s' \
		"${execs[@]}"
}

# program_cost GUARD: prints the nanoseconds that each of its programs takes for one execve and the
# end of its process, as the kernel counts them.
program_cost() {
	local link
	sysctl -q kernel.bpf_stats_enabled=1
	in_container "${execs[@]}" <<<"$(seq 10)" >/dev/null
	sleep 0.2 # the kernel frees tasks some time after they end
	sysctl -q kernel.bpf_stats_enabled=0
	for link in exec exit free; do
		bpftool -j prog show id "$(bpftool -j link show pinned "$1/link_$link" | jq .prog_id)" |
			jq -r '"\(.name) \(.run_time_ns / .run_cnt | floor) ns"'
	done | paste -sd,
}

# milliseconds_since START N: for each of N
milliseconds_since() {
	awk -v t=$(($(date +%s%N) - $1)) -v n="$2" 'BEGIN { printf "%.2f", t / n / 1e6 }'
}

measure_crowd() {
	local n=$1 pids start
	coproc CROWD_FD { "$work/execs" crowd "$n"; }
	crowd=$CROWD_FD_PID
	mapfile -t -n "$n" pids <&"${CROWD_FD[0]}"
	load_both
	start=$(date +%s%N)
	for pid in "${pids[@]}"; do
		register "$pid"
	done
	printf '%6d containers: registered in %s ms each' "$n" "$(milliseconds_since "$start" "$n")"
	register "$init"
	start=$(date +%s%N)
	for pid in {1..20}; do register "$init"; done
	printf ', one more in %s ms, %s\n' "$(milliseconds_since "$start" 20)" "$(program_cost "$guard")"
	measure_execve "$idle" "$guard" 'nobody registered it %s, guarded %s' \
		"${enter[@]}" "${execs[@]}"
	kill "$crowd"
	wait "$crowd" 2>/dev/null || true
	crowd=''
}

main() {
	prepare
	load_both
	"$rootfence" status --guard "$guard" | head -n 2
	printf 'nothing guarded: %s\n' "$(program_cost "$idle")"
	local n
	for n in "${crowds[@]}"; do
		measure_crowd "$n"
	done
	measure_host
	[[ -z ${BEFORE-} ]] || measure_before
}

trap clean_up EXIT
main
