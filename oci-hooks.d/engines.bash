# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# How the wrapper is registered in each engine's file, for register.sh:
#   make_ENGINE FILE NEW    writes NEW, which is FILE with our keys, or refuses
#   in_ENGINE FILE          tells whether FILE has our keys
#   strip_ENGINE FILE       prints FILE without our keys
: "${state:?}" "${wrapper:?}" "${SYSCONFDIR:?}" "${DATADIR:?}"

readonly mark='# rootfence: make uninstall-containerd' was='#rootfence# '

# --- Docker: daemon.json, by jq ---

has_jq() { command -v jq >/dev/null; }

docker_default_is_free() {
	local default
	default=$(jq -er '."default-runtime" // "runc"' "$1") ||
		die "$1 is not valid JSON: nothing changed"
	case $default in
	runc | rootfence) ;;
	*) die "$1 has default-runtime '$default': put the path of that runtime first into" \
		"runtimes.runc of $SYSCONFDIR/rootfence/runtime.json and remove default-runtime" ;;
	esac
}

# Warns of runtimes that bypass the wrapper with `docker run --runtime NAME`.
docker_note_others() {
	local name
	jq -r '.runtimes // {} | keys[] | select(. != "rootfence")' "$1" | while read -r name; do
		note "$1: containers started with --runtime $name bypass the wrapper" >&2
	done
}

make_docker() {
	local file=$1 new=$2
	[[ -s $file ]] || { snippet docker/daemon.json >"$new"; return; }
	has_jq ||
		by_hand "$file exists, and changing it needs jq, which is not installed" docker/daemon.json
	docker_default_is_free "$file"
	docker_note_others "$file"
	jq --arg path "$wrapper" '."default-runtime" = "rootfence"
		| .runtimes.rootfence = { path: $path }' "$file" >"$new"
}

in_docker() {
	grep -q '"rootfence"' "$1"
}

# Refuses when one of the two keys was changed since: containers would bypass the wrapper.
need_whole_docker() {
	! has_jq || jq -e --arg path "$wrapper" '."default-runtime" == "rootfence"
		and .runtimes.rootfence.path == $path' "$1" >/dev/null 2>&1 ||
		die "$1 was changed after it was registered: default-runtime or runtimes.rootfence no longer" \
			"names the wrapper, so containers bypass it. Run make uninstall-docker, then this again"
}

strip_docker() {
	local file=$1 before=$state/docker/before
	has_jq || die "$file was changed after it was registered, and changing it needs jq, which is not" \
		"installed: remove runtimes.rootfence and default-runtime by hand, then run this again"
	[[ -s $before ]] || before=/dev/null
	jq --slurpfile before "$before" '($before[0] // {}) as $b
		| del(.runtimes.rootfence)
		| if .runtimes == {} and ($b | has("runtimes") | not) then del(.runtimes) else . end
		| if ."default-runtime" != "rootfence" then .
		  elif $b | has("default-runtime") then ."default-runtime" = $b["default-runtime"]
		  else del(."default-runtime") end' "$file"
}

# Containers that the daemon could no longer start nor, after its restart, stop.
docker_containers() {
	local data=/var/lib/docker file=$DESTDIR$SYSCONFDIR/docker/daemon.json dir
	if has_jq && [[ -s $file ]]; then
		data=$(jq -r '."data-root" // "/var/lib/docker"' "$file") || return
	fi
	# With userns-remap they are in a directory named after the first uid and gid.
	for dir in "$DESTDIR$data"/{,*.*/}containers/*/; do
		! grep -qs '"Runtime":"rootfence"' "$dir/hostconfig.json" || basename "$dir" | cut -c 1-12
	done
}

leave_docker() {
	local containers
	containers=$(docker_containers | paste -sd ' ')
	[[ -z $containers ]] ||
		die "Docker has containers of runtime 'rootfence', which it could no longer start:" \
			"remove them first (docker rm -f $containers)"
}

# --- containerd: config.toml, line by line ---

containerd_version() {
	local all
	all=$(sed -nE 's/^version *= *([0-9]+).*/\1/p' "$1") && echo "${all%%$'\n'*}"
}

containerd_runtime() {
	local plugin=io.containerd.cri.v1.runtime
	[[ $1 -gt 2 ]] || plugin=io.containerd.grpc.v1.cri
	echo "plugins.$plugin.containerd.runtimes.runc"
}

