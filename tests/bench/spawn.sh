#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Compares the cost of hooks, commands and the wrapper with a static program that does nothing, in
# one run; docs/performance.md has the numbers. Needs root. ROUNDS: of each command (default 400).
set -euo pipefail
cd "$(dirname "$0")/../.."

readonly rounds=${ROUNDS:-400}
readonly spec=tests/golden/specs/podman-user-3267/config.json
readonly root=/run/containers/storage/overlay/bench/merged
# Paths that the default policy looks up for hostMounts.
readonly denied=(/ /etc /proc /sys /dev /boot /root /run /run /var/lib/{kubelet,docker,containerd,containers})
readonly docker_root=/var/lib/docker/overlay2/bench/merged

# Runs in a mount namespace of its own, where /etc/rootfence and /run are the benchmark's.
if [[ ${1-} != --inside ]]; then
	[[ $EUID -eq 0 ]] || { echo 'bench: needs root' >&2; exit 2; }
	work=$(mktemp -d /tmp/rootfence-bench.XXXXXX)
	made='' status=0
	if mkdir /etc/rootfence 2>/dev/null; then made=yes; fi
	work=$work unshare --mount "$0" --inside || status=$?
	[[ -z $made ]] || rmdir /etc/rootfence
	rm -rf "$work"
	exit "$status"
fi

clean_up() {
	[[ -z ${init-} ]] || kill -9 "$init" 2>/dev/null || true
	"$rootfence" unload >/dev/null 2>&1 || true
}

compile() { "${CC:-gcc}" -O2 -Wall -D_GNU_SOURCE "$@"; }

prepare() {
	mount -t tmpfs -o mode=755 none "$work"
	mount -t tmpfs -o mode=755 none /etc/rootfence
	mount -t tmpfs -o mode=755 none /run
	mkdir -m 700 /run/rootfence
	mount -t bpf none /sys/fs/bpf
	rootfence=$work/rootfence
	cp build/rootfence "$rootfence" # so that its pages are cached like those of an installed file
	ln -s rootfence "$work/runc"
	cp -r policies /etc/rootfence/policies
	compile -o "$work/pairs" tests/bench/pairs.c
	echo 'int main(void) { return 0; }' >"$work/noop.c"
	compile -static -o "$work/noop" "$work/noop.c"
	compile -static-pie -fPIE -o "$work/noop-pie" "$work/noop.c"
	compile -static-pie -fPIE -o "$work/floor" tests/bench/floor.c
	cat >"$work/twice.c" <<-END
		#include <unistd.h>
		int main(int argc, char **argv, char **env) { return execve("$work/noop", argv, env); }
	END
	compile -static -o "$work/twice" "$work/twice.c"
	# A path where the wrapper finds the runtime without configuration.
	mount --bind "$work/noop" "$(command -v runc)"
	# The container's root is where podman has it for the hooks, where Docker has it for the
	# wrapper.
	mount -t tmpfs -o mode=755 none /var/lib
	mkdir -p "$work/bundle" "$root" "$docker_root"
	jq -c '.root.path = "'"$root"'" | del(.hooks)' "$spec" >"$work/config.json"
	jq -c '.root.path = "'"$docker_root"'" | del(.hooks)' "$spec" >"$work/docker.json"
	cp "$work/docker.json" "$work/bundle/config.json"
}

# A process in a pid namespace of its own, for createRuntime to register; two policies in turn, so
# that the entry is written each time.
prepare_container() {
	unshare --pid --fork --mount --mount-proc sleep 100000 2>/dev/null &
	local parent=$!
	until init=$(pgrep -P "$parent" sleep); do sleep 0.1; done
	mkdir -p "$work/judged"
	"$rootfence" precreate <"$work/config.json" >"$work/judged/config.json"
	printf '{ "ociVersion": "1.0.2", "id": "bench", "status": "creating", "pid": %d, "bundle": "%s" }' \
		"$init" "$work/judged" >"$work/state.json"
	printf '{ "version": 1, "name": "other", "extends": ["default"], "exec": { "errnoRet": 13 } }' \
		>/etc/rootfence/policies/other.json
	"$rootfence" load >/dev/null
}

pairs() { "$work/pairs" "$@"; }

hooks() {
	printf '\nHooks and commands, %d bytes of config.json:\n' "$(wc -c <"$work/config.json")"
	pairs -i "$work/config.json" "$rounds" \
		'static no-op' "$work/noop" -- \
		'static-pie no-op' "$work/noop-pie" -- \
		'system calls and memory of precreate' "$work/floor" \
		/etc/rootfence/policies/default.json "$root" "${denied[@]}" -- \
		'rootfence --version' "$rootfence" --version -- \
		'precreate' "$rootfence" precreate -- \
		'check' "$rootfence" check "$work/config.json"
	pairs -i "$work/state.json" "$rounds" \
		'static no-op' "$work/noop" -- \
		'createRuntime' "$rootfence" createRuntime -- \
		'createRuntime, another policy' "$rootfence" createRuntime --policy other -- \
		'poststop' "$rootfence" poststop
}

wrapper() {
	printf '\nThe wrapper in front of a runtime that is a static no-op:\n'
	pairs -r "$work/docker.json" "$work/bundle/config.json" "$rounds" \
		'the runtime alone' "$work/noop" -- \
		'executed by a no-op' "$work/twice" -- \
		'state' "$work/runc" state bench -- \
		'kill' "$work/runc" --root "$work/state" kill bench 9 -- \
		'create' "$work/runc" create --bundle "$work/bundle" bench
	jq -c .process "$work/docker.json" >"$work/process.json"
	pairs -r "$work/process.json" "$work/session.json" "$rounds" \
		'the runtime alone' "$work/noop" -- \
		'exec' "$work/runc" exec --process "$work/session.json" bench
}

main() {
	prepare
	prepare_container
	echo 'Wall time and its ratio to the first line (middle half of all rounds); that of processor time.'
	hooks
	wrapper
}

trap clean_up EXIT
main
