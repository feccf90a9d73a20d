#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Measures what the hooks add to `podman run`; docs/performance.md has the numbers. Needs root. It
# uses a separate podman (tests/podman.sh). ROUNDS: of each command (default 60).
set -euo pipefail
cd "$(dirname "$0")/../.."
top=$PWD

readonly rounds=${ROUNDS:-60}

# Runs in a mount namespace of its own, where /run/rootfence is the benchmark's.
if [[ ${1-} != --inside ]]; then
	[[ $EUID -eq 0 ]] || { echo 'bench: needs root' >&2; exit 2; }
	work=$(mktemp -d /tmp/rootfence-bench.XXXXXX)
	status=0
	work=$work unshare --mount "$0" --inside || status=$?
	rm -rf "$work"
	exit "$status"
fi

rootfence=$work/rootfence
guard=$work/bpf/rootfence
# shellcheck source=tests/podman.sh
source tests/podman.sh

clean_up() {
	"$rootfence" unload --guard "$guard" >/dev/null 2>&1 || true
	podman_stop
}

prepare() {
	mkdir -p /run/rootfence "$work/bpf"
	mount -t tmpfs -o mode=700 none /run/rootfence
	mount -t bpf bpf "$work/bpf"
	cp build/rootfence "$rootfence"
	"${CC:-gcc}" -O2 -Wall -D_GNU_SOURCE -o "$work/pairs" tests/bench/pairs.c
	podman_start bench
	cp "$CONTAINERS_CONF" "$work/without.conf"
	own_hooks "$top/policies/default.json"
	cp "$CONTAINERS_CONF" "$work/with.conf"
	idle_hooks
	podman_config "$runtime" "$ulimits" "$work/idle"
	cp "$CONTAINERS_CONF" "$work/idle.conf"
	"$rootfence" load --guard "$guard" >/dev/null
}

# The same hooks with a program that does nothing, to measure what podman and the runtime need for
# any hook.
idle_hooks() {
	local hook
	mkdir "$work/idle"
	for hook in "$work"/hooks/*.json; do
		jq '.hook |= del(.args) | .hook.path =
			if .stages == ["precreate"] then "/bin/cat" else "/bin/true" end' \
			"$hook" >"$work/idle/${hook##*/}"
	done
}

# run_with CONF: prints the command as arguments for `run`.
run_with() {
	run=(/usr/bin/env "CONTAINERS_CONF=$work/$1.conf" "CONTAINERS_STORAGE_CONF=$CONTAINERS_STORAGE_CONF"
		podman run --rm --user 3267 localhost/bench true)
}

measure() {
	"$work/pairs" "$@" "$rounds" 'without hooks' "${without[@]}" -- 'with hooks' "${with[@]}" -- \
		'with hooks that do nothing' "${idle[@]}" -- 'without hooks, again' "${without[@]}"
}

main() {
	local run without with idle
	prepare
	run_with without
	without=("${run[@]}")
	run_with with
	with=("${run[@]}")
	run_with idle
	idle=("${run[@]}")
	printf '%s, %s. Ratio to the first line (middle half of all rounds); page faults; memory.\nWall time:\n' \
		"$(podman --version)" "$runtime"
	measure
	printf 'Processor time of podman and all that it starts, hooks among it:\n'
	measure -c
}

trap clean_up EXIT
main
