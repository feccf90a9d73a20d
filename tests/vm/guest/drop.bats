#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2016,SC2030,SC2031,SC2119 # expressions for inner shells; bats' own variables
# Docker and podman: images that start as root of a private user namespace and drop, the storage
# drivers of other hosts, secrets with targets, a browser's sandbox. All but the last under `default`.

# shellcheck source=tests/vm/guest/engines.bash
source "$BATS_TEST_DIRNAME/engines.bash"

setup_file() {
	engine_start
	if [[ $engine == docker ]]; then
		stop_daemon dockerd
		remap_ids
		start_docker --userns-remap=default
		load_images
	else
		add_ids containers 1000000 1048576
	fi
}

teardown_file() {
	engine_stop
	[[ $engine != docker ]] || { stop_daemon dockerd && start_docker; }
}

setup() { own_policy; }

teardown() { rm -f /etc/containers/storage.conf; }

# --- user namespaces ---

# mapped [FLAG...] IMAGE COMMAND...: in a private user namespace, as this engine makes them.
mapped() {
	case $engine in
	docker) docker run --rm "$@" ;;
	podman) podman run --rm --userns=auto:size=65536 "$@" ;;
	esac
}

who='id -u; stat -c %u:%g /data/file; grep ^Cap /proc/self/status; cat /proc/self/uid_map'

@test "an image that starts as root, changes the owner of its data, and drops" {
	run mapped --volume state:/data localhost/vm /bin/entrypoint sh -c "$who; echo container ran"
	ran
	[ "${lines[0]}" = 3267 ]
	[ "${lines[1]}" = 3267:3267 ]
	[ "$(grep -cE '^Cap(Inh|Prm|Eff|Amb):.0{16}' <<<"$output")" -eq 4 ]
	grep -qE '^ *0 +[1-9][0-9]+ ' <<<"$output"
	# Started again, with the data that it has now.
	run mapped --volume state:/data localhost/vm /bin/entrypoint sh -c 'echo container ran'
	ran
	"$engine" volume rm state
}

@test "the same image without a user namespace is refused, and says what to do" {
	local flags=()
	[[ $engine != docker ]] || flags=(--userns=host)
	run "$engine" run --rm "${flags[@]}" localhost/vm /bin/entrypoint echo container ran
	refused rootUser
}

@test "what a mapped root keeps gives nothing on the host, and exec as root works in it" {
	local flags=()
	[[ $engine != podman ]] || flags=(--userns=auto:size=65536)
	"$engine" run --detach --name one "${flags[@]}" localhost/vm sleep 100000
	run "$engine" exec one sh -c 'touch /tmp/file && chown 3267 /tmp/file && drop 3267:3267 id -u'
	ran 3267
	run "$engine" exec one sh -c 'mount -t tmpfs tmpfs /tmp || echo container refused'
	ran 'container refused'
	[ "$(entries)" -eq 1 ]
	remove one
}

# --- storage drivers ---

# on_btrfs DIR: mounts a new btrfs there.
on_btrfs() {
	truncate -s 400M "/tmp/${1//\//-}.img"
	mkfs.btrfs -q "/tmp/${1//\//-}.img"
	mkdir -p "$1"
	mount -o loop "/tmp/${1//\//-}.img" "$1"
}

# What an ordinary container needs from the engine's own directories.
ordinary() {
	"$@" run --rm --user 3267:3267 localhost/vm \
		sh -c 'cat /etc/hosts /etc/resolv.conf >/dev/null && hostname && echo container ran'
}

# podman_uses DRIVER: a host of that driver, with its storage where the configuration says.
podman_uses() {
	mkdir -p "/srv/storage-$1"
	[[ $1 != btrfs ]] || on_btrfs "/srv/storage-$1"
	[[ $1 == btrfs ]] || mount -t tmpfs tmpfs "/srv/storage-$1"
	printf '[storage]\ndriver = "%s"\ngraphroot = "/srv/storage-%s/root"\nrunroot = "/run/storage-%s"\n' \
		"$1" "$1" "$1" >/etc/containers/storage.conf
}

