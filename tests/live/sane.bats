#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2016 # expressions for jq
# What `start` must let through: configs of all kinds that a policy allows, made as they say. Those
# that engines write are in tests/vm/guest/sane.bats; what must be caught is in lies.bats.

# shellcheck source=tests/live/common.bash
source "$BATS_TEST_DIRNAME/common.bash"
# shellcheck source=tests/live/runtime.bash
source "$BATS_TEST_DIRNAME/runtime.bash"
# shellcheck source=tests/podman.sh
work=/nonexistent guard=/nonexistent source "$BATS_TEST_DIRNAME/../podman.sh"

setup_file() {
	need_root
	lab_start
	# crun starts nothing where cgroup v1 and v2 are mixed.
	in_lab umount /sys/fs/cgroup/unified 2>/dev/null || true
	in_lab mount --make-rshared /
	chmod 711 "$work"
	mkdir -p "$work"/{files/sub,other,linked,host} "$work"/rootfs/{data,run,var,fifo}
	echo one >"$work/files/one"
	ln -s one "$work/files/link"
	ln -s /run "$work/rootfs/var/run"
	ln -s ../run/resolve/conf "$work/rootfs/etc/dangling"
	cp -a "$work/rootfs/." "$work/linked"
	in_lab tee /etc/rootfence/policy.json >/dev/null <<-'END'
		{ "version": 1, "name": "all", "defaultAction": "RF_ACT_ALLOW", "rules": [],
		  "exec": { "defaultAction": "RF_ACT_ALLOW", "userNamespaces": "RF_ACT_ALLOW" } }
	END
}

teardown_file() { lab_stop; }

setup() { log=$BATS_TEST_TMPDIR/log; }

teardown() {
	local runtime
	for runtime in runc crun; do
		in_lab "$runtime" --root "$work/state" delete --force sane 2>/dev/null || true
	done
	in_lab rm -rf /run/rootfence/containers
	[[ -z ${other-} ]] || kill "$other" 2>/dev/null || true
}

# as RUNTIME VERB [ARG...]
as() { in_lab "$1" --root "$work/state" --log "$log" --log-format json "${@:2}"; }

# by RUNTIME JQ [COMMAND...]: creates a container, runs the command, and starts it. 2: the runtime
# itself, without rootfence, cannot create such a container.
by() {
	local runtime=$1 b
	b=$(bundle sane "$2")
	rm -f "$log"
	if ! as "$work/bin/$runtime" create --bundle "$b" sane 5</etc </dev/null >/dev/null 2>&1; then
		b=$(bundle sane "$2")
		as "$runtime" create --bundle "$b" sane </dev/null >/dev/null 2>&1 || return 2
		cat "$log"
		return 1
	fi
	if ! "${@:3}" || ! as "$work/bin/$runtime" start sane ||
		! eventually eval '[[ $(as "$runtime" state sane | jq -r .status) == running ]]'; then
		cat "$log"
		return 1
	fi
	as "$work/bin/$runtime" delete --force sane
}

# all_start: standard input has a config on each line, as a jq expression.
all_start() {
	local line runtime code failed=0 lines made
	mapfile -t lines
	for line in "${lines[@]}"; do
		made=0
		for runtime in runc crun; do
			code=0
			by "$runtime" "$line" >"$BATS_TEST_TMPDIR/out" 2>&1 || code=$?
			[[ $code -ne 0 ]] || made=1
			[[ $code -eq 0 || $code -eq 2 ]] || {
				echo "$runtime: $line: $(<"$BATS_TEST_TMPDIR/out")" && failed=1
			}
			as "$runtime" delete --force sane 2>/dev/null || true
		done
		[[ $made -eq 1 ]] || { echo "no runtime creates: $line" && failed=1; }
	done
	return "$failed"
}

bind() { printf '{ "destination": "%s", "type": "bind", "source": "%s", "options": [%s] }' "$@"; }

