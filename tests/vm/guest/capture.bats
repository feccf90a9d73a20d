#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Captures the config.json that Docker and containerd write, for tests/golden/specs, in
# /vm/specs/ENGINE-VERSION-NAME. Run by hand when engines change:
#
#   make check-engines VM=forky/lsm/docker TESTS=capture@docker

# shellcheck source=tests/vm/guest/engines.bash
source "$BATS_TEST_DIRNAME/engines.bash"

capture=/run/capture/runc

# A runtime that saves the spec that it is asked to create, and creates nothing.
make_runtime() {
	mkdir -p "${capture%/*}" /srv/data
	cat >"$capture" <<-'END'
		#!/bin/sh
		for word; do
			[ "$before" != --bundle ] || cp "$word/config.json" /run/capture/config.json
			before=$word
		done
		case " $* " in
		*' --version '*) exec /usr/sbin/runc --version ;;
		*' features '*) exec /usr/sbin/runc features ;;
		esac
		exit 1
	END
	chmod 755 "$capture"
}

setup_file() {
	make_runtime
	case $engine in
	docker)
		[[ ! -e /run/dockerd.started ]] || stop_daemon dockerd
		start_docker --add-runtime "capture=$capture"
		;;
	containerd) start_containerd ;;
	esac
	import_images
}

version() {
	case $engine in
	docker) docker version --format '{{.Server.Version}}' ;;
	containerd) containerd --version | sed -E 's/[^ ]+ [^ ]+ v?([0-9]+\.[0-9]+).*/\1/' ;;
	esac
}

# keep NAME COMMAND...: the command must fail, since the runtime creates nothing.
keep() {
	local name
	name=$engine-$prefix-$1
	shift
	rm -f /run/capture/config.json
	"$@" >"/run/capture/$name" 2>&1 </dev/null || true
	[[ -s /run/capture/config.json ]] || {
		echo "# nothing written for $name: $(tail -n 1 "/run/capture/$name")" >&3
		return 1
	}
	mkdir -p "/vm/specs/$name"
	cp /run/capture/config.json "/vm/specs/$name/config.json"
}

with_docker() {
	local name=$1
	shift
	keep "$name" docker run --rm --runtime capture "$@" sleep 1
}

with_containerd() {
	local name=$1
	shift
	keep "$name" ctr run --rm --runc-binary "$capture" "$@" "$(ctr_name)" sleep 1
}

@test "docker" {
	[[ $engine == docker ]] || skip 'another engine'
	prefix=$(version)
	prefix=${prefix%%.*}
	i=localhost/vm
	with_docker root $i
	with_docker user --user 3267 $i
	with_docker user-group --user 3267:3267 $i
	with_docker user-gid-0 --user 3267:0 $i
	with_docker image-user localhost/user
	with_docker privileged --privileged $i
	with_docker privileged-user --privileged --user 3267 $i
	with_docker userns-host --userns host --user 3267 $i
	with_docker pid-host --pid host --user 3267 $i
	with_docker ipc-host --ipc host --user 3267 $i
	with_docker uts-host --uts host --user 3267 $i
	with_docker cgroupns-host --cgroupns host --user 3267 $i
	with_docker network-host --network host --user 3267 $i
	with_docker cap-add --cap-add NET_RAW --user 3267 $i
	with_docker cap-add-all --cap-add ALL --user 3267 $i
	with_docker cap-drop-all --cap-drop ALL --user 3267 $i
	with_docker no-new-privileges --security-opt no-new-privileges --user 3267 $i
	with_docker seccomp-unconfined --security-opt seccomp=unconfined --user 3267 $i
	with_docker systempaths --security-opt systempaths=unconfined --user 3267 $i
	with_docker volume --volume /srv/data:/data --user 3267 $i
	with_docker volume-named --volume data:/data --user 3267 $i
	with_docker volume-etc --volume /etc:/host:ro --user 3267 $i
	with_docker socket --volume /var/run/docker.sock:/var/run/docker.sock --user 3267 $i
	with_docker read-only --read-only --tmpfs /tmp --user 3267 $i
	with_docker device --device /dev/ttyS0 --user 3267 $i
	with_docker init --init --user 3267 $i
	with_docker sysctl --sysctl net.ipv4.ip_unprivileged_port_start=0 --user 3267 $i
	with_docker group-add --group-add 44 --user 3267 $i
	with_docker limits --memory 64m --cpus 1 --pids-limit 100 --user 3267 $i
	with_docker tty --tty --workdir /tmp --env LANG=C --user 3267 $i
}

@test "docker with userns-remap" {
	[[ $engine == docker ]] || skip 'another engine'
	stop_daemon dockerd
	remap_ids
	start_docker --add-runtime "capture=$capture" --userns-remap default
	load_images
	prefix=$(version)
	prefix=${prefix%%.*}
	with_docker remap-root localhost/vm
	with_docker remap-user --user 3267 localhost/vm
	with_docker remap-userns-host --userns host localhost/vm
}

@test "containerd" {
	[[ $engine == containerd ]] || skip 'another engine'
	prefix=$(version)
	i=$(full_name vm)
	with_containerd root "$i"
	with_containerd user --user 3267 "$i"
	with_containerd image-user "$(full_name user)"
	with_containerd privileged --privileged "$i"
	with_containerd network-host --net-host --user 3267 "$i"
	with_containerd pid-host --with-ns pid:/proc/1/ns/pid --user 3267 "$i"
	with_containerd uidmap --uidmap 0:100000:65536 --gidmap 0:100000:65536 --user 3267 "$i"
	with_containerd cap-add --cap-add CAP_NET_ADMIN --user 3267 "$i"
	with_containerd allow-new-privs --allow-new-privs --user 3267 "$i"
	with_containerd seccomp --seccomp --user 3267 "$i"
	with_containerd volume --mount type=bind,src=/srv/data,dst=/data,options=rbind:ro --user 3267 "$i"
	with_containerd socket --mount type=bind,src=/run,dst=/host,options=rbind:rw --user 3267 "$i"
	with_containerd read-only --read-only --user 3267 "$i"
	with_containerd device --device /dev/ttyS0 --user 3267 "$i"
	with_containerd memory --memory-limit 67108864 --user 3267 "$i"
}