# Sets BinaryName in the table of runc's options, and adds the table when it is missing. Quotes and
# blanks in the names of tables do not count. Our lines have a mark at the end; a line that they
# replace stays as a comment.
edit_toml() {
	awk -v table="$1" -v line="  BinaryName = \"$wrapper\" $mark" -v was="$was" -v mark="$mark" '
		function header(text) {
			sub(/[ \t]*#.*/, "", text)
			gsub(/[][ \t"\047]/, "", text)
			return text
		}
		/^[ \t]*\[/ {
			current = header($0)
			if (current == table) parent = 1
			print
			if (current == table ".options") { print line; done = 1 }
			next
		}
		current == table ".options" && /^[ \t]*BinaryName[ \t]*=/ { print was $0; next }
		{ print }
		function quoted(name,   plugin, rest) {
			plugin = name; sub(/^plugins\./, "", plugin); sub(/\.containerd\.runtimes.*/, "", plugin)
			rest = name; sub(/.*\.containerd\.runtimes/, ".containerd.runtimes", rest)
			return "[plugins.\"" plugin "\"" rest "]"
		}
		END {
			if (done) exit
			if (!parent) {
				print quoted(table) " " mark
				print "  runtime_type = \"io.containerd.runc.v2\" " mark
			}
			print quoted(table ".options") " " mark
			print line
		}' "$2"
}

# The value that BinaryName has already.
binary_name() {
	awk -v table="$1.options" '
		/^[ \t]*\[/ { text = $0; sub(/[ \t]*#.*/, "", text); gsub(/[][ \t"\047]/, "", text) }
		text == table && /^[ \t]*BinaryName[ \t]*=/ {
			split($0, part, /["\047]/); print part[2]; exit
		}' "$2"
}

# Pods without a RuntimeClass get the default handler: any except runc bypasses the wrapper.
containerd_default_is_free() {
	local handler
	handler=$(sed -nE "s/^[ \t]*default_runtime_name[ \t]*=[ \t]*[\"']([^\"']*)[\"'].*/\1/p" "$1")
	handler=${handler%%$'\n'*}
	case $handler in
	'' | runc) ;;
	*) die "$1 has default_runtime_name '$handler': pods would bypass the wrapper. Put the path of" \
		"that runtime first into runtimes.runc of $SYSCONFDIR/rootfence/runtime.json and remove" \
		"the line" ;;
	esac
}

# Warns of handlers that a RuntimeClass can name and that bypass the wrapper.
containerd_note_others() {
	local name
	sed -nE "s/^[ \t]*\[.*\.containerd\.runtimes\.[\"']?([A-Za-z0-9_-]+)[\"']?[ \t]*\].*/\1/p" "$1" |
		sort -u | sed '/^runc$/d' | while read -r name; do
		note "$1: pods whose RuntimeClass has the handler $name bypass the wrapper" >&2
	done
}

# containerd itself tells what its files add up to.
containerd_agrees() {
	[[ -z $DESTDIR ]] && command -v containerd >/dev/null || return 0
	local check=$2.rootfence-check dump # in the same directory, for imports by relative paths
	cp "$1" "$check"
	dump=$(containerd --config "$check" config dump 2>/dev/null) || dump=''
	rm -f "$check"
	grep -qE "BinaryName = [\"']${wrapper}[\"']" <<<"$dump"
}

make_containerd() {
	local file=$1 new=$2 version other
	[[ -s $file ]] || { snippet containerd/v2.toml >"$new"; return; }
	version=$(containerd_version "$file")
	[[ ${version:-1} -ge 2 ]] ||
		by_hand "$file has no version, or version 1, which names plugins differently" containerd/v2.toml
	other=$(binary_name "$(containerd_runtime "$version")" "$file")
	[[ -z $other || $other == "$wrapper" ]] ||
		die "$file has BinaryName '$other': put that path first into runtimes.runc of" \
			"$SYSCONFDIR/rootfence/runtime.json and remove BinaryName"
	containerd_default_is_free "$file"
	containerd_note_others "$file"
	edit_toml "$(containerd_runtime "$version")" "$file" >"$new"
	grep -qE '^[ \t]*disabled_plugins.*cri' "$file" &&
		note "$file disables the CRI plugin: without it the setting has no effect" >&2
	containerd_agrees "$new" "$file" || by_hand "'containerd config dump' does not show BinaryName as \
set in $file (an inline table, or an imported file that replaces the section)" \
		"containerd/v$([[ $version -gt 2 ]] && echo 3 || echo 2).toml"
}

in_containerd() { grep -qF "\"$wrapper\"" "$1"; }

strip_containerd() { sed -e "/$mark\$/d" -e "s/^$was//" "$1"; }

# --- drop-ins of our own ---

# The hooks directories that `make install` recorded, with ours replaced by the wrapper's.
hooks_dirs() {
	local conf=$DESTDIR$SYSCONFDIR/containers/containers.conf.d/50-rootfence.conf
	[[ -e $conf ]] || die "$conf is missing: run make install first"
	sed -nE 's/^hooks_dir = \[(.*)\]$/\1/p' "$conf" |
		sed "s|\"$DATADIR/rootfence/hooks.d\"|\"$DATADIR/rootfence/hooks-wrapper.d\"|"
}

make_podman_runtime() {
	local dirs
	refuse_foreign "$1"
	dirs=$(hooks_dirs)
	snippet podman/60-rootfence-runtime.conf | sed "s|@HOOKS_DIRS@|$dirs|" >"$2"
}

# The line that CRI-O's own files have for a key of crun; the last file wins. Packages that keep
# conmon outside PATH set its path there.
crio_key() {
	local conf=$DESTDIR$SYSCONFDIR/crio
	{
		cat "$DESTDIR"/usr/share/crio/crio.conf{,.d/*.conf} "$conf/crio.conf" \
			"$conf"/crio.conf.d/*.conf 2>/dev/null || true # few hosts have all of these
	} | awk -v key="$1" '
		/^[ \t]*\[/ { table = $0; gsub(/[][ \t"\047]/, "", table) }
		table == "crio.runtime.runtimes.crun" && $1 == key { print }' | tail -n 1
}

make_crio() {
	refuse_foreign "$1"
	{
		snippet crio/60-rootfence.conf
		crio_key monitor_path
	} >"$2"
}

refuse_foreign() {
	[[ ! -e $1 ]] || die "$1 exists and is not ours: move it away first"
}

is_dropin() { [[ $1 == podman-runtime || $1 == crio ]]; }
