#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2030,SC2031,SC2034,SC2154,SC2119 # bats' own variables; fields are read in functions
# Every fix that Kubernetes' words name, as its kubelet would then ask containerd: the container, or the
# pod, is refused with these words, then it starts. podfixes.tsv has the fields.

ENGINE=containerd
# shellcheck source=tests/vm/guest/engines.bash
source "$BATS_TEST_DIRNAME/engines.bash"
# shellcheck source=tests/vm/guest/cri.bash
source "$BATS_TEST_DIRNAME/cri.bash"

readonly empty_dir=/var/lib/kubelet/pods/uid-base/volumes/kubernetes.io~empty-dir/data

setup_file() {
	cri_start
	mkdir -p /srv/data "$empty_dir"
	chmod 777 "$empty_dir"
	echo '{ "defaultAction": "SCMP_ACT_ALLOW" }' >/run/open.json
}

teardown_file() {
	own_policy
	cri_stop
}

# one_rule JSON [ACTION]: the host's policy has only this rule.
one_rule() {
	mkdir -p /etc/rootfence
	printf '{ "version": 1, "name": "fixes", "rules": [%s] }\n' "${1/RF_ACT_REJECT/${2-RF_ACT_REJECT}}" \
		>/etc/rootfence/policy.json
}

all_allowed() { one_rule '{ "names": ["rootUser"], "action": "RF_ACT_ALLOW" }'; }

readonly masked=(/proc/acpi /proc/asound /proc/kcore /proc/keys /proc/latency_stats /proc/timer_list
	/proc/timer_stats /proc/sched_debug /proc/scsi /sys/firmware)
readonly read_only_paths=(/proc/bus /proc/fs /proc/irq /proc/sys /proc/sysrq-trigger)

mask_fields=$(strs 13 "${masked[@]}")$(strs 14 "${read_only_paths[@]}")
readonly mask_fields

# --- the fields of a pod: host_users=false, host_pid, host_network, host_ipc, pod_user, sysctl ---

# Also needed by containers that are privileged.
sandbox_security() {
	msg 1 "$(node_namespaces)"
	[[ -z ${pod_user-} ]] || { msg 3 "$(int 1 "$pod_user")"; msg 8 "$(int 1 "$pod_user")"; }
	[[ -z ${privileged-} ]] || int 6 1
	msg 9 ''
}

node_namespaces() {
	[[ -z ${host_network-} ]] || int 1 2
	if [[ -n ${host_pid-} ]]; then int 2 2; else int 2 1; fi
	[[ -z ${host_ipc-} ]] || int 3 2
	[[ ${host_users-} != false ]] || user_namespace
}

sandbox_config() {
	msg 1 "$(str 1 "$1")" "$(str 2 "uid-$1")" "$(str 3 default)"
	[[ -n ${host_network-} ]] || str 2 "$1"
	msg 8 "$(msg 2 "$(sandbox_security)")" "$([[ -z ${sysctl-} ]] || msg 3 "$(str 1 "$sysctl")" "$(str 2 1)")"
}

# start_pod NAME: prints its id.
start_pod() {
	local answer
	answer=$(call RunPodSandbox "$(msg 1 "$(sandbox_config "$1")")") || { echo "$answer"; return 1; }
	field 1 "$answer"
}

# --- the fields of a container ---

security() {
	local path
	[[ -z ${caps_add-}${caps_drop-} ]] ||
		msg 1 "$([[ -z ${caps_add-} ]] || str 1 "$caps_add")" "$([[ -z ${caps_drop-} ]] || str 2 "$caps_drop")"
	[[ -z ${privileged-} ]] || int 2 1
	msg 3 "$(node_namespaces)"
	msg 5 "$(int 1 "${user-3267}")"
	msg 12 "$(int 1 "${group-3267}")"
	[[ -z ${read_only_root-} ]] || int 7 1
	[[ -z ${groups-} ]] || int 8 "$groups"
	[[ -z ${no_new_privs-} ]] || int 11 1
	[[ -n ${unmasked-} ]] || printf '%s' "$mask_fields"
	case ${seccomp-} in
	'') msg 15 '' ;;
	unconfined) msg 15 "$(int 1 1)" ;;
	*) msg 15 "$(int 1 2)" "$(str 2 "$seccomp")" ;;
	esac
}

resources() {
	[[ -z ${cpu-} ]] || { int 1 100000; int 2 "$cpu"; }
	[[ -z ${memory-} ]] || int 4 "$memory"
}

