#!/usr/bin/env bats
# shellcheck disable=SC2154 # bats sets status and output
# SPDX-License-Identifier: Apache-2.0
# Images that start as root and go on as another user, and programs with file capabilities.

# shellcheck source=tests/live/common.bash
source "$BATS_TEST_DIRNAME/common.bash"

setup_file() {
	need_root
	live_start
	make_images || return 1
	use_policy "$policies/default.json"
}

teardown_file() {
	"$rootfence" unload --guard "$guard" || true
	live_stop
}

setup() { live_setup; }

teardown() { remove_containers; }

# become UID GID COMMAND...: what gosu and su-exec do, without a library that needs files.
make_become() {
	cat >"$work/become.c" <<-'END'
		#include <grp.h>
		#include <stdio.h>
		#include <stdlib.h>
		#include <unistd.h>
		int main(int argc, char **argv)
		{
			unsigned int uid = argc > 3 ? atoi(argv[1]) : 0;
			unsigned int gid = argc > 3 ? atoi(argv[2]) : 0;
			gid_t groups[] = { gid };
			if (argc < 4 || setgroups(1, groups) || setgid(gid) || setuid(uid)) {
				perror("become");
				return 1;
			}
			execvp(argv[3], argv + 3);
			perror(argv[3]);
			return 127;
		}
	END
	"${CC:-gcc}" -O2 -Wall -static -o "$1" "$work/become.c"
}

# serve PORT: listens, and says so.
make_serve() {
	cat >"$work/serve.c" <<-'END'
		#include <arpa/inet.h>
		#include <stdio.h>
		#include <stdlib.h>
		#include <sys/socket.h>
		int main(int argc, char **argv)
		{
			int fd = socket(AF_INET, SOCK_STREAM, 0);
			struct sockaddr_in address = {
				.sin_family = AF_INET,
				.sin_port = htons(argc > 1 ? atoi(argv[1]) : 80),
			};
			if (bind(fd, (struct sockaddr *)&address, sizeof(address)) || listen(fd, 1)) {
				perror("bind");
				return 1;
			}
			puts("serving");
			return 0;
		}
	END
	"${CC:-gcc}" -O2 -Wall -static -o "$1" "$work/serve.c"
}

# The image "drops", whose entrypoint goes on as uid 3267, and in the directory that it was made of,
# a program with a file capability, which the archive of an image loses.
make_images() {
	make_become "$work/rootfs/bin/become" || return 1
	make_serve "$work/rootfs/bin/serve" || return 1
	mkdir -p "$work/rootfs/data"
	cat >"$work/rootfs/entrypoint.sh" <<-'END'
		#!/bin/sh
		set -e
		if [ "$(id -u)" = 0 ]; then
			chown -R 3267:3267 /data
			chmod 700 /data
			exec become 3267 3267 "$0" "$@"
		fi
		touch /data/file
		echo "runs as $(id -u):$(id -g)"
		exec "$@"
	END
	chmod 755 "$work/rootfs/entrypoint.sh"
	setcap cap_net_bind_service=+ep "$work/rootfs/bin/serve" || return 1
	printf '#!/bin/serve 80\n' >"$work/rootfs/bin/start-serving"
	chmod 755 "$work/rootfs/bin/start-serving"
	import_image drops 'ENTRYPOINT ["/entrypoint.sh"]'
}

# Runs a directory of this host, with the attributes of its files.
serves() { podman run --rm --rootfs "$@"; }

# A mapping of its own. Subordinate ids of "containers" are the host's, so none are added.
mapped() { podman run --rm --uidmap 0:100000:65536 --gidmap 0:100000:65536 "$@"; }

@test "as plain root it is refused" {
	run podman run --rm drops echo container ran
	refused 1
	[[ $output == *rootUser* ]]
}

@test "with --uidmap it takes its data and goes on as another user, without a capability" {
	run mapped drops grep -E '^(Cap|Uid)' /proc/self/status
	echo "$output"
	[ "$status" -eq 0 ]
	[[ $output == *"runs as 3267:3267"* ]]
	[[ $(grep -cE '^Cap(Inh|Prm|Eff|Amb):.0{16}$' <<<"$output") -eq 4 ]]
}

@test "with --userns=auto it does the same" {
	run with_containers_line containers:2147483647:2147483648 \
		podman run --rm --userns=auto:size=65536 drops echo container ran
	echo "$output"
	[[ $status -eq 0 && $output == *"runs as 3267:3267"* && $output == *"container ran"* ]]
}

