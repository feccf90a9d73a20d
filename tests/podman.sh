# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# A separate podman for the demo and the live tests: storage, state, locks and configuration are
# below one directory, the host's are not changed, and containers start on any machine. They set:
: "${work:?the directory}" "${top:?the checkout}" "${rootfence:?the binary}" "${guard:?its pins}"

export CONTAINERS_CONF=$work/containers.conf CONTAINERS_STORAGE_CONF=$work/storage.conf

# podman_config RUNTIME ULIMITS [HOOKS_DIR]
podman_config() {
	cat >"$CONTAINERS_CONF" <<-END
		[containers]
		netns = "none"
		default_ulimits = [$2]
		[engine]
		runtime = "$1"
		cgroup_manager = "cgroupfs"
		events_logger = "file"
		lock_type = "file"
		tmp_dir = "$work/podman/tmp"
		image_copy_tmp_dir = "$work/podman"
		hooks_dir = ["${3-$work/no-hooks}"]
	END
}

podman_storage() {
	cat >"$CONTAINERS_STORAGE_CONF" <<-END
		[storage]
		driver = "$1"
		graphroot = "$work/podman/storage"
		runroot = "$work/podman/run"
	END
}

# Makes a root of busybox, with tests/live/probe.c set-user-ID root in it. It needs no registry.
make_rootfs() {
	local root=$1
	mkdir -p "$root"/{bin,dev,etc,proc,root,sys,tmp}
	chmod 1777 "$root/tmp"
	cp /bin/busybox "$root/bin/busybox"
	chroot "$root" /bin/busybox --install -s /bin
	printf '%s\n' root:x:0:0:root:/root:/bin/sh testuser:x:3267:3267::/tmp:/bin/sh \
		nobody:x:65534:65534::/:/bin/sh >"$root/etc/passwd"
	printf '%s\n' root:x:0: testuser:x:3267: nogroup:x:65534: >"$root/etc/group"
	"${CC:-gcc}" -O2 -Wall -static -o "$root/bin/probe" "$top/tests/live/probe.c"
	chown 0:0 "$root/bin/probe"
	chmod 4755 "$root/bin/probe"
}

# import_image NAME [CHANGE...]
import_image() {
	local name=$1 change changes=()
	shift
	for change in 'CMD ["/bin/sh"]' "$@"; do
		changes+=(--change "$change")
	done
	tar -C "$work/rootfs" --xattrs --xattrs-include=security.capability -c . |
		podman import -q "${changes[@]}" - "localhost/$name" >/dev/null
}

# Tries runtimes and limits until a container starts without hooks; sets $runtime and $ulimits.
find_podman() {
	local tried
	for runtime in crun runc; do
		command -v "$runtime" >/dev/null || continue
		for ulimits in '' '"nofile=1024:1024", "nproc=1000:1000"'; do
			podman_config "$runtime" "$ulimits"
			tried=$(podman run --rm --user 3267 "$1" true 2>&1) && return 0
		done
	done
	printf 'no container starts on this machine, without any hook: %s\n' "$tried" >&2
	return 1
}

# Makes an image $1 in a storage that works here.
podman_start() {
	mkdir -p "$work/podman"
	make_rootfs "$work/rootfs"
	podman_config runc ''
	podman_storage overlay
	import_image "$1" 2>"$work/import.log" || {
		podman_storage vfs
		import_image "$1"
	}
	find_podman "localhost/$1"
}

podman_stop() {
	[[ ! -e $CONTAINERS_CONF ]] || podman rm --all --force --time 0 >/dev/null 2>&1 || true
	local mounted id
	# Containers that podman lost when a test killed their conmon.
	for id in $(command "${runtime:-runc}" list -f json 2>/dev/null | jq -r --arg work "$work/" \
		'.[]? | select(.bundle | startswith($work)) | .id'); do
		command "${runtime:-runc}" delete --force "$id" || true
	done
	mounted=$(awk -v d="$work/" 'index($5, d) == 1 { print $5 }' /proc/self/mountinfo | sort -r)
	[[ -z $mounted ]] || xargs -r umount -l <<<"$mounted"
}

# own_hooks POLICY: hooks that call the installed binary by its full path, with a policy and a
# guard of their own.
own_hooks() {
	local hook
	rm -rf "$work/hooks"
	mkdir -p "$work/hooks"
	for hook in "$top"/oci-hooks.d/podman/*.json; do
		jq --arg bin "$rootfence" --arg policy "$1" --arg guard "$guard" '
			.hook.path = $bin
			| if .stages != ["poststop"] then .hook.args += ["--policy", $policy] else . end
			| .hook.args += ["--guard", $guard]' "$hook" >"$work/hooks/${hook##*/}"
	done
	podman_config "$runtime" "$ulimits" "$work/hooks"
}
