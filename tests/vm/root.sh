#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# root.sh SUITE [engines]: prints the path of a Debian root for guests, with podman alone or with
# containerd and Docker too, made with debootstrap unless the cache has it. The name in the cache
# says what is in it: suite, mirror and packages. To get newer packages, remove it. Guests only read
# it, so any number can share one.
set -euo pipefail

# The mirror that apt uses here.
# shellcheck disable=SC2016 # apt's variable
mirror=${ROOTFENCE_MIRROR:-$(apt-get indextargets --format '$(REPO_URI)' \
	'Created-By: Packages' 'Label: Debian' | head -n 1)}
readonly mirror=${mirror%/}
readonly cache=${ROOTFENCE_CACHE:-/var/cache/rootfence}/vm
readonly limit=1800 # seconds for a slow mirror
readonly packages=(bats busybox-static ca-certificates crun iproute2 jq kmod libcap2-bin
	linux-image-amd64 podman procps runc util-linux)
readonly scripts=/usr/share/debootstrap/scripts

# packages_of SUITE [engines]: with commas between. Docker's client and builder became packages of
# their own; and debootstrap does not find what provides podman's network stack in bookworm.
packages_of() {
	local list=("${packages[@]}")
	case $* in
	'bookworm engines') list+=(docker-compose docker.io netavark uidmap) ;;
	*' engines') list+=(docker-buildx docker-cli docker-compose docker.io uidmap) ;;
	esac
	(IFS=,; printf '%s' "${list[*]}")
}

# A debootstrap older than the suite: all recent ones are made like sid.
script_of() {
	[[ -e $scripts/$1 ]] && printf '%s' "$scripts/$1" || printf '%s' "$scripts/sid"
}

make_root() {
	local suite=$1 root=$2
	rm -rf "$root.new"
	printf 'making a %s root in %s, which takes minutes\n' "$suite" "$root" >&2
	timeout "$limit" debootstrap --variant=minbase --include="$include" "$suite" "$root.new" \
		"$mirror" "$(script_of "$suite")" >"$root.log" 2>&1 || {
		tail -n 20 "$root.log" >&2
		printf 'debootstrap of %s failed; all it said is in %s\n' "$suite" "$root.log" >&2
		return 1
	}
	rm -rf "$root.new"/var/{cache/apt,lib/apt/lists}
	mv -T "$root.new" "$root"
}

main() {
	local suite=$1 key root
	include=$(packages_of "$@")
	key=$(printf '%s\n' "$suite" "$mirror" "$include" | sha256sum | cut -c 1-12)
	root=$cache/$suite-$key
	mkdir -p "$cache"
	exec 9>"$root.lock"
	flock -w "$limit" 9
	[[ -d $root ]] || make_root "$suite" "$root" 9>&-
	printf '%s\n' "$root"
}

main "$@"
