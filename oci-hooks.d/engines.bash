# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# What each engine's file says when the wrapper is registered, for register.sh:
#   make_ENGINE FILE NEW    writes NEW, which is FILE with our keys, or refuses
#   in_ENGINE FILE          are they in it?
#   strip_ENGINE FILE       prints it without them
: "${state:?}" "${wrapper:?}" "${SYSCONFDIR:?}" "${DATADIR:?}"

readonly mark='# rootfence: make uninstall-containerd' was='#rootfence# '

# --- Docker: daemon.json, by jq ---

has_jq() { command -v jq >/dev/null; }

docker_default_is_free() {
	local default
	default=$(jq -er '."default-runtime" // "runc"' "$1") ||
		die "$1 is not JSON that jq reads: nothing changed"
	case $default in
	runc | rootfence) ;;
	*) die "$1 has default-runtime '$default': put the path of that runtime first into" \
		"runtimes.runc of $SYSCONFDIR/rootfence/runtime.json and take default-runtime out" ;;
	esac
}

# What else can be asked for by name: `docker run --runtime NAME` goes past the wrapper.
docker_note_others() {
	local name
	jq -r '.runtimes // {} | keys[] | select(. != "rootfence")' "$1" | while read -r name; do
		note "$1: containers started with --runtime $name go past the wrapper" >&2
	done
}

make_docker() {
	local file=$1 new=$2
	[[ -s $file ]] || { snippet docker/daemon.json >"$new"; return; }
	has_jq || by_hand "$file exists, and there is no jq here to change it" docker/daemon.json
	docker_default_is_free "$file"
	docker_note_others "$file"
	jq --arg path "$wrapper" '."default-runtime" = "rootfence"
		| .runtimes.rootfence = { path: $path }' "$file" >"$new"
}

in_docker() {
	grep -q '"rootfence"' "$1"
}

# Somebody has changed one of the two keys since: containers go past.
need_whole_docker() {
	! has_jq || jq -e --arg path "$wrapper" '."default-runtime" == "rootfence"
		and .runtimes.rootfence.path == $path' "$1" >/dev/null 2>&1 ||
		die "$1 was changed since it was registered, and default-runtime or runtimes.rootfence is not" \
			"ours any more: containers go past. make uninstall-docker, then again"
}

strip_docker() {
	local file=$1 before=$state/docker/before
	has_jq || die "$file was changed since, and there is no jq here: take runtimes.rootfence and" \
		"default-runtime out of it by hand, then again"
	[[ -s $before ]] || before=/dev/null
	jq --slurpfile before "$before" '($before[0] // {}) as $b
		| del(.runtimes.rootfence)
		| if .runtimes == {} and ($b | has("runtimes") | not) then del(.runtimes) else . end
		| if ."default-runtime" != "rootfence" then .
		  elif $b | has("default-runtime") then ."default-runtime" = $b["default-runtime"]
		  else del(."default-runtime") end' "$file"
}

