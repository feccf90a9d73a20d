#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2016,SC2030,SC2031,SC2119 # expressions for inner shells; bats' own variables
# Tests for podman alone: hooks together with the wrapper, runtimes by name, builds, pods, rootless.

ENGINE=podman
# shellcheck source=tests/vm/guest/engines.bash
source "$BATS_TEST_DIRNAME/engines.bash"

setup_file() { engine_start; }

teardown_file() { engine_stop; }

setup() { own_policy; }

teardown() {
	podman pod rm --all --force --time 0
	rm -f /etc/containers/containers.conf.d/70-cni.conf
}

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
	printf '%s\n' 'FROM localhost/vm' "$@" | podman build --no-cache --network none "${options[@]}" -t localhost/built - 2>&1
}

@test "the policy applies to RUN in podman build" {
	run build 'RUN true'
	refused rootUser
	run build 'USER 3267:3267' 'RUN echo step $((6 * 7)); grep Cap /proc/self/status'
	ran 'step 42'
	has_no_capability
}

@test "what podman build mounts by itself starts: secrets, caches and volumes of the image" {
	echo alpha >"$BATS_TEST_TMPDIR/secret"
	run build 'USER 3267:3267' 'VOLUME /vol' 'RUN echo step $((6 * 7))'
	ran 'step 42'
	run build 'USER 3267:3267' 'RUN --mount=type=cache,dst=/c,uid=3267 touch /c/x && echo step $((6 * 7))'
	ran 'step 42'
	options=(--secret "id=s,src=$BATS_TEST_TMPDIR/secret")
	run build 'USER 3267:3267' 'RUN --mount=type=secret,id=s,uid=3267 cat /run/secrets/s'
	ran alpha
	options=(-v /var/lib/containers:/x)
	run build 'USER 3267:3267' 'RUN echo step $((6 * 7))'
	refused hostMounts
}

# --- pods: their infra container starts as root, so they need a user namespace, or none of it ---

fetch() { curl --silent --show-error --max-time 10 "http://$1/" 2>&1; }

readonly unprivileged='as 3267 with 0000000000000000'

@test "a pod in a private user namespace: its containers share a network and its ports" {
	add_ids containers 1000000 1048576
	podman pod create --name shop --publish 8082:8080 --uidmap 0:100000:65536
	podman run --detach --pod shop --name server --user 3267:3267 localhost/vm serve 8080
	eventually eval 'fetch 127.0.0.1:8082 >/dev/null'
	run fetch 127.0.0.1:8082
	ran "$unprivileged"
	run podman run --rm --pod shop --user 3267:3267 localhost/vm wget -q -O - http://127.0.0.1:8080/
	ran "$unprivileged"
}

# In both podman binds the host's /sys, read-only: docs/podman.md.
@test "what a mapped root sees of the host's /sys it cannot write, and nothing else is there" {
	add_ids containers 1000000 1048576
	podman pod create --name shop --network none --uidmap 0:100000:65536
	run podman run --rm --pod shop localhost/vm sh -c '
		for f in /sys/kernel/uevent_helper /sys/fs/cgroup/cgroup.procs /sys/power/state; do
			! echo 0 2>/dev/null >$f || echo wrote $f
		done
		mount -o remount,rw /sys 2>/dev/null && echo remounted /sys
		ls -d /sys/class/net/* && echo container ran'
	ran
	[[ $output != *wrote* && $output != *remounted* ]]
	mount -t tmpfs tmpfs /sys/module
	run podman run --rm --pod shop --user 3267:3267 localhost/vm echo container ran
	umount /sys/module
	refused hostMounts 'of type "tmpfs"'
	start one --userns=auto:size=65536
	run podman run --rm --userns=container:one --network container:one --user 3267:3267 localhost/vm \
		echo container ran
	remove one
	ran
}

@test "a pod without an infra container" {
	podman pod create --name shop --infra=false
	run podman run --rm --pod shop --user 3267:3267 localhost/vm echo container ran
	ran
}

@test "a pod with podman's own infra container is refused, with what to do" {
	podman pod create --name shop
	run podman run --rm --pod shop --user 3267:3267 localhost/vm echo container ran
	refused rootUser
}

@test "kube play" {
	mkdir -p /srv/kube
	cat >/srv/kube/pod.yaml <<-'END'
		apiVersion: v1
		kind: Pod
		metadata: { name: kube }
		spec:
		  containers:
		  - name: server
		    image: localhost/vm:latest
		    command: ["serve", "8080"]
		    securityContext: { runAsUser: 3267, runAsGroup: 3267 }
		    ports: [ { containerPort: 8080, hostPort: 8083 } ]
	END
	run podman kube play --userns=auto:size=65536 /srv/kube/pod.yaml
	echo "$output"
	[ "$status" -eq 0 ]
	eventually eval 'fetch 127.0.0.1:8083 >/dev/null'
	run fetch 127.0.0.1:8083
	ran "$unprivileged"
}

@test "networks of CNI, which podman 4 still has" {
	[[ $(podman --version) == *' 4.'* ]] || skip 'netavark only, from podman 5 on'
	printf '[network]\nnetwork_backend = "cni"\n' >/etc/containers/containers.conf.d/70-cni.conf
	run podman run --detach --name web --publish 8084:8080 --user 3267:3267 localhost/vm serve 8080
	echo "$output"
	eventually eval 'fetch 127.0.0.1:8084 >/dev/null'
	run fetch 127.0.0.1:8084
	ran "$unprivileged"
	remove web
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
	add_ids somebody 3000000
	rootless podman load -q <"$images.tar"
	run rootless podman run --rm localhost/vm sh -c 'echo container ran as $(id -u)'
	ran 'container ran as 0'
	run rootless bash -c 'podman run --rm --privileged localhost/vm echo container ran 2>&1 | cat
		exit "${PIPESTATUS[0]}"'
	refused
}

# Uses the user of the test above.
@test "rootless: published ports with slirp4netns and pasta" {
	local network networks=(slirp4netns)
	[[ $(podman --version) == *' 4.'* ]] || networks+=(pasta)
	for network in "${networks[@]}"; do
		rootless podman run --detach --name web --network "$network" --publish 8085:80 \
			localhost/vm serve 80
		eventually eval 'fetch 127.0.0.1:8085 >/dev/null'
		run fetch 127.0.0.1:8085
		ran 'served on 80 as 0'
		rootless podman rm --force --time 0 web
	done
}
