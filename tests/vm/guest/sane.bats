#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2016,SC2030,SC2031,SC2119 # expressions for inner shells; bats' own variables
# Containers of many kinds, under a policy that allows all of them: none is taken for another than
# was approved, neither by `start` nor by the guard, or for one that nobody registered.

# shellcheck source=tests/vm/guest/engines.bash
source "$BATS_TEST_DIRNAME/engines.bash"

setup_file() {
	engine_start
	mkdir -p /srv/vol/sub /srv/other /etc/rootfence
	touch /srv/file
	ln -sfn sub /srv/vol/link
	chmod -R 777 /srv/vol /srv/other
	[[ $engine != podman ]] || add_ids containers 1000000 1048576
	[[ $engine == containerd ]] || build_image
	cat >/etc/rootfence/policy.json <<-'END'
		{ "version": 1, "name": "own", "defaultAction": "RF_ACT_ALLOW", "rules": [],
		  "exec": { "defaultAction": "RF_ACT_ALLOW", "userNamespaces": "RF_ACT_ALLOW" } }
	END
}

teardown_file() { engine_stop; }

teardown() {
	[[ $engine == containerd ]] || "$engine" ps -aq | xargs -r "$engine" rm -f >/dev/null 2>&1
	[[ $engine != podman ]] || podman pod rm --all --force --time 0
}

# An image with volumes, a link to a directory, and a link whose file is missing.
build_image() {
	mkdir -p /run/kinds
	cp -a /tmp/rootfs/. /run/kinds/
	mkdir -p /run/kinds/{run,var}
	ln -s /run /run/kinds/var/run
	ln -s ../run/resolve/conf /run/kinds/etc/dangling
	tar -C /run/kinds -c . | "$engine" import --change 'VOLUME /v1' --change 'VOLUME /v1/v2' \
		--change 'WORKDIR /var/run/app' - localhost/kinds >/dev/null
}

# as_is KIND COMMAND...: without rootfence the engine cannot do it either. It counts no alarm.
as_is() {
	local kind=$1 before
	shift
	before=$(alarms)
	! "$@" >/dev/null 2>&1 || { echo "# $kind: works without rootfence"; return 1; }
	sleep 0.5
	meant=$((meant + $(alarms) - before))
	printf '%s\n' "$meant" >/run/alarms
}

runtimes_of() {
	case $engine in
	podman) command -v crun runc ;;
	*) command -v runc ;;
	esac
}

# wrapped RUNTIME: what the engine calls instead of it.
wrapped() {
	case $engine in
	podman) echo "/usr/libexec/rootfence/${1##*/}" ;;
	*) echo rootfence ;;
	esac
}

