#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2016 # expressions for inner shells and jq
# The runtime wrapper in front of the real runc, and in front of a fake one that records what it
# gets.

# shellcheck source=tests/live/common.bash
source "$BATS_TEST_DIRNAME/common.bash"
# shellcheck source=tests/live/runtime.bash
source "$BATS_TEST_DIRNAME/runtime.bash"
# shellcheck source=tests/podman.sh
work=/nonexistent guard=/nonexistent source "$BATS_TEST_DIRNAME/../podman.sh"

setup_file() {
	need_root
	command -v strace >/dev/null || skip_or_fail 'needs strace'
	lab_start
	fake "$work/fake"
}

teardown_file() { lab_stop; }

setup() {
	log=$BATS_TEST_TMPDIR/log
	setup_runtime
}

teardown() {
	local id
	for id in $(runc --root "$work/state" list -q 2>/dev/null); do
		runc --root "$work/state" delete --force "$id" || true
	done
	in_lab rm -rf /run/rootfence/containers
	[[ -z ${daemon-} ]] || kill "$daemon" 2>/dev/null || true
	[[ -z ${dir-} ]] || rm -rf "$dir"
	[[ -z ${usual-} ]] || in_lab umount "$usual" 2>/dev/null || true
}

use_fake() { setup_runtime '{ "runtimes": { "runc": ["'"$work"'/fake"], "crun": ["'"$work"'/fake"] } }'; }

use_fake_without_guard() {
	in_lab tee /etc/rootfence/policies/free.json >/dev/null <<<'{ "version": 1, "name": "free",
		"extends": ["default"], "exec": { "guarantee": "none" } }'
	setup_runtime '{ "policy": "free",
		"runtimes": { "runc": ["'"$work"'/fake"], "crun": ["'"$work"'/fake"] } }'
}

nothing_is_guarded() {
	[[ $(in_lab "$rootfence" status --format json | jq '.containers | length') -eq 0 ]]
}

# left DIR: the files in a bundle except config.json.
left() { find "$1" -mindepth 1 ! -name config.json; }

@test "create: rewritten, recorded, guarded; delete removes record and guard entry" {
	local b
	b=$(bundle c1)
	cp "$b/config.json" "$BATS_TEST_TMPDIR/before"
	wrapped create --bundle "$b" c1 </dev/null >/dev/null 2>&1
	[[ $(records) == c1 ]]
	[[ $(jq -c '[.process.capabilities[]] | add' "$b/config.json") == '[]' ]]
	jq -e '.process.noNewPrivileges and (.hooks | length == 2)' "$b/config.json"
	[[ $(stat -c %a "$b/config.json") == $(stat -c %a "$BATS_TEST_TMPDIR/before") ]]
	[[ -z $(left "$b") ]]
	[[ $(in_lab "$rootfence" status --format json | jq -r '.containers[].id') == c1 ]]
	wrapped start c1
	run wrapped exec c1 grep '^Cap' /proc/self/status
	has_no_capability
	wrapped delete --force c1
	[[ -z $(records) ]]
	eventually nothing_is_guarded
}

@test "a spec that was rewritten once is not changed again" {
	local b before
	b=$(bundle again)
	use_fake
	run wrapped create --bundle "$b" again
	reached
	before=$(stat -c '%i %Y' "$b/config.json")
	run wrapped create --bundle "$b" again
	reached
	[[ $(stat -c '%i %Y' "$b/config.json") == "$before" ]]
}

@test "a bundle whose container is gone can be used for another container" {
	local b
	b=$(bundle reused)
	use_fake
	run wrapped create --bundle "$b" first
	reached
	run wrapped create --bundle "$b" second
	reached
	jq -e '.hooks | (.createRuntime | length == 1 and (.[0].args[3] | endswith("/second.json")))
		and (.poststop | length == 1 and (.[0].args[3] | endswith("/second.json")))' "$b/config.json"
}

# as_daemon PROGRAM [COMMAND...]: starts the program in the background, as the command does it.
as_daemon() {
	local program=$1
	shift
	(exec nsenter --mount="/proc/$lab/ns/mnt" -- "$@" bash -c 'exec -a sleep "$0" 1000' \
		"$program") </dev/null >/dev/null 2>&1 3>&- &
	daemon=$!
	eventually test "/proc/$daemon/exe" -ef "$program"
}

is_foreign() { said 1 "foreignHooks"; }

