# shellcheck shell=bash
# shellcheck disable=SC2154,SC2119,SC2120 # bats sets status and output; arguments are optional
# SPDX-License-Identifier: Apache-2.0
#
# An engine with the wrapper registered, and functions that ask any engine for the same thing.
# $engine: docker, containerd or podman. $flags: options in a form that is common to the engines.

# shellcheck source=tests/vm/guest/common.bash
source "$BATS_TEST_DIRNAME/common.bash"

engine=${ENGINE:?docker, containerd or podman}
wrapper=/usr/libexec/rootfence/runc

register() {
	DESTDIR='' BINDIR=/usr/bin LIBEXECDIR=/usr/libexec SYSCONFDIR=/etc DATADIR=/usr/share \
		/vm/oci-hooks.d/register.sh "$@"
}

# --- daemons: an emulated machine is slow, so every time limit is minutes ---

within_minutes() { eventually "$@" || eventually "$@" || eventually "$@"; }

# daemon NAME COMMAND...: starts a daemon without bats' descriptors; its log outlives the guest.
daemon() {
	local name=$1
	shift
	setsid "$@" >>"/vm/$name.log" 2>&1 </dev/null 3>&- 4>&- 5>&- &
	echo $! >"/run/$name.started"
}

stop_daemon() {
	local pid
	pid=$(<"/run/$1.started")
	kill "$pid" 2>/dev/null || return 0
	within_minutes eval "! kill -0 $pid 2>/dev/null"
}

start_containerd() {
	daemon containerd containerd
	within_minutes ctr version >/dev/null 2>&1 || { tail -n 20 /vm/containerd.log; return 1; }
}

# Debian's units start containerd too: one that dockerd starts must be ready within 15 seconds.
start_docker() {
	ctr version >/dev/null 2>&1 || start_containerd
	daemon dockerd dockerd --containerd=/run/containerd/containerd.sock "$@"
	within_minutes docker info >/dev/null 2>&1 || { tail -n 20 /vm/dockerd.log; return 1; }
}

docker_default_is() { [[ $(docker info --format '{{.DefaultRuntime}}') == "$1" ]]; }

# add_ids NAME FIRST [COUNT]: subordinate ids for this user, by default 65,536.
add_ids() {
	local file
	for file in /etc/subuid /etc/subgid; do
		grep -q "^$1:" "$file" 2>/dev/null || echo "$1:$2:${3:-65536}" >>"$file"
	done
}

# What dockerd needs for --userns-remap=default.
remap_ids() {
	add_ids dockremap 100000
	id dockremap >/dev/null 2>&1 || useradd --system --no-create-home dockremap
}

# reload_docker RUNTIME: reloads as register.sh says; RUNTIME must be the default then.
reload_docker() {
	kill -HUP "$(</run/dockerd.started)"
	within_minutes docker_default_is "$1"
}

# --- images: vm (no USER), user (USER testuser), nobody, uid (USER 10001), scratch (USER 10001:10001), pause ---

readonly images=/run/images

# make_layer NAME DIR
make_layer() {
	tar -C "$2" --xattrs --xattrs-include=security.capability -cf "$images/$1.tar" .
	sha256sum "$images/$1.tar" | cut -d ' ' -f 1 >"$images/$1.sum"
}

# image NAME LAYER USER COMMAND: adds the image to the archive's manifest.
image() {
	jq -n --arg user "$3" --arg cmd "$4" --arg layer "sha256:$(<"$images/$2.sum")" \
		'{ architecture: "amd64", os: "linux", config: { User: $user, Cmd: [$cmd] },
		rootfs: { type: "layers", diff_ids: [$layer] },
		history: [ { created_by: "COPY / /" } ] }' >"$images/$1.json"
	jq -n --arg name "$1" --arg layer "$2" '{ Config: ($name + ".json"), Layers: [$layer + ".tar"],
		RepoTags: ["localhost/" + $name + ":latest"] }'
}

# add_programs ROOT: a server, ping with a file capability as distributions ship it, a browser's
# sandbox, and an entrypoint that starts as root, changes the owner of its data, and drops.
add_programs() {
	local root=$1
	install -m 755 -t "$root/bin" /vm/bin/{drop,icmp,sandbox,serve}
	mkdir -p "$root/usr/bin" "$root/data"
	install -m 755 /bin/busybox "$root/usr/bin/ping"
	setcap cap_net_raw=ep "$root/usr/bin/ping"
	printf '%s\n' '#!/bin/sh' 'set -e' 'touch /data/file' 'chown -R 3267:3267 /data' \
		'exec drop 3267:3267 "$@"' >"$root/bin/entrypoint"
	printf '%s\n' '#!/bin/sh' 'exec sleep 1000000' >"$root/bin/pause"
	chmod 755 "$root/bin/entrypoint" "$root/bin/pause"
}

