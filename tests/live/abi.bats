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
	make_map meta 4 700
	make_map containers 16 4096
}

teardown() {
	umount -l "$work/bpf"
	rm -rf "$work"
}

bytes() { printf '%02x ' "$1"; [[ $2 -le 1 ]] || printf '00 %.0s' $(seq $(($2 - 1))); }

# make_map NAME KEY_SIZE VALUE_SIZE: with one entry, whose first byte is the version 99.
make_map() {
	local type=hash
	[[ $1 != meta ]] || type=array
	bpftool map create "$guard/$1" type "$type" key "$2" value "$3" entries 1 name "$1"
	# shellcheck disable=SC2046 # one word for each byte
	bpftool map update pinned "$guard/$1" key hex $(bytes 0 "$2") value hex $(bytes 99 "$3")
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
