#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2154 # bats sets status and output
# Registration of the wrapper with engines, with a directory ($root) as DESTDIR: which files are
# written, and that uninstall restores them byte for byte, or with later edits kept. No engine is
# started: tests/vm does that.

bats_require_minimum_version 1.5.0
top=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
wrapper=/usr/libexec/rootfence/runc

setup() {
	root=$BATS_TEST_TMPDIR/root
	mkdir -p "$root"/{etc/containers/containers.conf.d,var/lib} \
		"$root/usr/"{bin,libexec/rootfence,sbin}
	echo 'hooks_dir = ["/a", "/usr/share/rootfence/hooks.d"]' \
		>"$root/etc/containers/containers.conf.d/50-rootfence.conf"
	echo the wrapper >"$root/usr/bin/rootfence"
	ln -s ../../bin/rootfence "$root$wrapper"
}

# Every path in the root with type, mode and owner, and the checksums of files.
snapshot() {
	(cd "$root" && find . -printf '%y %m %u:%g %p %l\n' | sort -k 4 &&
		find . -type f -print0 | sort -z | xargs -0 sha256sum)
}

# Called as by the Makefile. make itself is slower: it asks the compiler a dozen things first.
script() {
	DESTDIR=$root BINDIR=/usr/bin DATADIR=/usr/share LIBEXECDIR=/usr/libexec SYSCONFDIR=/etc \
		"$top/oci-hooks.d/register.sh" "$@"
}

register() { script install "$1"; }

unregister() { script uninstall "$1"; }

# write FILE: standard input becomes that file of the root.
write() {
	mkdir -p "$(dirname "$root$1")"
	cat >"$root$1"
}

refused() {
	echo "$output"
	[[ $status -ne 0 && $output == *"$1"* ]]
}

daemon_json() { jq -r "$1" "$root/etc/docker/daemon.json"; }

# comes_back ENGINE: registers twice, unregisters, and compares: everything is as before.
comes_back() {
	snapshot >"$BATS_TEST_TMPDIR/before"
	register "$1"
	snapshot >"$BATS_TEST_TMPDIR/registered"
	run -1 diff -q "$BATS_TEST_TMPDIR/before" "$BATS_TEST_TMPDIR/registered"
	register "$1"
	snapshot | diff "$BATS_TEST_TMPDIR/registered" -
	unregister "$1"
	snapshot | diff "$BATS_TEST_TMPDIR/before" -
}

@test "docker, no daemon.json: install writes one that names the wrapper, uninstall removes it" {
	register docker
	[ "$(daemon_json '."default-runtime"')" = rootfence ]
	[ "$(daemon_json .runtimes.rootfence.path)" = "$wrapper" ]
	unregister docker
	comes_back docker
}

@test "docker, a daemon.json in its own style: restored byte for byte" {
	printf '{\t"debug" : true,\n\n  "runtimes":{"kata":{"path":"/opt/kata"}}, "max": 1e3 }' |
		write /etc/docker/daemon.json
	chmod 600 "$root/etc/docker/daemon.json"
	comes_back docker
	register docker
	[ "$(daemon_json .debug)" = true ]
	[ "$(daemon_json .runtimes.kata.path)" = /opt/kata ]
	[ "$(daemon_json .runtimes.rootfence.path)" = "$wrapper" ]
	[ "$(stat -c %a "$root/etc/docker/daemon.json")" = 600 ]
}

@test "docker: install warns of another runtime that --runtime can name" {
	write /etc/docker/daemon.json <<<'{ "runtimes": { "kata": { "path": "/opt/kata" } } }'
	run register docker
	echo "$output"
	[[ $status -eq 0 && $output == *"--runtime kata bypass the wrapper"* ]]
}

@test "docker, a file edited after install: uninstall keeps the edits and removes our keys" {
	write /etc/docker/daemon.json <<<'{ "default-runtime": "runc", "debug": true }'
	register docker
	jq '.debug = false | .runtimes.mine = { path: "/bin/mine" }' "$root/etc/docker/daemon.json" |
		write /etc/docker/daemon.json.new
	mv "$root/etc/docker/daemon.json.new" "$root/etc/docker/daemon.json"
	unregister docker
	[ "$(daemon_json 'tojson')" = '{"default-runtime":"runc","debug":false,"runtimes":{"mine":{"path":"/bin/mine"}}}' ]
}

