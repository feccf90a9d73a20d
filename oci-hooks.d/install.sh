#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# install.sh install MODE:SOURCE:DESTINATION... | uninstall
#
# MODE is the mode of the file, or "link": then SOURCE is the target of a symbolic link.
# Puts files in place in the given order, each by rename. A container that starts meanwhile finds
# the old file or the new one, never none: engines ignore a hook whose binary is missing. A manifest
# lists the installed files, and uninstall removes them in reverse order.
# From make: DESTDIR, BINDIR, DATADIR.
set -euo pipefail

readonly own_hooks="$DATADIR/rootfence/hooks.d"
readonly manifest="$DESTDIR$DATADIR/rootfence/manifest"
readonly conf_dir=/etc/containers/containers.conf.d dropin=50-rootfence.conf
made=()   # "d PATH" and "f PATH", in order
before='' # the manifest of an earlier install

note() { printf 'rootfence: %s\n' "$*"; }

# The entries of the last hooks_dir list in the given TOML files, one per line.
hooks_dir_of() {
	[[ $# -gt 0 ]] || return 0
	awk '
		{ sub(/^[ \t]+/, ""); if (/^#/) next }
		/^hooks_dir[ \t]*=/ { list = ""; open = 1 }
		open { list = list $0 "\n"; if (/\]/) open = 0 }
		END {
			n = split(list, part, "\"")
			for (i = 2; i <= n; i += 2)
				print part[i]
		}' "$@"
}

# The host's containers.conf files that podman reads before our own, in its order.
earlier_confs() {
	local f
	for f in /usr/share/containers/containers.conf /etc/containers/containers.conf \
		"$conf_dir"/*.conf; do
		[[ ${f##*/} < $dropin || ${f%/*} != "$conf_dir" ]] && [[ -r $f ]] && printf '%s\n' "$f"
	done
	return 0
}

# The value of hooks_dir in the drop-in: the host's directories as they are, then ours.
hooks_dirs() {
	local confs=() dirs=() d out=''
	[[ -n $DESTDIR ]] || mapfile -t confs < <(earlier_confs)
	[[ ${#confs[@]} -eq 0 ]] || mapfile -t dirs < <(hooks_dir_of "${confs[@]}")
	[[ ${#dirs[@]} -gt 0 ]] || dirs=(/usr/share/containers/oci/hooks.d)
	for d in "${dirs[@]}"; do
		[[ $d == "$own_hooks" ]] || out+="\"$d\", "
	done
	printf '%s"%s"\n' "$out" "$own_hooks"
}

warn_overridden() {
	local f
	for f in "$conf_dir"/*.conf; do
		[[ ${f##*/} > $dropin && -n $(hooks_dir_of "$f") ]] || continue
		[[ ${f##*/} != 60-rootfence-runtime.conf ]] || continue # lists the wrapper's directory instead
		grep -qxF "$own_hooks" <<<"$(hooks_dir_of "$f")" ||
			note "$f replaces hooks_dir: add \"$own_hooks\" there, or podman runs none of our hooks" >&2
	done
}

# Makes a directory and records each one that did not exist, outermost first.
make_dir() {
	[[ ! -d $DESTDIR$1 ]] || return 0
	make_dir "$(dirname "$1")"
	mkdir -m 755 "$DESTDIR$1"
	made+=("d $1")
}

fill_in() {
	sed -i -e "s|@BINDIR@|$BINDIR|; s|@DATADIR@|$DATADIR|; s|@SYSCONFDIR@|$SYSCONFDIR|" \
		-e "s|@HOOKS_DIRS@|$hooks_dirs|" "$1"
}

put() {
	local mode=$1 source=$2 dest="$DESTDIR$3"
	make_dir "$(dirname "$3")"
	case $mode in
	link) ln -sfn "$source" "$dest.new" ;;
	755) install -m "$mode" "$source" "$dest.new" ;;
	*)
		install -m "$mode" "$source" "$dest.new"
		fill_in "$dest.new"
		;;
	esac
	mv -fT "$dest.new" "$dest"
	made+=("f $3")
}

# Removes the files of an earlier version that this one does not have.
remove_stale() {
	local entry now
	now=$(printf '%s\n' "${made[@]}")
	while read -r entry; do
		[[ $entry == "f "* ]] || continue
		grep -qxF "$entry" <<<"$now" || rm -f "$DESTDIR${entry#f }"
	done <<<"$before"
}

write_manifest() {
	{
		sed -n '/^d /p' <<<"$before"
		printf '%s\n' "${made[@]}"
	} >"$manifest.new"
	mv -fT "$manifest.new" "$manifest"
}

systemd() {
	[[ -z $DESTDIR && -d /run/systemd/system ]] || return 0
	systemctl "$@" || note "systemctl $* failed; the first hook loads the guard"
}

# The guard that is loaded stays as it is, and stops containers if it is of another version.
check_guard() {
	local why
	[[ -z $DESTDIR && -e /sys/fs/bpf/rootfence ]] || return 0
	if ! why=$("$BINDIR/rootfence" status 2>&1 >/dev/null); then
		why=${why#rootfence: }
		note "no container starts: ${why:-the guard is not as it was loaded; run 'rootfence load --replace'}" >&2
	elif [[ -n $before ]]; then
		note "the loaded guard stays; 'rootfence load --replace' puts that of this version in its place"
	fi
}

# make hands entries over as words: a blank in PREFIX makes two of one.
check_entries() {
	local entry
	for entry in "$@"; do
		[[ $entry =~ ^(link|[0-7]{3}):[^:]+:/ ]] && continue
		note "PREFIX, SYSCONFDIR and the like must be absolute paths without blanks: '$entry'" >&2
		exit 2
	done
}

install_all() {
	local entry mode source dest
	check_entries "$@"
	[[ ! -e $manifest ]] || before=$(<"$manifest")
	hooks_dirs=$(hooks_dirs)
	mkdir -p "$DESTDIR/"
	make_dir "$DATADIR/rootfence"
	trap write_manifest EXIT # so that an install that stopped halfway can be uninstalled
	for entry in "$@"; do
		IFS=: read -r mode source dest <<<"$entry"
		put "$mode" "$source" "$dest"
	done
	remove_stale
	systemd daemon-reload
	systemd --quiet enable --now rootfence.service
	check_guard
	[[ -n $DESTDIR ]] || warn_overridden
}

# The binary goes last, when nothing calls it any more; the guard is unloaded first.
remove() {
	if [[ -z $DESTDIR && $1 == "$BINDIR/rootfence" && -x $1 ]]; then
		"$1" unload || note "the guard stays loaded until the next boot"
	fi
	rm -f "$DESTDIR$1"
}

uninstall_all() {
	local path entries
	[[ -e $manifest ]] || { note "not installed: no $manifest" >&2; return 0; }
	entries=$(tac "$manifest")
	mapfile -t made <<<"$entries"
	systemd --quiet disable rootfence.service
	for path in "${made[@]}"; do
		[[ $path != "f "* ]] || remove "${path#f }"
	done
	rm -f "$manifest"
	for path in "${made[@]}"; do
		[[ $path != "d "* ]] || rmdir --ignore-fail-on-non-empty "$DESTDIR${path#d }"
	done
	systemd daemon-reload
}

case ${1-} in
install) shift; install_all "$@" ;;
uninstall) uninstall_all ;;
*) printf 'usage: %s install MODE:SOURCE:DESTINATION... | uninstall\n' "$0" >&2; exit 2 ;;
esac
