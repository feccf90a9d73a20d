#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# run.sh [PART-OF-A-NAME...]: makes every system call of each command fail in turn, and kills the
# command before each. TAP, and a table of the results. Needs root: faults.py runs in a mount
# namespace where /etc/rootfence, /run/rootfence, the guard's pins and /dev are the test's own.
set -euo pipefail
cd "$(dirname "$0")/../.."

if [[ ${1-} != --inside ]]; then
	if [[ $EUID -ne 0 ]]; then
		[[ ${CI-} != true ]] || { echo 'Bail out! needs root, which CI must have'; exit 1; }
		printf '1..1\nok 1 - faults # skip needs root\n'
		exit
	fi
	work=$(mktemp -d /tmp/rootfence-faults.XXXXXX)
	made=() status=0
	for directory in /etc/rootfence /run/rootfence; do
		mkdir "$directory" 2>/dev/null && made+=("$directory")
	done
	work=$work unshare --mount tests/faults/run.sh --inside "$@" || status=$?
	[[ ${#made[@]} -eq 0 ]] || rmdir "${made[@]}"
	rm -rf "$work"
	exit "$status"
fi
shift

clean_up() {
	"$work/rootfence" unload >/dev/null 2>&1 || true
}

# Makes /dev with the few devices that the commands need, and a place for /dev/log.
own_dev() {
	local name
	mkdir "$work/dev"
	for name in null zero full urandom; do
		cp -a "/dev/$name" "$work/dev/$name"
	done
	mount --bind "$work/dev" /dev
}

mount -t tmpfs -o mode=755 none "$work"
mount -t tmpfs -o mode=755 none /etc/rootfence
mount -t tmpfs -o mode=700 none /run/rootfence
mount -t bpf none /sys/fs/bpf
own_dev
trap clean_up EXIT
cp "${ROOTFENCE:-build/rootfence}" "$work/rootfence"
ln -s rootfence "$work/runc"
cp -r policies /etc/rootfence/policies
"${CC:-gcc}" -std=gnu11 -O2 -Wall -Wextra -D_GNU_SOURCE -o "$work/inject" tests/faults/inject.c
timeout 1500 python3 tests/faults/faults.py "$@"