@test "docker, a default-runtime set after install: uninstall keeps it" {
	register docker
	jq '."default-runtime" = "mine"' "$root/etc/docker/daemon.json" |
		write /etc/docker/daemon.json.new
	mv "$root/etc/docker/daemon.json.new" "$root/etc/docker/daemon.json"
	run register docker
	refused 'so containers bypass it. Run make uninstall-docker, then this again'
	unregister docker
	[ "$(daemon_json tojson)" = '{"default-runtime":"mine"}' ]
}

@test "docker, our keys removed by hand: uninstall changes nothing else, install works again" {
	write /etc/docker/daemon.json <<<'{"debug":true}'
	register docker
	write /etc/docker/daemon.json <<<'{"debug":   false}'
	unregister docker
	[ "$(<"$root/etc/docker/daemon.json")" = '{"debug":   false}' ]
	register docker
	write /etc/docker/daemon.json <<<'{"debug":   7}'
	register docker
	[ "$(daemon_json .runtimes.rootfence.path)" = "$wrapper" ]
	unregister docker
	[ "$(<"$root/etc/docker/daemon.json")" = '{"debug":   7}' ]
}

@test "docker, a symbolic link: its target changes, and it stays a link" {
	write /srv/daemon.json <<<'{"debug":true}'
	mkdir -p "$root/etc/docker"
	ln -s ../../srv/daemon.json "$root/etc/docker/daemon.json"
	comes_back docker
	register docker
	[ -L "$root/etc/docker/daemon.json" ]
	grep -q rootfence "$root/srv/daemon.json"
}

@test "docker, another default-runtime: refused with what to do, nothing changed" {
	write /etc/docker/daemon.json <<<'{ "default-runtime": "nvidia" }'
	snapshot >"$BATS_TEST_TMPDIR/before"
	run register docker
	refused "default-runtime 'nvidia': put the path of that runtime first into runtimes.runc of /etc/rootfence/runtime.json"
	snapshot | diff "$BATS_TEST_TMPDIR/before" -
}

@test "docker, an invalid daemon.json: refused, nothing changed" {
	write /etc/docker/daemon.json <<<'{ "debug": true, }'
	snapshot >"$BATS_TEST_TMPDIR/before"
	run register docker
	refused 'is not valid JSON: nothing changed'
	snapshot | diff "$BATS_TEST_TMPDIR/before" -
}

# without_jq COMMAND...: with a PATH that has everything that the scripts call except jq.
without_jq() {
	local tool bin=$BATS_TEST_TMPDIR/bin
	mkdir -p "$bin"
	for tool in bash sh awk basename cat chmod chown cmp cp cut dirname grep head ln mkdir \
		mktemp mv paste readlink rm rmdir sed; do
		ln -sf "$(command -v "$tool")" "$bin/$tool"
	done
	PATH=$bin "$@"
}

@test "docker without jq: a new file is written; an existing one is refused, with the snippet" {
	without_jq register docker
	grep -q "\"$wrapper\"" "$root/etc/docker/daemon.json"
	without_jq unregister docker
	write /etc/docker/daemon.json <<<'{"debug":true}'
	snapshot >"$BATS_TEST_TMPDIR/before"
	run without_jq register docker
	refused 'changing it needs jq, which is not installed; add this by hand:'
	[[ $output == *'"default-runtime": "rootfence"'* && $output == *"\"$wrapper\""* ]]
	snapshot | diff "$BATS_TEST_TMPDIR/before" -
}

@test "docker without jq, uninstall: byte for byte if untouched, refused if edited" {
	write /etc/docker/daemon.json <<<'{"debug":true}'
	register docker
	without_jq unregister docker
	[ "$(<"$root/etc/docker/daemon.json")" = '{"debug":true}' ]
	register docker
	echo >>"$root/etc/docker/daemon.json"
	snapshot >"$BATS_TEST_TMPDIR/before"
	run without_jq unregister docker
	refused 'needs jq, which is not installed: remove runtimes.rootfence and default-runtime by hand'
	snapshot | diff "$BATS_TEST_TMPDIR/before" -
}