# kinds IMAGE: standard input has a kind on each line: options, and after -- a command.
kinds() {
	local image=$1 line real options command failed=0 meant
	meant=$(</run/alarms)
	mapfile -t lines
	for real in $(runtimes_of); do
		for line in "${lines[@]}"; do
			read -ra options <<<"${line%% -- *}"
			command=true
			[[ $line != *' -- '* ]] || command=${line#* -- }
			"$engine" run --rm --runtime "$(wrapped "$real")" "${options[@]}" "localhost/$image" \
				sh -c "$command" >/run/kind.out 2>&1 </dev/null && continue
			real_name=$real
			[[ $engine == podman ]] || real_name=runc
			! grep -q 'not what was approved' /run/kind.out && as_is "$line" "$engine" run --rm \
				--runtime "$real_name" "${options[@]}" "localhost/$image" sh -c "$command" && continue
			printf '%s %s: %s\n' "$real" "$line" "$(</run/kind.out)"
			failed=1
		done
	done
	return "$failed"
}

only_for() { [[ " $* " == *" $engine "* ]] || skip "not for $engine"; }

@test "mounts" {
	only_for podman docker
	kinds kinds <<-'END'
		-v /srv/vol:/data
		--read-only
		--tmpfs /data --tmpfs /run:exec
		-w /var/run -- pwd
		-v /srv/vol:/data -w /data/link -- pwd
		-v /srv/vol:/data -w /data/new/one -- pwd
		-v /srv/file:/etc/dangling:ro -v /srv/vol:/var/run/x -v /srv/vol:/run
		-v /srv/vol:/var/run -v /srv/other:/run/sub
		--mount type=bind,src=/srv/file,dst=/etc/file,readonly
		-v /srv/vol:/a -v /srv/other:/a/sub -v /srv/file:/a/sub/f -v one:/v1
		-v /srv/vol:/a:rslave -v /srv/other:/b:rshared
		--mount type=bind,src=/srv/vol,dst=/a,bind-propagation=rslave,readonly
		-v one:/data -v one:/data2:ro
		-v /:/host:ro,rslave -w /host/srv
		-v /:/host
		-v /sys:/sys -v /dev:/dev
		-v /proc:/host/proc:ro -v /sys/fs/cgroup:/sys/fs/cgroup:ro
		-v /dev/shm:/dev/shm -v /run:/host/run --shm-size 1m
		-v /etc:/etc
		--mount type=tmpfs,dst=/t
	END
}

@test "mounts of podman" {
	only_for podman
	podman secret create one /etc/passwd >/dev/null
	kinds vm <<-'END'
		-v /srv/vol:/data:O
		-v two:/data:U
		--mount type=tmpfs,dst=/t,ro=true,notmpcopyup
		--mount type=devpts,dst=/dev/xpts
		--mount type=ramfs,dst=/r
		--mount type=image,src=localhost/user,dst=/img
		--mount type=image,src=localhost/user,dst=/img,rw=true
		--mount type=glob,src=/srv/*,dst=/glob
		--secret one --secret one,target=/etc/other
		--init
		--systemd=always
		--systemd=always --read-only --read-only-tmpfs=false
		--no-hosts --no-hostname --tz=local
		--hostuser=root
	END
}

@test "/dev, terminals and masks" {
	only_for podman docker
	kinds vm <<-'END'
		-t -- test -t 0
		-t --device /dev/console
		--device /dev/null:/dev/other --device /dev/zero --device /dev/net/tun
		--privileged
		--privileged -t -v /dev:/dev
	END
	[[ $engine != podman ]] || kinds vm <<-'END'
		--security-opt unmask=ALL
		--security-opt unmask=/proc/acpi:/proc/sys
		--security-opt mask=/etc/passwd:/var:/dev/zero
		--security-opt mask=/data -v /srv/vol:/data/sub
		-t --security-opt mask=/dev/console
	END
}

@test "namespaces" {
	only_for podman docker
	"$engine" run --detach --name other localhost/vm sleep 100000
	kinds vm <<-'END'
		--pid=host
		--pid=host --privileged -- nsenter -t 1 -m -u -n -i true
		--uts=host --ipc=host --network=host --pid=host --cgroupns=host
		--cgroupns=host
		--cgroupns=private
		--network=none
		--network=container:other --pid=container:other
		--ipc=private --network=container:other
		--sysctl kernel.msgmax=1000 --hostname one
	END
}

@test "user namespaces" {
	only_for podman
	podman run --detach --name other --uidmap 0:300000:65536 localhost/vm sleep 100000
	kinds vm <<-'END'
		--userns=auto
		--uidmap 0:100000:65536
		--uidmap 0:100000:1 --uidmap 1:200000:65535 --gidmap 0:100000:65536 --user 3267
		--uidmap 0:100000:65536 --read-only -v /srv/vol:/a:ro -t
		--uidmap 0:100000:65536 --device /dev/net/tun --privileged
		--uidmap 0:100000:65536 --network=host
		--uidmap 0:100000:65536 --pid=host
		--uidmap 0:100000:65536 --ipc=host --uts=host --cgroupns=host
		--uidmap 0:100000:65536 --systemd=always
		--uidmap 0:100000:65536 -v /:/host:rslave
		--userns=container:other --network=container:other
		--userns=container:other --pid=container:other --ipc=container:other
	END
}

@test "processes" {
	only_for podman docker
	kinds vm <<-'END'
		--user nobody
		--user 3267:3267 --group-add 1234 --group-add 5678
		--cap-add NET_ADMIN --cap-add SYS_ADMIN
		--cap-drop ALL --user 3267
		--security-opt no-new-privileges -- probe; true
		--security-opt seccomp=unconfined
		--security-opt no-new-privileges --security-opt seccomp=unconfined
		--init
		--ulimit nofile=100:100 --oom-score-adj 100 --pids-limit 100
		--read-only --tmpfs /tmp --cap-drop ALL --security-opt no-new-privileges --user 3267
		--rm -- for i in 1 2 3 4 5; do (sleep 0.1; /bin/true) & done; wait
		--rm -- unshare -r true; unshare -m true; unshare -n true; true
	END
}

@test "sessions" {
	only_for podman docker
	start one --volume=/srv/vol:/data
	"$engine" exec -w /data/sub one pwd
	"$engine" exec --user 0 one id
	"$engine" exec --privileged one true
	"$engine" exec --user nobody -w / one true
	script -qec "$engine exec -it one tty" /dev/null
	remove one
}

@test "a mount that comes and goes between create and start" {
	only_for podman
	local flag
	mount -t tmpfs old /srv/other
	for flag in rslave rprivate rshared ro,rslave; do
		mkdir -p /srv/vol/{old,new}
		mount -t tmpfs old /srv/vol/old
		podman create --name late --user 3267 -v "/srv:/data:$flag" localhost/vm ls /data
		podman init late
		mount -t tmpfs new /srv/vol/new
		umount /srv/vol/old
		podman start --attach late
		podman rm -f late
		umount /srv/vol/new
		podman create --name late --user 3267 -v "/srv/vol:/data:$flag" localhost/vm ls /data
		podman init late
		mount -t tmpfs new /srv/vol
		podman start --attach late
		podman rm -f late
		umount /srv/vol
	done
	umount /srv/other
}

@test "hooks that mount files, and the name of NVIDIA's" {
	only_for podman
	mkdir -p /run/hooks
	cat >/run/hooks/mounts <<-'END'
		#!/bin/bash
		nsenter -t "$(jq .pid)" -m sh -c 'mount -t tmpfs none /mnt && mount -o bind /bin /opt'
	END
	chmod 755 /run/hooks/mounts
	jq -n '{ version: "1.0.0", hook: { path: "/run/hooks/mounts", args: ["hook", "prestart"] },
		when: { always: true }, stages: ["prestart"] }' >/run/hooks/mounts.json
	mkdir -p /run/kinds/{mnt,opt}
	run podman --hooks-dir /run/hooks run --rm --rootfs /run/kinds:O sh -c 'echo container ran'
	rm /run/hooks/mounts.json
	ran
}

@test "many at once, and the guard stays as it was loaded" {
	local pids=() i failed=0
	for i in {1..8}; do
		(for _ in 1 2 3; do run_in vm --user=3267 -- true || exit 1; done) >/dev/null 2>&1 3>&- &
		pids+=($!)
	done
	for i in {1..20}; do
		rootfence status >/run/status.out || { cat /run/status.out; failed=1; }
	done
	for i in "${pids[@]}"; do
		wait "$i" || failed=1
	done
	[ "$failed" -eq 0 ]
}

@test "containers of ctr" {
	only_for containerd
	run_in user --mount=type=bind,src=/srv/vol,dst=/data,options=rbind:ro -- ls /data/sub
	run_in user --mount=type=tmpfs,dst=/t,options=nosuid -- true
	run_in vm --read-only --cwd=/var/new -- pwd
	run_in vm --privileged -- true
	run_in vm --net-host -- true
	run_in vm --with-ns=pid:/proc/1/ns/pid -- true
	run_in vm --device=/dev/net/tun --cap-add=CAP_NET_ADMIN -- true
	run_in vm --seccomp -- true
	ctr_is_old || run_in vm --uidmap=0:100000:65536 -- true
	start one
	exec_in one --cwd /tmp -- pwd
	remove one
}

@test "nothing of this was an alarm" { no_alarm; }