# All images are in one archive, in docker save's format, which every engine reads: each command of
# an engine takes seconds here.
make_images() {
	make_rootfs /tmp/rootfs
	add_programs /tmp/rootfs
	mkdir -p "$images" /run/scratch
	install -m 755 /vm/bin/probe /run/scratch/probe
	make_layer root /tmp/rootfs
	make_layer probe /run/scratch
	{
		image vm root '' /bin/sh
		image user root testuser /bin/sh
		image nobody root nobody /bin/sh
		image uid root 10001 /bin/sh
		image scratch probe 10001:10001 /probe
		image pause root 65535:65535 /bin/pause
	} | jq -s . >"$images/manifest.json"
	tar -C "$images" -cf "$images.tar" manifest.json {vm,user,nobody,uid,scratch,pause}.json {root,probe}.tar
}

load_images() {
	case $engine in
	containerd) ctr images import "$images.tar" ;;
	*) "$engine" load -q -i "$images.tar" ;;
	esac >/dev/null
}

import_images() {
	[[ ! -e $images.tar ]] || return 0
	make_images
	load_images
}

docker_is_remapped() { [[ $(docker info --format '{{.SecurityOptions}}' 2>/dev/null) == *name=userns* ]]; }

# --- alarms: differences from what was approved, and containers that nobody registered ---

# watch_alarms: one process watches for all files of a guest.
watch_alarms() {
	if ! kill -0 "$(cat /run/watch.started 2>/dev/null)" 2>/dev/null; then
		setsid rootfence watch --format json >>/vm/events 2>/dev/null </dev/null 3>&- 4>&- 5>&- &
		echo $! >/run/watch.started
	fi
	alarms >/run/alarms
}

# alarms: how many there were. A rootless engine's containers cannot be registered: their uids are
# those of the users from 3000000 on, and of users with a home.
alarms() {
	jq -rs --argjson home "$(id -u somebody 2>/dev/null || echo -1)" '[ .[]
		| select((.differences | length) > 0 or (.rule == "unregistered"
			and .old.uid != $home and .old.uid < 3000000)) ] | unique_by(.time, .thread) | length' /vm/events
}

# no_alarm [N]: since engine_start there were none; N containers bypassed the wrapper on purpose.
no_alarm() {
	local n
	sleep 1
	n=$(($(alarms) - $(</run/alarms)))
	[[ $n -eq ${1-0} ]] || { echo "$n alarms"; tail -n 20 /vm/events; return 1; }
}

# Uses the daemon that an earlier file started: starting one takes most of a minute.
engine_start() {
	rootfence load
	watch_alarms
	case $engine in
	docker)
		! docker_is_remapped || stop_daemon dockerd
		docker info >/dev/null 2>&1 || start_docker
		register install docker
		reload_docker rootfence
		;;
	containerd) ctr version >/dev/null 2>&1 || start_containerd ;;
	podman) register install podman-runtime ;;
	esac
	import_images
}

engine_stop() {
	own_policy
	case $engine in
	docker) docker ps -aq | xargs -r docker rm -f ;;
	podman) podman rm --all --force --time 0 ;;
	esac
}

# --- one container, with the options of each engine ---

ctr_flags() {
	local flag
	for flag in "$@"; do
		case $flag in
		--volume=*) IFS=: read -r src dst <<<"${flag#*=}"
			echo "--mount=type=bind,src=$src,dst=$dst,options=rbind:rw" ;;
		--network=host) echo --net-host ;;
		--pid=host) echo --with-ns=pid:/proc/1/ns/pid ;;
		--uidmap=*) printf '%s\n' "$flag" "--gidmap=${flag#*=}" ;;
		--cap-add=*) ;; # ctr gives the same sets as Docker
		--security-opt=*) echo --allow-new-privs ;;
		*) echo "$flag" ;;
		esac
	done
}

# ctr 1.6: it has no --user, and forgets --runc-binary when ids are mapped.
ctr_is_old() {
	local help
	help=$(ctr run --help)
	[[ $help != *--user* ]]
}