container_config() {
	msg 1 "$(str 1 "$1")"
	msg 2 "$(str 1 localhost/vm:latest)"
	strs 3 sleep 100000
	[[ -z ${workdir-} ]] || str 5 "$workdir"
	[[ -z ${volume-} ]] ||
		msg 7 "$(str 1 "${volume#*:}")" "$(str 2 "${volume%:*}")" \
			"$([[ -z ${read_only-} ]] || int 3 1)" "$([[ -z ${propagation-} ]] || int 5 "$propagation")"
	[[ -z ${device-} ]] || msg 8 "$(str 1 "${device#*:}")" "$(str 2 "${device%:*}")" "$(str 3 rw)"
	msg 15 "$(msg 1 "$(resources)")" "$(msg 2 "$(security)")"
}

# start_in POD POD_NAME: starts a container there, and prints "container ran" if it did.
start_in() {
	local answer id
	answer=$(call CreateContainer "$(str 1 "$1")" "$(msg 2 "$(container_config "c$RANDOM$RANDOM")")" \
		"$(msg 3 "$(sandbox_config "$2")")") || { echo "$answer"; return 1; }
	id=$(field 1 "$answer")
	start_container "$id" && exec_sync "$id" echo container ran
	call RemoveContainer "$(str 1 "$id")" >/dev/null
}

# --- rows ---

# fields of a row: words of a shell. Those of a pod need one of their own.
is_of_pod() { [[ $1 == *host_* || $1 == *privileged* || $1 == *pod_user* || $1 == *sysctl* ]]; }

base_pod() {
	if [[ ! -s /run/fixes.pod ]]; then
		all_allowed
		start_pod base >/run/fixes.pod || { cat /run/fixes.pod; rm /run/fixes.pod; return 1; }
	fi
	cat /run/fixes.pod
}

# start HOW RULE FIELDS [ACTION]: in a pod that is judged by the rule too, or by none.
start_with() {
	local how=$1 rule=$2 fields=${3#\"\"} pod name=base code=0
	[[ -z $fields ]] || eval "local $fields"
	if [[ $how == pod ]] || is_of_pod "$fields"; then
		name=p$RANDOM
		if [[ $how == pod ]]; then one_rule "$rule" "${4-RF_ACT_REJECT}"; else all_allowed; fi
		pod=$(start_pod "$name") || { echo "$pod"; return 1; }
	else
		pod=$(base_pod) || { echo "$pod"; return 1; }
	fi
	one_rule "$rule" "${4-RF_ACT_REJECT}"
	start_in "$pod" "$name" || code=$?
	[[ $name == base ]] || remove_pod "$pod"
	return "$code"
}

# words CAUSE HOW: the longest part without a gap.
words() {
	local reader=KUBERNETES
	[[ $2 != pod ]] || reader=SANDBOX
	sed -n "s/^$reader	$1	//p" /vm/words.tsv
}

# row CAUSE HOW RULE BEFORE AFTER
row() {
	local action=RF_ACT_REJECT
	[[ $2 != rewrite ]] || action=RF_ACT_REWRITE
	echo "# $1: $4"
	run start_with "$2" "$3" "$4"
	echo "$output"
	[[ $output != *"container ran"* ]] || return 1
	[[ $output == *"refused by policy 'fixes'"* || $output == *"refused by policy %27fixes%27"* ]] || return 1
	[[ -n $(words "$1" "$2") && $output == *"$(words "$1" "$2")"* ]] || return 1
	echo "# $1: after the fix: $5"
	run start_with "$2" "$3" "$5" "$action"
	echo "$output"
	[[ $output == *"container ran"* ]]
}

pods_have_user_namespaces() { kernel_is_at_least 6.3 && [[ $(containerd --version) != *' 1.6'* ]]; }

rows_of() {
	local cause how rule before after failed=() tried=0
	while IFS=$'\t' read -r cause how rule before after <&4; do
		[[ $cause != \#* && $how != elsewhere && $rule =~ $1 ]] || continue
		[[ "$before $after" != *host_users* ]] || pods_have_user_namespaces || continue
		tried=$((tried + 1))
		row "$cause" "$how" "$rule" "$before" "$after" || failed+=("$cause")
	done 4<"$BATS_TEST_DIRNAME/podfixes.tsv"
	echo "$tried rows; failed: ${failed[*]}"
	[[ $tried -gt 0 && ${#failed[@]} -eq 0 ]]
}

@test "the user: each fix is printed, and starts" { rows_of '"(rootUser|rootGroup|userRange)"'; }

@test "namespaces: each fix is printed, and starts" { rows_of 'Namespace"'; }

@test "privileges: each fix is printed, and starts" {
	rows_of '"(privilegedContainer|capabilities|noNewPrivileges|seccompProfile)"'
}

@test "files: each fix is printed, and starts" {
	rows_of '"(hostMounts|mountOptions|mountPropagation|readonlyRootfs|workingDirectory)"'
}

@test "the kernel: each fix is printed, and starts" {
	rows_of '"(maskedPaths|procMount|sysctls|deviceAccess|resourceLimits)"'
}

@test "every row is in one of these tests" {
	run grep -cvE '^#|	elsewhere	|"(rootUser|rootGroup|userRange|privilegedContainer|capabilities|noNewPrivileges|seccompProfile|hostMounts|mountOptions|mountPropagation|readonlyRootfs|workingDirectory|maskedPaths|procMount|sysctls|deviceAccess|resourceLimits|host[A-Za-z]*Namespace)"' \
		"$BATS_TEST_DIRNAME/podfixes.tsv"
	[[ $output == 0 ]]
}
