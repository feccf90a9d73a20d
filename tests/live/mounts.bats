#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The host's directories by other names: what a path does not say, the mount table does.

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
	# Without --passwd=false podman adds the user to the host's own /etc/passwd, before any hook.
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
