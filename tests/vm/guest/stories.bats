#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2016,SC2030,SC2031,SC2119 # expressions for inner shells; bats' own variables
# The user stories, one by one, on $ENGINE with the wrapper in front of its runtime.

# shellcheck source=tests/vm/guest/engines.bash
source "$BATS_TEST_DIRNAME/engines.bash"

setup_file() { engine_start; }

teardown_file() { engine_stop; }

setup() { own_policy; }

@test "1: only --user given: all five sets are empty, bounding included" {
	run run_in vm --user=3267 -- grep Cap /proc/self/status
	echo "$output"
	[ "$status" -eq 0 ]
	has_no_capability
}

@test "2: set-user-ID and file capabilities gain nothing, and an event reports it" {
	local events=$BATS_TEST_TMPDIR/events pid
	own_policy "$(rule_for /bin/ping)"
	rootfence watch --format json >"$events" 3>&- &
	pid=$!
	run run_in vm --user=3267 --cap-add=NET_RAW --security-opt=no-new-privileges=false -- \
		sh -c 'exec 2>&1; /bin/probe; echo "exit $?"; /bin/probe-cap; echo "exit $?"'
	echo "$output"
	[[ $status -eq 0 && $output != *"probe ran"* ]]
	[ "$(grep -c '^exit' <<<"$output")" -eq 2 ]
	was_stopped "$(sed -n 's/^exit \([0-9]*\).*/\1/p' <<<"$output" | head -n 1)" 126
	eventually grep -q '"/bin/probe"' "$events"
	eventually grep -q '"/bin/probe-cap"' "$events"
	kill "$pid"
}

@test "2: one rule for one binary: it gains what the rule lists, and no other binary gains" {
	own_policy "$(rule_for /bin/probe-cap)"
	run run_in vm --user=3267 --cap-add=NET_RAW --security-opt=no-new-privileges=false -- \
		sh -c 'exec 2>&1; /bin/probe-cap; /bin/probe; true'
	echo "$output"
	[[ $status -eq 0 ]]
	[ "$(grep -c 'probe ran' <<<"$output")" -eq 1 ]
	grep -qE '^CapEff:.0000000000002000' <<<"$output"
}

@test "3: an image without USER is refused, with what to do" {
	run run_in vm -- echo container ran
	refused rootUser '--user' USER
}

@test "3: --user nobody, USER testuser and FROM scratch with USER 10001:10001 start" {
	run run_in vm --user=nobody -- sh -c 'echo container ran as $(id -u)'
	ran 'container ran as 65534'
	run run_in user -- sh -c 'echo container ran as $(id -u)'
	ran 'container ran as 3267'
	run run_in scratch
	ran 'probe ran'
	grep -qE '^Uid:.10001.10001' <<<"$output"
}

@test "3: USER 10001 means group 0: logged by default, refused by strict" {
	local log=$BATS_TEST_TMPDIR/syslog pid
	/bin/busybox syslogd -n -O "$log" 3>&- &
	pid=$!
	eventually test -S /dev/log
	run run_in uid -- sh -c 'echo container ran as $(id -u):$(id -g)'
	ran 'container ran as 10001:0'
	eventually grep -q "rootfence.*logged by policy 'default'.*rootGroup" "$log"
	kill "$pid"
	policy_extends strict
	run run_in uid -- echo container ran
	refused rootGroup
}

@test "4: --privileged, the host's pid and network namespace: refused, each with its reason" {
	run run_in vm --privileged -- echo container ran
	refused rootUser privilegedContainer
	run run_in vm --pid=host --user=3267 -- echo container ran
	refused hostPidNamespace
	run run_in vm --network=host --user=3267 -- echo container ran
	refused hostNetworkNamespace
}

@test "4: /etc, / and the socket of the engine: refused" {
	touch /run/docker.sock
	run run_in vm --user=3267 --volume=/etc:/e -- echo container ran
	refused hostMounts /etc
	run run_in vm --user=3267 --volume=/:/host -- echo container ran
	refused hostMounts
	run run_in vm --user=3267 --volume=/var/run/docker.sock:/var/run/docker.sock -- echo container ran
	refused hostMounts docker.sock
}

@test "5: root in a private user namespace is not root on the host; a mapping to host root is" {
	[[ $engine != docker ]] || skip 'the daemon decides: see docker.bats'
	[[ $engine != containerd ]] || ! ctr_is_old || register install runc-divert
	run run_in vm --uidmap=0:100000:65536 -- sh -c 'echo container ran as $(id -u); cat /proc/self/uid_map'
	ran 'container ran as 0'
	grep -qE ' 100000 ' <<<"$output"
	run run_in vm --uidmap=0:0:65536 -- echo container ran
	refused identityMapping
	start five --uidmap=0:100000:65536 --user=0
	run exec_in five --user 0 -- sh -c 'echo container ran as $(id -u)'
	ran 'container ran as 0'
	remove five
	[[ ! -e /var/lib/rootfence/register/runc-divert ]] || register uninstall runc-divert
}

