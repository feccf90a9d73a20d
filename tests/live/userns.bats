#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# User namespaces: containers whose root is mapped, and namespaces that a container makes itself.

# shellcheck source=tests/live/common.bash
source "$BATS_TEST_DIRNAME/common.bash"

setup_file() {
	need_root
	live_start
	"${CC:-gcc}" -O2 -Wall -static -o "$work/rootfs/bin/sandbox" "$top/tests/live/sandbox.c"
	cp "$work/rootfs/bin/probe" "$work/rootfs/bin/raw"
	chmod 755 "$work/rootfs/bin/raw"
	setcap cap_net_raw+ep "$work/rootfs/bin/raw"
	import_image live
}

teardown_file() {
	"$rootfence" unload --guard "$guard"
	live_stop
}

setup() { live_setup; }

teardown() { remove_containers; }

mapped=(--uidmap 0:100000:65536 --gidmap 0:100000:65536)

with_raw_rule() {
	use_policy "$(policy raw '"exec": { "rules": [ { "paths": ["/bin/raw"],
		"capabilities": ["CAP_NET_RAW"], "action": "RF_ACT_ALLOW" } ] }')"
}

with_user_namespaces() {
	use_policy "$(policy browser "\"exec\": { \"userNamespaces\": \"$1\" }")"
}

@test "an exec rule leaves containers alone whose root is mapped" {
	local without
	use_policy "$policies/default.json"
	without=$(podman run --rm "${mapped[@]}" live grep -E 'Cap|NoNewPrivs' /proc/self/status)
	with_raw_rule
	run podman run --rm "${mapped[@]}" live grep -E 'Cap|NoNewPrivs' /proc/self/status
	echo "$output"
	[[ $status -eq 0 && $output == "$without" ]]
}

@test "an exec rule serves a container with a mapped root that starts as another user" {
	with_raw_rule
	run podman run --rm "${mapped[@]}" --user 3267 live raw
	echo "$output"
	[[ $status -eq 0 && $output == *"CapPrm:	0000000000002000"* ]]
}

@test "a session as the mapped root of such a container runs" {
	with_raw_rule
	podman run --detach --name raw "${mapped[@]}" --user 3267 live sleep 1000 >/dev/null
	run podman exec --user 0 raw grep CapPrm /proc/self/status
	echo "$output"
	[[ $status -eq 0 ]]
	run podman exec --user 0 --privileged raw true
	was_stopped "$status"
}

@test "a user namespace for a browser, under the recipe" {
	with_user_namespaces RF_ACT_ALLOW
	run podman run --rm --user 3267 live sandbox
	echo "$output"
	[[ $status -eq 0 && $output == *"probe ran"* ]]
	run podman run --rm --user 3267 live sandbox 0
	echo "$output"
	[[ $status -eq 0 && $output == *"CapPrm:	000001ff"* ]]
}

@test "the same for a mapped container" {
	with_user_namespaces RF_ACT_ALLOW
	run podman run --rm --user 3267 "${mapped[@]}" live sandbox 0
	echo "$output"
	[[ $status -eq 0 && $output == *"probe ran"* ]]
}

@test "logged user namespaces run too" {
	with_user_namespaces RF_ACT_LOG
	run podman run --rm --user 3267 live sandbox
	echo "$output"
	[[ $status -eq 0 && $output == *"probe ran"* ]]
}

@test "without the recipe there is no user namespace" {
	use_policy "$policies/default.json"
	run podman run --rm --user 3267 live sandbox
	echo "$output"
	[[ $status -ne 0 && $output != *"probe ran"* ]]
}

@test "under the recipe a set-user-ID program outside gains nothing" {
	use_policy "$(policy browser '"exec": { "userNamespaces": "RF_ACT_ALLOW", "rules": [ {
		"paths": ["/bin/raw"], "capabilities": ["CAP_NET_RAW"], "action": "RF_ACT_ALLOW" } ] }')"
	run podman run --rm --user 3267 live probe
	echo "$output"
	was_stopped "$status"
}
