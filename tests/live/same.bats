#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Under a policy that allows everything, podman with our hooks, and podman with the wrapper as its
# runtime, do what podman does alone: each command below is run in all three ways, and its output
# and exit code are compared.

# shellcheck source=tests/live/common.bash
source "$BATS_TEST_DIRNAME/common.bash"
# shellcheck source=tests/live/runtime.bash
source "$BATS_TEST_DIRNAME/runtime.bash"

setup_file() {
	need_root
	live_start
	local podman_work=$work podman_guard=$guard
	lab_start
	export lab_work=$work
	work=$podman_work guard=$podman_guard
	export work guard
	mkdir -p "$work"/{bin,files,seen,tmp}
	ln -sf "$rootfence" "$work/bin/$runtime"
	echo one >"$work/files/one"
	printf 'alpha beta\n' >"$work/secret"
	echo '{ "version": 1, "name": "all", "exec": { "guarantee": "none",
		"defaultAction": "RF_ACT_ALLOW", "userNamespaces": "RF_ACT_ALLOW" } }' >"$work/all.json"
	# shellcheck disable=SC2016
	in_lab bash -c 'cp "$work/all.json" /etc/rootfence/policy.json
		echo "{\"runtimes\": {\"$runtime\": [\"$(command -v "$runtime")\"]}}" >/etc/rootfence/runtime.json'
	podman secret create pw "$work/secret"
}

teardown_file() {
	"$rootfence" unload --guard "$guard" || true
	live_stop
	work=$lab_work
	lab_stop
}

setup() { live_setup; }

# What differs between two runs of anything: ids, times, pids.
mask() {
	sed -E 's/\b[0-9a-f]{64}\b/ID/g; s/\b[0-9a-f]{12}\b/ID/g; s#'"$work"'/bin/##g; s/[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9:.]+/TIME/g
		s/(inter|rand)[a-z_]*[0-9]+/NAME/g; s/pid [0-9]+/pid N/g; s/[0-9]+ (seconds?|minutes?) ago/T/g'
}

# in_mode alone|hooks|wrapper COMMAND: prints the masked output and the exit code.
in_mode() {
	local status=0 run=(bash -c "$2")
	case $1 in
	alone) podman_config "$runtime" "$ulimits" ;;
	hooks) own_hooks "$work/all.json" ;;
	wrapper)
		podman_config "$work/bin/$runtime" "$ulimits"
		run=(nsenter --mount="/proc/$lab/ns/mnt" --wd="$PWD" -- "${run[@]}")
		;;
	esac
	TMPDIR=$work/tmp "${run[@]}" >"$work/out" 2>"$work/err" </dev/null || status=$?
	[[ $2 != *"--name "* ]] || podman rm --all --force --time 0 >/dev/null 2>&1 || true
	[[ $2 != *"podman pod "* ]] || podman pod rm --all --force --time 0 >/dev/null 2>&1 || true
	mask <"$work/out"
	mask <"$work/err" | sed 's/^/err: /'
	echo "exit $status"
}

commands() {
	sed -n '/^COMMANDS$/,$p' "$BATS_TEST_FILENAME" | sed -n 's/^# \$ //p'
}

# differences MODE: prints the commands that do something else than podman alone does.
differences() {
	local command n=0 differ=0 succeeded=0
	while IFS= read -r command <&9; do
		n=$((n + 1))
		[[ -e $work/seen/$n ]] || in_mode alone "$command" >"$work/seen/$n"
		succeeded=$((succeeded + $(grep -c '^exit 0$' "$work/seen/$n" || true)))
		in_mode "$1" "$command" >"$work/now"
		# podman's own processes race: both sides again.
		for _ in 1 2; do
			cmp -s "$work/seen/$n" "$work/now" && continue 2
			in_mode alone "$command" >"$work/seen/$n"
			in_mode "$1" "$command" >"$work/now"
		done
		cmp -s "$work/seen/$n" "$work/now" && continue
		differ=$((differ + 1))
		echo "\$ $command"
		diff "$work/seen/$n" "$work/now" || true
	done 9< <(commands)
	echo "$n commands, $differ different; podman alone succeeds with $succeeded"
	# Two failures of podman look the same: most commands must do something.
	[[ $n -gt 80 && $succeeded -gt 45 && $differ -eq 0 ]]
}

@test "with our hooks" { differences hooks; }

@test "with the wrapper" { differences wrapper; }