@test "storage driver vfs" { storage_driver vfs; }

@test "storage driver btrfs" { storage_driver btrfs; }

@test "storage driver overlay" { storage_driver overlay; }

storage_driver() {
	case $engine in
	podman) storage_of_podman "$1" ;;
	docker) storage_of_docker "$1" ;;
	esac
}

storage_of_podman() {
	podman_uses "$1"
	[ "$(podman info --format '{{.Store.GraphDriverName}}')" = "$1" ]
	load_images
	run ordinary podman
	ran
	run podman run --rm --userns=auto:size=65536 localhost/vm /bin/entrypoint echo container ran
	ran
}

# The daemon starts with another data root, with containers that are root nowhere.
storage_of_docker() {
	local driver=$1
	[[ $driver != overlay ]] || driver=overlay2
	[[ $driver != btrfs ]] || on_btrfs /tmp/docker-btrfs
	stop_daemon dockerd
	start_docker --storage-driver "$driver" --data-root "/tmp/docker-$1"
	[ "$(docker info --format '{{.Driver}}')" = "$driver" ]
	load_images
	run ordinary docker
	ran
	stop_daemon dockerd
	start_docker --userns-remap=default
}

# --- secrets ---

@test "secrets, and configs, with a target anywhere" {
	case $engine in
	podman) secrets_of_podman ;;
	docker) secrets_of_swarm ;;
	esac
}

secrets_of_podman() {
	echo 'container ran' | podman secret create word -
	run podman run --rm --user 3267:3267 --secret word localhost/vm cat /run/secrets/word
	ran
	run podman run --rm --user 3267:3267 --secret word,target=/app/word,uid=3267,mode=0400 \
		localhost/vm cat /app/word
	ran
	run podman run --rm --userns=auto:size=65536 --secret word,target=/app/word localhost/vm cat /app/word
	ran
	podman secret rm word
}

secrets_of_swarm() {
	docker swarm init --advertise-addr 127.0.0.1
	echo 'container ran' | docker secret create word -
	echo 'with a config' | docker config create setting -
	docker service create --detach --name words --user 3267:3267 --restart-condition none \
		--secret source=word,target=/app/word,uid=3267 --config source=setting,target=/app/setting \
		localhost/vm cat /app/word /app/setting
	within_minutes eval '[[ -n $(docker ps -aq --filter name=words --filter status=exited) ]]' || true
	run sh -c 'docker ps -aq --filter name=words --filter status=exited | xargs -r -n 1 docker logs 2>&1'
	docker service ps --no-trunc --format '{{.Error}}' words
	docker service rm words
	docker swarm leave --force
	ran
	[[ $output == *"with a config"* ]]
}

# --- a browser ---

browser_policy='"exec": { "userNamespaces": "RF_ACT_ALLOW" }'

# browse [FLAG...]: Docker's own seccomp profile lets nobody make a namespace; podman's does.
browse() {
	local flags=()
	[[ $engine != docker ]] || flags=(--userns=host --security-opt seccomp=/run/browser.json)
	"$engine" run --rm --user 3267:3267 "${flags[@]}" localhost/vm sandbox
}

# podman's profile with chroot and namespaces for all, in Docker's words too.
make_browser_profile() {
	jq '.syscalls += [ { "names": ["clone", "clone3", "unshare", "setns", "chroot"],
		"action": "SCMP_ACT_ALLOW" } ]' /usr/share/containers/seccomp.json >/run/browser.json
}

@test "a browser's sandbox: works with the recipe, and not without" {
	make_browser_profile
	run browse
	[[ $status -ne 0 && $output != *"probe ran"* ]]
	own_policy "$browser_policy"
	run browse
	ran 'probe ran'
}
