#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# The shipped seccomp profile, as runc loads it: ordinary programs run under it, and it refuses its
# system calls even to a process with CAP_SYS_ADMIN.
# shellcheck disable=SC2154 # bats sets status and output; work and rootfence come from common.bash

load common

setup_file() {
	need_root
	work=$(mktemp -d /tmp/rootfence-live.XXXXXX)
	export work
	mkdir -p "$work"/rootfs/{usr,proc,dev,sys,tmp,etc}
	for name in bin sbin lib lib64; do
		ln -s "usr/$name" "$work/rootfs/$name"
	done
	printf '%s\n' '{"version":1,"name":"profile","rules":[' \
		'{"names":["seccompProfile"],"action":"RF_ACT_REWRITE"}]}' >"$work/policy.json"
}

teardown_file() { [[ -z ${work-} ]] || rm -rf "$work"; }

# Runs the program in a container of the host's /usr, with the profile that the rewrite sets.
under_profile() {
	local args
	args=$(for arg; do jq -n --arg arg "$arg" '$arg'; done | jq -s .)
	jq -n --argjson args "$args" '{
		ociVersion: "1.0.2",
		process: {
			user: { uid: 0, gid: 0 }, args: $args, cwd: "/", noNewPrivileges: true,
			env: ["PATH=/usr/bin:/usr/sbin"],
			capabilities: { bounding: ["CAP_SYS_ADMIN", "CAP_BPF", "CAP_SYS_MODULE"],
				effective: ["CAP_SYS_ADMIN", "CAP_BPF", "CAP_SYS_MODULE"],
				permitted: ["CAP_SYS_ADMIN", "CAP_BPF", "CAP_SYS_MODULE"] }
		},
		root: { path: "rootfs" },
		mounts: [
			{ destination: "/proc", type: "proc", source: "proc" },
			{ destination: "/dev", type: "tmpfs", source: "tmpfs", options: ["mode=755"] },
			{ destination: "/dev/shm", type: "tmpfs", source: "tmpfs" },
			{ destination: "/tmp", type: "tmpfs", source: "tmpfs" },
			{ destination: "/usr", type: "bind", source: "/usr", options: ["rbind", "ro"] }
		],
		linux: { namespaces: [{type:"pid"}, {type:"network"}, {type:"ipc"}, {type:"uts"}, {type:"mount"}] }
	}' >"$work/spec.json"
	"$rootfence" rewrite --policy "$work/policy.json" "$work/spec.json" >"$work/config.json"
	timeout 60 runc --root "$work/state" run --bundle "$work" "seccomp-$BATS_TEST_NUMBER-$$"
}

@test 'a shell, pipes, files, archives' {
	run under_profile sh -c 'grep ^Seccomp: /proc/self/status; cd /tmp; seq 1000 | sort -rn | head -1;
		mkdir a; ln -s a b; echo x >b/c; tar cf - a | tar tf - | wc -l; cp -a a d; rm -r a; ls d'
	[ "$status" -eq 0 ] || { echo "$output"; false; }
	[[ ${output//$'\t'/ } == $'Seccomp: 2\n1000\n2\nc' ]]
}

@test 'python: threads, processes, sockets, shared memory, a database' {
	command -v python3 || skip_or_fail 'no python3'
	run under_profile python3 -c '
import asyncio, multiprocessing, os, signal, sqlite3, subprocess, threading, time
seen = []
threads = [threading.Thread(target=seen.append, args=(n,)) for n in range(8)]
for thread in threads: thread.start()
for thread in threads: thread.join()
assert len(seen) == 8
assert subprocess.run(["sh", "-c", "echo hi | cat"], capture_output=True).stdout == b"hi\n"
async def main():
    server = await asyncio.start_server(lambda r, w: w.close(), "127.0.0.1", 0)
    reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
    assert await reader.read() == b""
    child = await asyncio.create_subprocess_exec("true")
    assert await child.wait() == 0
asyncio.run(main())
database = sqlite3.connect("/tmp/x")
database.execute("create table t(a)"); database.execute("insert into t values(1)"); database.commit()
assert database.execute("select a from t").fetchone() == (1,)
with multiprocessing.Pool(2) as pool: assert pool.map(abs, [-1, -2]) == [1, 2]
signal.alarm(5); time.sleep(0.01); os.memfd_create("x"); os.sched_getaffinity(0)
print("fine")'
	[ "$status" -eq 0 ] || { echo "$output"; false; }
	[ "$output" = fine ]
}

@test 'a Go program' {
	run under_profile runc --version
	[ "$status" -eq 0 ] || { echo "$output"; false; }
	[[ $output == runc\ version* ]]
}

@test 'no mounts and no namespaces, in spite of CAP_SYS_ADMIN' {
	run under_profile sh -c 'mount -t tmpfs x /tmp && echo mounted; unshare -U true && echo unshared;
		unshare -n true && echo unshared; umount /tmp && echo unmounted; exit 0'
	[ "$status" -eq 0 ] || { echo "$output"; false; }
	[[ $output != *mounted* && $output != *unshared* ]]
	[[ $output == *'Function not implemented'* ]]
}

@test 'clone with CLONE_NEWUSER, clone3, bpf, keys, io_uring, modules: ENOSYS' {
	command -v python3 || skip_or_fail 'no python3'
	[[ $(uname -m) == x86_64 ]] || skip 'the numbers are those of x86-64'
	run under_profile python3 -c '
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
for number, argument in (56, 0x10000011), (435, 0), (321, 0), (250, 0), (425, 0), (175, 0), (304, 0), (272, 0):
    assert libc.syscall(number, argument, 0, 0, 0, 0) == -1, number
    assert ctypes.get_errno() == 38, (number, ctypes.get_errno())
print("refused")'
	[ "$status" -eq 0 ] || { echo "$output"; false; }
	[ "$output" = refused ]
}
