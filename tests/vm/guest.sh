#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Process 1 of the guest: mounts the usual file systems, installs rootfence from /vm/stage, runs the
# tests named in /vm/tests, writes /vm/NAME.tap and /vm/dmesg, and switches the machine off.
set -u
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8

parameter() { sed -nE "s/(^|.* )$1=([^ ]*).*/\\2/p" /proc/cmdline; }

mount_cgroup2() {
	mount -t cgroup2 cgroup2 /sys/fs/cgroup
	local controllers c
	read -ra controllers </sys/fs/cgroup/cgroup.controllers
	for c in "${controllers[@]}"; do
		echo "+$c" >/sys/fs/cgroup/cgroup.subtree_control
	done
}

mount_cgroup1() {
	mount -t tmpfs -o mode=755 cgroup /sys/fs/cgroup
	local c
	for c in cpuset cpu,cpuacct blkio memory devices freezer perf_event hugetlb pids; do
		mkdir -p "/sys/fs/cgroup/$c"
		mount -t cgroup -o "$c" cgroup "/sys/fs/cgroup/$c"
	done
}

mount_all() {
	mount -t proc proc /proc
	mount -t sysfs sysfs /sys
	mkdir -p /dev/pts /dev/shm
	ln -s /proc/self/fd /dev/fd
	ln -s fd/0 /dev/stdin
	ln -s fd/1 /dev/stdout
	ln -s fd/2 /dev/stderr
	mount -t devpts -o gid=5,mode=620,ptmxmode=666 devpts /dev/pts
	mount -t tmpfs shm /dev/shm
	mount -t securityfs securityfs /sys/kernel/security
	mount -t tracefs tracefs /sys/kernel/tracing
	mount -t bpf -o mode=700 bpf /sys/fs/bpf
	local dir
	for dir in /run /tmp /var/tmp /var/lib/{containerd,containers,docker}; do
		mkdir -p "$dir"
		mount -t tmpfs -o mode=1777 tmpfs "$dir"
	done
	chmod 755 /run /var/lib/{containerd,containers,docker}
	if [[ $(parameter vm.cgroup) == 1 ]]; then mount_cgroup1; else mount_cgroup2; fi
	mount --make-rshared /
	ip link set lo up
}

# Configures what any container needs to start in a plain guest; nothing of it is for rootfence. The
# roots with engines have what a network needs; elsewhere podman starts containers without one.
configure() {
	local netns=none
	if [[ -e /usr/lib/podman/aardvark-dns ]]; then
		netns=bridge
		# udev does this elsewhere.
		modprobe -a tun loop
		chmod 666 /dev/net/tun
	fi
	echo 1 >/proc/sys/net/ipv4/ip_forward
	mkdir -p /etc/containers/containers.conf.d
	cat >/etc/containers/containers.conf.d/00-vm.conf <<-END
		[containers]
		netns = "$netns"
		[engine]
		cgroup_manager = "cgroupfs"
		events_logger = "file"
		[network]
		network_backend = "netavark"
	END
	[[ -e /etc/containers/policy.json ]] ||
		echo '{ "default": [ { "type": "insecureAcceptAnything" } ] }' >/etc/containers/policy.json
	cp -a /vm/stage/. /
}

run_tests() {
	local name file
	for name in $(</vm/tests); do
		file=/vm/guest/${name%@*}.bats
		export ENGINE=${name#*@}
		if [[ $(parameter vm.debug) == 1 ]]; then
			bats --tap --timing "$file" 2>&1 | tee "/vm/$name.tap"
		else
			bats --tap "$file" >"/vm/$name.tap" 2>&1
		fi
	done
}

mount_all
configure
export VM_LSM VM_CGROUP
# The engines collect no garbage: emulated processor time is scarcer than memory.
export GOGC=off GOMEMLIMIT=500MiB
export "$(</vm/env)"
VM_LSM=$(parameter vm.lsm) VM_CGROUP=$(parameter vm.cgroup)
if [[ $(parameter vm.shell) == 1 ]]; then
	echo "rootfence is installed; 'exit' ends the guest, which forgets all but /vm"
	setsid busybox cttyhack bash -i
else
	(run_tests) </dev/null
fi
dmesg >/vm/dmesg
echo "$SECONDS" >/vm/finished
sync
busybox poweroff -f