@test "Docker's network hook: only a dockerd of the host, and this container's network" {
	local program docker_id command
	dir=$(mktemp -d /tmp/rootfence-daemon.XXXXXX)
	chmod 755 "$dir"
	docker_id=$(printf '0123456789abcdef%.0s' {1..4})
	program=$dir/dockerd
	cp "$(command -v busybox)" "$program"
	in_lab tee /etc/rootfence/policies/hooks.json >/dev/null <<<'{ "version": 1, "name": "hooks",
		"extends": ["default"], "rules": [
		{ "names": ["foreignHooks"], "action": "RF_ACT_REJECT" } ] }'
	setup_runtime '{ "runtimes": { "runc": ["'"$work"'/fake"] }, "policy": "hooks" }'
	as_daemon "$program"
	docker_hook "$daemon"
	# The wrapper's own hooks have the path of the build, and are foreign for that reason alone.
	[[ $output != *prestart* ]]
	docker_hook "$daemon" "$(tr 0 1 <<<"$docker_id")"
	is_foreign
	[[ $output == */hooks/prestart/0/path* ]]
	docker_hook 1
	[[ $output == */hooks/prestart/0/path* ]]
	docker_hook $$
	[[ $output == */hooks/prestart/0/path* ]]
	chmod g+w "$program"
	docker_hook "$daemon"
	[[ $output == */hooks/prestart/0/path* ]]
	chmod g-w "$program"
	chown 3267 "$program"
	docker_hook "$daemon"
	[[ $output == */hooks/prestart/0/path* ]]
	chown 0 "$program"
	cp "$program" "$dir/new"
	mv "$dir/new" "$program" # an upgrade: the daemon still runs the old file
	docker_hook "$daemon"
	[[ $output != *prestart* ]]
	kill "$daemon"
	wait "$daemon" || true
	docker_hook "$daemon"
	[[ $output == */hooks/prestart/0/path* ]]
	for command in 'unshare -m' 'unshare -Ur' 'setpriv --reuid 3267 --clear-groups'; do
		# shellcheck disable=SC2086 # words
		as_daemon "$program" $command
		docker_hook "$daemon"
		kill "$daemon"
		echo "$command"
		[[ $output == */hooks/prestart/0/path* ]]
	done
	cp "$program" "$dir/other"
	as_daemon "$dir/other"
	docker_hook "$daemon"
	kill "$daemon"
	[[ $output == */hooks/prestart/0/path* ]]
}

@test "existing hooks stay, and ours come after them" {
	local b
	b=$(bundle hooks '.hooks = {"createRuntime": [{"path": "/bin/true"}]}')
	use_fake
	run wrapped create --bundle "$b" hooks
	reached
	jq -e --arg self "$(readlink -f "$rootfence")" '.hooks
		| .createRuntime[0].path == "/bin/true" and .createRuntime[1].path == $self
		and (.poststop | length) == 1' "$b/config.json"
}

@test "refused: exit 1, the reason on stderr and in the log, nothing started, nothing changed" {
	local b
	b=$(bundle root '.process.user = {"uid": 0, "gid": 0}')
	cp "$b/config.json" "$BATS_TEST_TMPDIR/before"
	run wrapped create --bundle "$b" root
	said 1 "rootfence: refused by policy 'default'"
	[[ ${lines[1]} == *"/process/user/uid is 0"* ]]
	logged "rootfence: refused by policy 'default': 2 findings: rootUser: /process/user/uid is 0; must not be 0; fix: --user"
	[[ $(wc -l <"$log") -eq 1 ]]
	cmp "$b/config.json" "$BATS_TEST_TMPDIR/before"
	[[ -z $(left "$b") && -z $(runc --root "$work/state" list -q) && -z $(records) ]]
	run in_lab "$work/bin/runc" --log "$log.text" run --bundle "$b" root
	said 1 refused
	grep -E '^time="[-0-9T:]+Z" level=error msg="rootfence: refused by policy' "$log.text"
}

@test "refused: syslog has a line with the container and the reason, too" {
	local b
	b=$(bundle sys '.process.user.uid = 0')
	run in_lab bash -c "$(declare -f syslog_of); syslog_of \"\$@\"" - DGRAM \
		"$work/bin/runc" --root "$work/state" create --bundle "$b" sys
	said 1 ''
	grep -qE "^<83>rootfence\[[0-9]+\]: container sys: refused by policy 'default': " <<<"$output"
	grep -qE '^<83>rootfence\[[0-9]+\]: container sys:  *rootUser .*must not be 0' <<<"$output"
}

@test "a spec that can be read in two ways: exit 3" {
	local b
	b=$(bundle twice)
	sed -i '0,/"uid": 3267/s//"uid": 3267, "UID": 0/' "$b/config.json"
	run wrapped create --bundle "$b" twice
	said 3 config.json
	logged UID
}

@test "arguments that the two runtimes read differently: exit 2" {
	local b
	b=$(bundle words)
	run wrapped create --bun "$b" words
	said 2 "write --bundle"
	logged "write --bundle"
	run wrapped create --config /elsewhere.json --bundle "$b" words
	said 6 "cannot open --config"
	run wrapped --what create --bundle "$b" words
	said 2 "--what"
	[[ -z $(runc --root "$work/state" list -q) ]]
}

# same ARG...: the fake runtime gets the same, called directly and through the wrapper.
same() {
	local code=0 direct=0
	in_lab bash -c 'exec -a "$0" "$@"' "$work/bin/runc" "$work/fake" "$@" || direct=$?
	mv "$work/seen" "$work/seen.direct"
	in_lab bash -c 'exec -a "$0" "$@"' "$work/bin/runc" "$work/bin/runc" "$@" || code=$?
	diff "$work/seen.direct" "$work/seen"
	[[ $code -eq 42 && $direct -eq 42 ]]
}

@test "other verbs and garbage reach the real runtime byte for byte" {
	local verb
	use_fake
	for verb in checkpoint delete events kill list pause ps resume spec state update features \
		help h '' ' ' - $'\n' $'\xff\xfe' CREATE creat; do
		same "$verb" --root -x --bundle= -b c1 -- "a b" '' $'\n' $'\xff' '*'
	done
	same
	same --version
	same -v
	same --whatever
	same --log /l --root=/r --log-format json kill -9 c1 KILL
	same create
	same create --help
}

