#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Shows what rootfence does, on real podman containers. Everything is in one temporary directory: an
# installation, a podman with its own storage, a guard pinned in its own bpffs. Exits non-zero when
# a step has another result than shown here.
set -euo pipefail

top=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d /tmp/rootfence-demo.XXXXXX)
rootfence=$work/usr/bin/rootfence
policies=$top/policies
guard=$work/bpf/rootfence
watch_pid=''
failed=0 shown=0
# shellcheck source=tests/podman.sh
source "$top/tests/podman.sh"
PATH=$work/usr/bin:$PATH

bold='' dim='' green='' red='' plain=''
if [[ -t 1 && -z ${NO_COLOR-} ]]; then
	bold=$'\e[1m' dim=$'\e[2m' green=$'\e[32m' red=$'\e[31m' plain=$'\e[0m'
fi

clean_up() {
	trap '' INT TERM
	[[ -z $watch_pid ]] || kill "$watch_pid" 2>/dev/null || true
	[[ ! -x $rootfence ]] || "$rootfence" unload --guard "$guard" >/dev/null 2>&1 || true
	podman_stop
	rm -rf "$work"
}

title() { printf '%s%s%s\n' "$bold" "$*" "$plain"; }

verdict() {
	shown=$((shown + 1))
	if [[ $1 -eq 0 ]]; then
		printf '  %sOK%s      %s\n\n' "$green" "$plain" "$2"
	else
		failed=$((failed + 1))
		printf '  %sFAILED%s  %s\n\n' "$red" "$plain" "$2"
	fi
}

# Shows the command as a user would type it, and its output; sets $output and $status.
run() {
	printf '  $ %s\n' "$(words "$@")"
	status=0
	output=$("$@" 2>&1) || status=$?
	[[ -z $output ]] || shown_as_seen <<<"$output"
}

# Prints the output indented, without podman's log line that repeats its error. The arguments of the
# hook, which are long only here, are cut.
shown_as_seen() {
	sed -e '/^time=.* level=warning .*precreate hook:/d' \
		-e 's/\(executing \[rootfence [a-zA-Z]*\) --[^]]*\]/\1 ...]/' \
		-e "s/^/    $dim/; s/\$/$plain/"
}

# Words as a user types them: quoted only where needed.
words() {
	local word line=''
	for word in "$@"; do
		[[ $word =~ ^[A-Za-z0-9_./:=@,+-]+$ ]] || word="'$word'"
		line+=" $word"
	done
	printf '%s' "${line# }"
}

# refused RULE TEXT COMMAND...: the policy refuses it for this rule, and nothing ran.
refused() {
	local rule=$1 text=$2 good=0
	shift 2
	run "$@"
	[[ $status -ne 0 && $output == *"rootfence: refused by policy"* ]] || good=1
	grep -qE "^ +$rule " <<<"$output" || good=1
	[[ $output != *"container ran"* ]] || good=1
	verdict "$good" "$text"
}

# started TEXT PATTERN COUNT COMMAND...: the command runs, and COUNT lines of its output match.
started() {
	local text=$1 pattern=$2 count=$3 good=0
	shift 3
	run "$@"
	[[ $status -eq 0 ]] || good=1
	[[ $(grep -cE "$pattern" <<<"$output") -eq $count ]] || good=1
	verdict "$good" "$text"
}

use_policy() { own_hooks "$1"; }

# The default policy, with one binary that may gain one capability.
policy_with_exec_rule() {
	cat >"$work/$1.json" <<-END
		{
		  "version": 1, "name": "$1", "extends": ["$policies/default.json"],
		  "exec": { "rules": [ {
		    "paths": ["$2"], "capabilities": ["CAP_NET_RAW"], "action": "RF_ACT_ALLOW" } ] }
		}
	END
	printf '  %s.json, which extends default:\n' "$1"
	printf '    %s"exec": { "rules": [{ "paths": ["%s"], "capabilities": ["CAP_NET_RAW"], %s%s\n' \
		"$dim" "$2" '"action": "RF_ACT_ALLOW" }] }' "$plain"
	use_policy "$work/$1.json"
}

watch_events() {
	"$rootfence" watch --format text --guard "$guard" >"$work/events" 2>&1 &
	watch_pid=$!
}

