#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2016 # expressions for inner shells
# The guard as installed, with the engine and the runtimes of the Debian suite.

# shellcheck source=tests/vm/guest/common.bash
source "$BATS_TEST_DIRNAME/common.bash"

# Starting podman is slow under emulation, so all tests share the container "one".
setup_file() {
	make_image
	rootfence load
	start_container one
}

teardown_file() {
	podman rm --all --force --time 0
	own_policy
}

setup() { own_policy; }

is_stopped_in_one() {
	run podman exec "$@" one echo container ran
	echo "$*: $status $output"
	[[ $output != *"container ran"* ]]
	was_stopped "$status" 1 126 255
}

@test "guarantee and kernel hook are the best that this kernel offers" {
	run rootfence status
	echo "$(uname -r): $output"
	[ "$status" -eq 0 ]
	[ "$(status_json | jq -r .guarantee)" = "$(expected_level)" ]
	[ "$(status_json | jq -r .hook)" = "$(expected_hook)" ]
	if denies; then
		[ "$(status_json | jq -r .userNamespaces)" = true ]
		[ "$(status_json | jq -r .reason)" = '' ]
	else
		[[ $output == *"'bpf' is not in /sys/kernel/security/lsm"* ]]
	fi
}

@test "only --user given: five empty capability sets, and noNewPrivileges" {
	run podman run --rm --user 3267 "$image" grep -E '^Cap|^NoNewPrivs' /proc/self/status
	echo "$output"
	[ "$status" -eq 0 ]
	[ "$(grep -cE '^Cap(Inh|Prm|Eff|Bnd|Amb):.0{16}$' <<<"$output")" -eq 5 ]
	grep -qE '^NoNewPrivs:.1$' <<<"$output"
}

@test "the other runtime starts guarded containers too" {
	local other=crun
	[[ $(podman inspect --format '{{.OCIRuntime}}' one) != crun ]] || other=runc
	podman --runtime "$other" run --detach --name other --user 3267 "$image" sleep 1000
	[ "$(entries)" -eq 2 ]
	podman exec other true
	podman rm --force --time 0 other
	[ "$(entries)" -eq 1 ]
}

# Newer engines leave CAP_NET_RAW out of the bounding set, so no process can gain it.
@test "execve of a set-user-ID binary, of one with file capabilities: stopped, with an event" {
	local events=$BATS_TEST_TMPDIR/events pid
	own_policy "$(rule_for /bin/ping)"
	rootfence watch --format json >"$events" 3>&- &
	pid=$!
	run podman run --rm --user 3267 --cap-add NET_RAW "$image" \
		sh -c 'exec 2>&1; /bin/probe; echo "exit $?"; /bin/probe-cap; echo "exit $?"'
	echo "$output"
	[[ $status -eq 0 && $output != *"probe ran"* ]]
	[ "$(grep -c '^exit' <<<"$output")" -eq 2 ]
	was_stopped "$(sed -n 's/^exit //p' <<<"$output" | head -n 1)" 126
	was_stopped "$(sed -n 's/^exit //p' <<<"$output" | tail -n 1)" 126
	! denies || [ "$(grep -c 'Operation not permitted' <<<"$output")" -eq 2 ]
	eventually grep -q '"/bin/probe"' "$events"
	eventually grep -q '"/bin/probe-cap"' "$events"
	kill "$pid"
}

@test "an exec rule lets one binary gain what it lists and no more" {
	own_policy "$(rule_for /bin/probe)"
	run podman run --rm --user 3267 --cap-add NET_RAW "$image" sh -c '/bin/probe; /bin/probe-cap'
	echo "$output"
	[ "$(grep -c 'probe ran' <<<"$output")" -eq 1 ]
	grep -qE '^CapPrm:.0{12}2000$' <<<"$output"
}

@test "exec as root and exec --privileged: stopped" {
	is_stopped_in_one --user 0
	is_stopped_in_one --privileged
	is_stopped_in_one --privileged --user 3267
}