# use_usual: puts the fake runtime where the wrapper finds it without configuration.
use_usual() {
	usual=$(command -v runc)
	in_lab mount --bind "$work/fake" "$usual"
}

# stays: everything that the wrapper must not change for a verb that it passes on.
stays() {
	cd "$BATS_TEST_TMPDIR" || return
	export ROOTFENCE_TEST=$'a\nb' LD_PRELOAD='' XDG_RUNTIME_DIR=/nowhere
	same state c1 7</etc/passwd 9>"$BATS_TEST_TMPDIR/nine" 2>&1
	trap '' PIPE
	same state c1
	trap - PIPE
	same state c1 <&-
	same state c1 >&-
	same state c1 2>&-
	same state c1 <&- >&- 2>&-
}

@test "environment, descriptors, working directory and signals reach the runtime unchanged" {
	use_fake
	stays
}

@test "a runtime at a usual path: the same, for every verb that starts nothing" {
	use_usual
	stays
	for verb in checkpoint delete events kill list pause ps resume spec state update features; do
		same --root /r --log=/l --systemd-cgroup "$verb" -x --bundle= -b c1 -- "a b" '' $'\n' $'\xff' '*'
	done
}

@test "a runtime at a usual path that may be the wrapper, or that others can change: not started" {
	use_usual
	setup_runtime '{ "runtime": {} }'
	run in_lab "$work/bin/runc" state c1
	said 4 'did you mean "runtimes"'
	in_lab rm /etc/rootfence/runtime.json
	in_lab chmod 775 "$work/fake"
	run in_lab "$work/bin/runc" state c1
	said 6 "is writable by users other than root"
	in_lab chmod 755 "$work/fake"
	in_lab chown 1 "$work/fake"
	run in_lab "$work/bin/runc" state c1
	said 6 "is writable by users other than root"
	in_lab chown 0 "$work/fake"
	in_lab chmod 644 "$work/fake"
	run in_lab "$work/bin/runc" state c1
	said 6 "$usual (not executable)"
	in_lab chmod 755 "$work/fake"
	in_lab umount "$usual"

	cp "$rootfence" "$work/copy"
	echo another build >>"$work/copy"
	in_lab mount --bind "$work/copy" "$usual"
	run in_lab timeout 10 "$work/bin/runc" state c1
	said 6 "$usual (rootfence itself)"
	in_lab umount "$usual"
	in_lab mount --bind "$rootfence" "$usual"
	run in_lab timeout 10 "$work/bin/runc" state c1
	said 6 "$usual (rootfence itself)"
}

@test "a create that is allowed reaches the runtime unchanged, too" {
	local b
	b=$(bundle same)
	use_fake
	same create --bundle "$b" same
	cd "$b"
	same run same 7</etc/passwd
	use_fake_without_guard
	same restore --image-path /i same <&- >&- 2>&-
	same restore --detach --image-path /i same
	trap '' CHLD INT
	same restore --detach --image-path /i same
	trap - CHLD INT
}

# The guard knows what CRIU restores by the wrapper, and only the wrapper judges it.
@test "restore: an interrupted wrapper waits for its runtime" {
	local b status=0
	b=$(bundle interrupted)
	use_fake_without_guard
	printf '#!/bin/sh\nkill -INT $PPID; kill -TERM $PPID; sleep 1; touch %s/ended; exit 42\n' "$work" >"$work/slow"
	chmod 755 "$work/slow"
	setup_runtime "{ \"policy\": \"free\", \"runtimes\": { \"runc\": [\"$work/slow\"] } }"
	rm -f "$work/ended"
	wrapped restore --detach --image-path /i --bundle "$b" interrupted || status=$?
	[[ $status -eq 42 && -e $work/ended ]]
}

# What a checkpoint brings back is judged by the guard alone, and not every kernel shows it.
@test "restore: announced to the guard, or refused" {
	local b
	b=$(bundle restored)
	use_fake
	rm -f "$work/seen"
	run wrapped restore --detach --image-path /i --bundle "$b" restored
	echo "$status $output"
	[[ $status -eq 42 || ($status -eq 5 &&
		$output == *"asks for guarantee 'kill'"*"does not let the guard see what a restore brings back"*) ]]
	[[ $status -eq 42 ]] || [[ ! -e $work/seen && -z $(records) ]]
	use_fake_without_guard
	run wrapped restore --detach --image-path /i --bundle "$b" restored
	[[ $status -eq 42 ]]
	jq '.process.user = { "uid": 0, "gid": 0 }' "$b/config.json" >"$b/new.json"
	mv "$b/new.json" "$b/config.json"
	run wrapped restore --detach --image-path /i --bundle "$b" restored
	said 1 "rootUser"
}

