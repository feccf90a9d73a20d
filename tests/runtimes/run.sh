#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# run.sh RUNTIME [PART-OF-A-NAME...]: runs each case twice, with runc or crun alone and with the
# wrapper in front of it under a policy that allows everything, and compares what both did. TAP.
# Needs root, runc or crun, and busybox. Everything is made in a mount namespace of its own; the
# cgroups are below /rootfence-runtimes. lab.py describes how cases are run, refusals.py lists the
# differences that are documented.
set -euo pipefail
cd "$(dirname "$0")/../.."

missing() {
	[[ ${CI-} != true ]] || { echo "Bail out! $2"; exit 1; }
	printf '1..1\nok 1 - runtimes/%s # SKIP %s\n' "$1" "$2"
	exit
}

if [[ ${1-} != --inside ]]; then
	runtime=${1:?the runtime: runc or crun}
	[[ $EUID -eq 0 ]] || missing "$runtime" 'needs root'
	for tool in "$runtime" busybox unshare; do
		command -v "$tool" >/dev/null || missing "$runtime" "$tool is not installed"
	done
	work=$(mktemp -d /tmp/rootfence-runtimes.XXXXXX)
	status=0
	work=$work unshare --mount tests/runtimes/run.sh --inside "$@" || status=$?
	rm -rf "$work"
	exit "$status"
fi
shift
runtime=$1

# /etc and /run are the suite's own, so that no other test and no engine of this machine is seen.
mount -t tmpfs -o mode=755 none "$work"
mkdir "$work"/{etc,etc-work,bin,lab}
mount -t overlay -o "lowerdir=/etc,upperdir=$work/etc,workdir=$work/etc-work" none /etc
rm -rf /etc/rootfence
mount -t tmpfs -o mode=755 none /run
mount -t bpf none /sys/fs/bpf
# crun starts nothing where cgroup v1 and v2 are mixed.
umount /sys/fs/cgroup/unified 2>/dev/null || true
mkdir -p /etc/rootfence /run/lock
echo 'rootfence-case:x:4242:4242::/:/bin/sh' >>/etc/passwd
echo 'rootfence-case:1000000:65536' | tee -a /etc/subuid >>/etc/subgid
cp "${ROOTFENCE:-build/rootfence}" "$work/bin/rootfence"
ln -s rootfence "$work/bin/$runtime"
cp tests/runtimes/policy.json /etc/rootfence/policy.json
printf '{"runtimes": {"%s": ["%s"]}}\n' "$runtime" "$(realpath "$(command -v "$runtime")")" \
	>/etc/rootfence/runtime.json
trap '"$work/bin/rootfence" unload >/dev/null 2>&1 || true' EXIT
python3 tests/runtimes/runtimes.py "$work" "$@"