@test "docker, containers of that runtime: uninstall refuses and names them" {
	register docker
	write /var/lib/docker/containers/0123456789abcdef/hostconfig.json \
		<<<'{"NetworkMode":"none","Runtime":"rootfence"}'
	write /var/lib/docker/containers/fedcba9876543210/hostconfig.json <<<'{"Runtime":"runc"}'
	run unregister docker
	refused 'remove them first (docker rm -f 0123456789ab)'
	[ "$(daemon_json '."default-runtime"')" = rootfence ]
	rm -r "$root/var/lib/docker/containers/0123456789abcdef"
	write /var/lib/docker/100000.100000/containers/123456789abcdef0/hostconfig.json \
		<<<'{"Runtime":"rootfence"}'
	run unregister docker
	refused 'remove them first (docker rm -f 123456789abc)'
	rm -r "$root/var/lib/docker/100000.100000"
	unregister docker
	[ ! -e "$root/etc/docker" ]
}

@test "containerd, no config.toml: install writes one of version 2, uninstall removes it" {
	register containerd
	grep -qx 'version = 2' "$root/etc/containerd/config.toml"
	grep -qx "  BinaryName = \"$wrapper\"" "$root/etc/containerd/config.toml"
	unregister containerd
	comes_back containerd
}

# toml NAME: the file's BinaryName as a TOML parser reads it.
toml() {
	python3 -c 'import sys, tomllib
runc = tomllib.load(sys.stdin.buffer)["plugins"][sys.argv[1]]["containerd"]["runtimes"]["runc"]
print(runc["runtime_type"], runc["options"]["BinaryName"])' "$1" <"$root/etc/containerd/config.toml"
}

@test "containerd, Debian's config.toml: install adds tables, uninstall removes them" {
	write /etc/containerd/config.toml <<-'END'
		version = 2

		[plugins]
		  [plugins."io.containerd.grpc.v1.cri"]
		    [plugins."io.containerd.grpc.v1.cri".cni]
		      bin_dir = "/usr/lib/cni"
	END
	comes_back containerd
	register containerd
	[ "$(toml io.containerd.grpc.v1.cri)" = "io.containerd.runc.v2 $wrapper" ]
}

@test "containerd, a config.toml that has the table: only BinaryName is set" {
	write /etc/containerd/config.toml <<-'END'
		version = 3
		[plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc] # ours
		  runtime_type = 'io.containerd.runc.v2'
		  [ plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc.options ]
		    BinaryName = ''
		    SystemdCgroup = true
		[grpc]
		  address = '/run/containerd/containerd.sock'
	END
	comes_back containerd
	register containerd
	[ "$(toml io.containerd.cri.v1.runtime)" = "io.containerd.runc.v2 $wrapper" ]
	grep -q SystemdCgroup "$root/etc/containerd/config.toml"
}

