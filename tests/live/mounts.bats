#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The host's directories under other names, which only the mount table shows.

# shellcheck source=tests/live/common.bash
source "$BATS_TEST_DIRNAME/common.bash"

setup_file() {
	need_root
	live_start
	use_policy "$policies/default.json"
}

teardown_file() { live_stop; }

setup() { live_setup; }

# with_volume DEVICE: starts a container with a named volume that is a bind mount of a directory.
with_volume() {
	podman volume rm -f disguise >/dev/null
	podman volume create --opt type=none --opt o=bind --opt device="$1" disguise >/dev/null
	run podman run --rm --user 3267:3267 -v disguise:/e live echo container ran
}

@test "a named volume with files of its own starts" {
	run podman run --rm --user 3267:3267 -v own:/e live echo container ran
	echo "$output"
	[ "$status" -eq 0 ]
}

@test "a named volume that is a harmless directory of the host starts" {
	mkdir -p "$work/data"
	with_volume "$work/data"
	echo "$output"
	[ "$status" -eq 0 ]
}

@test "a named volume that is a denied directory of the host is refused" {
	with_volume /etc
	refused 1
	[[ $output == *"this is /etc"* ]]
}

@test "a named volume that lies below a denied directory of the host is refused" {
	with_volume /etc/apt
	refused 1
	[[ $output == *"this lies under /etc"* ]]
}

@test "a named volume that is the host's root directory is refused" {
	with_volume /
	refused 1
	[[ $output == *"this is /"* ]]
}

@test "an overlay over a denied directory is refused" {
	run podman run --rm --user 3267:3267 -v /etc:/e:O live echo container ran
	refused 1
	[[ $output == *"this is /etc"* ]]
}

@test "the host's root directory as the root of a container is refused" {
	# Without --passwd=false podman adds the user to the host's own /etc/passwd, before any
	# hook.
	run podman run --rm --user 3267:3267 --passwd=false --rootfs / /bin/echo container ran
	refused 1
	run podman run --rm --user 3267:3267 --passwd=false --rootfs /:O /bin/echo container ran
	refused 1
	[[ $output == *"/root/path"* ]]
}

@test "a link that leads into a denied directory is refused" {
	ln -sfn /etc "$work/link"
	run podman run --rm --user 3267:3267 -v "$work/link:/e" live echo container ran
	refused 1
}

@test "a directory below a denied one as the root of a container is refused under any name" {
	local root denied
	denied=$(mktemp -d /run/rootfence-live.XXXXXX) # podman creates files there before any hook runs
	mkdir -p "$work/x/overlay/y"
	ln -sfn "$denied" "$work/x/overlay/y/merged"
	for root in "$denied" "$denied:O" "$work/x/overlay/y/merged"; do
		run podman run --rm --user 3267:3267 --passwd=false --rootfs "$root" /bin/echo container ran
		refused 1
		[[ $output == *"lies under /run"* ]]
	done
	rm -r "$denied"
}

@test "a harmless directory as the root of a container, and an overlay over it, start" {
	mkdir -p "$work/root/bin"
	cp /bin/busybox "$work/root/bin/echo"
	run podman run --rm --user 3267:3267 --rootfs "$work/root" /bin/echo container ran
	echo "$output"
	[ "$status" -eq 0 ]
	run podman run --rm --user 3267:3267 --rootfs "$work/root:O" /bin/echo container ran
	echo "$output"
	[ "$status" -eq 0 ]
}

# in_namespace COMMANDS...: a container with $work/data, after the commands, in a mount namespace.
# options: of the mount.
in_namespace() {
	# shellcheck disable=SC2016 # for the inner shell
	run unshare --mount bash -c 'mount --make-rprivate / && mkdir -p "$work"/{data,other} && eval "$1" &&
		podman run --rm --user 3267:3267 --mount "type=bind,source=$work/data,destination=/e$2" live \
		echo container ran' - "$*" "${options-}"
}

