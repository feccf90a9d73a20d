#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2154,SC2119 # bats sets status and output; arguments are optional
# Every fix that Docker's words name, as a user would follow it: the container is refused with these
# words, then it starts. fixes.tsv has the flags, hook/policy/fix_words.c the words.

ENGINE=docker
# shellcheck source=tests/vm/guest/engines.bash
source "$BATS_TEST_DIRNAME/engines.bash"

setup_file() {
	engine_start
	mkdir -p /srv/data
	echo '{ "defaultAction": "SCMP_ACT_ALLOW" }' >/run/open.json
	all_allowed
	docker run --detach --name open --pid host --ipc host --network host localhost/vm sleep 100000
}

teardown_file() { engine_stop; }

# one_rule JSON [ACTION]: the host's policy has only this rule.
one_rule() {
	mkdir -p /etc/rootfence
	printf '{ "version": 1, "name": "fixes", "rules": [%s] }\n' "${1/RF_ACT_REJECT/${2-RF_ACT_REJECT}}" \
		>/etc/rootfence/policy.json
}

all_allowed() { one_rule '{ "names": ["rootUser"], "action": "RF_ACT_ALLOW" }'; }

# start FLAGS: flags are words of a shell. Prints "container ran" if it started.
start_with() {
	local flags
	eval "flags=(${1#\"\"})" # "" stands for none
	[[ $1 == *--network* ]] || flags+=(--network none)
	docker run --rm "${flags[@]}" localhost/vm echo container ran
}

# The longest part of Docker's words for this cause that has no gap, as run.sh wrote it down.
words() { sed -n "s/^DOCKER	$1	//p" /vm/words.tsv; }

# is_refused CAUSE RULE FLAGS
is_refused() {
	echo "# $1: $3"
	one_rule "$2"
	run start_with "$3"
	echo "$output"
	[[ $output != *"container ran"* ]] || return 1
	[[ $output == *"refused by policy 'fixes'"* ]] || return 1
	[[ -n $(words "$1") && $output == *"$(words "$1")"* ]]
}

# starts CAUSE RULE FLAGS [ACTION]
starts() {
	echo "# $1: after the fix: $3"
	one_rule "$2" "${4-RF_ACT_REJECT}"
	run start_with "$3"
	echo "$output"
	[[ $output == *"container ran"* ]]
}

# row CAUSE HOW RULE BEFORE AFTER: what of this row the present daemon can do.
row() {
	case $2 in
	run) is_refused "$1" "$3" "$4" && starts "$1" "$3" "$5" ;;
	rewrite) is_refused "$1" "$3" "$4" && starts "$1" "$3" "$5" RF_ACT_REWRITE ;;
	remap) if [[ -z ${remapped-} ]]; then is_refused "$1" "$3" "$4"; else starts "$1" "$3" "$5"; fi ;;
	remapped) is_refused "$1" "$3" "$4" && starts "$1" "$3" "$5" ;;
	esac
}

# Docker 20.10 has no --annotation.
cannot() { [[ $1 == *--annotation* && $(docker version --format '{{.Server.Version}}') == 2[0-3].* ]]; }

# rows_of HOW RULES: every row is tried, also after one that failed.
rows_of() {
	local cause how rule before after failed=() tried=0
	while IFS=$'\t' read -r cause how rule before after <&4; do
		[[ $cause != \#* && $how =~ ^($1)$ && $rule =~ $2 ]] || continue
		! cannot "$before $after" || continue
		tried=$((tried + 1))
		row "$cause" "$how" "$rule" "$before" "$after" || failed+=("$cause")
	done 4<"$BATS_TEST_DIRNAME/fixes.tsv"
	echo "$tried rows; failed: ${failed[*]}"
	[[ $tried -gt 0 && ${#failed[@]} -eq 0 ]]
}

readonly now='run|rewrite|remap'

@test "the user: each fix is printed, and starts" { rows_of "$now" '"(rootUser|rootGroup|userRange)"'; }

@test "namespaces: each fix is printed, and starts" { rows_of "$now" 'Namespace"'; }

@test "privileges: each fix is printed, and starts" {
	rows_of "$now" '"(privilegedContainer|capabilities|noNewPrivileges|seccompProfile)"'
}

@test "files: each fix is printed, and starts" {
	rows_of "$now" '"(hostMounts|mountOptions|mountPropagation|readonlyRootfs|workingDirectory)"'
}

@test "the kernel: each fix is printed, and starts" {
	rows_of "$now" '"(maskedPaths|procMount|sysctls|deviceAccess|resourceLimits|unsafeAnnotations)"'
}

@test "every row is in one of these tests" {
	run grep -cvE '^#|	elsewhere	|"(rootUser|rootGroup|userRange|privilegedContainer|capabilities|noNewPrivileges|seccompProfile|hostMounts|mountOptions|mountPropagation|readonlyRootfs|workingDirectory|maskedPaths|procMount|sysctls|deviceAccess|resourceLimits|unsafeAnnotations|host[A-Za-z]*Namespace)"' \
		"$BATS_TEST_DIRNAME/fixes.tsv"
	[[ $output == 0 ]]
}

# The last test, since it starts another daemon.
@test "userns-remap, as docs/docker.md says: fixes that need it, and those of a daemon that has it" {
	local remapped=1
	all_allowed
	docker rm --force open
	remap_ids
	stop_daemon dockerd
	start_docker --userns-remap=default
	load_images
	rows_of 'remap|remapped' .
}