@test "containerd, a file edited after install: uninstall keeps the edits, restores our lines" {
	local file=$root/etc/containerd/config.toml
	write /etc/containerd/config.toml <<-'END'
		version = 2
		[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
		  BinaryName = ""
	END
	cp "$file" "$BATS_TEST_TMPDIR/before"
	register containerd
	sed -i '1i # mine' "$file"
	unregister containerd
	sed -i '1i # mine' "$BATS_TEST_TMPDIR/before"
	diff "$BATS_TEST_TMPDIR/before" "$file"
	printf 'version = 2\n' >"$file"
	register containerd
	printf '[grpc]\n  address = "/a"\n' >>"$file"
	unregister containerd
	[ "$(<"$file")" = $'version = 2\n[grpc]\n  address = "/a"' ]
}

@test "containerd, another BinaryName, and a config of version 1: refused, nothing changed" {
	write /etc/containerd/config.toml <<-'END'
		version = 2
		[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
		  BinaryName = "/usr/bin/nvidia-container-runtime"
	END
	snapshot >"$BATS_TEST_TMPDIR/before"
	run register containerd
	refused "BinaryName '/usr/bin/nvidia-container-runtime': put that path first into runtimes.runc"
	snapshot | diff "$BATS_TEST_TMPDIR/before" -
	write /etc/containerd/config.toml <<<'disabled_plugins = ["cri"]'
	run register containerd
	refused 'has no version, or version 1, which names plugins differently; add this by hand:'
	[[ $output == *"BinaryName = \"$wrapper\""* ]]
}

@test "containerd, another default handler: refused, nothing changed; other handlers: a warning" {
	write /etc/containerd/config.toml <<-'END'
		version = 2
		[plugins."io.containerd.grpc.v1.cri".containerd]
		  default_runtime_name = "nvidia"
		  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.nvidia]
		    runtime_type = "io.containerd.runc.v2"
		    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.nvidia.options]
		      BinaryName = "/usr/bin/nvidia-container-runtime"
	END
	snapshot >"$BATS_TEST_TMPDIR/before"
	run register containerd
	refused "default_runtime_name 'nvidia': pods would bypass the wrapper"
	snapshot | diff "$BATS_TEST_TMPDIR/before" -
	sed -i 's/_name = "nvidia"/_name = "runc"/' "$root/etc/containerd/config.toml"
	run register containerd
	echo "$output"
	[[ $status -eq 0 && $output == *"the handler nvidia bypass the wrapper"* ]]
	[[ $output != *"handler runc"* ]]
}

@test "CRI-O: the handler gets CRI-O's own path of conmon" {
	write /etc/crio/crio.conf.d/10-crio.conf <<-'END'
		[crio.runtime.runtimes.crun]
		runtime_path = "/usr/libexec/crio/crun"
		monitor_path = "/usr/libexec/crio/conmon"
		[crio.runtime.runtimes.runc]
		monitor_path = "/elsewhere/conmon"
	END
	comes_back crio
	register crio
	run python3 -c 'import sys, tomllib
print(tomllib.load(sys.stdin.buffer)["crio"]["runtime"]["runtimes"]["rootfence"]["monitor_path"])' \
		<"$root/etc/crio/crio.conf.d/60-rootfence.conf"
	[[ $status -eq 0 && $output == /usr/libexec/crio/conmon ]]
}

@test "podman and CRI-O: install writes a drop-in each, uninstall removes it" {
	comes_back podman-runtime
	comes_back crio
	register podman-runtime
	grep -qx "crun = \[\"/usr/libexec/rootfence/crun\"\]" \
		"$root/etc/containers/containers.conf.d/60-rootfence-runtime.conf"
	grep -qxF 'hooks_dir = ["/a", "/usr/share/rootfence/hooks-wrapper.d"]' \
		"$root/etc/containers/containers.conf.d/60-rootfence-runtime.conf"
	register crio
	grep -qx 'runtime_path = "/usr/libexec/rootfence/crun"' \
		"$root/etc/crio/crio.conf.d/60-rootfence.conf"
}

@test "podman, an edited drop-in: uninstall renames it, so that it has no effect" {
	local file=$root/etc/containers/containers.conf.d/60-rootfence-runtime.conf
	register podman-runtime
	echo '# mine' >>"$file"
	run register podman-runtime
	[[ $status -eq 0 && $output == *"changed after it was registered: left alone"* ]]
	unregister podman-runtime
	[ ! -e "$file" ]
	grep -qx '# mine' "$file.rootfence-old"
}

@test "podman, a drop-in of that name that is not ours: refused" {
	write /etc/containers/containers.conf.d/60-rootfence-runtime.conf <<<'# mine'
	run register podman-runtime
	refused 'exists and is not ours: move it away first'
}

# packaged PATH: the root gets a package runc that has PATH.
packaged() {
	local db=$root/var/lib/dpkg
	mkdir -p "$db"/{info,updates}
	printf 'Package: %s\nStatus: install ok installed\n%s\n\n' runc \
		$'Maintainer: nobody\nArchitecture: all\nVersion: 1\nDescription: none' >"$db/status"
	printf '/.\n%s\n' "$1" >"$db/info/runc.list"
	: >"$db/diversions"
	echo the real one | write "$1"
	chmod 755 "$root$1"
}