@test "a kernel file system is refused at any place, and below a source" {
	for type in proc mqueue devpts; do
		in_namespace "mount -t $type none $work/data"
		refused 1
		[[ $output == *"is of type \"$type\""* ]]
		in_namespace "mkdir -p $work/data/x && mount -t $type none $work/data/x"
		refused 1
		[[ $output == *"brings along what is mounted at"*"is of type \"$type\""* ]]
	done
	in_namespace "mount -t tmpfs none $work/data && mkdir $work/data/x && mount -t tmpfs none $work/data/x"
	echo "$output"
	[ "$status" -eq 0 ]
}

@test "a denied directory that is mounted below a source is refused" {
	in_namespace "mkdir -p $work/data/x && mount --bind /etc $work/data/x"
	refused 1
	[[ $output == *"brings along what is mounted at"*"this is /etc"* ]]
	# podman writes "bind" and "rprivate" for this, which crun takes for a recursive mount.
	options=,bind-nonrecursive in_namespace "mkdir -p $work/data/x && mount --bind /etc $work/data/x"
	refused 1
}

@test "a disk of which a directory is mounted at a denied place is refused as a whole" {
	local place
	place=$(mktemp -d /run/rootfence-live.XXXXXX)
	in_namespace "mount -t tmpfs none $work/data && mkdir $work/data/x && mount --bind $work/data/x $place"
	refused 1
	[[ $output == *"contains what is mounted at"*"/run, which is the host's"* ]]
	in_namespace "mount -t tmpfs none $work/other && mkdir -p $work/other/{x,y} &&
		mount --bind $work/other/x $place && mount --bind $work/other/y $work/data"
	echo "$output"
	[ "$status" -eq 0 ]
	in_namespace "mount -t tmpfs none $work/other && mkdir -p $work/other/x &&
		mount --bind $work/other/x $place && mount --bind $work/other/x $work/data"
	refused 1
	rmdir "$place"
}

@test "an overlay is judged by all its layers, and one that cannot be found is refused" {
	local over="mount -t overlay none $work/data -o"
	in_namespace "cd / && $over lowerdir=etc:usr"
	refused 1
	[[ $output == *"relative name"* ]]
	in_namespace "mount -t tmpfs none $work/other && mkdir $work/other/a:b && $over 'lowerdir=$work/other/a\\:b:/usr'"
	refused 1
	in_namespace "mount -t overlay none $work/other -o lowerdir=/etc:/usr && $over lowerdir=$work/other:/var/empty-dir 2>/dev/null ||
		$over lowerdir=$work/other:/usr"
	refused 1
	[[ $output == *"this is /etc"* ]]
	# A name that others can change may have led elsewhere at the time of the mount.
	in_namespace "mount -t tmpfs none $work/other && mkdir -p $work/other/{u/a,b} &&
		chown 3267 $work/other/u && $over lowerdir=$work/other/u/a:$work/other/b"
	refused 1
	[[ $output == *"others than root can change"* ]]
	# An overlay over one of its own layers.
	in_namespace "mount -t tmpfs none $work/other && mkdir -p $work/other/b && $over lowerdir=$work/data:$work/other/b"
	echo "$output"
	[ "$status" -eq 0 ]
	# A file is in some of the layers only.
	in_namespace "mount -t tmpfs none $work/other && mkdir -p $work/other/{a,b/x,c} && mount -t overlay none \
		$work/other/c -o lowerdir=$work/other/a:$work/other/b && mount --bind $work/other/c/x $work/data"
	echo "$output"
	[ "$status" -eq 0 ]
	in_namespace "mount -t tmpfs none $work/other && mkdir $work/other/{a,b} && $over lowerdir=$work/other/a:$work/other/b"
	echo "$output"
	[ "$status" -eq 0 ]
}

# shellcheck disable=SC2030 # run sets both
@test "a loop device over another device is refused; one over a file is not" {
	local first='' second=''
	truncate -s 8M "$work/disk"
	mkfs.ext4 -q "$work/disk"
	first=$(losetup --find --show "$work/disk")
	second=$(losetup --find --show "$first")
	in_namespace "mount -t ext4 $first $work/data"
	echo "$output"
	local alone=$status
	in_namespace "mount -t ext4 $second $work/data"
	losetup -d "$second" "$first"
	[ "$alone" -eq 0 ]
	refused 1
	[[ $output == *"a loop device over another device"* ]]
}

