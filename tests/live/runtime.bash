# shellcheck shell=bash
# shellcheck disable=SC2154 # bats sets status and output; $top and the rest come from common.bash
# SPDX-License-Identifier: Apache-2.0
#
# For runtime.bats: a mount namespace where /etc/rootfence, /run/rootfence and the guard's pins are
# the test's own, the wrapper under the names that engines call, and bundles.

# lab_start: sets $lab, a process whose mount namespace `lab` enters.
lab_start() {
	work=$(mktemp -d /tmp/rootfence-runtime.XXXXXX)
	mkdir -p "$work"/{bin,state} /etc/rootfence
	ln -s "$rootfence" "$work/bin/runc"
	ln -s "$rootfence" "$work/bin/crun"
	ln -s "$rootfence" "$work/bin/rootfence-runtime"
	export work top rootfence policies
	# shellcheck disable=SC2016 # expanded inside
	unshare -m bash -c '
		mount -t tmpfs -o mode=755 none /etc/rootfence
		mkdir -p -m 700 /run/rootfence
		mount -t tmpfs -o mode=700 none /run/rootfence
		mount -t bpf none /sys/fs/bpf
		cp -r "$policies" /etc/rootfence/policies
		echo ready >"$work/ready"
		exec sleep 100000' </dev/null >/dev/null 2>&1 3>&- &
	lab=$!
	export lab
	eventually test -s "$work/ready"
	make_rootfs "$work/rootfs"
}

lab_stop() {
	local id
	for id in $(runc --root "$work/state" list -q 2>/dev/null); do
		runc --root "$work/state" delete --force "$id" || true
	done
	[[ -z ${lab-} ]] || { in_lab "$rootfence" unload || true; kill "$lab" || true; }
	rmdir /etc/rootfence 2>/dev/null || true
	rm -rf "$work"
}

in_lab() { nsenter --mount="/proc/$lab/ns/mnt" --wd="$PWD" -- "$@"; }

# wrapped ARG...: the wrapper as runc, in front of the real one.
wrapped() { in_lab "$work/bin/runc" --root "$work/state" --log "$log" --log-format json "$@"; }

# bundle NAME [JQ]: a bundle as for runc, with a process that the default policy allows.
bundle() {
	local dir="$work/$1"
	rm -rf "$dir"
	mkdir -p "$dir/rootfs"
	mount_rootfs "$dir"
	(cd "$dir" && runc spec)
	jq --arg root "$work/rootfs" '.process.user = {"uid": 3267, "gid": 3267}
		| del(.process.rlimits) | .process.terminal = false
		| .process.args = ["sleep", "1000"] | .root.path = $root
		| .linux.cgroupsPath = "/rootfence-test-'"$1"'"
		| '"${2:-.}" "$dir/config.json" >"$dir/new"
	mv "$dir/new" "$dir/config.json"
	printf '%s' "$dir"
}

mount_rootfs() { rmdir "$1/rootfs"; }

# fake PATH: builds a runtime that writes everything that it was given to $work/seen.
fake() {
	cat >"$work/fake.c" <<-'END'
		#include <dirent.h>
		#include <signal.h>
		#include <stdio.h>
		#include <errno.h>
		#include <stdlib.h>
		#include <string.h>
		#include <sys/time.h>
		#include <sys/wait.h>
		#include <unistd.h>
		static void copy(FILE *out, const char *path, const char *start)
		{
			char line[4096];
			FILE *in = fopen(path, "r");
			while (fgets(line, sizeof(line), in))
				if (strncmp(line, start, strlen(start)) == 0)
					fputs(line, out);
			fclose(in);
		}
		int main(int argc, char **argv, char **env)
		{
			char cwd[4096], link[4096], path[64];
			FILE *out = fopen(WORK "/seen", "w");
			struct sigaction action;
			for (int i = 0; i < argc; i++)
				fprintf(out, "arg %s\n", argv[i]);
			for (; *env; env++)
				fprintf(out, "env %s\n", *env);
			fprintf(out, "cwd %s\n", getcwd(cwd, sizeof(cwd)));
			for (int fd = 0; fd < 64; fd++) {
				snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
				ssize_t n = fd == fileno(out) ? -1 : readlink(path, link, sizeof(link));
				if (n >= 0)
					fprintf(out, "fd %d %.*s\n", fd, (int)n, link);
			}
			for (int n = 1; n < 65; n++)
				if (sigaction(n, NULL, &action) == 0 && action.sa_handler != SIG_DFL)
					fprintf(out, "signal %d\n", n);
			copy(out, "/proc/self/limits", "");
			copy(out, "/proc/self/status", "SigPnd"); /* SigQ counts all that the user has */
			copy(out, "/proc/self/status", "SigBlk");
			copy(out, "/proc/self/status", "SigIgn");
			copy(out, "/proc/self/status", "SigCgt");
			copy(out, "/proc/self/status", "ShdPnd");
			copy(out, "/proc/self/status", "NoNewPrivs");
			copy(out, "/proc/self/status", "Seccomp");
			struct itimerval timer;
			for (int n = ITIMER_REAL; n <= ITIMER_PROF; n++)
				if (getitimer(n, &timer) == 0 && (timer.it_value.tv_sec | timer.it_value.tv_usec))
					fprintf(out, "timer %d\n", n);
			if (waitpid(-1, NULL, WNOHANG) != -1 || errno != ECHILD)
				fprintf(out, "child\n");
			fclose(out);
			return 42;
		}
	END
	"${CC:-gcc}" -O2 -static -DWORK="\"$work\"" -o "$1" "$work/fake.c"
}

# setup_runtime [JSON]: writes /etc/rootfence/runtime.json in the lab, or removes it.
setup_runtime() {
	if [[ $# -eq 0 ]]; then
		in_lab rm -f /etc/rootfence/runtime.json
	else
		in_lab tee /etc/rootfence/runtime.json >/dev/null <<<"$1"
	fi
}

# reached: the last `run` reached the fake runtime, which exits with this status.
reached() { said 42 ''; }

# has_no_capability: the last `run` succeeded and shows five empty sets.
has_no_capability() {
	echo "status $status: $output"
	[[ $status -eq 0 && $(grep -cE '^Cap(Inh|Prm|Eff|Bnd|Amb):.0{16}$' <<<"$output") -eq 5 ]]
}

# said CODE TEXT: the last `run` exited with CODE and printed TEXT.
said() {
	echo "status $status: $output"
	[[ $status -eq $1 && $output == *"$2"* ]]
}

# logged TEXT: the last line of --log is a JSON object of level error with TEXT in its message.
logged() {
	cat "$log"
	[[ $(tail -n 1 "$log" | jq -r '.level') == error ]]
	[[ $(tail -n 1 "$log" | jq -r '.msg') == *"$1"* ]]
	tail -n 1 "$log" | jq -er '.time | fromdate' >/dev/null
}

records() {
	in_lab find /run/rootfence/containers -mindepth 2 ! -name '*%*' -printf '%f\n' 2>/dev/null |
		sed 's/\.json$//'
}

# docker_hook PID [ID]: the judgement of a container whose prestart hook is Docker's, with that PID.
docker_hook() {
	local id=${2-$docker_id} b
	b=$(bundle docker '.hooks = {"prestart": [{"path": "/proc/'"$1"'/exe", "args":
		["libnetwork-setkey", "-exec-root=/run/docker", "'"$id"'", "0123456789ab"]}]}')
	run wrapped create --bundle "$b" "$docker_id"
	echo "$output"
}
