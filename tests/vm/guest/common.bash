# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# Shared by the tests in a guest. rootfence is installed as on any host, with its default policy;
# the engines are those of the Debian suite. VM_LSM and VM_CGROUP say how this guest was booted.

bats_require_minimum_version 1.5.0
image=localhost/vm

kernel_is_at_least() { [[ $(printf '%s\n' "$1" "$(uname -r)" | sort -V | head -n 1) == "$1" ]]; }

# The guarantee that this kernel, booted like this, can give.
expected_level() { [[ $VM_LSM == *bpf* ]] && echo deny || echo kill; }

expected_hook() {
	if [[ $VM_LSM == *bpf* ]]; then
		echo lsm/bprm_creds_from_file
	elif kernel_is_at_least 6.10; then
		echo tp_btf/sched_prepare_exec
	else
		echo fentry/security_bprm_committing_creds
	fi
}

denies() { [[ $(expected_level) == deny ]]; }

# Makes a root of busybox with a set-user-ID binary and one with file capabilities.
make_rootfs() {
	local root=$1
	mkdir -p "$root"/{bin,dev,etc,proc,root,sys,tmp}
	chmod 1777 "$root/tmp"
	cp /bin/busybox "$root/bin/busybox"
	chroot "$root" /bin/busybox --install -s /bin
	printf '%s\n' root:x:0:0:root:/root:/bin/sh testuser:x:3267:3267::/tmp:/bin/sh \
		nobody:x:65534:65534::/:/bin/sh >"$root/etc/passwd"
	printf '%s\n' root:x:0: testuser:x:3267: nogroup:x:65534: >"$root/etc/group"
	install -m 4755 /vm/bin/probe "$root/bin/probe"
	install -m 755 /vm/bin/probe "$root/bin/probe-cap"
	setcap cap_net_raw=ep "$root/bin/probe-cap"
}

# Once per guest: makes a root for bundles in /tmp/rootfs, and an image of it.
make_image() {
	[[ -d /tmp/rootfs ]] || make_rootfs /tmp/rootfs
	podman image exists "$image" ||
		tar -C /tmp/rootfs --xattrs --xattrs-include=security.capability -c . |
		podman import -q --change 'CMD ["/bin/sh"]' - "$image" >/dev/null
}

status_json() { rootfence status --format json; }

entries() { status_json | jq '[.containers[].id] | unique | length'; }

no_entries() { [[ $(entries) -eq 0 ]]; }

# eventually COMMAND...: the command succeeds within thirty seconds; an emulated machine is slow.
eventually() {
	local tries
	for tries in {1..100}; do
		"$@" && return 0
		[[ $tries -eq 100 ]] || sleep 0.3
	done
	return 1
}

# own_policy [JSON]: sets the host's policy, which extends default; without JSON it is default
# again.
own_policy() {
	rm -f /etc/rootfence/policy.json
	[[ $# -gt 0 ]] || return 0
	mkdir -p /etc/rootfence
	printf '{ "version": 1, "name": "own", "extends": ["default"], %s }\n' "$1" \
		>/etc/rootfence/policy.json
}

# policy_extends POLICY: sets the host's policy to that one, unchanged.
policy_extends() {
	mkdir -p /etc/rootfence
	printf '{ "version": 1, "name": "own", "extends": ["%s"] }\n' "$1" >/etc/rootfence/policy.json
}

# A policy that judges nothing, with a guard that only logs gains.
free_policy() {
	cat >/etc/rootfence/policy.json <<-END
		{ "version": 1, "name": "free", "defaultAction": "RF_ACT_ALLOW", "rules": [],
		  "exec": { "defaultAction": "RF_ACT_LOG", "guarantee": "kill",
		            "userNamespaces": "RF_ACT_ALLOW", "setIds": "RF_ACT_LOG" } }
	END
}

# A rule for some other binary. Without a rule, noNewPrivileges alone would stop set-user-ID.
rule_for() {
	printf '"exec": { "rules": [ { "paths": ["%s"], "capabilities": ["CAP_NET_RAW"], %s } ] }' \
		"$1" '"action": "RF_ACT_ALLOW"'
}

# With no profile, only the guard stops a new user namespace, where it can: at deny.
# shellcheck disable=SC2034 # for the files that read this one
no_profile='"rules": [ { "names": ["seccompProfile"], "action": "RF_ACT_ALLOW" } ]'

start_container() {
	local name=$1
	shift
	podman run --detach --name "$name" --user 3267 "$@" "$image" sleep 100000 >/dev/null
}

# was_stopped STATUS [EXIT...]: a guard that denies refused the execve with EPERM (EXIT: the status
# of the caller then); a guard that cannot deny killed the process.
was_stopped() {
	local status=$1 code
	shift
	denies || { [[ $status -eq 137 ]]; return; }
	for code in "$@"; do
		[[ $status -ne $code ]] || return 0
	done
	return 1
}

# make_bundle RUNTIME NAME [JQ]: makes a bundle in /run/bundles with our hooks, judged and rewritten
# as an engine's. It has no noNewPrivileges, which would leave the guard nothing to stop.
make_bundle() {
	local bundle=/run/bundles/$2
	rm -rf "$bundle"
	mkdir -p "$bundle"
	(cd "$bundle" && "$1" spec)
	jq '.process.terminal = false | .process.args = ["sleep", "100000"]
		| .root = { "path": "/tmp/rootfs", "readonly": true } | del(.process.rlimits)
		| .process.user = { "uid": 3267, "gid": 3267 } | .process.noNewPrivileges = false
		| def hook: [{ "path": "/usr/bin/rootfence", "args": ["rootfence", .] }];
		.hooks.createRuntime = ("createRuntime" | hook) | .hooks.poststop = ("poststop" | hook)
		| '"${3:-.}" "$bundle/config.json" >"$bundle/new.json"
	rootfence precreate <"$bundle/new.json" >"$bundle/config.json"
}

# start_bundle RUNTIME NAME: starts a container that inherits none of bats' descriptors.
start_bundle() {
	"$1" create --bundle "/run/bundles/$2" "$2" >"/run/bundles/$2.out" 2>&1 </dev/null 3>&- ||
		{ cat "/run/bundles/$2.out"; return 1; }
	"$1" start "$2"
}