@test "ordinary exec works" {
	run podman exec one id -u
	[[ $status -eq 0 && $output == 3267 ]]
	run podman exec --user nobody one sh -c 'id -u; exec id -u'
	[[ $status -eq 0 && $output == $'65534\n65534' ]]
}

@test "new user namespaces: refused, by the guard or by seccomp" {
	run podman exec one unshare -U echo container ran
	echo "$output"
	[[ $status -ne 0 && $output != *"container ran"* ]]
	[[ $output == *"Operation not permitted"* || $output == *"Function not implemented"* ]]
	unshare -U true
}

@test "pause and restart keep the guard" {
	podman pause one
	[ "$(entries)" -eq 1 ]
	podman unpause one
	podman restart --time 0 one
	[ "$(entries)" -eq 1 ]
	is_stopped_in_one --user 0
}

# make_package: makes a package whose maintainer script changes the user and back, as many do.
make_package() {
	local tree=$BATS_TEST_TMPDIR/package
	mkdir -p "$tree/DEBIAN" "$tree/usr/bin"
	printf '%s\n' 'Package: setid' 'Version: 1' 'Architecture: all' 'Maintainer: nobody <n@o.dy>' \
		'Description: a set-user-ID program' >"$tree/DEBIAN/control"
	printf '#!/bin/sh\nsetpriv --reuid 3267 --clear-groups /usr/bin/setid >/run/setid\n' \
		>"$tree/DEBIAN/postinst"
	chmod 755 "$tree/DEBIAN/postinst"
	install -m 4755 /vm/bin/probe "$tree/usr/bin/setid"
	dpkg-deb --build "$tree" "$BATS_TEST_TMPDIR/setid.deb"
}

# gains COMMAND...: the command runs the probe, which becomes root.
gains() {
	local said
	said=$("$@")
	grep -E '^Uid:.3267.0' <<<"$said"
}

# A set-user-ID binary on the host, in a container without the guard, in namespaces made by hand,
# and in a maintainer script that a package manager runs.
@test "the host and containers without the guard are not affected" {
	local before
	before=$(status_json | jq '[.containers[].denied] | add // 0')
	install -m 4755 /vm/bin/probe /tmp/probe
	gains setpriv --reuid 3267 --clear-groups /tmp/probe
	gains unshare --pid --fork --mount-proc setpriv --reuid 3267 --clear-groups /tmp/probe
	gains podman --hooks-dir /nonexistent run --rm --user 3267 "$image" /bin/probe
	unshare --user true
	make_package
	dpkg --install "$BATS_TEST_TMPDIR/setid.deb"
	grep -E '^Uid:.3267.0' /run/setid
	dpkg --purge setid
	[ "$(status_json | jq '[.containers[].denied] | add')" -eq "$before" ]
}

@test "on cgroup v1, a container in the pid namespace of another one shares its entry" {
	local pid
	[[ ! -e /sys/fs/cgroup/cgroup.controllers ]] || skip 'with cgroup v2 it has its own: attest.bats'
	own_policy "$(rule_for /bin/ping)"
	make_bundle runc first '.process.noNewPrivileges = true'
	start_bundle runc first
	pid=$(runc state first | jq .pid)
	make_bundle runc second "del(.linux.seccomp.syscalls[0])
		| (.linux.namespaces[] | select(.type == \"pid\")).path = \"/proc/$pid/ns/pid\""
	start_bundle runc second
	run runc exec second echo container ran
	[[ $status -eq 0 && $output == "container ran" ]]
	run runc exec second /bin/probe
	[[ $status -ne 0 && $output != *"probe ran"* ]]
	runc delete --force second
	free_policy
	make_bundle runc second \
		"(.linux.namespaces[] | select(.type == \"pid\")).path = \"/proc/$pid/ns/pid\""
	run start_bundle runc second
	[[ $status -ne 0 && $output == *"which has other limits"* ]]
	runc delete --force second || true
	runc delete --force first
}

# The last test, since it removes "one".
@test "a container that is killed with its conmon leaves no entry" {
	kill -9 "$(podman inspect --format '{{.State.ConmonPid}}' one)"
	kill -9 "$(podman inspect --format '{{.State.Pid}}' one)"
	eventually no_entries
}