@test "the mapped root keeps what default names, and passes nothing on" {
	run mapped live grep -E '^Cap' /proc/self/status
	echo "$output"
	[ "$status" -eq 0 ]
	[[ $(grep -cE '^Cap(Inh|Amb):.0{16}$' <<<"$output") -eq 2 ]]
	# CHOWN DAC_OVERRIDE FOWNER FSETID KILL SETGID SETUID SETPCAP NET_BIND_SERVICE SYS_CHROOT SETFCAP
	local bounding
	bounding=$((16#$(sed -n 's/^CapBnd:.//p' <<<"$output")))
	[[ $((bounding & ~16#800405fb)) -eq 0 && $((bounding & 16#c1)) -eq $((16#c1)) ]]
}

@test "after the entrypoint has dropped, a set-user-ID program does not bring root back" {
	run mapped drops sh -c '/bin/probe; echo "exit $?"'
	echo "$output"
	[[ $output == *"runs as 3267:3267"* ]]
	# It is not run at all, or runs without what its file would give.
	[[ $output != *"probe ran"* ]] || {
		grep -qE '^Uid:.3267.3267.3267.3267$' <<<"$output"
		grep -qE '^CapEff:.0{16}$' <<<"$output"
	}
}

@test "a container with a mapping that starts as another user keeps nothing" {
	run mapped --user 3267:3267 live grep -E '^Cap' /proc/self/status
	echo "$output"
	[[ $status -eq 0 && $(grep -cE '^Cap(Inh|Prm|Eff|Bnd|Amb):.0{16}$' <<<"$output") -eq 5 ]]
}

@test "exec -u 0 into a container with a mapping works, also if it started as another user" {
	local user
	for user in 0:0 3267:3267; do
		podman run --detach --name "mapped" --uidmap 0:100000:65536 --gidmap 0:100000:65536 \
			--user "$user" live sleep 1000 >/dev/null
		run podman exec --user 0 mapped id -u
		echo "$output"
		[[ $status -eq 0 && $output == *0* ]]
		run podman exec --user 0 --privileged mapped echo container ran
		[[ $status -ne 0 || $output != *"container ran"* ]]
		podman rm --force --time 0 mapped >/dev/null
	done
}

@test "a mapping that reaches root of the host keeps nothing, and is refused" {
	run podman run --rm --uidmap 0:0:65536 --gidmap 0:0:65536 drops echo container ran
	refused 1
}

need_file_capabilities() {
	[[ $(getcap "$work/rootfs/bin/serve") == *cap_net_bind_service* ]] ||
		skip_or_fail "this file system has no file capabilities"
}

@test "a program with file capabilities: told, and made to run by the rule that the message named" {
	local rule
	need_file_capabilities
	run serves --user 3267:3267 "$work/rootfs" /bin/serve 8080
	refused 1
	[[ $output == *"operation not permitted"* && $output == *exec.rules* ]]
	rule=$(sed -n 's/.*add \({ "paths".*"RF_ACT_ALLOW" }\) to exec\.rules.*/\1/p' <<<"$output" |
		head -n 1)
	jq -e '.paths == ["/bin/serve"]' <<<"$rule"
	own_hooks "$(policy from-the-message '"exec": { "rules": [ '"$rule"' ] }')"
	run serves --user 3267:3267 "$work/rootfs" /bin/serve 8080
	use_policy "$policies/default.json"
	echo "$output"
	[[ $status -eq 0 && $output == *serving* ]]
}

@test "a script for such a program is told as well, and so is one that PATH finds" {
	need_file_capabilities
	run serves --user 3267:3267 "$work/rootfs" start-serving
	refused 1
	[[ $output == *'the script "/bin/start-serving" for "/bin/serve"'* ]]
}

@test "a program that a shell, env or an init starts is told, and runs by the same rule" {
	local command commands=('/bin/sh -c "exec /bin/serve 8080"' '/bin/env A=b serve 8080'
		'start-by-env' '/tini -- serve 8080')
	need_file_capabilities
	printf '#!/bin/env serve\n' >"$work/rootfs/bin/start-by-env"
	# shellcheck disable=SC2016 # for the shell in the container
	printf '#!/bin/sh\nshift\nexec "$@"\n' >"$work/rootfs/tini"
	chmod 755 "$work/rootfs/bin/start-by-env" "$work/rootfs/tini"
	for command in "${commands[@]}"; do
		eval "run serves --user 3267:3267 '$work/rootfs' $command"
		refused 1
		[[ $output == *'"/bin/serve", whose file capabilities need'* ]]
	done
	own_hooks "$(policy serve '"exec": { "rules": [ { "paths": ["/bin/serve"], "action":
		"RF_ACT_ALLOW", "capabilities": ["CAP_NET_BIND_SERVICE"] } ] }')"
	for command in "${commands[@]}"; do
		eval "run serves --user 3267:3267 '$work/rootfs' $command"
		echo "$output"
		[[ $status -eq 0 && $output == *serving* ]] || break
	done
	use_policy "$policies/default.json"
	[[ $status -eq 0 && $output == *serving* ]]
}

@test "without hooks the same program fails with the words that the message quotes" {
	need_file_capabilities
	podman_config "$runtime" "$ulimits"
	run serves --user 3267:3267 --cap-drop=ALL "$work/rootfs" /bin/serve 8080
	use_policy "$policies/default.json"
	echo "$output"
	[[ $status -ne 0 && ${output,,} == *"operation not permitted"* ]]
}
