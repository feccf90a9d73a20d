#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2016 # expressions for inner shells
# make install into this machine, podman without extra options, make uninstall. The tests run in
# order: the last ones remove what the first ones installed.

# shellcheck source=tests/live/common.bash
source "$BATS_TEST_DIRNAME/common.bash"

image=localhost/rootfence-live
machine=/etc/containers/containers.conf.d/00-rootfence-live.conf
user='rootfence-live'

# Every path that an installation could touch, without caches that other programs maintain.
files() {
	find /usr /etc -xdev \( -path /etc/ld.so.cache -o -path /usr/share/mime \
		-o -path /usr/local/lib/python3\* -o -name __pycache__ \) -prune -o -print | sort
}

# The configuration gets only what this machine needs to start any container.
configure_machine() {
	local work
	work=$(mktemp -d /tmp/rootfence-live.XXXXXX)
	guard=/sys/fs/bpf/rootfence
	# shellcheck source=tests/podman.sh
	source "$top/tests/podman.sh"
	podman_start probe
	podman_stop
	mkdir -p "${machine%/*}"
	grep -v -E '_dir|_path|hooks_dir|lock_type' "$CONTAINERS_CONF" >"$machine"
	unset CONTAINERS_CONF CONTAINERS_STORAGE_CONF
	tar -C "$work/rootfs" -c . >"$BATS_FILE_TMPDIR/rootfs.tar"
	rm -rf "$work"
}

setup_file() {
	need_root
	[[ ! -e /usr/bin/rootfence ]] || { echo 'rootfence is installed here already'; return 1; }
	unset ROOTFENCE CONTAINERS_CONF CONTAINERS_STORAGE_CONF
	configure_machine
	podman import -q "$BATS_FILE_TMPDIR/rootfs.tar" "$image"
	useradd --create-home --shell /bin/bash "$user"
	grep -q "^$user:" /etc/subuid || usermod --add-subuids 200000-265535 \
		--add-subgids 200000-265535 "$user"
	files >"$BATS_FILE_TMPDIR/before"
	make -s -C "$top" install
}

teardown_file() {
	make -s -C "$top" uninstall
	podman rm --all --force --time 0 --filter "ancestor=$image" >/dev/null 2>&1 || true
	podman rmi --force "$image" localhost/rootfence-built{,-2} >/dev/null 2>&1 || true
	as_user podman system migrate >/dev/null 2>&1 || true
	userdel --force --remove "$user" >/dev/null 2>&1 || true
	rm -f "$machine"
	rmdir --ignore-fail-on-non-empty "${machine%/*}"
}

as_user() {
	local home
	home=$(getent passwd "$user" | cut -d: -f6)
	mkdir -p "$home/run"
	chmod 700 "$home/run"
	chown "$user:" "$home/run"
	(cd "$home" && setpriv --reuid "$user" --regid "$user" --init-groups --reset-env \
		env HOME="$home" XDG_RUNTIME_DIR="$home/run" PATH=/usr/bin:/bin:/usr/sbin:/sbin "$@")
}

plain() { podman run --rm "$@"; }

@test "the shared hooks directory has no hook of stage precreate" {
	local shared=/usr/share/containers/oci/hooks.d
	[ -e "$shared/zz-rootfence-createruntime.json" ]
	run -1 grep -l precreate "$shared"/*.json
	grep -q precreate /usr/share/rootfence/hooks.d/*.json
}

@test "podman reads the host's hooks directory and ours" {
	run podman --help
	[ "$status" -eq 0 ]
	grep -E 'hooks-dir.*/usr/share/containers/oci/hooks.d,/usr/share/rootfence/hooks.d' \
		<<<"$output"
}

@test "every shared hook has one of the same name in our own directory, so it runs once" {
	local name
	for name in /usr/share/containers/oci/hooks.d/zz-rootfence-*.json; do
		[ -e "/usr/share/rootfence/hooks.d/${name##*/}" ]
	done
}

@test "plain podman run as root is refused, with the reason on the terminal" {
	run plain "$image" echo container ran
	echo "$output"
	[[ $status -eq 126 && $output != *"container ran"* ]]
	[[ $output == *"rootfence: refused by policy 'default'"* ]]
	[[ $output == *rootUser* && $output == *--user* ]]
	[[ $output == *"executing [rootfence precreate]: exit status 1"* ]]
}