diverted_in() {
	packaged "$1"
	register runc-divert
	[ "$(readlink "$root$1")" = /usr/bin/rootfence ]
	[ "$(<"$root$1.rootfence-real")" = 'the real one' ]
	[ "$(dpkg-divert --root "$root" --truename "$1")" = "$1.rootfence-real" ]
	snapshot >"$BATS_TEST_TMPDIR/registered"
	register runc-divert
	snapshot | diff "$BATS_TEST_TMPDIR/registered" -
	unregister runc-divert
	[ "$(<"$root$1")" = 'the real one' ]
	[ ! -e "$root$1.rootfence-real" ]
	[ -z "$(dpkg-divert --root "$root" --list '*runc*')" ]
	[ ! -e "$root/var/lib/rootfence" ]
}

@test "runc-divert: install puts the wrapper in place of the runtime, uninstall restores it" {
	diverted_in /usr/sbin/runc
}

@test "runc-divert: it diverts the path that the package has" {
	diverted_in /usr/bin/runc
}

@test "runc-divert, its package removed meanwhile: uninstall leaves no dangling link" {
	packaged /usr/sbin/runc
	register runc-divert
	rm "$root/usr/sbin/runc.rootfence-real"
	unregister runc-divert
	[ ! -L "$root/usr/sbin/runc" ]
	[ -z "$(dpkg-divert --root "$root" --list '*runc*')" ]
}

@test "runc-divert: refused without a package, for a link, for a file already diverted" {
	mkdir -p "$root/var/lib/dpkg/updates"
	: >"$root/var/lib/dpkg/status"
	run register runc-divert
	refused 'no installed package has /usr/sbin/runc or /usr/bin/runc'
	packaged /usr/sbin/runc
	dpkg-divert --root "$root" --quiet --local --no-rename --divert /usr/sbin/runc.other \
		--add /usr/sbin/runc
	run register runc-divert
	refused '/usr/sbin/runc is diverted to /usr/sbin/runc.other already: undo that first'
	[ "$(<"$root/usr/sbin/runc")" = 'the real one' ]
	packaged /usr/sbin/runc
	ln -sfT other "$root/usr/sbin/runc"
	echo >"$root/usr/sbin/other"
	run register runc-divert
	refused 'is a symbolic link: divert its target by hand'
}

@test "refused before make install, and for an unknown engine" {
	rm "$root$wrapper"
	run register docker
	refused "$wrapper is missing: run make install first"
	run script install dokcer
	refused "no such engine: 'dokcer'; known: docker containerd podman-runtime crio runc-divert"
}

@test "unregister undoes all of them, and prints nothing when there are none" {
	packaged /usr/sbin/runc
	snapshot >"$BATS_TEST_TMPDIR/before"
	local engine
	for engine in docker containerd podman-runtime crio runc-divert; do
		register "$engine"
	done
	script uninstall
	rm -f "$root/var/lib/dpkg/diversions-old"
	snapshot | diff "$BATS_TEST_TMPDIR/before" -
	run script uninstall
	[[ $status -eq 0 && -z $output ]]
}

@test "make has an install and an uninstall target for every engine" {
	make -s -C "$top" install-docker install-podman-runtime DESTDIR="$root"
	[ "$(daemon_json .runtimes.rootfence.path)" = "$wrapper" ]
	make -s -C "$top" uninstall-docker DESTDIR="$root"
	[ ! -e "$root/etc/docker" ]
	make -s -C "$top" unregister DESTDIR="$root"
	[ ! -e "$root/var/lib/rootfence" ]
}

@test "make uninstall refuses while a container's shim calls the wrapper" {
	write /run/containerd/io.containerd.runtime.v2.task/moby/0123456789abcdef/runtime <<<"$wrapper"
	run make -s -C "$top" uninstall DESTDIR="$root"
	refused 'containers run by the wrapper still exist and could not be stopped without it: 0123456789ab'
}
