#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Containers start and stop while the engine, conmon, the runtime, our hook or the container is
# killed at random moments. Each first tries a set-user-ID binary, which would work without a guard.

# shellcheck source=tests/vm/guest/common.bash
source "$BATS_TEST_DIRNAME/common.bash"

out=/run/churn
workers=4

setup_file() {
	make_image
	install -m 4755 /vm/bin/probe /tmp/probe
	rootfence load
}

setup() { own_policy "$(rule_for /bin/ping)"; }

teardown() {
	[[ -z ${host-} ]] || kill "$host" 2>/dev/null || true
	own_policy
}

# Runs a set-user-ID binary on the host again and again; a line for each time tells what it gained.
host_goes_on() {
	while sleep 1; do
		setpriv --reuid 3267 --clear-groups /tmp/probe 2>&1 | grep -oE '^Uid:.3267.0' ||
			echo 'a host process was stopped'
	done
}

# kill_something ID VICTIM...: kills one of these at a random moment of its life; in a tenth of the
# cases none.
kill_something() {
	local id=$1 victims=("${@:2}")
	[[ $((RANDOM % 10)) -ne 0 ]] || return 0
	/vm/bin/killer 2 $((RANDOM * 4)) "${victims[RANDOM % ${#victims[@]}]}" >"$out/$id.killed" || true
}

# The command of every container. Its init is sh: the process killed at execve must not be the init.
readonly life='/bin/probe; exec tail -f /dev/null'

life_of_runtime() {
	local runtime=$1 id=$2 starter
	{ "$runtime" create --bundle /run/bundles/churn "$id" && "$runtime" start "$id"; } \
		>"$out/$id" 2>&1 </dev/null 3>&- &
	starter=$!
	kill_something "$id" "$runtime" rootfence tail
	wait "$starter" || true
	"$runtime" delete --force "$id" >/dev/null 2>&1 || true
}

life_of_podman() {
	local runtime=$1 id=$2 starter
	podman --runtime "$runtime" run --name "$id" --user 3267 "$image" sh -c "$life" \
		>"$out/$id" 2>&1 </dev/null 3>&- &
	starter=$!
	kill_something "$id" conmon podman "$runtime" rootfence
	sleep 2
	timeout 60 podman rm --force --time 0 "$id" >/dev/null 2>&1 || true
	# podman passes weaker signals on to the container, which may be gone.
	kill -9 "$starter" 2>/dev/null || true
	wait "$starter" || true
}

# lives FIRST: runs its share of the containers; several of these run in parallel.
lives() {
	local i
	for ((i = $1; i < CHURN; i += workers)); do
		case $((i % 50)) in
		7) life_of_podman crun "churn-$i" ;;
		32) life_of_podman runc "churn-$i" ;;
		*[49]) life_of_runtime runc "churn-$i" ;;
		*) life_of_runtime crun "churn-$i" ;;
		esac
	done
}

# Kills what a killed runtime left: every process in a pid namespace other than ours.
kill_leftovers() {
	local own ns pid
	own=$(readlink /proc/self/ns/pid)
	for ns in /proc/[0-9]*/ns/pid; do
		pid=${ns#/proc/}
		[[ $(readlink "$ns") == "$own" ]] || kill -9 "${pid%%/*}" 2>/dev/null || true
	done
}

tried() { grep -lE 'not permitted|Killed' -r "$out" | wc -l; }

killed() { sort "$out"/*.killed | uniq -c | awk '{ printf "%s%s %s", sep, $1, $2; sep = ", " }'; }

@test "processes killed at random: no container unguarded, no entry left, the host unaffected" {
	local i pids=()
	mkdir -p "$out"
	make_bundle crun churn ".process.args = [\"sh\", \"-c\", \"$life\"]"
	host_goes_on >/run/host 2>&1 3>&- &
	host=$!
	for ((i = 0; i < workers; i++)); do
		lives "$i" 3>&- &
		pids+=($!)
	done
	for i in "${pids[@]}"; do
		wait "$i"
	done
	kill_leftovers
	eventually no_entries
	echo "# note: $(uname -r): $CHURN containers; $(tried) tried and were stopped; killed: $(killed)" >&3
	run grep -rl 'probe ran' "$out"
	for i in "${lines[@]}"; do
		tail -n 20 "$i" "$i.killed"
	done
	[ "$status" -eq 1 ]
	[ "$(tried)" -gt 0 ]
	[ "$(sort -u /run/host)" = $'Uid:\t3267\t0' ]
}