@test "a spec that takes too much memory: exit 6 with the reason, nothing started" {
	local b
	b=$(bundle large)
	python3 - "$b/config.json" <<-'END'
		import json, sys
		with open(sys.argv[1]) as file:
		    spec = json.load(file)
		spec["annotations"] = {f"k{i}": "v" for i in range(600000)}
		with open(sys.argv[1], "w") as file:
		    json.dump(spec, file, separators=(",", ":"))
	END
	cp "$b/config.json" "$BATS_TEST_TMPDIR/before"
	use_fake
	run in_lab prlimit --as=60000000:unlimited "$work/bin/runc" --root "$work/state" \
		--log "$log" --log-format json create --bundle "$b" large
	said 6 'judging needed more memory or processor time than its limits allow'
	logged 'judging needed more memory or processor time'
	cmp "$b/config.json" "$BATS_TEST_TMPDIR/before"
	[[ -z $(left "$b") && -z $(records) ]]
	# Nothing depends on the signals that the engine blocks or ignores.
	run in_lab env --ignore-signal=CHLD --block-signal=CHLD "$work/bin/runc" \
		--root "$work/state" create --bundle "$(bundle small)" small
	reached
}

@test "names: runc, crun, rootfence-runtime and the command" {
	cp "$work/fake" "$work/fake2"
	setup_runtime '{ // comments may be
		"runtimes": { "runc": ["'"$work"'/none", "'"$work"'/fake"], "crun": ["'"$work"'/fake2"] },
		"default": "runc" }'
	run in_lab "$work/bin/runc" state c1
	reached
	in_lab rm -f "$work/fake2"
	run in_lab "$work/bin/crun" state c1
	said 6 "fake2 (not there)"
	run in_lab "$work/bin/rootfence-runtime" state c1
	reached
	run in_lab "$rootfence" runtime --root /r state c1
	reached
	grep -x 'arg --root' "$work/seen"
	run in_lab "$rootfence" runtime --help
	said 0 "rootfence runtime ARGS"
}

@test "the real runtime is never the wrapper: link, hard link, copy" {
	local list
	mkdir "$work/self"
	ln -s "$work/bin/runc" "$work/self/link"
	ln "$rootfence" "$work/self/hard" 2>/dev/null || cp "$rootfence" "$work/self/hard"
	cp "$rootfence" "$work/self/copy"
	echo another build >>"$work/self/copy"
	list='"'$work'/self/link", "'$work'/self/hard", "'$work'/self/copy"'
	setup_runtime '{ "runtimes": { "runc": ['"$list"'] } }'
	run in_lab timeout 10 "$work/bin/runc" state c1
	said 6 "$work/self/link (rootfence itself), $work/self/hard (rootfence itself), $work/self/copy (rootfence itself)"
	setup_runtime '{ "runtimes": { "runc": ['"$list"', "'"$work"'/fake"] } }'
	run in_lab timeout 10 "$work/bin/runc" state c1
	reached
	rm -r "$work/self"
}

@test "a configured runtime that calls the diverted runc does not loop" {
	local bin=$work/diverted
	mkdir "$bin"
	ln -s "$rootfence" "$bin/runc"
	cp "$work/fake" "$bin/runc.rootfence-real"
	printf '#!/bin/sh\nexec runc "$@"\n' >"$work/other"
	chmod 755 "$work/other"
	setup_runtime '{ "runtimes": { "runc": ["'"$work"'/other"] } }'
	b=$(bundle round)
	for words in 'state c1' "create --bundle $b round"; do
		rm -f "$work/seen"
		# shellcheck disable=SC2086 # words
		run in_lab env PATH="$bin:$PATH" timeout 20 "$work/bin/runc" $words
		echo "$output"
		reached
		grep -qx "arg ${words%% *}" "$work/seen"
	done
	[ "$(jq '[.hooks.poststop[].path] | length' "$b/config.json")" -eq 1 ]
	run in_lab timeout 20 "$bin/runc" state c1
	reached
	rm -r "$bin"
}

@test "a real runtime that cannot be executed, or that others can change: exit 6" {
	mkdir -p "$work/odd/directory"
	cp "$work/fake" "$work/odd/plain"
	chmod 644 "$work/odd/plain"
	setup_runtime '{ "runtimes": { "runc": ["'"$work"'/odd/directory", "'"$work"'/odd/plain"] } }'
	run in_lab "$work/bin/runc" state c1
	said 6 "$work/odd/directory (not a regular file), $work/odd/plain (not executable)"
	chmod 775 "$work/odd/plain"
	run in_lab "$work/bin/runc" state c1
	said 6 "is writable by users other than root"
}

@test "invalid runtime.json: exit 4 with line and column" {
	local b
	b=$(bundle setup)
	setup_runtime $'{\n "runtime": {} }'
	run wrapped create --bundle "$b" setup
	said 4 '/etc/rootfence/runtime.json:2:2'
	[[ $output == *'did you mean "runtimes"'* ]]
	logged runtime.json
	setup_runtime '{ "runtimes": { "runc": ["bin/runc"] } }'
	run wrapped state c1
	said 4 "expected an absolute path"
	setup_runtime '{ "runtimes": { "runc": [] } }'
	run wrapped state c1
	said 4 "expected the path of a runtime"
	setup_runtime '{ "policy": "no-such" }'
	run wrapped create --bundle "$b" setup
	said 4 no-such
	in_lab chmod 666 /etc/rootfence/runtime.json
	run wrapped state c1
	said 4 "writable by users other than root"
}