# Prints the event with this path, which may take a moment to arrive.
event_of() {
	local tries
	for tries in {1..50}; do
		grep -m 1 -F "$1" "$work/events" && return 0
		[[ $tries -eq 50 ]] || sleep 0.1
	done
	return 1
}

prepare() {
	make -s -C "$top" install DESTDIR="$work"
	mkdir -p "$work/bpf"
	mount -t bpf bpf "$work/bpf"
	podman_start demo
	"$rootfence" load --guard "$guard" >/dev/null
	printf 'rootfence %s, podman %s with %s, Linux %s\n' \
		"$("$rootfence" --version | awk '{ print $NF }')" \
		"$(podman --version | awk '{ print $NF }')" "$runtime" "$(uname -r)"
	printf 'Everything is below %s, which is removed at the end.\n\n' "$work"
	run rootfence status --guard "$guard"
	verdict "$status" 'the guard is loaded once, and no process keeps running for it'
}

show_refusals() {
	title 'Refused before it exists, each with its reason and a fix'
	use_policy "$policies/default.json"
	refused rootUser 'an image without USER would run as root' \
		podman run --rm demo echo container ran
	refused privilegedContainer '--privileged' \
		podman run --rm --user 3267 --privileged demo echo container ran
	refused hostUserNamespace '--userns=host for root' \
		podman run --rm --userns=host demo echo container ran
	refused hostPidNamespace '--pid=host' \
		podman run --rm --user 3267 --pid=host demo echo container ran
	refused hostNetworkNamespace '--network=host' \
		podman run --rm --user 3267 --network=host demo echo container ran
	refused hostMounts 'a host directory that is not for containers' \
		podman run --rm --user 3267 -v /etc:/e demo echo container ran
}

show_starts() {
	title 'Started, without root and without a capability'
	started 'only --user given: five empty capability sets, and no way to gain any' \
		'^Cap(Inh|Prm|Eff|Bnd|Amb):.0{16}$|^NoNewPrivs:.1$' 6 \
		podman run --rm --user 3267 demo grep -E '^Cap|^NoNewPrivs' /proc/self/status
	started 'uid 0 in a user namespace of its own is an ordinary uid on the host' '^ +0 +100000 +65536$' 1 \
		podman run --rm --uidmap 0:100000:65536 demo cat /proc/self/uid_map
	refused identityMapping 'a mapping that reaches the root of the host is root' \
		podman run --rm --uidmap 0:0:65536 demo echo container ran
	started '--userns=host for an ordinary user, by default' '^uid=10001[( ].*gid=10001' 1 \
		podman run --rm --userns=host --user 10001:10001 demo id
	use_policy "$policies/strict.json"
	refused hostUserNamespace 'the same under the strict policy' \
		podman run --rm --userns=host --user 10001:10001 demo echo container ran
}

show_guard() {
	local good=0
	title 'Enforced in the kernel: /bin/probe is set-user-ID root in this image'
	watch_events
	policy_with_exec_rule one-other /bin/ping
	run podman run --rm --user 3267 demo sh -c '/bin/probe; echo "probe: exit $?; I live on"'
	[[ $status -eq 0 && $output != *"probe ran"* ]] || good=1
	[[ $output =~ "probe: exit 1"(37|26)"; I live on" ]] || good=1
	verdict "$good" 'an execve that would gain root is stopped'

	good=0
	printf '  $ rootfence watch\n'
	event_of /bin/probe | shown_as_seen || good=1
	verdict "$good" 'and it is reported'

	policy_with_exec_rule probe-may /bin/probe
	started 'the rule lets it run, with the listed capability (bit 13) and no other' \
		'^probe ran$|^Cap(Prm|Eff|Bnd):.0{12}2000$' 4 \
		podman run --rm --user 3267 demo sh -c /bin/probe
}

main() {
	[[ $EUID -eq 0 ]] || { echo 'demo: needs root, for podman and the kernel guard' >&2; exit 1; }
	prepare
	show_refusals
	show_starts
	show_guard
	if [[ $failed -gt 0 ]]; then
		printf '%s%d of %d failed%s\n' "$red" "$failed" "$shown" "$plain"
		exit 1
	fi
	printf '%sAll %d succeeded.%s Next: make install, then use podman as before.\n' \
		"$green" "$shown" "$plain"
}

trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
main
