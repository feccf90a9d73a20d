#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# register.sh install ENGINE | uninstall [ENGINE]
#
# Puts the runtime wrapper in front of an engine's runtime, and undoes that. For docker, containerd,
# podman-runtime and crio it changes one configuration file; for runc-divert, the runtime itself.
# $state keeps each file as it was before and as it was registered. A file that did not change since
# is restored byte for byte; from a changed file only our keys are removed.
# Restarts nothing, but prints the command. From make: DESTDIR, BINDIR, LIBEXECDIR, SYSCONFDIR,
# DATADIR.
set -euo pipefail

readonly engines=(docker containerd podman-runtime crio runc-divert)
readonly here=${0%/*}
readonly state=$DESTDIR/var/lib/rootfence/register
readonly wrapper=$LIBEXECDIR/rootfence/runc

note() { printf 'rootfence: %s\n' "$*"; }
die() { printf 'rootfence: %s\n' "$*" >&2; exit 1; }

snippet() { sed "s|@LIBEXECDIR@|$LIBEXECDIR|" "$here/$1"; }

by_hand() {
	printf 'rootfence: %s; add this by hand:\n' "$1" >&2
	snippet "$2" >&2
	exit 1
}

# shellcheck source=oci-hooks.d/engines.bash
source "$here/engines.bash"

# --- files: saved, replaced, restored ---

file_of() {
	case $1 in
	docker) echo "$SYSCONFDIR/docker/daemon.json" ;;
	containerd) echo "$SYSCONFDIR/containerd/config.toml" ;;
	podman-runtime) echo "$SYSCONFDIR/containers/containers.conf.d/60-rootfence-runtime.conf" ;;
	crio) echo "$SYSCONFDIR/crio/crio.conf.d/60-rootfence.conf" ;;
	esac
}

# Makes a directory and records each one that did not exist, innermost first.
make_dir() {
	[[ ! -d $DESTDIR$1 ]] || return 0
	make_dir "$(dirname "$1")"
	mkdir -m 755 "$DESTDIR$1"
	made=("$1" "${made[@]}")
}

# Keeps owner and mode of the file that it replaces. Of a symbolic link it replaces the target.
replace() {
	local new=$1 file
	file=$(readlink -m "$2")
	chmod 644 "$new"
	if [[ -e $file ]]; then
		chown --reference "$file" "$new"
		chmod --reference "$file" "$new"
	fi
	cp -p "$new" "$file.rootfence-new"
	mv -fT "$file.rootfence-new" "$file"
}

# put ENGINE NEW: NEW becomes the engine's file. The record is complete before anything changes.
put() {
	local record=$state/$1 new=$2 file made=()
	file=$(file_of "$1")
	rm -rf "$record"
	mkdir -p "$record"
	make_dir "$(dirname "$file")"
	printf '%s\n' "${made[@]}" >"$record/dirs"
	[[ ! -e $DESTDIR$file ]] || cp -p "$DESTDIR$file" "$record/before"
	cp "$new" "$record/after"
	replace "$new" "$DESTDIR$file"
}

# Is the file still as we registered it?
untouched() { cmp -s "$DESTDIR$(file_of "$1")" "$state/$1/after"; }

forget() {
	local record=$state/$1 dir
	[[ ! -e $record/dirs ]] || while read -r dir; do
		[[ -z $dir ]] || rmdir --ignore-fail-on-non-empty "$DESTDIR$dir" || true
	done <"$record/dirs"
	rm -rf "$record"
	rmdir --ignore-fail-on-non-empty "$state" "${state%/*}" || true
}

put_back() {
	local record=$state/$1 file
	file=$DESTDIR$(file_of "$1")
	if [[ -e $record/before ]]; then
		cp -p "$record/before" "$work/before"
		replace "$work/before" "$file"
	else
		rm -f "$file"
	fi
}

# --- install and uninstall of a file ---

after_install() {
	case $1 in
	docker) note "now run: systemctl reload docker. Existing containers keep their runtime;" \
		"'docker run --runtime runc' and 'docker build' bypass the wrapper: see docs/docker.md" ;;
	containerd) note 'now run: systemctl restart containerd. Existing pods keep their runtime;' \
		'ctr and nerdctl need a flag: see docs/containerd.md' ;;
	podman-runtime) note 'podman uses the wrapper from the next command on' ;;
	crio) note 'now run: systemctl restart crio; then create a RuntimeClass with handler rootfence' ;;
	esac
}

after_uninstall() {
	case $1 in
	docker) note 'now run: systemctl restart docker; from Docker 26 on a reload is enough' ;;
	containerd) note 'now run: systemctl restart containerd; running pods still use the wrapper' ;;
	crio) note 'now run: systemctl restart crio' ;;
	esac
}

# A registered file that was changed since is left alone, as long as our keys are in it.
install_file() {
	local engine=$1 file
	file=$DESTDIR$(file_of "$engine")
	if [[ -d $state/$engine && -e $file ]]; then
		if is_dropin "$engine" || "in_${engine}" "$file"; then
			[[ $engine != docker ]] || need_whole_docker "$file"
			untouched "$engine" || note "$file was changed after it was registered: left alone"
			note "$engine is registered already"
			return
		fi
	fi
	"make_${engine//-/_}" "$file" "$work/new"
	put "$engine" "$work/new"
	after_install "$engine"
}

uninstall_file() {
	local engine=$1 file
	file=$DESTDIR$(file_of "$engine")
	[[ $engine != docker ]] || leave_docker
	if [[ ! -e $file ]]; then
		note "$file does not exist any more"
	elif untouched "$engine"; then
		put_back "$engine"
	elif is_dropin "$engine"; then
		mv -fT "$file" "$file.rootfence-old"
		note "$file was changed after it was registered: moved to $file.rootfence-old"
	elif "in_$engine" "$file"; then
		"strip_$engine" "$file" >"$work/stripped"
		replace "$work/stripped" "$file"
		note "$file was changed after it was registered: only rootfence's own settings were removed"
	fi
	forget "$engine"
	after_uninstall "$engine"
}

# --- the runtime itself ---

root_option() { [[ -z $DESTDIR ]] || printf '%s\n' --root "$DESTDIR"; }

# The path at which a package installs runc: /usr/sbin/runc from Debian, /usr/bin/runc from Docker.
find_runc() {
	local path
	for path in /usr/sbin/runc /usr/bin/runc; do
		[[ -e $DESTDIR$path ]] && dpkg-query "${root[@]}" --search "$path" >/dev/null 2>&1 &&
			{ echo "$path"; return; }
	done
	return 1
}

# The wrapper, called by the runtime's path, must find the real runtime.
divert_works() { [[ -n $DESTDIR ]] || "$1" --version >/dev/null; }

# At every moment there is a runc: the real one gets its second name before it loses the first.
divert() {
	local path=$1 real=$1.rootfence-real
	dpkg-divert "${root[@]}" --quiet --local --no-rename --divert "$real" --add "$path"
	[[ -L $DESTDIR$path ]] || ln -f "$DESTDIR$path" "$DESTDIR$real"
	ln -sfT "$BINDIR/rootfence" "$DESTDIR$path.rootfence-new"
	mv -fT "$DESTDIR$path.rootfence-new" "$DESTDIR$path"
}

undivert() {
	local path=$1 real=$1.rootfence-real
	if [[ -e $DESTDIR$real ]]; then
		mv -fT "$DESTDIR$real" "$DESTDIR$path"
	elif [[ -L $DESTDIR$path ]]; then # its package is gone
		rm -f "$DESTDIR$path"
	fi
	dpkg-divert "${root[@]}" --quiet --local --no-rename --divert "$real" --remove "$path"
}

install_divert() {
	local path other
	command -v dpkg-divert >/dev/null ||
		die 'dpkg-divert is missing: replace runc by a link to the wrapper by hand'
	if [[ -e $state/runc-divert/path ]]; then
		path=$(<"$state/runc-divert/path")
	else
		path=$(find_runc) || die 'no installed package has /usr/sbin/runc or /usr/bin/runc'
		[[ ! -L $DESTDIR$path ]] || die "$path is a symbolic link: divert its target by hand"
	fi
	other=$(dpkg-divert "${root[@]}" --truename "$path")
	[[ $other == "$path" || $other == "$path.rootfence-real" ]] ||
		die "$path is diverted to $other already: undo that first"
	mkdir -p "$state/runc-divert"
	printf '%s\n' "$path" >"$state/runc-divert/path"
	divert "$path"
	if ! divert_works "$path"; then
		uninstall_divert
		die "$path --version fails through the wrapper (see above): nothing is diverted"
	fi
	note "$path is the wrapper now, and $path.rootfence-real the runtime; nothing needs a restart"
}

uninstall_divert() {
	undivert "$(<"$state/runc-divert/path")"
	forget runc-divert
	note 'runc is the real runtime again; running containers stay under the kernel guard'
}

# --- main ---

need_wrapper() {
	local file
	for file in "$BINDIR/rootfence" "$wrapper"; do
		[[ -e $DESTDIR$file || -L $DESTDIR$file ]] ||
			die "$DESTDIR$file is missing: run make install first"
	done
}

install_one() {
	need_wrapper
	if [[ $1 == runc-divert ]]; then install_divert; else install_file "$1"; fi
}

uninstall_one() {
	if [[ ! -d $state/$1 ]]; then
		note "$1 is not registered"
	elif [[ $1 == runc-divert ]]; then
		uninstall_divert
	else
		uninstall_file "$1"
	fi
}

# Running containers whose shim calls the wrapper by its path until they end.
running() {
	local file
	for file in "$DESTDIR"/run/{containerd,docker/containerd/daemon}/io.containerd.runtime.v2.task/*/*/runtime; do
		! grep -qsF "$LIBEXECDIR/rootfence/" "$file" ||
			basename "$(dirname "$file")" | cut -c 1-12
	done
}

uninstall_all() {
	local engine left
	for engine in "${engines[@]}"; do
		[[ ! -d $state/$engine ]] || uninstall_one "$engine"
	done
	left=$(running | paste -sd ' ')
	[[ -z $left ]] || die "containers run by the wrapper still exist and could not be stopped" \
		"without it: $left"
}

known() {
	local engine
	for engine in "${engines[@]}"; do
		[[ $1 != "$engine" ]] || return 0
	done
	return 1
}

mapfile -t root < <(root_option)
readonly root
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
case ${1-}:${2-} in
uninstall:) uninstall_all ;;
install:* | uninstall:*)
	known "${2-}" || die "no such engine: '${2-}'; known: ${engines[*]}"
	"$1_one" "$2"
	;;
*) printf 'usage: %s install ENGINE | uninstall [ENGINE]\n' "$0" >&2; exit 2 ;;
esac
