#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2016,SC2030,SC2031,SC2119 # expressions for inner shells; bats' own variables
# Pods as a kubelet asks containerd for them, with CNI, under the default policy; and ctr with CNI.

ENGINE=containerd
# shellcheck source=tests/vm/guest/engines.bash
source "$BATS_TEST_DIRNAME/engines.bash"
# shellcheck source=tests/vm/guest/cri.bash
source "$BATS_TEST_DIRNAME/cri.bash"

readonly unprivileged='as 3267 with 0000000000000000'

setup_file() { cri_start; }

teardown_file() { cri_stop; }

setup() { own_policy; }

teardown() {
	[[ -z ${pod-} ]] || remove_pod "$pod"
}

fetch() { curl --silent --show-error --max-time 10 "http://$1/" 2>&1; }

@test "a pod: published ports, localhost between its containers, ping, a probe with a command" {
	local web
	pod=$(run_pod shop "$(port 80 80)" "$(port 8080 8080)")
	web=$(run_container "$pod" web 3267 serve 80 8080)
	run_container "$pod" client 3267 sleep 100000 >/run/client
	eventually eval 'fetch 127.0.0.1:8080 >/dev/null'
	run fetch 127.0.0.1:80
	ran "served on 80 $unprivileged"
	run exec_sync "$(</run/client)" wget -q -O - http://127.0.0.1:80/
	ran "served on 80 $unprivileged"
	run exec_sync "$web" icmp 127.0.0.1
	ran '1 packets received'
	run exec_sync "$web" sh -c 'exit 3'
	[ "$status" -eq 3 ]
	remove_pod "$pod"
	unset pod
	eventually no_entries
}

@test "a container of a pod that is root: refused, and the kubelet gets the reason" {
	pod=$(run_pod root)
	run run_container "$pod" root '' sleep 100000
	refused rootUser
}

pods_have_user_namespaces() { kernel_is_at_least 6.3 && [[ $(containerd --version) != *' 1.6'* ]]; }

@test "hostUsers: false: an image that starts as root, changes the owner of its data, and drops" {
	local host_users=false
	pods_have_user_namespaces || skip 'needs containerd 1.7 and Linux 6.3'
	pod=$(run_pod mapped "$(port 80 80)") || { echo "$pod"; unset pod; return 1; }
	mkdir -p /srv/state
	chown 200000:200000 /srv/state
	run run_container "$pod" server '' /bin/entrypoint serve 80
	echo "$output"
	[ "$status" -eq 0 ]
	eventually eval 'fetch 127.0.0.1:80 >/dev/null'
	run fetch 127.0.0.1:80
	ran "served on 80 $unprivileged"
}

@test "ctr run with mapped ids: the same image, on two snapshotters" {
	local snapshotter
	! ctr_is_old || skip 'ctr 1.6 forgets --runc-binary when ids are mapped'
	for snapshotter in overlayfs native; do
		run ctr run --rm --snapshotter "$snapshotter" --uidmap 0:100000:65536 \
			--gidmap 0:100000:65536 --runc-binary "$wrapper" localhost/vm:latest "$(ctr_name)" \
			/bin/entrypoint sh -c 'id -u; stat -c %u:%g /data/file; echo container ran'
		ran
		[[ $output == *3267:3267* ]]
	done
}

@test "ctr run --cni" {
	/vm/bin/serve 82 3>&- &
	local pid=$!
	run ctr run --rm --cni --runc-binary "$wrapper" localhost/user:latest net1 \
		sh -c 'sleep 3; ls /sys/class/net; wget -q -O - http://10.88.0.1:82/ && echo container ran'
	kill "$pid"
	ran
	[[ $output == *eth0* ]]
}
