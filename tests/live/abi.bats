#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# A pinned guard of another version, of which only the version can be known. It consists of maps
# alone. Its entries are larger than ours, so reading one as ours would fail.

# shellcheck source=tests/live/common.bash
source "$BATS_TEST_DIRNAME/common.bash"

setup() {
	need_root
	work=$(mktemp -d /tmp/rootfence-live.XXXXXX)
	guard=$work/bpf/rootfence
	mkdir "$work/bpf"
	mount -t bpf bpf "$work/bpf"
	mkdir "$guard"
	PATH=$PATH:/usr/sbin:/sbin
	other_version_map meta 4 700
	other_version_map containers 16 4096
}

teardown() {
	umount -l "$work/bpf"
	rm -rf "$work"
}

# version_refused: exit 5, with both versions and what to do.
version_refused() {
	echo "$status $output"
	[[ $status -eq 5 && $output == *"has version 99 and this rootfence needs version"* ]]
	[[ $output == *"rootfence unload"* ]]
}

state() { printf '{ "ociVersion": "1.0.2", "id": "a", "status": "%s", "pid": %d, "bundle": "/" }' "$@"; }

@test "load and status refuse it and do not change it" {
	run "$rootfence" load --guard "$guard"
	version_refused
	run "$rootfence" status --guard "$guard"
	version_refused
	[ -e "$guard/containers" ]
}

@test "poststop reports it, lets the container be removed, and reads no entry" {
	run "$rootfence" poststop --guard "$guard" <<<"$(state stopped 0)"
	echo "$output"
	[[ $status -eq 0 && $output == *"has version 99"* ]]
	run bpftool map dump pinned "$guard/containers"
	[[ $status -eq 0 && $output == *'Found 1 element'* ]]
}

@test "unload removes it" {
	"$rootfence" unload --guard "$guard"
	[ ! -e "$guard" ]
}
