#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2016 # expressions for inner shells
# On every error nothing starts, and one sentence says why.

# shellcheck source=tests/live/common.bash
source "$BATS_TEST_DIRNAME/common.bash"

setup_file() {
	need_root
	live_start
	# The spec that podman hands to a precreate hook for a harmless container.
	mkdir -p "$work/dump"
	printf '#!/bin/sh\n/usr/bin/tee %s/spec.json\n' "$work" >"$work/dump.sh"
	chmod +x "$work/dump.sh"
	jq --arg path "$work/dump.sh" '.hook.path = $path' \
		"$top/oci-hooks.d/podman/zz-rootfence-precreate.json" >"$work/dump/dump.json"
	podman --hooks-dir "$work/dump" run --detach --user 3267:3267 live sleep 1000
	[ -s "$work/spec.json" ]
	mkdir -p "$work/bundle"
	"$rootfence" precreate --policy "$policies/default.json" --guard "$guard" \
		<"$work/spec.json" >"$work/bundle/config.json"
}

teardown_file() { live_stop; }

setup() { live_setup; }

# state BUNDLE: the state that a runtime writes to createRuntime's stdin; the process is this shell.
state() {
	printf '{"ociVersion":"1.0.2","id":"c1","status":"creating","pid":%d,"bundle":"%s"}' "$$" "$1"
}

precreate() { "$rootfence" precreate --policy "$policies/default.json" --guard "$guard"; }
create_runtime() {
	"$rootfence" createRuntime --policy "$policies/default.json" --guard "$guard"
}

# said CODE: a refusal with that code and one sentence that names the program.
said() {
	echo "status $status: $output"
	[ "$status" -eq "$1" ] && [[ ${lines[0]} == rootfence:* ]]
}

@test "a harmless spec is allowed, so the refusals below have the tested reason" {
	precreate <"$work/spec.json" >"$BATS_TEST_TMPDIR/out"
	jq -e '.process.noNewPrivileges' "$BATS_TEST_TMPDIR/out"
}

@test "missing policy: exit 4, and podman starts nothing" {
	run "$rootfence" precreate --policy "$work/none.json" <"$work/spec.json"
	said 4
	run "$rootfence" check --policy "$work/none.json" "$work/spec.json"
	said 4
	use_policy "$work/none.json"
	run podman run --rm --user 3267 live echo container ran
	refused 4
}

@test "invalid policy: exit 4 with line and column" {
	printf '{\n  "version": 1, "name": "bad",\n  "rulez": []\n}\n' >"$work/bad.json"
	run "$rootfence" check --policy "$work/bad.json" "$work/spec.json"
	said 4
	[[ $output == *bad.json:3:* ]]
}

@test "missing bundle, or one without a readable config.json: exit 6" {
	run create_runtime < <(state "$work/nowhere")
	said 6
	mkdir -p "$work/empty" "$work/strange/config.json"
	run create_runtime < <(state "$work/empty")
	said 6
	run create_runtime < <(state "$work/strange")
	said 6
}

@test "full disk while writing: exit 6" {
	run bash -c '"$1" precreate --policy "$2" <"$3" >/dev/full' sh \
		"$rootfence" "$policies/default.json" "$work/spec.json"
	said 6
	mkdir -p "$work/full"
	mount -t tmpfs -o size=4k tmpfs "$work/full"
	run bash -c '"$1" rewrite --policy "$2" "$3" >"$4"' sh \
		"$rootfence" "$policies/default.json" "$work/spec.json" "$work/full/out"
	umount "$work/full"
	said 6
}

@test "closed stdout: exit 6" {
	local verb
	for verb in 'precreate --policy "$2" <"$3"' 'rewrite --policy "$2" "$3"' \
		'check --policy "$2" "$3"'; do
		run bash -c "\"\$1\" $verb >&-" sh \
			"$rootfence" "$policies/default.json" "$work/spec.json"
		said 6
	done
}

@test "a reader that closed the pipe: the exit status is not 0" {
	run -141 bash -c 'set -o pipefail; { sleep 0.2; "$1" precreate --policy "$2" <"$3"; } | true' \
		sh "$rootfence" "$policies/default.json" "$work/spec.json" ||
		[ "$status" -eq 6 ]
}