# podman_alone [DRIVER]: runs podman where its storage is by default, with this storage driver.
podman_alone() {
	local dir
	dir=$(mktemp -d /tmp/rootfence-live.XXXXXX)
	mkdir "$dir/bpf"
	cd "$top" || return
	# The variables of this file's podman are not for that one.
	run env -u CONTAINERS_CONF -u CONTAINERS_STORAGE_CONF unshare --mount \
		tests/live/storage.sh "$dir" "$rootfence" "$policies/default.json" "$@"
	eventually rm -rf "$dir" # conmon may still clean up there
	# shellcheck disable=SC2031 # run has set both
	echo "$output"
	# shellcheck disable=SC2031
	[ "$status" -eq 0 ]
}

@test "podman's own mounts start; those of another container do not" {
	podman_alone
}

@test "the same in a storage that was moved, below a denied directory and elsewhere" {
	local place
	for place in /root/rootfence-live /srv/rootfence-live; do
		podman_alone overlay "$place"
		podman_alone vfs "$place"
		rmdir "$place"
	done
}

@test "podman's own mounts start with storage driver vfs; those of another container do not" {
	podman_alone vfs
}

@test "podman's own mounts start with storage driver btrfs; those of another container do not" {
	command -v mkfs.btrfs >/dev/null || skip "mkfs.btrfs is missing: make deps"
	grep -qw btrfs /proc/filesystems || modprobe btrfs || skip "the kernel has no btrfs"
	podman_alone btrfs
}

# storage_elsewhere COMMANDS SOURCE: what precreate says of a mount when COMMANDS have put Docker's
# storage, which is in $disk/docker, to /var/lib/docker.
storage_elsewhere() {
	jq --arg source "$2" '.root.path = "rootfs" | .mounts += [{ destination: "/v", type: "bind",
		source: $source, options: ["bind", "nosuid", "nodev"] }]' \
		tests/golden/specs/podman-user-3267/config.json >"$work/elsewhere.json"
	# shellcheck disable=SC2016 # for the inner shell
	run unshare --mount bash -c 'mount -t tmpfs none /var/lib && mount -t tmpfs none "$1" &&
		mkdir -p "$1"/docker/{image,volumes/v/_data} "$1/other" && cd "$1" && eval "$4" &&
		exec "$2" precreate --policy "$3"' - "$work/data" "$rootfence" \
		"$policies/default.json" "$1" <"$work/elsewhere.json"
}

@test "the volumes of a storage that is mounted or linked elsewhere start; the rest of it does not" {
	local place
	cd "$top"
	mkdir -p "$work/data"
	# shellcheck disable=SC2016 # expanded where it is carried out
	for place in 'mkdir /var/lib/docker && mount --bind docker /var/lib/docker' \
		'ln -s $PWD/docker /var/lib/docker'; do
		for source in "/var/lib/docker/volumes/v/_data" "$work/data/docker/volumes/v/_data" \
			"$work/data/other"; do
			storage_elsewhere "$place" "$source"
			echo "$place: $source: $output"
			[ "$status" -eq 0 ]
		done
		for source in docker docker/image docker/volumes .; do
			storage_elsewhere "$place" "$work/data/$source"
			echo "$place: $source: $output"
			[ "$status" -eq 1 ]
		done
	done
}

# idmapped [DIRECTORY]: prints what precreate says of an idmapped writable volume in a user
# namespace, or of that directory under a volume's name. In a mount namespace with its own storage.
idmapped() {
	local volume=/var/lib/containers/storage/volumes/mapped/_data
	jq --arg source "$volume" '.root.path = "rootfs"
		| .process.user = { uid: 0, gid: 0 } | .linux.namespaces += [{ type: "user" }]
		| .linux.uidMappings = [{ containerID: 0, hostID: 100000, size: 65536 }]
		| .linux.gidMappings = .linux.uidMappings
		| .mounts += [{ destination: "/v", type: "bind", source: $source,
			options: ["bind", "idmap", "nosuid", "nodev"] }]' \
		tests/golden/specs/podman-user-3267/config.json >"$work/idmapped.json"
	# shellcheck disable=SC2016 # for the inner shell
	run unshare --mount bash -c 'mount -t tmpfs none /var/lib && mkdir -p "$1" &&
		{ [[ -z $2 ]] || mount --bind "$2" "$1"; } &&
		exec "$3" precreate --policy "$4"' - "$volume" "${1-}" "$rootfence" \
		"$policies/default.json" <"$work/idmapped.json"
}

