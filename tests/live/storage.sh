#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# storage.sh WORK ROOTFENCE POLICY [DRIVER [PLACE]]: podman with its storage where root's podman has it, or in
# the directory PLACE, in the mount namespace that mounts.bats made for it. What podman mounts by itself starts; what belongs to
# another container does not. Prints what went wrong; the exit status says whether anything did.
set -euo pipefail
work=$1 rootfence=$2 guard=$1/bpf/rootfence top=$PWD
storage=/var/lib/containers/storage run=/run/containers/storage
[[ -z ${5-} ]] || storage=$5/storage run=$5/run
driver=${4-}
denied=/var/lib/containers denied_run=/run
[[ -z ${5-} ]] || denied=$storage denied_run=$run
failed=0

# shellcheck source=tests/podman.sh
source tests/podman.sh

podman_storage() {
	cat >"$CONTAINERS_STORAGE_CONF" <<-END
		[storage]
		driver = "${driver:-$1}"
		graphroot = "$storage"
		runroot = "$run"
	END
}

container() { podman run --rm --user 3267:3267 "$@"; }

starts() {
	local out
	out=$(container "$@" live echo container ran 2>&1) && [[ $out == *'container ran'* ]] && return
	printf 'should start: %s\n%s\n' "$*" "$out"
	failed=1
}

refused() {
	local why=$1 out
	shift
	if ! out=$(container "$@" live echo container ran 2>&1); then
		[[ $out == *"$why"* && $out != *'container ran'* ]] && return
	fi
	printf 'should be refused, %s: %s\n%s\n' "$why" "$*" "$out"
	failed=1
}

mount --make-rprivate /
mkdir -p /var/lib/containers /run/containers ${5+"$5"}
mount -t tmpfs none /var/lib/containers
mount -t tmpfs none /run/containers
[[ -z ${5-} ]] || mount -t tmpfs none "$5"
mount -t bpf bpf "$work/bpf"
# Another driver names these directories after itself.
directory=${driver:-overlay}-containers
if [[ $driver == btrfs ]]; then
	umount /var/lib/containers
	truncate -s 512M "$work/btrfs.img"
	mkfs.btrfs -q "$work/btrfs.img"
	mount -o loop "$work/btrfs.img" /var/lib/containers
fi
podman_start live
own_hooks "$3"
trap podman_stop EXIT

id=$(podman run -d --user 3267:3267 live sleep 1000)
other=$(podman run -d --user 3267:3267 live sleep 1000)
printf 1 | podman secret create one - >/dev/null
mkdir "$work/data"
for volume in plain tmpfs:tmpfs kernel:proc; do
	type=${volume#*:}
	[[ $type == plain ]] && podman volume create plain && continue
	podman volume create --opt "type=$type" --opt "device=$type" "${volume%:*}"
done >/dev/null

starts
starts --secret one
starts --secret one,target=/app/config.pw
starts --network "container:$id" --ipc "container:$id"
starts --mount type=image,source=live,destination=/i
starts --tz local
starts -v "$work/data:/d:O"
starts -v plain:/d
starts -v tmpfs:/d
refused 'of type "proc"' -v kernel:/d
refused "this lies under $denied_run" -v "$run/$directory/$id/userdata/hosts:/etc/hosts"
mkdir -p "$storage/$directory/$id/userdata/run/secrets"
refused "this lies under $denied" \
	-v "$storage/$directory/$id/userdata/run/secrets:/run/secrets"
refused "this lies under $denied" --ipc "container:$other" \
	-v "$storage/$directory/$id/userdata/shm:/dev/shm"
refused "this lies under $denied" --annotation "io.kubernetes.cri.sandbox-id=$id" \
	-v "$storage/$directory/$id/userdata/shm:/dev/shm"
refused "which is the host" -v "${storage%/*}:/d"
refused "$denied" -v "$storage:/d"
refused "this lies under $denied" -v "$storage/volumes:/d"
refused "this lies under $denied" -v "$storage/volumes/plain:/d"
[[ -z $driver || $driver == overlay ]] || exit "$failed"
upper=$(podman inspect --format '{{.GraphDriver.Data.UpperDir}}' "$other")
refused "this lies under $denied" -v "$upper:/d"
root=$(podman inspect --format '{{.GraphDriver.Data.MergedDir}}' "$id")
refused "this lies under $denied" -v "$root:/d:O"
# podman writes accounts into the root before any hook runs, hence --passwd=false.
if out=$(podman run --rm --user 3267:3267 --passwd=false --rootfs "$root" /bin/echo container ran 2>&1) ||
	[[ $out != *'this is the root of another container'* ]]; then
	printf 'should be refused: --rootfs %s\n%s\n' "$root" "$out"
	failed=1
fi
exit "$failed"
