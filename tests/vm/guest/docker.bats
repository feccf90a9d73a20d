#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2016,SC2030,SC2031,SC2119 # expressions for inner shells; bats' own variables
# Tests for Docker alone: its daemon's configuration, user namespaces for all containers, runtimes
# by name, builds.

ENGINE=docker
# shellcheck source=tests/vm/guest/engines.bash
source "$BATS_TEST_DIRNAME/engines.bash"

setup_file() { engine_start; }

teardown_file() {
	[[ ! -e /var/lib/rootfence/register/runc-divert ]] || register uninstall runc-divert
	engine_stop
}

setup() { own_policy; }

@test "the daemon has the wrapper as its default runtime" {
	docker_default_is rootfence
	grep -q rootfence /etc/docker/daemon.json
}

@test "docker run prints our first line" {
	run docker run --rm --privileged localhost/vm echo container ran
	refused privilegedContainer
	[[ $output == *"docker: Error response from daemon:"*"rootfence: refused by policy 'default'"* ]]
	run docker run --rm --ipc=host --user 3267 localhost/vm echo container ran
	refused hostIpcNamespace
}

@test "exec as root and exec --privileged: refused, and docker says why" {
	start one
	run docker exec --user root one echo container ran
	refused rootUser
	run docker exec --privileged one echo container ran
	refused capabilities
	run docker exec one echo container ran
	ran
	remove one
}

@test "--runtime runc bypasses the wrapper until runc is diverted" {
	run docker run --rm --runtime runc localhost/vm echo container ran
	ran
	register install runc-divert
	[ "$(readlink /usr/sbin/runc)" = /usr/bin/rootfence ]
	run docker run --rm --runtime runc localhost/vm echo container ran
	refused rootUser
	run docker run --rm --runtime runc --user 3267 localhost/vm grep Cap /proc/self/status
	echo "$output"
	has_no_capability
}

# build [LINE...]: builds a Dockerfile of these lines on the image vm with BuildKit.
build() {
	printf '%s\n' 'FROM localhost/vm' "$@" |
		DOCKER_BUILDKIT=1 timeout 250 docker build --no-cache --progress plain --network none \
			--secret id=s,src=/etc/passwd -t built - 2>&1
}

@test "with runc diverted, the policy applies to RUN in docker build" {
	run build 'RUN echo container ran as $(id -u)'
	echo "$output"
	[[ $status -ne 0 && $output != *"container ran as 0"* ]]
	[[ $output == *"refused by policy 'default'"* ]]
	run build 'USER 3267:3267' 'RUN echo container ran; grep Cap /proc/self/status >/tmp/caps; cat /tmp/caps'
	echo "$output"
	[[ $status -eq 0 && $output == *"container ran"* ]]
	[ "$(grep -cE 'Cap(Inh|Prm|Eff|Bnd|Amb):.0{16}' <<<"$output")" -eq 5 ]
}

@test "with runc diverted, RUN --mount works: caches, build contexts, images, secrets" {
	local mount mounts=("cache,uid=3267" tmpfs bind "bind,from=localhost/user")
	# 20.10 keeps caches in the directory of the containers' roots: docs/docker.md.
	[[ $(docker version --format '{{.Server.Version}}') != 20.* ]] || mounts=("${mounts[@]:1}")
	for mount in "${mounts[@]}"; do
		run build 'USER 3267:3267' "RUN --mount=type=$mount,target=/c ls -d /c && echo container ran"
		ran
	done
	run build 'USER 3267:3267' 'RUN --mount=type=secret,id=s,uid=3267 grep ^root /run/secrets/s && echo container ran'
	ran
}

@test "an image as a mount is read-only" {
	[[ $(docker version --format '{{.Server.Version}}') == 2[89].* ]] || skip 'from Docker 28 on'
	run docker run --rm --user 3267 --mount type=image,source=localhost/user,target=/x localhost/vm \
		sh -c 'test -e /x/etc/passwd && ! touch /x/file && echo container ran'
	ran
}

@test "without the divert, the runtime is the package's again" {
	register uninstall runc-divert
	dpkg --verify runc
	[ ! -L /usr/sbin/runc ]
	run docker run --rm --runtime runc localhost/vm echo container ran
	ran
}

@test "uninstall refuses while there are containers that could no longer be started" {
	start one
	run register uninstall docker
	echo "$output"
	[[ $status -ne 0 && $output == *"docker rm -f"* ]]
	remove one
}

# Docker 20.10 does not go back to its default when it reloads.
take_up_uninstall() {
	if [[ $(docker version --format '{{.Server.Version}}') == 2[0-5].* ]]; then
		stop_daemon dockerd
		start_docker
	else
		reload_docker runc
	fi
}

@test "uninstall: the daemon uses its own default runtime again" {
	run register uninstall docker
	[[ $status -eq 0 && $output == *"systemctl restart docker"* ]]
	[ ! -e /etc/docker/daemon.json ]
	take_up_uninstall
	docker_default_is runc
	run docker run --rm localhost/vm echo container ran
	ran
	register install docker
	reload_docker rootfence
}

# The last test, since it starts another daemon. Story 5, and --userns=host of story 4.
@test "userns-remap: root in a container is not root on the host, and --userns=host is refused" {
	remap_ids
	stop_daemon dockerd
	start_docker --userns-remap=default
	load_images
	run docker run --rm localhost/vm sh -c 'echo container ran as $(id -u); cat /proc/self/uid_map'
	ran 'container ran as 0'
	grep -qE '^ *0 +[1-9]' <<<"$output"
	run docker run --rm --userns=host localhost/vm echo container ran
	refused rootUser hostUserNamespace
	run docker run --rm --userns=host --user 3267 localhost/vm echo container ran
	ran
	own_policy '"rules": [ { "names": ["hostUserNamespace"], "action": "RF_ACT_REJECT", "args": { "when": "always" } } ]'
	run docker run --rm --userns=host --user 3267 localhost/vm echo container ran
	refused hostUserNamespace
}
