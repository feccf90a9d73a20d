#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2016,SC2030,SC2031,SC2119 # expressions for inner shells; bats' own variables
# Tests for podman alone: hooks together with the wrapper, runtimes by name, rootless.

ENGINE=podman
# shellcheck source=tests/vm/guest/engines.bash
source "$BATS_TEST_DIRNAME/engines.bash"

setup_file() { engine_start; }

teardown_file() { engine_stop; }

setup() { own_policy; }

@test "podman's runtimes are the wrapper under their names" {
	run podman info --format '{{.Host.OCIRuntime.Path}}'
	ran /usr/libexec/rootfence/
}

@test "hooks and wrapper together: one entry per container" {
	start one
	[ "$(entries)" -eq 1 ]
	run podman exec --user root one echo container ran
	refused rootUser
	run podman exec --privileged one echo container ran
	refused capabilities
	remove one
	eventually no_entries
}

@test "a runtime other than the wrapper: the hooks refuse a spec that was not rewritten" {
	local real
	real=$(command -v crun)
	run podman --runtime "$real" run --rm --user 3267 localhost/vm echo container ran
	echo "$output"
	[[ $status -ne 0 && $output != *"container ran"* ]]
	run podman --runtime "$real" run --rm localhost/vm echo container ran
	[[ $status -ne 0 && $output != *"container ran"* ]]
}

@test "after uninstall podman calls its own runtime, after install the wrapper again" {
	register uninstall podman-runtime
	run podman info --format '{{.Host.OCIRuntime.Path}}'
	[[ $status -eq 0 && $output != *rootfence* ]]
	register install podman-runtime
}

# build [LINE...]: builds a Containerfile of these lines on the image vm.
build() {
	printf '%s\n' 'FROM localhost/vm' "$@" | podman build --no-cache --network none -t localhost/built - 2>&1
}

@test "the policy applies to RUN in podman build" {
	run build 'RUN true'
	refused rootUser
	run build 'USER 3267:3267' 'RUN echo step $((6 * 7)); grep Cap /proc/self/status'
	ran 'step 42'
	has_no_capability
}

rootless() {
	local home=/home/somebody
	(cd "$home" && setpriv --reuid somebody --regid somebody --init-groups --reset-env \
		env HOME="$home" XDG_RUNTIME_DIR="$home/run" PATH=/usr/bin:/bin:/usr/sbin:/sbin "$@")
}

@test "rootless: root in the container is the user on the host, and --privileged is refused" {
	useradd --create-home --shell /bin/bash somebody
	mount -t tmpfs -o mode=755 tmpfs /home/somebody
	mkdir -m 700 /home/somebody/run
	chown -R somebody: /home/somebody
	rootless podman load -q <"$images.tar"
	run rootless podman run --rm localhost/vm sh -c 'echo container ran as $(id -u)'
	ran 'container ran as 0'
	run rootless bash -c 'podman run --rm --privileged localhost/vm echo container ran 2>&1 | cat
		exit "${PIPESTATUS[0]}"'
	refused
}