@test "plain podman run as an ordinary user starts, without a capability" {
	run plain --user 3267 "$image" grep -E '^Cap|^NoNewPrivs' /proc/self/status
	echo "$output"
	[ "$status" -eq 0 ]
	[ "$(grep -cE '^Cap(Inh|Prm|Eff|Bnd|Amb):.0{16}$' <<<"$output")" -eq 5 ]
	grep -qE '^NoNewPrivs:.1$' <<<"$output"
}

@test "plain podman run registers the container with the guard, and podman rm removes it" {
	podman run --detach --name rootfence-live --user 3267 "$image" sleep 1000
	[ "$(rootfence status --format json | jq '[.containers[].id] | unique | length')" -eq 1 ]
	podman rm --force --time 0 rootfence-live
	[ "$(rootfence status --format json | jq '[.containers[].id] | unique | length')" -eq 0 ]
}

# An engine that reads the shared directory alone, as CRI-O does, and has no annotation for a hook.
only_shared() { podman --hooks-dir /usr/share/containers/oci/hooks.d run --rm "$@"; }

@test "an engine with the shared hooks directory alone: every container is judged" {
	run only_shared "$image" echo container ran
	echo "$output"
	[[ $status -ne 0 && $output != *"container ran"* ]]
	[[ $output == *"refused by policy 'default'"* && $output == *rootUser* ]]
	run jq -s 'map(.when == { always: true }) | all' \
		/usr/share/containers/oci/hooks.d/zz-rootfence-*.json \
		/usr/share/rootfence/hooks{,-wrapper}.d/zz-rootfence-*.json
	[[ $output == true ]]
}

@test "podman build with a RUN step works" {
	run podman build --no-cache -t localhost/rootfence-built - <<-END
		FROM $image
		RUN id -u >/built && echo steps run
		USER 3267:3267
	END
	echo "$output"
	[ "$status" -eq 0 ]
	run plain localhost/rootfence-built cat /built
	[[ $status -eq 0 && $output == 0 ]]
}

@test "podman build with a foreign hook in the shared directory works" {
	local other=/usr/share/containers/oci/hooks.d/other.json
	printf '%s' '{"version":"1.0.0","hook":{"path":"/bin/true"},"when":{"always":true},' \
		'"stages":["createRuntime"]}' >"$other"
	run podman build --no-cache -t localhost/rootfence-built-2 - <<<"FROM $image
RUN true"
	rm -f "$other"
	echo "$output"
	[ "$status" -eq 0 ]
}

@test "rootless podman works, under the rootless policy" {
	as_user podman import -q - live <"$BATS_FILE_TMPDIR/rootfs.tar"
	run as_user podman run --rm live sh -c 'id -u; cat /proc/self/uid_map'
	echo "$output"
	[ "$status" -eq 0 ]
	[[ ${lines[*]} == *0* ]]
	# The pipe belongs to the user, as a terminal would: a rootless hook can write to nothing else.
	run as_user bash -c 'podman run --rm --privileged live echo container ran 2>&1 | cat;
		exit "${PIPESTATUS[0]}"'
	echo "$output"
	[[ $status -ne 0 && $output != *"container ran"* ]]
	[[ $output == *"refused by policy 'rootless'"* ]]
}

@test "installing again changes nothing" {
	files >"$BATS_TEST_TMPDIR/first"
	make -s -C "$top" install
	files | diff "$BATS_TEST_TMPDIR/first" -
	[ "$(grep -c rootfence/hooks.d /etc/containers/containers.conf.d/50-rootfence.conf)" -eq 1 ]
}

@test "installing over a loaded guard says what becomes of it" {
	local guard=/sys/fs/bpf/rootfence
	PATH=$PATH:/usr/sbin:/sbin
	rootfence load
	run make -s -C "$top" install
	[[ $status -eq 0 && $output == "rootfence: the loaded guard stays; 'rootfence load --replace' "* ]]
	rm "$guard/link_exec"
	run make -s -C "$top" install
	[[ $status -eq 0 && $output == *"no container starts: the guard is not as it was loaded; run 'rootfence load --replace'"* ]]
	rootfence unload
	mkdir "$guard"
	other_version_map meta 4 700
	run make -s -C "$top" install
	[[ $status -eq 0 && $output == *"no container starts: "*"has version 99 and this rootfence needs version"*"run 'rootfence unload'"* ]]
	rootfence unload
}

