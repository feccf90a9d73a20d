#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2016,SC2030,SC2031,SC2119 # expressions for inner shells; bats' own variables
# Commands that the policy allows work the same with the wrapper: the ordinary verbs of $ENGINE,
# docker or podman, on one container after the other.

# shellcheck source=tests/vm/guest/engines.bash
source "$BATS_TEST_DIRNAME/engines.bash"

setup_file() {
	engine_start
	start one
}

teardown_file() { engine_stop; }

setup() { own_policy; }

state() { "$engine" inspect --format '{{.State.Status}}' one; }

is() { [[ $(state) == "$1" ]]; }

@test "run passes on exit status, standard input and output" {
	run run_in vm --user=3267 -- sh -c 'echo out; exit 42'
	echo "$status $output"
	[[ $status -eq 42 && $output == out ]]
	run sh -c "echo in | $engine run --rm -i --user 3267 localhost/vm cat"
	ran in
}

@test "run -it gives a terminal" {
	run script -qec "$engine run --rm -it --user 3267 localhost/vm sh -c 'test -t 0 && tty'" /dev/null
	ran /dev/pts/
}

@test "exec: as the container's user, with an environment and a directory, and a terminal" {
	run "$engine" exec --env A=b --workdir /tmp one sh -c 'echo $(id -u) $A $(pwd)'
	ran '3267 b /tmp'
	run "$engine" exec one sh -c 'exit 7'
	[ "$status" -eq 7 ]
	run script -qec "$engine exec -it one sh -c 'test -t 0 && tty'" /dev/null
	ran /dev/pts/
}

@test "logs and attach" {
	"$engine" run --detach --name talker --user 3267 localhost/vm \
		sh -c 'echo first; while sleep 1; do echo again; done'
	eventually eval "$engine logs talker | grep -q first"
	# In Docker 28 it does not end by the signal that works in all others.
	run timeout -k 10 -s INT 20 "$engine" attach --sig-proxy=false talker
	echo "$output"
	[[ $output == *again* ]]
	"$engine" rm --force talker
}

@test "stats, top, cp, events, inspect" {
	local until=--until=0s
	[[ $engine != podman ]] || until=--stream=false
	run "$engine" stats --no-stream --format '{{.Name}}' one
	ran one
	run "$engine" top one
	ran 'sleep 100000'
	echo text >/run/text
	"$engine" cp /run/text one:/tmp/text
	run "$engine" exec one cat /tmp/text
	ran text
	"$engine" cp one:/tmp/text /run/text.back
	cmp /run/text /run/text.back
	run "$engine" events --since 1h "$until" --filter container=one --format '{{.Status}}'
	ran start
}

@test "pause and unpause, kill with a signal, restart, stop, start" {
	"$engine" pause one
	is paused
	"$engine" unpause one
	is running
	"$engine" restart --time 1 one
	is running
	[ "$(entries)" -eq 1 ]
	"$engine" kill --signal KILL one
	eventually is exited
	"$engine" start one
	is running
	[ "$(entries)" -eq 1 ]
	"$engine" stop --time 1 one
	eventually is exited
	eventually no_entries
	"$engine" start one
}

health() {
	if [[ $engine == podman ]]; then
		podman healthcheck run well
	else
		[[ $(docker inspect --format '{{.State.Health.Status}}' well) == healthy ]]
	fi
}

@test "health checks" {
	"$engine" run --detach --name well --user 3267 --health-cmd 'test -e /etc/passwd' \
		--health-interval 2s localhost/vm sleep 100000
	eventually health
	"$engine" rm --force well
}

@test "update: the limits of a running container" {
	[[ $engine != podman || $(podman --version) != *" 4.3"* ]] || skip 'podman 4.3 updates cgroup limits only'
	"$engine" update --cpu-shares 512 one
}

@test "a volume keeps what one container wrote for the next" {
	"$engine" volume create data
	run "$engine" run --rm --user 3267 --volume data:/tmp/data localhost/user sh -c 'ls -ld /tmp/data; echo container ran'
	ran
	"$engine" volume rm data
}
