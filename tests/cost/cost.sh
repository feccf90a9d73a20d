#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# What the guard costs, measured on this machine: docs/performance.md has the numbers. Needs root.
#   ROUNDS  paired rounds (default 100)      LOOP  execves in each part of a round (default 200)
#   CROWD   registered containers (default "1 100 1000 10000")
set -euo pipefail
cd "$(dirname "$0")/../.."

rounds=${ROUNDS:-100} loop=${LOOP:-200}
read -ra crowds <<<"${CROWD:-1 100 1000 10000}"
work=$(mktemp -d /tmp/rootfence-cost.XXXXXX)
chmod 755 "$work"
rootfence=$work/rootfence
guard=$work/bpf/rootfence
init='' crowd=''

clean_up() {
	[[ -z $init ]] || kill -9 "$init" 2>/dev/null || true
	[[ -z $crowd ]] || kill "$crowd" 2>/dev/null || true
	"$rootfence" unload --guard "$guard" >/dev/null 2>&1 || true
	umount -l "$work/bpf" 2>/dev/null || true
	rm -rf "$work"
}

# A container in which everything may be as it is, so that only the look at each execve costs.
prepare() {
	mkdir -p "$work/bpf"
	mount -t bpf bpf "$work/bpf"
	cp build/rootfence "$rootfence" # the build may go on meanwhile
	"${CC:-gcc}" -O2 -static -D_GNU_SOURCE -o "$work/cost" tests/cost/cost.c
	cat >"$work/policy.json" <<-END
		{ "version": 1, "name": "cost", "defaultAction": "RF_ACT_ALLOW", "rules": [],
		  "exec": { "defaultAction": "RF_ACT_ERRNO", "errnoRet": 1, "guarantee": "kill",
		            "userNamespaces": "RF_ACT_ALLOW", "setIds": "RF_ACT_LOG" } }
	END
	cat >"$work/config.json" <<-END
		{ "ociVersion": "1.0.2", "root": { "path": "/" }, "linux": { "namespaces": [
		  { "type": "pid" }, { "type": "mount" } ] }, "process": { "cwd": "/", "args": ["a"],
		  "user": { "uid": 3267, "gid": 3267 }, "capabilities": {} } }
	END
	unshare --pid --fork --mount --mount-proc sleep 100000 2>/dev/null &
	local parent=$!
	until init=$(pgrep -P "$parent" sleep); do sleep 0.1; done
}

# register PID: as a runtime's hook would.
register() {
	printf '{ "ociVersion": "1.0.2", "id": "cost-%d", "status": "creating", "pid": %d,
		"bundle": "%s" }' "$1" "$1" "$work" |
		"$rootfence" createRuntime --policy "$work/policy.json" --guard "$guard"
}

load() { "$rootfence" load --guard "$guard" >/dev/null; }
unload() { "$rootfence" unload --guard "$guard" >/dev/null; }

# The loop as the container's own user runs it; the same whether or not the container is guarded.
execs() {
	nsenter -t "$init" -p -m setpriv --reuid 3267 --regid 3267 --clear-groups --bounding-set=-all \
		"$work/cost" loop "$loop"
}

median() {
	sort -n | awk '{ v[NR] = $1 } END { print (v[int((NR + 1) / 2)] + v[int(NR / 2) + 1]) / 2 }'
}

# ratio FILE A B: the median of the rounds' B over A, in percent more.
ratio() { awk -v a="$2" -v b="$3" '{ print ($b / $a - 1) * 100 }' "$1" | median; }

# The order turns with each round, so that what drifts on the machine falls on all alike.
round() {
	local absent loaded guarded
	if (($1 % 2)); then
		unload; absent=$(execs)
		load; loaded=$(execs)
		register "$init"; guarded=$(execs)
	else
		load; register "$init"; guarded=$(execs)
		unload; load; loaded=$(execs)
		unload; absent=$(execs)
	fi
	printf '%s %s %s\n' "$absent" "$loaded" "$guarded"
}

measure_execve() {
	local i
	for ((i = 0; i < rounds; i++)); do
		round "$i"
	done >"$work/rounds"
	printf 'execve in turn, %d rounds of %d: %s us without the guard\n' "$rounds" "$loop" \
		"$(awk '{ print $1 / 1000 }' "$work/rounds" | median)"
	printf '  loaded, nothing guarded  %+.2f %%\n' "$(ratio "$work/rounds" 1 2)"
	printf '  guarded                  %+.2f %%\n' "$(ratio "$work/rounds" 1 3)"
}

# Nanoseconds that each of the guard's programs takes for one execve and the end of its process, as
# the kernel counts them.
program_cost() {
	local link
	sysctl -q kernel.bpf_stats_enabled=1
	execs >/dev/null
	sleep 0.2 # tasks are freed later than they end
	sysctl -q kernel.bpf_stats_enabled=0
	for link in exec exit free; do
		bpftool -j prog show id "$(bpftool -j link show pinned "$guard/link_$link" | jq .prog_id)" |
			jq -r '"\(.name) \(.run_time_ns / .run_cnt | floor) ns"'
	done | paste -sd,
}

# milliseconds_since START N: for each of N
milliseconds_since() {
	awk -v t=$(($(date +%s%N) - $1)) -v n="$2" 'BEGIN { printf "%.2f", t / n / 1e6 }'
}

measure_crowd() {
	local n=$1 pids start
	coproc CROWD_FD { "$work/cost" crowd "$n"; }
	crowd=$CROWD_FD_PID
	mapfile -t -n "$n" pids <&"${CROWD_FD[0]}"
	unload
	load
	start=$(date +%s%N)
	for pid in "${pids[@]}"; do
		register "$pid"
	done
	printf '%6d containers: registered in %s ms each' "$n" "$(milliseconds_since "$start" "$n")"
	register "$init"
	start=$(date +%s%N)
	for pid in {1..20}; do register "$init"; done
	printf ', one more in %s ms, %s\n' "$(milliseconds_since "$start" 20)" "$(program_cost)"
	kill "$crowd"
	wait "$crowd" 2>/dev/null || true
	crowd=''
}

main() {
	prepare
	load
	"$rootfence" status --guard "$guard" | head -n 2
	program_cost | sed 's/^/nothing guarded: /'
	register "$init"
	program_cost | sed 's/^/guarded: /'
	measure_execve
	local n
	for n in "${crowds[@]}"; do
		measure_crowd "$n"
	done
}

trap clean_up EXIT
main