# ctr_words IMAGE FLAG...: sets $image and $flags to the equivalents for ctr.
ctr_words() {
	local flag user=''
	image=$(full_name "$1")
	shift
	flags=()
	for flag in "$@"; do
		case $flag in
		--user=*) user=${flag#*=} ;;
		*) flags+=("$flag") ;;
		esac
	done
	[[ ${#flags[@]} -eq 0 ]] || mapfile -t flags < <(ctr_flags "${flags[@]}")
	if [[ -n $user ]] && ! ctr_is_old; then
		flags+=(--user "$user")
	else
		case $user in
		3267) image=$(full_name user) ;;
		nobody) image=$(full_name nobody) ;;
		esac
	fi
}

# Each start of ctr needs a name of its own.
ctr_name() { echo "c$(date +%s%N)"; }

full_name() { [[ $engine == containerd ]] && echo "localhost/$1:latest" || echo "localhost/$1"; }

# run_in IMAGE [FLAG...] [-- COMMAND...]: runs a container until it ends.
run_in() {
	local image name=$1 flags=()
	image=$(full_name "$1")
	shift
	while [[ $# -gt 0 && $1 != -- ]]; do
		flags+=("$1")
		shift
	done
	[[ $# -eq 0 ]] || shift
	case $engine in
	containerd)
		ctr_words "$name" "${flags[@]}"
		ctr run --rm --runc-binary "$wrapper" "${flags[@]}" "$image" "$(ctr_name)" "$@"
		;;
	*) "$engine" run --rm "${flags[@]}" "$image" "$@" ;;
	esac
}

# start NAME [FLAG...]: starts a long-running container of image vm as user 3267.
start() {
	local name=$1 image flags
	shift
	case $engine in
	containerd)
		ctr_words vm --user=3267 "$@"
		ctr run --detach --runc-binary "$wrapper" "${flags[@]}" "$image" "$name" sleep 100000
		;;
	*) "$engine" run --detach --name "$name" --user 3267 "$@" localhost/vm sleep 100000 ;;
	esac >/dev/null
}

# exec_in NAME [FLAG...] -- COMMAND...
exec_in() {
	local name=$1 flags=()
	shift
	while [[ $1 != -- ]]; do
		flags+=("$1")
		shift
	done
	shift
	case $engine in
	containerd) ctr task exec --exec-id "$(ctr_name)" "${flags[@]}" "$name" "$@" ;;
	*) "$engine" exec "${flags[@]}" "$name" "$@" ;;
	esac
}

ctr_task_is_gone() {
	local left
	! ctr task delete "$1" 2>/dev/null || return 0
	left=$(ctr task ls -q) && ! grep -qx "$1" <<<"$left"
}

remove() {
	case $engine in
	containerd)
		ctr task kill --signal KILL "$1"
		eventually ctr_task_is_gone "$1"
		ctr container delete "$1"
		;;
	docker) docker rm --force "$1" ;;
	podman) podman rm --force --time 0 "$1" ;;
	esac >/dev/null
}

# --- results ---

# refused RULE...: nothing ran, and the output has our first line and each of these rules.
refused() {
	echo "$status $output"
	local rule
	[[ $status -ne 0 && $output != *"container ran"* ]] || return 1
	[[ $output == *"rootfence: refused by policy '"* ]] || return 1
	for rule in "$@"; do
		[[ $output == *"$rule"* ]] || { echo "no word of $rule"; return 1; }
	done
}

ran() {
	echo "$status $output"
	[[ $status -eq 0 && $output == *"${1-container ran}"* ]]
}

has_no_capability() {
	[[ $(grep -cE '^Cap(Inh|Prm|Eff|Bnd|Amb):.0{16}' <<<"$output") -eq 5 ]]
}

# For calls of the runtime that bypass the wrapper, as root on the host can make them: prints the
# state directory that the engine gave the runtime for this container.
runtime_of() {
	if [[ $engine == podman ]]; then
		podman inspect --format '{{.OCIRuntime}}' "$1"
	else
		echo runc
	fi
}

real_exec() {
	local name=$1 id runtime dir
	shift
	runtime=$(runtime_of "$name")
	id=$name
	[[ $engine == containerd ]] || id=$("$engine" inspect --format '{{.Id}}' "$name")
	dir=$(find /run/{runc,crun,docker,containerd} -type d -name "$id" -exec \
		sh -c 'test -e "$1/state.json" || test -e "$1/status"' sh {} \; -print 2>/dev/null | head -n 1)
	[[ -n $dir ]] || { echo "no state of $id below /run"; return 2; }
	[[ ! -e /usr/sbin/runc.rootfence-real || $runtime != runc ]] ||
		runtime=/usr/sbin/runc.rootfence-real
	"$runtime" --root "${dir%/*}" exec "${@:1:$#-1}" "$id" sh -c "${*: -1}"
}
