#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Containers that come and go, while the runtime, our hook or the container is killed at random
# moments. Each tries a set-user-ID binary first, which would work wherever there is no guard.

# shellcheck source=tests/vm/guest/common.bash
source "$BATS_TEST_DIRNAME/common.bash"

setup_file() {
	export BATS_TEST_TIMEOUT=$((120 + CHURN * 15))
	[[ -d /run/rootfs ]] || make_rootfs /run/rootfs
	install -m 4755 /vm/bin/probe /tmp/probe
	rootfence load
}

setup() { own_policy "$(rule_for /bin/ping)"; }

teardown() {
	[[ -z ${host-} ]] || kill "$host" 2>/dev/null || true
	own_policy
}

# A set-user-ID binary on the host, over and over: a line for each time that it did not work.
host_goes_on() {
	while sleep 0.2; do
		setpriv --reuid 3267 --clear-groups /tmp/probe 2>&1 | grep -qE '^Uid:.3267.0' ||
			echo 'a host process was stopped'
	done
}

# Where the moment falls: into the runtime, the hook, or the container's life.
kill_something() {
	local victim
	sleep "0.$((RANDOM % 9))"
	case $((RANDOM % 4)) in
	0) victim=$(pgrep -n -x "$1") ;;
	1) victim=$(pgrep -n -x rootfence) ;;
	2) victim=$("$1" state "$2" 2>/dev/null | jq .pid) ;;
	*) ;;
	esac
	[[ ! ${victim-} =~ ^[1-9][0-9]+$ ]] || kill -9 "$victim" 2>/dev/null || true
}

one_life() {
	local runtime=$1 id=$2 out=/run/bundles/out/$2 starter
	{ "$runtime" create --bundle /run/bundles/churn "$id" && "$runtime" start "$id"; } \
		>"$out" 2>&1 </dev/null 3>&- &
	starter=$!
	kill_something "$runtime" "$id"
	wait "$starter" || true
	sleep "0.$((RANDOM % 5))"
	"$runtime" delete --force "$id" >/dev/null 2>&1 || true
}

# What a killed runtime left: everything that is in another pid namespace than ours.
kill_leftovers() {
	local own ns pid
	own=$(readlink /proc/self/ns/pid)
	for ns in /proc/[0-9]*/ns/pid; do
		pid=${ns#/proc/}
		[[ $(readlink "$ns") == "$own" ]] || kill -9 "${pid%%/*}" 2>/dev/null || true
	done
}

tried() { grep -lE 'not permitted|Killed' -r /run/bundles/out | wc -l; }

@test "containers that come and go under fire: none unguarded, no entry left, the host untouched" {
	local i runtimes=(crun runc)
	make_bundle crun churn '.process.args = ["sh", "-c", "/bin/probe; exec sleep 100000"]'
	mkdir -p /run/bundles/out
	host_goes_on >/run/bundles/host 2>&1 3>&- &
	host=$!
	for ((i = 0; i < CHURN; i++)); do
		one_life "${runtimes[i % 2]}" "churn-$i"
	done
	kill_leftovers
	eventually no_entries
	echo "# $(uname -r): $CHURN containers, $(tried) of which got as far as being stopped" >&3
	run ! grep -r 'probe ran' /run/bundles/out
	echo "$output"
	[ ! -s /run/bundles/host ]
}
