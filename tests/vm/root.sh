#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# root.sh SUITE [engines]: prints the path of a Debian root for guests, with podman alone or with
# containerd and Docker too. A root is made once and stays in the cache, since guests only read it.
# Its name has a checksum of this file, so that a change of the recipe makes a new root. To get
# newer packages, remove the root. ROOT.packages lists its packages.
#
# ROOTFENCE_CACHE: the cache (default /var/cache/rootfence).
# ROOTFENCE_MIRROR: the archive (default: what apt uses here). forky changes until it is released;
# for the same packages again, name an archive of one day, as Debian's snapshots are.
set -euo pipefail
umask 022

readonly cache=${ROOTFENCE_CACHE:-/var/cache/rootfence}/vm
readonly limit=1800 # seconds, for a slow archive
readonly keyring=/usr/share/keyrings/debian-archive-keyring.gpg
# netavark is one of two packages that podman accepts: named, so that apt has no choice. criu needs
# iptables where a container has a network namespace that the runtime made.
readonly packages=(bats busybox-static ca-certificates criu crun iproute2 iptables jq kmod libcap2-bin
	linux-image-amd64 netavark podman procps runc util-linux)
# What podman, Docker and CNI need for a network and for the storage drivers of other hosts, and curl,
# which speaks to containerd's CRI.
readonly engine_packages=(aardvark-dns btrfs-progs catatonit containernetworking-plugins curl
	docker-compose docker.io fuse-overlayfs iptables nftables passt slirp4netns uidmap)
# Documentation, and drivers of devices that no guest has: half of a root.
readonly unwanted=('/usr/share/'{doc,locale,man}'/*'
	'*/kernel/'{sound,drivers/{gpu,infiniband,media,net/{ethernet,wireless}}}'/*')

# packages_of SUITE [engines]: with commas between. After bookworm, Docker's client and builder
# are packages of their own, and there is the library by which crun calls criu.
packages_of() {
	local list=("${packages[@]}")
	[[ $1 == bookworm ]] || list+=(libcriu2)
	case $* in
	'bookworm engines') list+=("${engine_packages[@]}") ;;
	*' engines') list+=("${engine_packages[@]}" docker-buildx docker-cli) ;;
	esac
	(IFS=,; printf '%s' "${list[*]}")
}

mirror() {
	local found
	# shellcheck disable=SC2016 # apt's variable
	mapfile -t found < <(apt-get indextargets --format '$(REPO_URI)' \
		'Created-By: Packages' 'Label: Debian')
	printf '%s' "${ROOTFENCE_MIRROR:-${found[0]-}}"
}

# apt's proxy settings, which mmdebstrap does not read.
apt_settings() {
	apt-config dump Acquire::http Acquire::https
	cat <<-'END'
		Acquire::Retries "3";
		Dir::Etc::netrc "/etc/apt/auth.conf";
		Dir::Etc::netrcparts "/etc/apt/auth.conf.d";
	END
}

# forky's Release file has a date until which it is valid. In a frozen archive or one of a certain
# day that date is over, so it is not checked. The signature is still checked.
source_of() {
	local suite=$1 mirror=$2 options="signed-by=$keyring"
	[[ $suite != forky ]] || options+=' check-valid-until=no'
	printf 'deb [%s] %s %s main\n' "$options" "$mirror" "$suite"
}

# Guests boot from an initramfs of their own: INITRD.
bootstrap() {
	local suite=$1 mirror=$2 include=$3 new=$4
	apt_settings >"$new.apt"
	# shellcheck disable=SC2016 # for the shell of the hook
	INITRD=No timeout "$limit" mmdebstrap --mode=root --variant=minbase --format=directory \
		--aptopt="$new.apt" --dpkgopt=force-unsafe-io \
		"${unwanted[@]/#/--dpkgopt=path-exclude=}" --include="$include" \
		--customize-hook='rm "$1/etc/apt/apt.conf.d/99mmdebstrap"' \
		"$suite" "$new" "$(source_of "$suite" "$mirror")" &&
		dpkg-query --root="$new" -W >"$new.packages"
}

make_root() {
	local suite=$1 include=$2 root=$3 mirror
	mirror=$(mirror)
	[[ -n $mirror ]] || {
		echo 'root.sh: apt knows no archive of Debian here: run apt-get update, or set ROOTFENCE_MIRROR' >&2
		return 1
	}
	rm -rf "$root.new"
	printf 'making a %s root in %s, which takes minutes\n' "$suite" "$root" >&2
	bootstrap "$suite" "$mirror" "$include" "$root.new" >"$root.log" 2>&1 || {
		rm -rf "$root.new"*
		tail -n 20 "$root.log" >&2
		printf 'root.sh: cannot make %s from %s; the log is %s. %s\n' \
			"$root" "$mirror" "$root.log" "$(advice "$root")" >&2
		return 1
	}
	mv "$root.new.packages" "$root.packages"
	mv -T "$root.new" "$root"
	rm -f "$root.new.apt"
}

advice() {
	printf '%s %s' 'If the archive cannot be reached, set ROOTFENCE_MIRROR to one that can,' \
		"or copy $1 from a machine that has made it (cp -a; ROOTFENCE_CACHE names another cache)."
}

main() {
	local suite=$1 name="$*" include recipe key root
	include=$(packages_of "$@")
	recipe=$(sed '/^[[:space:]]*#/d' "$0")
	key=$(printf '%s\n' "$@" "${ROOTFENCE_MIRROR-}" "$recipe" | sha256sum)
	root=$cache/${name// /-}-${key:0:12}
	mkdir -p "$cache"
	exec 9>"$root.lock"
	flock -w "$limit" 9
	[[ -d $root ]] || make_root "$suite" "$include" "$root" 9>&-
	printf '%s\n' "$root"
}

main "$@"