@test "bundle or config that is a symbolic link, not a regular file, or missing: exit 6" {
	local b
	b=$(bundle odd)
	ln -sfn "$b" "$work/link"
	for path in "$work/link" "$work/link/" "$work/link/." "$work/link/./"; do
		run wrapped create --bundle "$path" odd
		said 6 "is a symbolic link"
	done
	run wrapped create --bundle "$work/nowhere" odd
	said 6 "cannot open bundle $work/nowhere"
	mv "$b/config.json" "$b/real.json"
	run wrapped create --bundle "$b" odd
	said 6 "cannot open config.json"
	ln -s real.json "$b/config.json"
	run wrapped create --bundle "$b" odd
	said 6 "config.json is a symbolic link"
	rm "$b/config.json"
	mkfifo "$b/config.json"
	run wrapped create --bundle "$b" odd
	said 6 "config.json is not a regular file"
	logged "config.json is not a regular file"
}

# changeable TEXT ARG...: the command is refused with that text, and nothing is started.
changeable() {
	run wrapped "${@:2}"
	said 6 "$1"
	[[ -z $(runc --root "$work/state" list -q) && -z $(records) ]]
}

@test "bundle or config that users other than root can change: refused; process document: handed on" {
	local b dir=$work/open why='can be changed by users other than root'
	chmod 755 "$work"
	b=$(bundle others)
	mkdir -p "$dir"
	for change in 'chown 1000 .' 'chmod 777 .' 'chmod 775 .' 'chown 1000 config.json' 'chmod 666 config.json'; do
		(cd "$b" && $change)
		changeable "config.json $why" create --bundle "$b" others
		chown -R 0:0 "$b"
		chmod 755 "$b"
		chmod 644 "$b/config.json"
	done
	# Below a directory that only root can enter, as podman's bundles are.
	chown -R 1000 "$b"
	chmod 700 "$work"
	wrapped create --bundle "$b" others
	wrapped start others
	chmod 755 "$work"
	run wrapped exec others id
	said 6 "config.json $why"
	chown -R 0 "$b"
	jq -c '.process.args = ["id", "-u"]' "$b/config.json" | jq -c .process >"$dir/process.json"
	chmod 1777 "$dir"
	run wrapped exec --process "$dir/process.json" others
	said 0 3267
	# A process document is handed on in memory, so nobody can change what was judged.
	chmod 777 "$dir"
	run wrapped exec --process "$dir/process.json" others
	said 0 3267
	chmod 1777 "$dir"
	chown 1000 "$dir/process.json"
	run wrapped exec --process "$dir/process.json" others
	said 0 3267
	# podman 4 gives its bundles to root of the container's user namespace.
	own=/var/lib/rootfence-test/overlay-containers/c/userdata
	mkdir -p "$own"
	cp "$b/config.json" "$own"
	chown 100000 "$own"
	if [[ $(stat -c %u /) -eq 0 ]]; then # root must own all directories above it
		run wrapped create --bundle "$own" others
		said 1 exist
	fi
	chmod 777 "${own%/*}"
	run wrapped create --bundle "$own" others
	said 6 "config.json $why"
	rm -r /var/lib/rootfence-test
	chmod 700 "$work"
	wrapped delete --force others
}

@test "another file at the temporary name next to --process does not stop exec" {
	local b dir=$work/shared
	b=$(bundle squat)
	mkdir -p "$dir"
	wrapped create --bundle "$b" squat
	wrapped start squat
	jq -c '.process | .args = ["id", "-u"] | .capabilities.bounding = []' "$b/config.json" >"$dir/p.json"
	mkdir "$dir/.p.json.rootfence"
	run wrapped exec --process "$dir/p.json" squat
	said 0 3267
	wrapped delete --force squat
}

@test "a later create removes old records of containers that are gone" {
	local b container dir
	b=$(bundle first)
	use_fake
	run wrapped create --bundle "$b" gone
	reached
	run wrapped create --bundle "$b" young
	reached
	[[ $(records | sort | xargs) == 'gone young' ]]
	dir=$(in_lab find /run/rootfence/containers -mindepth 1 -maxdepth 1)
	run wrapped create --bundle "$b" next
	reached
	[[ $(records | sort | xargs) == 'gone next young' ]]
	mkdir "$work/state/there"
	in_lab cp "$dir/gone.json" "$dir/there.json"
	for container in gone there; do
		in_lab touch -d '1 hour ago' "$dir/$container.json"
	done
	in_lab touch -d '1 hour ago' "$dir/%swept"
	run wrapped create --bundle "$b" again
	reached
	[[ $(records | sort | xargs) == 'again next there young' ]]
	rmdir "$work/state/there"
}

@test "poststop removes the record even when the guard is broken" {
	local b record
	b=$(bundle stop)
	use_fake
	run wrapped create --bundle "$b" stop
	reached
	record=$(in_lab find /run/rootfence/containers -name stop.json)
	mkdir "$BATS_TEST_TMPDIR/guard"
	echo no map >"$BATS_TEST_TMPDIR/guard/meta"
	run in_lab "$rootfence" poststop --guard "$BATS_TEST_TMPDIR/guard" --record "$record" \
		<<<'{"ociVersion":"1.0.2","id":"stop","status":"stopped","bundle":"'"$b"'"}'
	said 0 "$BATS_TEST_TMPDIR/guard/meta"
	[[ -z $(records) ]]
}

# fill FILE: fills the file system until there is no room for another byte.
fill() {
	run in_lab bash -c 'cat /dev/zero >"$1"' - "$1"
	said 1 'No space left on device'
}