@test "6: a server takes port 80 without a capability, in its own network namespace" {
	local before
	before=$(</proc/sys/net/ipv4/ip_unprivileged_port_start)
	run run_in vm --user=3267 -- sh -c 'grep CapEff /proc/self/status; httpd -h /etc -p 80 &&
		wget -q -O - http://127.0.0.1/passwd'
	ran testuser
	grep -qE '^CapEff:.0{16}' <<<"$output"
	[ "$(</proc/sys/net/ipv4/ip_unprivileged_port_start)" = "$before" ]
}

user_policy='"rules": [
	{ "names": ["rootUser"], "action": "RF_ACT_REWRITE", "args": { "uid": 4711 } },
	{ "names": ["rootGroup"], "action": "RF_ACT_REWRITE", "args": { "gid": 4711 } } ]'

@test "7: a uid that the policy assigns has a name, a HOME, and its files on a bind mount" {
	own_policy "$user_policy"
	mkdir -p /srv/data
	chmod 1777 /srv/data
	rm -f /srv/data/file
	run run_in vm --volume=/srv/data:/data -- sh -c 'echo "container ran"; id; whoami; echo "HOME $HOME"
		touch /data/file; test "$HOME" = / || test -w "$HOME" && echo home fits'
	ran 'home fits'
	[[ $output == *"uid=4711("* && $output == *"gid=4711("* ]]
	[[ $output != *"unknown uid"* ]]
	[ "$(stat -c %u:%g /srv/data/file)" = 4711:4711 ]
	start seven --user=0
	run exec_in seven -- sh -c 'echo container ran; id'
	ran 'uid=4711('
	remove seven
}

@test "8: exec as nobody works; as root, or privileged, it does not" {
	start one
	[ "$(entries)" -eq 1 ]
	run exec_in one --user nobody -- sh -c 'echo container ran as $(id -u)'
	ran 'container ran as 65534'
	run exec_in one -- grep -E '^Cap' /proc/self/status
	echo "$output"
	has_no_capability
	run exec_in one --user 0 -- echo container ran
	refused rootUser
	if [[ $engine != containerd ]]; then
		run exec_in one --user root -- echo container ran
		refused rootUser
		run exec_in one --privileged -- echo container ran
		refused capabilities
	fi
}

# Uses the container of the story above.
@test "8: with the wrapper bypassed, the guard stops the same and reports it" {
	local events=$BATS_TEST_TMPDIR/events pid
	rootfence watch --format json >"$events" 3>&- &
	pid=$!
	run real_exec one --user 0 'echo container ran'
	echo "$status $output"
	[[ $status -ne 0 && $output != *"container ran"* && $output != *"no state"* ]]
	run real_exec one --cap CAP_SYS_ADMIN 'echo container ran'
	echo "$status $output"
	[[ $status -ne 0 && $output != *"container ran"* ]]
	eventually eval '[[ $(grep -cE "denied|killed" "$events") -ge 2 ]]'
	kill "$pid"
	run real_exec one --user 3267:3267 'echo container ran'
	ran
	remove one
	eventually no_entries
}

@test "9: compose and quadlet files need no change" {
	case $engine in
	docker) compose_story ;;
	podman) quadlet_story ;;
	containerd) skip 'ctr has no such files, and Debian no nerdctl' ;;
	esac
}

# compose_run USER: prints the output of a service of that user, and ends with its status.
compose_run() {
	mkdir -p /srv/compose
	cat >/srv/compose/docker-compose.yml <<-END
		version: "3"
		services:
		  web:
		    image: localhost/vm
		    user: "$1"
		    network_mode: none
		    command: ["sh", "-c", "echo container ran as \$\$(id -u)"]
	END
	if docker compose version >/dev/null 2>&1; then set -- docker compose; else set -- docker-compose; fi
	(cd /srv/compose && "$@" up --abort-on-container-exit; "$@" logs; "$@" down) 2>&1
}

compose_story() {
	run compose_run 3267
	[[ $output == *"container ran as 3267"* ]] || { echo "$output"; return 1; }
	run compose_run 0
	echo "$output"
	[[ $output != *"container ran"* && $output == *"refused by policy 'default'"* ]]
}

# quadlet_run USER: runs the command that systemd would start, without systemd.
quadlet_run() {
	local generator=/usr/lib/systemd/system-generators/podman-system-generator
	mkdir -p /etc/containers/systemd
	printf '[Container]\nImage=localhost/vm\nUser=%s\nExec=echo container ran\n' "$1" \
		>/etc/containers/systemd/web.container
	"$generator" --dryrun 2>/dev/null | sed -n 's/^ExecStart=//p' |
		sed 's/%N/web/g; s,%t,/run,g; s/--cgroups=split//; s/--sdnotify=[a-z]*//; s/ -d / /' >/run/web.sh
	grep -q 'podman run' /run/web.sh || { echo 'no ExecStart'; return 3; }
	sh /run/web.sh 2>&1
}

quadlet_story() {
	[[ -e /usr/lib/systemd/system-generators/podman-system-generator ]] ||
		skip 'this podman is older than quadlet'
	run quadlet_run 3267
	ran
	run quadlet_run 0
	refused rootUser
}