: <<'COMMANDS'
COMMANDS
# $ podman run --rm live sh -c 'id; grep -E "^(Cap|NoNew|Seccomp)" /proc/self/status'
# $ podman run --rm --user 3267:3267 --group-add 10 live sh -c 'id; grep -E "^(Cap|NoNew|Seccomp:|Uid|Gid|Groups)" /proc/self/status'
# $ podman run --rm --user 4711:4712 live id
# $ podman run --rm --user nobody live id
# $ podman run --rm --user nobody-here live id
# $ podman run --rm --uidmap 0:100000:65536 --gidmap 0:100000:65536 live cat /proc/self/uid_map
# $ podman run --rm --uidmap 0:100000:65536 --device /dev/null:/dev/other live ls /dev/other
# $ podman run --rm --uidmap 0:100000:65536 --user 3267 -v $work/files:/f --tmpfs /t live sh -c 'id; ls /f; grep -c " /t tmpfs " /proc/mounts'
# $ podman run --rm --device /dev/zero:/dev/z:r live dd if=/dev/z bs=1 count=3 2>/dev/null | wc -c
# $ podman run --rm --device-cgroup-rule 'c 1:3 rwm' live true
# $ podman run --rm --tmpfs /t:size=1m --mount type=tmpfs,dst=/u --shm-size 1m live sh -c 'mount | grep " /[tu] "; df -P /dev/shm | tail -1'
# $ podman run --rm -v $work/files:/a -v $work/files:/b:ro -v $work/files:/c:ro,noexec,nosuid,nodev -v $work/files/one:/etc/one live sh -c 'cat /a/one /etc/one; echo x >/b/two; mount | grep " /[abc] " | cut -d"(" -f2 | sort'
# $ podman run --rm -v $work/files:/f:O live sh -c 'echo x >/f/two; ls /f'
# $ podman run --rm -v $work/absent:/f live true
# $ podman run --rm -v $work/files:/f:rshared live true
# $ podman run --rm -v named:/f live sh -c 'echo x >/f/x; ls /f'; podman volume rm named
# $ podman run --rm -v /anonymous live sh -c 'echo x >/anonymous/x; ls /anonymous'
# $ podman run --rm --mount type=devpts,dst=/dev/pts2 live true
# $ podman run --rm --mount type=image,src=live,dst=/i live ls /i
# $ podman run --rm --user 3267 --secret pw --secret pw,target=/app/x,uid=3267,mode=0400 --secret pw,target=other --secret pw,type=env,target=PW live sh -c 'cat /run/secrets/pw /app/x /run/secrets/other; echo $PW'
# $ podman run --rm --init live sh -c 'cat /proc/1/comm'
# $ podman run --rm --read-only live sh -c 'touch /x'
# $ podman run --rm --read-only --read-only-tmpfs=false live sh -c 'touch /tmp/x'
# $ podman run --rm --privileged live sh -c 'grep Cap /proc/self/status; ls /dev | wc -l'
# $ podman run --rm --privileged --user 3267 live grep Cap /proc/self/status
# $ podman run --rm --cap-add NET_ADMIN live grep Cap /proc/self/status
# $ podman run --rm --cap-drop ALL live grep Cap /proc/self/status
# $ podman run --rm --user 3267 --cap-add NET_RAW live grep Cap /proc/self/status
# $ podman run --rm --cap-add NO_SUCH live true
# $ podman run --rm --security-opt no-new-privileges live grep NoNew /proc/self/status
# $ podman run --rm --security-opt seccomp=unconfined live grep Seccomp: /proc/self/status
# $ podman run --rm --security-opt unmask=ALL live sh -c 'cat /proc/timer_list | wc -l | grep -c .'
# $ podman run --rm --security-opt mask=/proc/meminfo live sh -c 'wc -c </proc/meminfo'
# $ podman run --rm --network private --sysctl net.ipv4.ip_forward=1 --add-host a:192.0.2.1 --dns 192.0.2.2 live sh -c 'cat /proc/sys/net/ipv4/ip_forward; grep 192.0.2.1 /etc/hosts; grep 192.0.2.2 /etc/resolv.conf; ip -o link | wc -l'
# $ podman run --rm --sysctl kernel.msgmax=4096 live cat /proc/sys/kernel/msgmax
# $ podman run --rm --sysctl kernel.panic=4 live true
# $ podman run --rm --pids-limit 20 live true
# $ podman run --rm --memory 64m live true
# $ podman run --rm --umask 0027 --ulimit nofile=100:100 --oom-score-adj 500 --tz local --hostname h --env A=b --env-host=false --workdir /tmp live sh -c 'umask; ulimit -n; cat /proc/self/oom_score_adj; date +%Z; hostname; echo $A $HOME $container; pwd'
# $ podman run --rm --tz Europe/Vienna live date +%Z
# $ podman run --rm --network host live true
# $ podman run --rm --pid host live sh -c 'test $$ -gt 1 && echo host'
# $ podman run --rm --ipc host live true
# $ podman run --rm --uts host live hostname
# $ podman run --rm --cgroupns host live true
# $ podman run --rm --cgroupns private live cat /proc/self/cgroup
# $ podman run --rm --userns host live cat /proc/self/uid_map
# $ podman run --rm --userns keep-id live id
# $ podman run --rm --systemd always live true
# $ podman run --rm --annotation run.oci.keep_original_groups=1 live id
# $ podman run --rm --annotation org.systemd.property.TasksMax=5 live true
# $ podman run --rm --workdir /absent live pwd
# $ podman run --rm --entrypoint /bin/echo live a b
# $ podman run --rm live /no/such/program
# $ podman run --rm live /etc/passwd
# $ podman run --rm live sh -c 'exit 7'
# $ podman run --rm live sh -c 'kill -9 $$'
# $ echo stdin | podman run --rm -i live cat
# $ podman run --rm -t live tty
# $ podman run --rm --preserve-fds 1 live sh -c 'cat <&3' 3<$work/files/one
# $ podman run --rm --cidfile $work/cid live true; wc -c <$work/cid; rm $work/cid
# $ podman run --rm --pidfile $work/pid live true; test -s $work/pid; echo $?
# $ podman run --rm --timeout 1 live sleep 5
# $ podman run --rm --rootfs $work/rootfs id
# $ podman run --rm --rootfs $work/rootfs:O touch /x
# $ podman run --rm --no-hosts live true
# $ podman run --rm --passwd=false --user 4711 live id
# $ podman run --rm --health-cmd true --health-interval 1s live true
# $ podman run -d --name h --health-cmd 'test -e /tmp' --health-interval disable live sleep 20 | wc -c; podman healthcheck run h; echo $?
# $ podman run -d --name a live sleep 100 | wc -c; podman exec a id; podman exec -u 3267 -w /tmp -e X=y a sh -c 'id; pwd; echo $X'; podman exec --privileged a grep Cap /proc/self/status; echo in | podman exec -i a cat; podman exec -t a tty; podman exec a /no/such; echo $?; podman exec a sh -c 'exit 9'; echo $?
# $ podman run -d --name a --user 3267 live sleep 20 | wc -c; podman exec a grep Cap /proc/self/status; podman exec -u 0 a id
# $ podman run -d --name a live sleep 100 | wc -c; podman pause a; podman ps --format '{{.Status}}' | grep -c aused; podman unpause a; podman top a pid comm; podman stop --time 0 a; podman start a; podman restart --time 0 a; podman update --memory 100m a; podman kill --signal TERM a
# $ podman run --name a live touch /new; podman diff a; podman commit -q a new | wc -c; podman run --rm new ls /new; podman rmi -f new | wc -l
# $ podman create --name a live cat /one | wc -c; podman cp $work/files/one a:/one; podman start --attach a; podman cp a:/one -  | tar t
# $ podman create --name a live echo hi | wc -c; podman init a; podman start --attach a; podman logs a; podman wait a
# $ podman create --name a live true | wc -c; podman export a | tar t | sort | head -3
# $ podman run -d --name a --network private --ipc shareable live sleep 100 | wc -c; podman run --rm --network container:a live sh -c 'ip -o link | wc -l'; podman run --rm --pid container:a live sh -c 'cat /proc/1/comm'; podman run --rm --ipc container:a live ls /dev/shm
# $ podman pod create --name p --infra-image live --infra-command 'sleep 100' | wc -c; podman run --rm --pod p live id
# $ podman pod create --name p --infra=false | wc -c; podman run --rm --pod p live id
# $ podman pod create --name p --share net,pid --infra-image live --infra-command 'sleep 100' | wc -c; podman run --rm --pod p live cat /proc/1/comm
# $ printf 'FROM live\nRUN id >/id\nRUN cat /id\n' | podman build -q --no-cache -t built - | wc -c; podman run --rm built cat /id; podman rmi -f built | wc -l
# $ printf 'FROM live\nUSER 3267\nRUN id\n' | podman build -q --no-cache --cap-drop all -t built - | wc -c; podman run --rm built id; podman rmi -f built | wc -l
# $ printf 'FROM live\nRUN --mount=type=secret,id=s cat /run/secrets/s\n' | podman build --no-cache --secret id=s,src=$work/secret -t built - 2>&1 | grep alpha
# $ printf 'FROM live\nRUN --mount=type=cache,dst=/c touch /c/x\n' | podman build -q --no-cache -t built - | wc -c
# $ podman run -d --name a --restart on-failure:2 live sh -c 'exit 3' | wc -c; podman wait a
# $ podman run -d --name a --stop-signal USR1 live sh -c 'trap "exit 5" USR1; while :; do sleep 0.1; done' | wc -c; podman stop a; podman wait a
# $ podman run --rm --sdnotify container live true
# $ podman run --rm --log-driver none live echo quiet
# $ podman run --rm --requires absent live true