@test "full disk: exit 6, and the old config stays" {
	local b=$work/full
	mkdir -p "$b"
	in_lab mount -t tmpfs -o size=32k none "$b"
	in_lab cp "$(bundle small)/config.json" "$b/config.json"
	in_lab cp "$b/config.json" "$BATS_TEST_TMPDIR/before"
	fill "$b/filler"
	use_fake
	run wrapped create --bundle "$b" full
	said 6 "No space left on device"
	in_lab cmp "$b/config.json" "$BATS_TEST_TMPDIR/before"
	[[ $(in_lab ls -A "$b" | sort | tr '\n' ' ') == 'config.json filler ' ]]
	in_lab umount "$b"
	# The same for the file system of the record.
	b=$(bundle small)
	cp "$b/config.json" "$BATS_TEST_TMPDIR/before"
	fill /run/rootfence/filler
	run wrapped create --bundle "$b" full
	in_lab rm /run/rootfence/filler
	said 6 "No space left on device"
	cmp "$b/config.json" "$BATS_TEST_TMPDIR/before"
}

@test "read-only bundle: exit 6, except when there is nothing to write" {
	local b
	b=$(bundle ro)
	use_fake
	in_lab mount --bind "$b" "$b"
	in_lab mount -o remount,bind,ro "$b"
	run wrapped create --bundle "$b" ro
	in_lab mount -o remount,bind,rw "$b"
	said 6 "Read-only file system"
	run wrapped create --bundle "$b" ro
	reached
	in_lab mount -o remount,bind,ro "$b"
	run wrapped create --bundle "$b" ro
	in_lab umount "$b"
	reached
}

@test "creates of one bundle take turns; a lock that is never released is an error" {
	local b i pids=()
	b=$(bundle many)
	use_fake
	for i in {1..8}; do
		wrapped create --bundle "$b" "many$i" &
		pids+=($!)
	done
	all_end_with 42 "${pids[@]}"
	jq -e '.process.noNewPrivileges' "$b/config.json"
	[[ -z $(left "$b") && $(records | wc -l) -eq 8 ]]
	run flock "$b" nsenter --mount="/proc/$lab/ns/mnt" -- "$work/bin/runc" create --bundle "$b" c1
	said 6 "is locked by another process"
}

@test "creates of an existing id at once: each fails, and the existing container is unchanged" {
	local b other i pids=()
	b=$(bundle once)
	other=$(bundle other)
	wrapped create --bundle "$b" once
	wrapped start once
	cp "$b/config.json" "$BATS_TEST_TMPDIR/config.json"
	for i in {1..6}; do
		wrapped create --bundle "$other" once >/dev/null 2>&1 &
		pids+=($!)
	done
	all_end_with 1 "${pids[@]}"
	[[ $(records) == once ]]
	cmp "$b/config.json" "$BATS_TEST_TMPDIR/config.json"
	[[ $(wrapped state once | jq -r .status) == running ]]
	[[ $(in_lab "$rootfence" status --format json | jq '.containers | length') -eq 1 ]]
	run wrapped exec once id -u
	said 0 3267
	wrapped delete --force once
	[[ -z $(records) ]]
	eventually nothing_is_guarded
}

# kill_points FIRST END: prints, for each of these lines of a trace, strace's option to kill there.
# strace counts the calls of each name separately.
kill_points() {
	awk -v first="$1" -v end="$2" '{ name = $0; sub(/\(.*/, "", name); seen[name]++ }
		NR >= first && NR < end { print name ":signal=KILL:when=" seen[name] }'
}