@test "a hook of podman with a full disk or closed stdout: podman starts nothing" {
	local redirect
	for redirect in '>/dev/full' '>&-'; do
		printf '#!/bin/bash\n"%s" precreate --policy "%s" %s\n' \
			"$rootfence" "$policies/default.json" "$redirect" >"$work/broken.sh"
		chmod +x "$work/broken.sh"
		use_policy "$policies/default.json"
		jq --arg path "$work/broken.sh" '.hook.path = $path' \
			"$work/hooks/zz-rootfence-precreate.json" >"$work/hooks/new"
		mv "$work/hooks/new" "$work/hooks/zz-rootfence-precreate.json"
		run podman run --rm --user 3267 live echo container ran
		refused 6
	done
}

@test "policy that requires deny, on a kernel that cannot: exit 5 with the reason" {
	local asks
	asks=$(policy asks-deny '"exec": { "guarantee": "deny" }')
	use_policy "$asks"
	run podman run --rm --user 3267 live echo container ran
	if [[ $(level) == deny ]]; then
		[[ $status -eq 0 && $output == *"container ran"* ]]
		return
	fi
	[[ $status -ne 0 && $output != *"container ran"* ]]
	# The reason, as seen by a user who runs the runtime by hand.
	run bash -c 'printf %s "$1" | "$2" createRuntime --policy "$3" --guard "$4"' sh \
		"$(state "$work/bundle")" "$rootfence" "$asks" "$guard"
	said 5
	[[ $output == *deny* ]]
}

@test "empty stdin: one sentence, exit 2 or 3" {
	local verb
	for verb in precreate createRuntime prestart; do
		run "$rootfence" "$verb" --policy "$policies/default.json" </dev/null
		[[ $status -eq 2 || $status -eq 3 ]]
		said "$status"
	done
}

@test "a state instead of a config: exit 2, naming the stage that reads a state" {
	run precreate < <(state "$work/bundle")
	said 2
	[[ $output == *createRuntime* ]]
	state "$work/bundle" >"$BATS_TEST_TMPDIR/state.json"
	run "$rootfence" check --policy "$policies/default.json" "$BATS_TEST_TMPDIR/state.json"
	echo "$output"
	[[ $status -eq 2 || $status -eq 3 ]]
	[[ $output == *"OCI state"* ]]
}

@test "a config instead of a state is judged" {
	run create_runtime <"$work/spec.json"
	said 1
	run create_runtime < <(precreate <"$work/spec.json")
	echo "$output"
	[ "$status" -eq 0 ]
}

@test "garbage: exit 3 with line and column" {
	run precreate <<<'{"process": {"user": {"uid": 1, "uid": 0}}}'
	said 3
	[[ $output == */process/user/uid* ]]
}

@test "poststop never makes a container's removal fail" {
	local input
	for input in '' 'garbage' "$(state "$work/nowhere")"; do
		run "$rootfence" poststop --guard "$guard" <<<"$input"
		echo "$output"
		[ "$status" -eq 0 ]
	done
}

@test "unknown option or command: exit 2, one line with the nearest known one" {
	run "$rootfence" chekc
	said 2
	[[ ${#lines[@]} -eq 1 && $output == *check* ]]
	run "$rootfence" check --polcy x
	said 2
	[[ ${#lines[@]} -eq 1 && $output == *--policy* ]]
}

@test "--help of every command prints examples and exit codes to stdout" {
	local verb
	for verb in check rewrite precreate createRuntime prestart poststop load unload status watch; do
		run --separate-stderr "$rootfence" "$verb" --help
		[[ $status -eq 0 && -z $stderr && $output == *"rootfence $verb"* ]]
		grep -qi exit <<<"$output"
	done
}

@test "syslog gets each finding that the policy logs as a line, through either kind of socket" {
	jq '.process.user = {uid: 3267, gid: 0} | .linux.namespaces |= map(select(.type != "cgroup"))' \
		"$work/spec.json" >"$BATS_TEST_TMPDIR/spec.json"
	for kind in DGRAM STREAM; do
		run syslog_of "$kind" "$rootfence" precreate --policy "$policies/default.json" \
			--guard "$guard" <"$BATS_TEST_TMPDIR/spec.json"
		[ "$status" -eq 0 ]
		echo "$output"
		[ "${#lines[@]}" -eq 3 ]
		[[ ${lines[0]} == "<85>rootfence[PID]: container "*": logged by policy 'default': rootGroup: "* ]]
		[[ ${lines[1]} == *": logged by policy 'default': hostCgroupNamespace: "* ]]
		[[ ${lines[2]} == *": rewritten by policy 'default': capabilities: the engine's default ones "* ]]
	done
}
