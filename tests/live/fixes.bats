#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2154,SC2016 # bats sets status and output; expressions for inner shells
# Every fix that podman's words name, as a user would follow it: the container is refused with these
# words, then it starts. fixes.tsv has the flags, hook/policy/fix_words.c the words.

# shellcheck source=tests/live/common.bash
source "$BATS_TEST_DIRNAME/common.bash"

setup_file() {
	need_root
	live_start
	mkdir -p "$work/data"
	echo '{ "defaultAction": "SCMP_ACT_ALLOW" }' >"$work/open.json"
	python3 -c 'import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])' \
		/run/rootfence-live.sock
	infra_image
}

teardown_file() {
	rm -f /run/rootfence-live.sock
	live_stop
}

setup() { live_setup; }

teardown() { remove_pods; }

# An infra container as podman's own, without catatonit.
infra_image() {
	printf '#!/bin/sh\nexec sleep 1000\n' >"$work/rootfs/catatonit"
	chmod 755 "$work/rootfs/catatonit"
	import_image pause 'ENTRYPOINT ["/catatonit", "-P"]' 'CMD []'
}

# one_rule JSON: hooks with a policy that has only this rule.
one_rule() {
	printf '{ "version": 1, "name": "fixes", "rules": [%s] }\n' "$1" >"$work/fixes.json"
	use_policy "$work/fixes.json"
}

all_allowed() { one_rule '{ "names": ["rootUser"], "action": "RF_ACT_ALLOW" }'; }

# start HOW FLAGS: flags are words of a shell. Prints "container ran" if it started.
start() {
	local flags
	eval "flags=(${2#\"\"})" # "" stands for none
	if [[ $1 == run ]]; then
		podman run --rm "${flags[@]}" localhost/live echo container ran
	else
		podman pod create --name fixes --network none --infra-image localhost/pause "${flags[@]}" &&
			podman pod start fixes && echo container ran
	fi
}

# words CAUSE HOW: the part of podman's words for it that has no gap, as check prints them.
words() {
	python3 - "$top" "$1" "$2" <<-'END'
		import os, re, sys
		top, cause, how = sys.argv[1:]
		sys.path[:0] = [os.path.join(top, "tests/commands"), os.path.join(top, "tests/lib")]
		import fixes
		text = fixes.words(cause, "POD" if how == "pod" else "PODMAN")
		print(max(re.split("@[ugwa]", text), key=len))
	END
}

# cannot CAUSE RULE FLAGS: what the podman of some machines cannot do. In CI every row must start,
# except for limits, which need controllers of cgroups.
cannot() {
	echo "podman here cannot start a container with $3, without any policy: $output"
	[[ ${CI-} != true || $2 == *'"resourceLimits"'* ]] || return 1
	echo "# note: $1: podman here cannot start a container with $3: ${output##*$'\n'}" >&3
	untried=$((untried + 1))
}

# row CAUSE HOW RULE BEFORE AFTER
row() {
	echo "# $1: $4 -> $5"
	all_allowed
	run start "$2" "$5"
	remove_pods
	if [[ $output != *"container ran"* ]]; then
		cannot "$1" "$3" "$5"
		return
	fi
	one_rule "$3"
	run start "$2" "$4"
	remove_pods
	echo "$output"
	[[ $output != *"container ran"* ]] || return 1
	[[ $output == *"refused by policy 'fixes'"* ]] || return 1
	[[ $output == *"$(words "$1" "$2")"* ]] || return 1
	run start "$2" "$5"
	remove_pods
	echo "$output"
	[[ $output == *"container ran"* ]]
}

# rows_of PATTERN: all rows of fixes.tsv whose rule matches; every one is tried, and most of them
# must start without any policy.
rows_of() {
	local cause how rule before after failed=0 tried=0 untried=0
	while IFS=$'\t' read -r cause how rule before after <&4; do
		[[ $cause != \#* && $how != elsewhere && $rule =~ $1 ]] || continue
		tried=$((tried + 1))
		row "$cause" "$how" "$rule" "$before" "$after" || { echo "$cause failed"; failed=1; }
	done 4<"$BATS_TEST_DIRNAME/fixes.tsv"
	echo "$tried rows, $untried cannot start here"
	[[ $failed -eq 0 && $((untried * 2)) -lt $tried ]]
}

@test "the user: each fix is printed, and starts" { rows_of '"(rootUser|rootGroup|userRange)"'; }

@test "namespaces: each fix is printed, and starts" { rows_of 'Namespace"|"identityMapping"'; }

@test "privileges: each fix is printed, and starts" {
	rows_of '"(privilegedContainer|capabilities|noNewPrivileges|seccompProfile)"'
}

@test "files: each fix is printed, and starts" {
	rows_of '"(hostMounts|mountOptions|mountPropagation|readonlyRootfs|workingDirectory)"'
}

@test "the kernel: each fix is printed, and starts" {
	rows_of '"(maskedPaths|procMount|sysctls|deviceAccess|resourceLimits|unsafeAnnotations)"'
}

@test "every row is in one of these tests" {
	run grep -cvE '^#|	elsewhere	|"(rootUser|rootGroup|userRange|privilegedContainer|capabilities|noNewPrivileges|seccompProfile|hostMounts|mountOptions|mountPropagation|readonlyRootfs|workingDirectory|maskedPaths|procMount|sysctls|deviceAccess|resourceLimits|unsafeAnnotations|identityMapping|host[A-Za-z]*Namespace)"' \
		"$BATS_TEST_DIRNAME/fixes.tsv"
	[[ $output == 0 ]]
}

@test "--userns=auto starts with the line that the fix names" {
	local line
	use_policy "$policies/default.json"
	run podman run --rm localhost/live echo container ran
	echo "$output"
	line=$(grep -o 'containers:[0-9]*:[0-9]*' <<<"$output" | head -n 1)
	[[ $line == containers:2147483647:2147483648 ]]
	run with_containers_line "$line" \
		podman run --rm --userns=auto localhost/live echo container ran
	echo "$output"
	[[ $output == *"container ran"* ]]
}

@test "the fix names the user that owns the data of the image, and its container starts" {
	mkdir -p "$work/rootfs/var/lib/db"
	printf 'db:x:999:998::/var/lib/db:/bin/sh\n' >>"$work/rootfs/etc/passwd"
	chown 999:998 "$work/rootfs/var/lib/db"
	import_image db 'VOLUME /var/lib/db'
	use_policy "$policies/default.json"
	run podman run --rm localhost/db touch /var/lib/db/x
	echo "$output"
	[[ $output == *"--user 999:998 (db, owner of /var/lib/db)"* ]]
	run podman run --rm --user 999:998 localhost/db sh -c 'touch /var/lib/db/x && echo container ran'
	echo "$output"
	[[ $output == *"container ran"* ]]
}