# Containers that the daemon could neither start nor, after a restart, stop any more.
docker_containers() {
	local data=/var/lib/docker file=$DESTDIR$SYSCONFDIR/docker/daemon.json dir
	if has_jq && [[ -s $file ]]; then
		data=$(jq -r '."data-root" // "/var/lib/docker"' "$file") || return
	fi
	# With userns-remap in a directory by the first ids.
	for dir in "$DESTDIR$data"/{,*.*/}containers/*/; do
		! grep -qs '"Runtime":"rootfence"' "$dir/hostconfig.json" || basename "$dir" | cut -c 1-12
	done
}

leave_docker() {
	local containers
	containers=$(docker_containers | paste -sd ' ')
	[[ -z $containers ]] ||
		die "Docker has containers of runtime 'rootfence', and could not start them any more:" \
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

# BinaryName in the table of runc's options, which is made when it is not there. Quotes and blanks
# in the names of tables do not count. Every line of ours has a mark, and one that it replaces stays.
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

# What stands in BinaryName already, other than nothing and ourselves.
binary_name() {
	awk -v table="$1.options" '
		/^[ \t]*\[/ { text = $0; sub(/[ \t]*#.*/, "", text); gsub(/[][ \t"\047]/, "", text) }
		text == table && /^[ \t]*BinaryName[ \t]*=/ {
			split($0, part, /["\047]/); print part[2]; exit
		}' "$2"
}

# What pods get that name no RuntimeClass: every handler but runc's goes past.
containerd_default_is_free() {
	local handler
	handler=$(sed -nE "s/^[ \t]*default_runtime_name[ \t]*=[ \t]*[\"']([^\"']*)[\"'].*/\1/p" "$1")
	handler=${handler%%$'\n'*}
	case $handler in
	'' | runc) ;;
	*) die "$1 has default_runtime_name '$handler': pods would go past. Put the path of that runtime" \
		"first into runtimes.runc of $SYSCONFDIR/rootfence/runtime.json and take the line out" ;;
	esac
}

# What a RuntimeClass can name instead.
containerd_note_others() {
	local name
	sed -nE "s/^[ \t]*\[.*\.containerd\.runtimes\.[\"']?([A-Za-z0-9_-]+)[\"']?[ \t]*\].*/\1/p" "$1" |
		sort -u | sed '/^runc$/d' | while read -r name; do
		note "$1: pods whose RuntimeClass has the handler $name go past the wrapper" >&2
	done
}

# containerd itself has the last word on what its files add up to.
containerd_agrees() {
	[[ -z $DESTDIR ]] && command -v containerd >/dev/null || return 0
	local check=$2.rootfence-check dump # beside it, for imports by relative paths
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
		by_hand "$file has no version, or 1, which names plugins otherwise" containerd/v2.toml
	other=$(binary_name "$(containerd_runtime "$version")" "$file")
	[[ -z $other || $other == "$wrapper" ]] ||
		die "$file has BinaryName '$other': put that path first into runtimes.runc of" \
			"$SYSCONFDIR/rootfence/runtime.json and take BinaryName out"
	containerd_default_is_free "$file"
	containerd_note_others "$file"
	edit_toml "$(containerd_runtime "$version")" "$file" >"$new"
	grep -qE '^[ \t]*disabled_plugins.*cri' "$file" &&
		note "$file disables the CRI plugin: nothing but pods reads what is written there" >&2
	containerd_agrees "$new" "$file" || by_hand "$file, with BinaryName set, does not come out so in \
'containerd config dump' (an inline table, or an imported file that replaces the section)" \
		"containerd/v$([[ $version -gt 2 ]] && echo 3 || echo 2).toml"
}

in_containerd() { grep -qF "\"$wrapper\"" "$1"; }

strip_containerd() { sed -e "/$mark\$/d" -e "s/^$was//" "$1"; }

# --- drop-ins of our own ---

# The directories of hooks that `make install` found and wrote down, with ours for the wrapper.
hooks_dirs() {
	local conf=$DESTDIR$SYSCONFDIR/containers/containers.conf.d/50-rootfence.conf
	[[ -e $conf ]] || die "$conf is missing: make install first"
	sed -nE 's/^hooks_dir = \[(.*)\]$/\1/p' "$conf" |
		sed "s|\"$DATADIR/rootfence/hooks.d\"|\"$DATADIR/rootfence/hooks-wrapper.d\"|"
}

make_podman_runtime() {
	local dirs
	refuse_foreign "$1"
	dirs=$(hooks_dirs)
	snippet podman/60-rootfence-runtime.conf | sed "s|@HOOKS_DIRS@|$dirs|" >"$2"
}

# What CRI-O has for crun in its own files, where conmon may be in no PATH; last file last.
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
	[[ ! -e $1 ]] || die "$1 is there already and not ours: move it away first"
}

is_dropin() { [[ $1 == podman-runtime || $1 == crio ]]; }