@test "kill -9 at every system call of a create: the old config or the new one, no partial record" {
	local b calls first point points trace parent
	b=$(bundle killed)
	cp "$b/config.json" "$BATS_TEST_TMPDIR/old"
	use_fake
	run wrapped create --bundle "$b" killed
	reached
	cp "$b/config.json" "$BATS_TEST_TMPDIR/new"
	cp "$BATS_TEST_TMPDIR/old" "$b/config.json"
	run in_lab strace -qq -ff -o "$BATS_TEST_TMPDIR/trace" "$work/bin/runc" \
		--root "$work/state" create --bundle "$b" killed
	reached
	# The child that judges changes everything; it is the one that does not become the runtime.
	trace=$(grep -L execve "$BATS_TEST_TMPDIR"/trace.*)
	parent=$(grep -l execve "$BATS_TEST_TMPDIR"/trace.*)
	calls=$(grep -c . "$trace")
	# A kill before the first call that can change anything leaves nothing half done.
	first=$(grep -nE '^(unlinkat|mkdirat|renameat|openat\(.*O_CREAT)' "$trace" | head -n 1 |
		cut -d: -f1)
	echo "system calls $first to $calls"
	[[ $first -gt 10 && $((calls - first)) -gt 20 ]]
	# strace counts in each process: calls that only the child makes, or more often.
	mapfile -t points < <(kill_points "$first" "$calls" <"$trace" | while IFS=: read -r name rest; do
		[[ $(grep -c "^$name(" "$parent") -ge ${rest##*=} ]] || echo "$name:$rest"
	done)
	[[ ${#points[@]} -gt 20 ]]
	for point in "${points[@]}"; do
		echo "$point"
		cp "$BATS_TEST_TMPDIR/old" "$b/config.json"
		run in_lab strace -f -qq -o /dev/null -e "inject=$point" \
			"$work/bin/runc" --root "$work/state" create --bundle "$b" killed
		# The parent says why, and may be killed while it does.
		[[ $status -eq 137 ]] || said 6 'judging was ended by signal 9 (Killed); nothing was started'
		cmp -s "$b/config.json" "$BATS_TEST_TMPDIR/old" ||
			cmp "$b/config.json" "$BATS_TEST_TMPDIR/new"
		in_lab bash -c 'for f in /run/rootfence/containers/*/killed.json; do
			[[ ! -e $f ]] || { jq -e .policy.rules "$f" >/dev/null && [[ -d $(jq -r .bundle "$f") ]]; } || exit
		done'
	done
	cp "$BATS_TEST_TMPDIR/old" "$b/config.json"
	run wrapped create --bundle "$b" killed
	reached
	[[ -z $(left "$b") ]]
	cmp "$b/config.json" "$BATS_TEST_TMPDIR/new"
	[[ $(records) == killed ]]
}

# container NAME [JQ]: starts a container.
container() {
	local b
	b=$(bundle "$@")
	wrapped create --bundle "$b" "$1" </dev/null >/dev/null 2>&1 || { cat "$log"; return 1; }
	wrapped start "$1"
}

# session JQ: writes a process document.
session() {
	jq -n '{"user": {"uid": 3267, "gid": 3267}, "cwd": "/", "env": ["PATH=/bin"],
		"args": ["grep", "^Cap", "/proc/self/status"]} | '"$1" >"$BATS_TEST_TMPDIR/process.json"
	cp "$BATS_TEST_TMPDIR/process.json" "$BATS_TEST_TMPDIR/process.before"
}

@test "exec by options: as the container's user; not as root, not with capabilities" {
	container c2
	run wrapped exec c2 id -u
	said 0 3267
	run wrapped exec --user 65534:65534 c2 id -u
	said 0 65534
	run wrapped exec --user 0 c2 id
	said 1 "/user/uid is 0"
	logged "rootUser: /user/uid is 0"
	run wrapped exec --cap CAP_KILL c2 id
	said 1 "options of exec are not rewritten"
	run wrapped exec --no-new-privs=false c2 id
	said 1 "/noNewPrivileges is false"
	run wrapped exec --cwd /proc/self/fd/7 c2 id
	said 1 "/cwd is"
	run wrapped exec --user root c2 id
	said 2 "'root' is not an id"
	run wrapped exec --user 3267 c2 id
	said 2 "write --user 3267:GID"
	run wrapped exec --cap cap_kill c2 id
	said 2 "unknown capability 'cap_kill'"
}

# crun may refuse this machine's cgroups. It is enough to look at what it would be started with.
@test "exec by options under crun starts as root unless they say otherwise" {
	local crun=(in_lab "$work/bin/crun" --root "$work/crun")
	use_fake
	run "${crun[@]}" create --bundle "$(bundle c13)" c13
	reached
	run "${crun[@]}" exec c13 id
	said 1 "/user/uid is 0"
	run "${crun[@]}" exec --user 3267:3267 c13 id
	said 1 "/noNewPrivileges is false"
	run "${crun[@]}" exec --user 3267:3267 --no-new-privs c13 id
	reached
}

@test "exec --process: default capabilities are removed, requested ones are refused" {
	container c3
	session '.capabilities = {"bounding": ["CAP_KILL", "CAP_CHOWN"], "effective": ["CAP_KILL"]}'
	run wrapped exec --process "$BATS_TEST_TMPDIR/process.json" c3
	has_no_capability
	jq -e '.noNewPrivileges and .capabilities == {"bounding": [], "effective": []}' \
		"$BATS_TEST_TMPDIR/process.json"
	session '.capabilities = {"bounding": ["CAP_KILL", "CAP_SYS_ADMIN"]}'
	run wrapped exec --process "$BATS_TEST_TMPDIR/process.json" c3
	said 1 "/capabilities/bounding keeps CAP_KILL, CAP_SYS_ADMIN"
	logged "a session is not given more than its container was"
	cmp "$BATS_TEST_TMPDIR/process.json" "$BATS_TEST_TMPDIR/process.before"
	session '.user.uid = 0'
	run wrapped exec -p "$BATS_TEST_TMPDIR/process.json" c3
	said 1 "/user/uid is 0"
	session '.cwd = "/proc/self/fd/8"'
	run wrapped exec -p "$BATS_TEST_TMPDIR/process.json" c3
	said 1 "/cwd is"
	session '.noNewPrivileges = 1'
	run wrapped exec -p "$BATS_TEST_TMPDIR/process.json" c3
	said 3 "/noNewPrivileges"
	run wrapped exec -p "$BATS_TEST_TMPDIR/none.json" c3
	said 6 "none.json"
	ln -s process.json "$BATS_TEST_TMPDIR/link.json"
	run wrapped exec -p "$BATS_TEST_TMPDIR/link.json" c3
	said 3 "/noNewPrivileges"
}

@test "capabilities that the engine gave the container are removed from its sessions, not refused" {
	container c4 '.process.capabilities.bounding += ["CAP_NET_ADMIN"]'
	session '.capabilities = {"bounding": ["CAP_NET_ADMIN"]}'
	run wrapped exec -p "$BATS_TEST_TMPDIR/process.json" c4
	has_no_capability
	session '.capabilities = {"bounding": ["CAP_NET_ADMIN", "CAP_SYS_PTRACE"]}'
	run wrapped exec -p "$BATS_TEST_TMPDIR/process.json" c4
	said 1 CAP_SYS_PTRACE
}

@test "a container created under one policy stays under it" {
	setup_runtime '{ "policy": "audit" }'
	container c5 '.process.user = {"uid": 0, "gid": 0}'
	setup_runtime
	container c6
	run wrapped exec --user 0 c5 id -u
	said 0 0
	setup_runtime '{ "policy": "audit" }'
	run wrapped exec --user 0 c6 id -u
	said 1 "refused by policy 'default'"
	# A second create of the same id fails, and does not change the record.
	run wrapped create --bundle "$(bundle c7)" c6
	[[ $status -ne 0 ]]
	run wrapped exec --user 0 c6 id -u
	said 1 "refused by policy 'default'"
	# Without a record the host's policy applies.
	in_lab rm -r /run/rootfence/containers
	setup_runtime
	run wrapped exec --user 0 c5 id -u
	said 1 "refused by policy 'default'"
	run wrapped exec --user 3267:3267 --no-new-privs c5 id -u
	said 0 3267
}

@test "another spelling of --root leads to the same record" {
	local private='.process.user = {"uid": 0, "gid": 0} | .linux.namespaces += [{"type": "user"}]
		| .linux.uidMappings = [{"containerID": 0, "hostID": 200000, "size": 65536}]
		| .linux.gidMappings = .linux.uidMappings' other root
	container c9
	other=$(bundle c10 "$private")
	ln -sfn state "$work/alias"
	run in_lab "$work/bin/runc" --root "$work/alias/../state" create --bundle "$other" c9
	said 2 'runtimes differ in where ".." leads'
	for root in "$work/state/" "$work//state" "$work/alias"; do
		# It fails because the container exists, and does not put a private user namespace
		# on record.
		run in_lab "$work/bin/runc" --root "$root" create --bundle "$other" c9
		[[ $status -ne 0 && $output != *rootfence* ]]
		[[ $(records) == c9 ]]
		run in_lab "$work/bin/runc" --root "$root" exec --user 0:0 --no-new-privs c9 id
		said 1 "/user/uid is 0"
		run in_lab "$work/bin/runc" --root "$root" exec c9 id -u
		said 0 3267
	done
}

@test "an existing container without a record gets none from a create that fails" {
	local other
	container c11
	in_lab rm -r /run/rootfence/containers
	other=$(bundle c12)
	run wrapped create --bundle "$other" c11
	[[ $status -ne 0 && -z $(records) ]]
	run wrapped exec c11 id
	said 1 "/user/uid is missing, which means root"
}

podman_lab() { in_lab podman --runtime "$work/bin/runc" "$@"; }

@test "podman with the wrapper as its runtime: run, exec, and refusals" {
	local runtime=runc ulimits='"nofile=1024:1024", "nproc=1000:1000"'
	export CONTAINERS_CONF=$work/containers.conf CONTAINERS_STORAGE_CONF=$work/storage.conf
	local live=(run --rm --network none --rootfs "$work/rootfs")
	podman_config "$runtime" "$ulimits"
	podman_storage vfs
	run podman_lab "${live[@]}" id
	echo "$output"
	[[ $status -ne 0 && $output == *"refused by policy 'default'"*"/process/user/uid is 0"* ]]
	run podman_lab run --rm --user 3267:3267 --network none --rootfs "$work/rootfs" \
		grep '^Cap' /proc/self/status
	has_no_capability
	[[ -z $(records) ]]
	run podman_lab run --rm --user 3267:3267 --privileged --network none --rootfs "$work/rootfs" id
	echo "$output"
	[[ $status -ne 0 && $output == *"privilegedContainer"* ]]
	podman_lab run --name p1 --detach --user 3267:3267 --network none --rootfs "$work/rootfs" \
		sleep 1000
	run podman_lab exec p1 id -u
	said 0 3267
	run podman_lab exec --user nobody p1 id -u
	said 0 65534
	run podman_lab exec --user root p1 id
	echo "$output"
	[[ $status -ne 0 && $output == *"refused by policy 'default'"*"/user/uid is 0"* ]]
	run podman_lab exec --privileged p1 id
	echo "$output"
	[[ $status -ne 0 && $output == *"refused by policy 'default'"*"CAP_SYS_ADMIN"* ]]
	podman_lab exec p1 true
	podman_lab stop --time 0 p1
	podman_lab start p1
	run podman_lab exec p1 id -u
	said 0 3267
	podman_lab rm --force --time 0 p1
	[[ -z $(records) ]]
}

@test "a record that others can write, or that is invalid, is refused" {
	container c8
	in_lab bash -c 'sed -i s/bundle/bundel/ /run/rootfence/containers/*/c8.json'
	run wrapped exec c8 id
	said 6 '/bundel: unknown key; did you mean "bundle"?'
	in_lab chmod 777 /run/rootfence/containers
	run wrapped exec c8 id
	said 6 "can be written by others"
}