@test "seccomp profiles without a filter, and none" {
	all_start <<-'END'
		.linux.seccomp = { "defaultAction": "SCMP_ACT_ALLOW" }
		.linux.seccomp = { "defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{ "names": ["acct"], "action": "SCMP_ACT_ERRNO" }] }
		del(.linux.seccomp) | .process.noNewPrivileges = false
	END
}

@test "masks: of devices, twice, above volumes, of what does not exist" {
	all_start <<-END
		.linux.maskedPaths += ["/dev/zero", "/dev/null", "/dev/shm"]
		.linux.maskedPaths += ["/proc/acpi", "/proc/keys", "/proc/keys", "/nothing/here"]
		.linux.maskedPaths += ["/data"] | .mounts += [$(bind /data "$work/files" '"rbind"')]
		.linux.maskedPaths += ["/data"] | .mounts += [$(bind /data/sub "$work/files" '"rbind"')]
		.linux.maskedPaths += ["/data/sub", "/var/run"] | .mounts += [$(bind /data "$work/files" '"rbind"')]
		.linux.readonlyPaths += ["/data", "/data/sub", "/etc", "/dev/shm"] | .mounts += [$(bind /data "$work/files" '"rbind"')]
		.linux.maskedPaths = [] | .linux.readonlyPaths = []
	END
}

@test "mounts: on each other, through links, on links" {
	local files=$work/files root='.root.readonly = false | .root.path = "'$work'/linked" |'
	all_start <<-END
		.mounts += [$(bind /data "$files" '"rbind"'), $(bind /data "$work/other" '"rbind", "ro"')]
		$root .mounts += [$(bind /var/run/x "$files" '"rbind"'), $(bind /run "$work/other" '"rbind"')]
		$root .mounts += [$(bind /run "$files" '"bind"'), $(bind /var/run/x "$files/one" '"bind", "ro"')]
		$root .mounts += [$(bind /etc/dangling "$files/one" '"bind", "ro"')]
		$root .mounts += [$(bind /etc/dangling "$files/one" '"bind", "dest-nofollow"')]
		$root .mounts += [$(bind /data/l "$files/link" '"bind", "src-nofollow"')]
		$root .mounts += [$(bind /data/l "$files/link" '"bind"')]
		.mounts += [{ "destination": "/data", "type": "tmpfs", "source": "t", "options": ["tmpcopyup", "ro"] }]
		.mounts += [{ "destination": "/etc", "type": "tmpfs", "source": "t", "options": ["tmpcopyup"] }]
		.mounts += [$(bind /data "$files" '"rbind", "rro"')]
		.mounts += [$(bind /data "$files" '"rbind", "rslave"')] | .linux.rootfsPropagation = "rslave"
		.mounts += [$(bind /data "$files" '"rbind", "rshared"')] | .linux.rootfsPropagation = "rshared"
		.mounts += [$(bind /data / '"rbind", "rprivate", "ro"')]
		.mounts += [$(bind /data "$files" '"rbind", "rshared"'), { "destination": "/data/sub", "type": "tmpfs", "source": "t", "options": ["nosuid"] }]
		.mounts |= map(if .destination == "/dev/shm" then .options += ["size=10%"] else . end)
		.mounts += [$(bind /data /sys '"rbind"'), $(bind /run /dev '"rbind"')]
		$root .mounts |= map(select(.destination | startswith("/dev") | not))
		.mounts |= map(select(.destination != "/sys/fs/cgroup"))
		$root .process.cwd = "/new/one"
		.process.cwd = "/var/run"
	END
}

@test "devices, ids, namespaces" {
	local ns='.linux.namespaces |= map(select(.type != ' id
	unshare --net sleep 1000 3>&- &
	other=$!
	eventually test "$(readlink /proc/self/ns/net)" != "$(readlink "/proc/$other/ns/net")"
	id='"uidMappings": [{ "containerID": 0, "hostID": 100000, "size": 65536 }]'
	all_start <<-END
		.linux.devices += [{ "path": "/dev/zero", "type": "c", "major": 1, "minor": 5 }, { "path": "/dev/other", "type": "u", "major": 1, "minor": 3 }]
		.linux.devices += [{ "path": "/dev/console", "type": "c", "major": 5, "minor": 1 }]
		.linux.devices += [{ "path": "/dev/pipe", "type": "p" }]
		.process.user = { "uid": 0, "gid": 0, "additionalGids": [0, 5] }
		del(.process.capabilities)
		$ns "network"))
		$ns "cgroup"))
		$ns "ipc")) | .mounts |= map(select(.destination != "/dev/mqueue"))
		.linux.namespaces |= map(if .type == "network" then .path = "/proc/$other/ns/net" else . end)
		.linux.namespaces += [{ "type": "user" }] | .linux += { $id, ${id/uid/gid} }
		.linux.namespaces += [{ "type": "user" }] | .linux += { $id, ${id/uid/gid} } | $ns "network"))
	END
}

# NVIDIA's hook mounts files and a file system in the container, and is called prestart.
@test "hooks that mount" {
	cat >"$work/mounts" <<-'END'
		#!/bin/bash
		state=$(cat)
		root=$(jq -r .root.path "$(jq -r .bundle <<<"$state")/config.json")
		[[ $1 != prestart ]] || exec nsenter -t "$(jq .pid <<<"$state")" -m mount -t tmpfs none "$root/data"
		exec mount -t tmpfs none "$root/data"
	END
	chmod 755 "$work/mounts"
	all_start <<-END
		.hooks.prestart = [{ "path": "$work/mounts", "args": ["nvidia-container-runtime-hook", "prestart"] }]
		.hooks.createContainer = [{ "path": "$work/mounts", "args": ["hook"] }]
	END
}

unmount_old() { in_lab umount "$work/host/old"; }

cover() { in_lab mount -t tmpfs new "$work/host/new"; }

cover_source() { in_lab mount -t tmpfs new "$work/host"; }

@test "what the host mounts and unmounts between create and start" {
	local runtime flag change
	mkdir -p "$work"/host/{old,new}
	for runtime in runc crun; do
		for flag in rprivate rslave rshared; do
			for change in unmount_old cover cover_source; do
				in_lab mount -t tmpfs old "$work/host/old"
				by "$runtime" ".process.cwd = \"/data/new\" | .mounts += [$(bind /data "$work/host" "\"rbind\", \"$flag\", \"ro\"")]" "$change" || return
				in_lab umount "$work/host/new" "$work/host" "$work/host/old" 2>/dev/null || true
				in_lab umount "$work/host/old" 2>/dev/null || true
			done
		done
	done
}