@test "a volume may be idmapped, unless it is a directory of the host" {
	idmapped
	echo "$output"
	[ "$status" -eq 0 ]
	mkdir -p "$work/data"
	idmapped "$work/data"
	echo "$output"
	[ "$status" -eq 1 ]
	[[ $output == *'maps ids of files of the host'* ]]
}

@test "podman's root with idmapped layers starts; a layer elsewhere of the same name does not" {
	jq '.process.user = {uid: 3267, gid: 3267}' "$top/tests/golden/specs/podman-user-3267/config.json" \
		>"$BATS_TEST_TMPDIR/spec.json"
	# shellcheck disable=SC2016 # expanded inside
	run unshare --mount bash -euc '
		storage=/var/lib/containers/storage/overlay
		mount -t tmpfs -o mode=755 none /var/lib
		mkdir -p "$storage"/{l,A/diff,B/{diff,work,work2,diff2,merged,mapped/0}} /var/lib/{containers/x/mapped/0,root}
		ln -s ../A/diff "$storage/l/AA"
		mount --bind "$storage" "$storage/B/mapped/0"
		mount -t overlay none "$storage/B/merged" -o \
			"lowerdir=$storage/B/mapped/0/l/AA,upperdir=$storage/B/diff,workdir=$storage/B/work"
		umount "$storage/B/mapped/0"
		mount --bind "$storage/B/merged" /var/lib/root
		judge() { jq ".root.path = \"/var/lib/root\"" "$0" | "$1" precreate --policy "$2" --guard /none; }
		judge "$@" | jq -e .root
		umount /var/lib/root
		mount -t overlay none /var/lib/root -o \
			"lowerdir=/var/lib/containers/x/mapped/0,upperdir=$storage/B/diff2,workdir=$storage/B/work2"
		! judge "$@"' "$BATS_TEST_TMPDIR/spec.json" "$rootfence" "$policies/default.json"
	echo "$output"
	[[ $status -eq 0 && $output == *'"/var/lib/root"'* ]]
	[[ $output == *'/root/path is "/var/lib/root": this lies under /var/lib/containers'* ]]
}

@test "containerd's root with idmapped layers starts; a link of such a name to the host's files does not" {
	jq '.process.user = {uid: 3267, gid: 3267} | .root.path = "rootfs"' "$top/tests/golden/specs/podman-user-3267/config.json" \
		>"$BATS_TEST_TMPDIR/spec.json"
	# shellcheck disable=SC2016 # expanded inside
	run unshare --mount bash -euc '
		task=/run/containerd/io.containerd.runtime.v2.task/k8s.io/A root=$task/rootfs
		snapshots=/var/lib/containerd/io.containerd.snapshotter.v1.overlayfs/snapshots
		judge() { cp "$0" "$task/config.json"; "$1" check --host --policy "$2" "$task"; }
		mount -t tmpfs -o mode=755 none /var/lib
		umount -Rl /run 2>/dev/null || true # a layer may lie in either of two mounts on each other
		mount -t tmpfs -o mode=755 none /run
		for layer in /var/lib/containerd/tmpmounts/ovl-idmapped4711/{0,34/fs,fs} /run/ovl-idmapped12/fs; do
			mkdir -p "$root" "$layer" "$snapshots"/{1/fs,2/fs,2/work}
			mount --bind "$snapshots/1/fs" "$layer"
			mount -t overlay none "$root" -o "lowerdir=$layer,upperdir=$snapshots/2/fs,workdir=$snapshots/2/work"
			umount "$layer"
			rmdir -p "$layer" 2>/dev/null || true
			judge "$@"
			mkdir -p "${layer%/*}"
			ln -s /etc "$layer"
			! judge "$@"
			umount "$root"
			rm "$layer"
		done' "$BATS_TEST_TMPDIR/spec.json" "$rootfence" "$policies/default.json"
	echo "$output"
	[[ $status -eq 0 && $(grep -c "allowed by policy" <<<"$output") -eq 4 ]]
	[[ $(grep -c "this is /etc, which is the host's" <<<"$output") -eq 4 ]]
}