# completions WORD...: bash's completions of the last word.
completions() {
	bash -c 'source /usr/share/bash-completion/completions/rootfence
		COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
		_rootfence
		echo "${COMPREPLY[*]}"' sh "$@"
}

@test "bash completes commands, options and policies" {
	[ "$(completions rootfence createR)" = createRuntime ]
	[ "$(completions rootfence check --policy str)" = strict ]
	[ "$(completions rootfence watch --cont)" = --container ]
}

@test "the boot unit is valid, loads the guard and never unloads it" {
	local unit=/usr/lib/systemd/system/rootfence.service
	grep -qx 'ExecStart=/usr/bin/rootfence load' "$unit"
	run -1 grep -q ExecStop= "$unit"
	command -v systemd-analyze >/dev/null || skip 'no systemd on this machine'
	run systemd-analyze verify --man=no "$unit"
	echo "$output"
	[ "$status" -eq 0 ]
}

@test "make uninstall leaves no file and no guard" {
	make -s -C "$top" uninstall
	files | diff "$BATS_FILE_TMPDIR/before" -
	[ ! -e /sys/fs/bpf/rootfence ]
}

@test "after uninstall podman runs as before" {
	run plain "$image" echo container ran
	[[ $status -eq 0 && $output == "container ran" ]]
}

@test "the host's own hooks directory still works" {
	local conf=/etc/containers/containers.conf.d/10-rootfence-live.conf
	local hooks=$BATS_TEST_TMPDIR/hooks
	mkdir -p "$hooks"
	printf '#!/bin/sh\n/bin/touch %s/called\n' "$BATS_TEST_TMPDIR" >"$hooks/hook.sh"
	chmod +x "$hooks/hook.sh"
	printf '{"version":"1.0.0","hook":{"path":"%s"},"when":{"always":true},"stages":["%s"]}' \
		"$hooks/hook.sh" createRuntime >"$hooks/admin.json"
	printf '[engine]\nhooks_dir = [\n  "%s", # ours\n]\n' "$hooks" >"$conf"
	make -s -C "$top" install
	run plain --user 3267 "$image" true
	echo "$output"
	make -s -C "$top" uninstall
	rm -f "$conf"
	[ "$status" -eq 0 ]
	[ -e "$BATS_TEST_TMPDIR/called" ]
}

@test "make install warns of a later drop-in that replaces our hooks directory" {
	local conf=/etc/containers/containers.conf.d/90-rootfence-live.conf
	printf '[engine]\nhooks_dir = ["/nowhere"]\n' >"$conf"
	run make -s -C "$top" install
	make -s -C "$top" uninstall
	rm -f "$conf"
	echo "$output"
	[[ $status -eq 0 && $output == *"90-rootfence-live.conf replaces hooks_dir"* ]]
}

@test "DESTDIR: nothing outside it changes" {
	make -s -C "$top" install DESTDIR="$BATS_TEST_TMPDIR/stage"
	files | diff "$BATS_FILE_TMPDIR/before" -
	[ -x "$BATS_TEST_TMPDIR/stage/usr/bin/rootfence" ]
	make -s -C "$top" uninstall DESTDIR="$BATS_TEST_TMPDIR/stage"
	[ -z "$(find "$BATS_TEST_TMPDIR/stage" -mindepth 1)" ]
}

@test "a PREFIX that is relative or has a blank: refused, nothing changed" {
	local entry
	for entry in 755:/bin/true:usr/bin/rootfence pre/bin/rootfence; do
		run env DESTDIR="$BATS_TEST_TMPDIR/stage" BINDIR=/usr/bin DATADIR=/usr/share SYSCONFDIR=/etc \
			"$top/oci-hooks.d/install.sh" install "$entry"
		echo "$output"
		[ "$status" -eq 2 ]
		[[ $output == *'must be absolute paths without blanks'* ]]
		[ ! -e "$BATS_TEST_TMPDIR/stage" ]
	done
}
