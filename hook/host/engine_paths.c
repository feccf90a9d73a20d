/* SPDX-License-Identifier: Apache-2.0 */
/* Names of the paths that engines own; see engine_paths.h. */
#include "engine_paths.h"

#include <fnmatch.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"

/*
 * Mounts that engines put into every container: hosts, resolv.conf, secrets, shm, ... Sources are
 * those of podman, CRI-O, buildah, Docker, BuildKit, containerd, engines built on it, and the
 * kubelet; `*` is one path component. All lie in directories that only the engine's own user can
 * write.
 */
static const struct {
	const char *destination; /* NULL: anywhere */
	const char *source;
} engine_mounts[] = {
	{ "/etc/hosts", "*/overlay-containers/*/userdata/hosts" },
	{ "/etc/hostname", "*/overlay-containers/*/userdata/hostname" },
	{ "/etc/resolv.conf", "*/overlay-containers/*/userdata/resolv.conf" },
	{ "/etc/passwd", "*/overlay-containers/*/userdata/passwd" },
	{ "/etc/group", "*/overlay-containers/*/userdata/group" },
	{ "/dev/shm", "*/overlay-containers/*/userdata/shm" },
	{ "/run/.containerenv", "*/overlay-containers/*/userdata/.containerenv" },
	{ "/run/secrets", "*/overlay-containers/*/userdata/run/secrets" },
	{ "/run/secrets/*", "*/overlay-containers/*/userdata/secrets/*" },
	{ "/run/secrets/*", "*/overlay-containers/*/userdata/run/secrets/*" },
	{ "/etc/hosts", "/var/lib/docker/containers/*/hosts" },
	{ "/etc/hostname", "/var/lib/docker/containers/*/hostname" },
	{ "/etc/resolv.conf", "/var/lib/docker/containers/*/resolv.conf" },
	{ "/dev/shm", "/var/lib/docker/containers/*/mounts/shm" },
	{ "/run/secrets", "/var/lib/docker/containers/*/mounts/secrets" },
	{ "/run/secrets/*", "/var/lib/docker/containers/*/mounts/secrets/*" },
	/* A daemon with userns-remap has all of this in a directory named after its first ids. */
	{ "/etc/hosts", "/var/lib/docker/[0-9]*.[0-9]*/containers/*/hosts" },
	{ "/etc/hostname", "/var/lib/docker/[0-9]*.[0-9]*/containers/*/hostname" },
	{ "/etc/resolv.conf", "/var/lib/docker/[0-9]*.[0-9]*/containers/*/resolv.conf" },
	{ "/dev/shm", "/var/lib/docker/[0-9]*.[0-9]*/containers/*/mounts/shm" },
	{ "/run/secrets", "/var/lib/docker/[0-9]*.[0-9]*/containers/*/mounts/secrets" },
	{ "/run/secrets/*", "/var/lib/docker/[0-9]*.[0-9]*/containers/*/mounts/secrets/*" },
	/* BuildKit in dockerd: RUN steps. */
	{ "/etc/hosts", "/var/lib/docker/buildkit/executor/hosts*" },
	{ "/etc/resolv.conf", "/var/lib/docker/buildkit/executor/resolv.conf" },
	{ "/etc/hosts", "/var/lib/docker/[0-9]*.[0-9]*/buildkit/executor/hosts*" },
	{ "/etc/resolv.conf", "/var/lib/docker/[0-9]*.[0-9]*/buildkit/executor/resolv.conf" },
	/* RUN --mount of type cache and of type secret. */
	{ NULL, "/var/lib/docker/tmp/buildkit-mount[0-9]*" },
	{ NULL, "/var/lib/docker/tmp/buildkit-secrets[0-9]*/*" },
	{ NULL, "/var/lib/docker/[0-9]*.[0-9]*/tmp/buildkit-mount[0-9]*" },
	{ NULL, "/var/lib/docker/[0-9]*.[0-9]*/tmp/buildkit-secrets[0-9]*/*" },
	{ "/etc/hostname", "/var/lib/containerd/io.containerd.grpc.v1.cri/sandboxes/*/hostname" },
	{ "/etc/hosts", "/var/lib/containerd/io.containerd.grpc.v1.cri/sandboxes/*/hosts" },
	{ "/etc/resolv.conf",
	  "/var/lib/containerd/io.containerd.grpc.v1.cri/sandboxes/*/resolv.conf" },
	{ "/dev/shm", "/run/containerd/io.containerd.grpc.v1.cri/sandboxes/*/shm" },
	/* k3s and rke2, k0s. */
	{ "/etc/hostname",
	  "/var/lib/rancher/*/agent/containerd/io.containerd.grpc.v1.cri/sandboxes/*/hostname" },
	{ "/etc/hosts",
	  "/var/lib/rancher/*/agent/containerd/io.containerd.grpc.v1.cri/sandboxes/*/hosts" },
	{ "/etc/resolv.conf",
	  "/var/lib/rancher/*/agent/containerd/io.containerd.grpc.v1.cri/sandboxes/*/resolv.conf" },
	{ "/dev/shm", "/run/k3s/containerd/io.containerd.grpc.v1.cri/sandboxes/*/shm" },
	{ "/etc/hostname",
	  "/var/lib/k0s/containerd/io.containerd.grpc.v1.cri/sandboxes/*/hostname" },
	{ "/etc/hosts", "/var/lib/k0s/containerd/io.containerd.grpc.v1.cri/sandboxes/*/hosts" },
	{ "/etc/resolv.conf",
	  "/var/lib/k0s/containerd/io.containerd.grpc.v1.cri/sandboxes/*/resolv.conf" },
	{ "/dev/shm", "/run/k0s/containerd/io.containerd.grpc.v1.cri/sandboxes/*/shm" },
	{ "/etc/hosts", "/var/lib/kubelet/pods/*/etc-hosts" },
	{ "/dev/termination-log", "/var/lib/kubelet/pods/*/containers/*/*" },
};

/* A source pattern that starts with "*" is relative to one of these. */
static const struct {
	const char *path;
	enum engine_paths engine;
} storage_roots[] = {
	{ "/run/containers/storage", ENGINE_ROOT },
	{ "/var/run/containers/storage", ENGINE_ROOT },
	{ "/var/lib/containers/storage", ENGINE_ROOT },
	{ "/run/user/*/containers", ENGINE_USER },
	{ "/tmp/podman-run-*/containers", ENGINE_USER },
	{ "/tmp/containers-user-*/containers", ENGINE_USER },
	{ "/home/*/.local/share/containers/storage", ENGINE_USER },
};

/* fnmatch() on a path without a NUL byte at its end. A path with ".." matches nothing. */
static bool path_fits(const char *pattern, struct str path)
{
	char text[PATH_MAX];

	if (path.len >= sizeof(text))
		return false;
	memcpy(text, path.data, path.len);
	text[path.len] = '\0';
	return !str_path_climbs(path) && fnmatch(pattern, text, FNM_PATHNAME) == 0;
}

/* Does the path equal the pattern up to its first wildcard? */
static bool starts_as(struct str path, const char *pattern)
{
	size_t len = strcspn(pattern, "*[");

	return path.len >= len && memcmp(path.data, pattern, len) == 0;
}

static bool path_matches(const char *pattern, struct str path)
{
	if (!starts_as(path, pattern))
		return false;
	return strpbrk(pattern, "*[") != NULL ? path_fits(pattern, path) : str_is(path, pattern);
}

static enum engine_paths source_engine(const char *pattern, struct str source)
{
	char full[256];

	if (pattern[0] != '*')
		return path_matches(pattern, source) ? ENGINE_ROOT : ENGINE_NONE;
	for (size_t i = 0; i < ARRAY_SIZE(storage_roots); i++) {
		int len;

		if (!starts_as(source, storage_roots[i].path))
			continue;
		len = snprintf(full, sizeof(full), "%s%s", storage_roots[i].path, pattern + 1);

		if (len > 0 && (size_t)len < sizeof(full) && path_matches(full, source))
			return storage_roots[i].engine;
	}
	return ENGINE_NONE;
}

enum engine_paths engine_mount(const struct oci_mount *mount)
{
	enum engine_paths engine = ENGINE_NONE;

	for (size_t i = 0; i < ARRAY_SIZE(engine_mounts) && engine == ENGINE_NONE; i++)
		if (engine_mounts[i].destination == NULL ||
		    path_matches(engine_mounts[i].destination, mount->destination.value))
			engine = source_engine(engine_mounts[i].source, mount->source.value);
	return engine;
}

enum engine_paths engine_layer(struct str path)
{
	enum engine_paths engine = source_engine("*/overlay/*/merged", path);

	return engine != ENGINE_NONE
		       ? engine
		       : source_engine("*/overlay-containers/*/userdata/overlay/*/*", path);
}

bool engine_root(struct str path)
{
	return source_engine("*/overlay/*/merged", path) == ENGINE_ROOT ||
	       path_matches("/var/lib/docker/overlay2/*/merged", path) ||
	       path_matches("/var/lib/docker/[0-9]*.[0-9]*/overlay2/*/merged", path);
}

/* Does the pattern match the path or a directory above it? */
static bool lies_in(const char *pattern, struct str path)
{
	for (size_t len = path.len; len > 0; len--)
		if ((len == path.len || path.data[len] == '/') &&
		    path_matches(pattern, (struct str){ path.data, len }))
			return true;
	return false;
}

static bool lies_in_one(const char *const *patterns, size_t n, struct str path)
{
	for (size_t i = 0; i < n && !str_path_climbs(path); i++)
		if (lies_in(patterns[i], path))
			return true;
	return false;
}

bool engine_volume(struct str path)
{
	static const char *const volumes[] = {
		"/var/lib/containers/storage/volumes/*/_data",
		"/var/lib/docker/volumes/*/_data",
		"/var/lib/docker/[0-9]*.[0-9]*/volumes/*/_data",
		"/var/lib/nerdctl/*/volumes/*/*/_data",
		"/var/lib/containerd/io.containerd.grpc.v1.cri/containers/*/volumes/*",
	};

	return lies_in_one(volumes, ARRAY_SIZE(volumes), path);
}

bool engine_pod_volume(struct str path)
{
	static const char *const volumes[] = {
		"/var/lib/kubelet/pods/*/volumes/*/*",
		"/var/lib/kubelet/pods/*/volume-subpaths/*/*/*",
		"/var/lib/k0s/kubelet/pods/*/volumes/*/*",
		"/var/lib/k0s/kubelet/pods/*/volume-subpaths/*/*/*",
		"/var/snap/microk8s/common/var/lib/kubelet/pods/*/volumes/*/*",
		"/var/snap/microk8s/common/var/lib/kubelet/pods/*/volume-subpaths/*/*/*",
	};

	return lies_in_one(volumes, ARRAY_SIZE(volumes), path);
}

/* Does the path end in PLACE, an ID and `after`? */
static bool has_place(struct str path, const char *place, const char *after)
{
	size_t place_len = strlen(place), after_len = strlen(after);

	if (path.len <= place_len + after_len ||
	    memcmp(path.data + path.len - after_len, after, after_len) != 0)
		return false;
	path.len -= after_len;
	if (path.data[path.len - 1] == '/')
		return false; /* no ID */
	while (path.len > 0 && path.data[path.len - 1] != '/')
		path.len--;
	return path.len > place_len &&
	       memcmp(path.data + path.len - place_len, place, place_len) == 0;
}

struct place {
	const char *before, *after; /* around the ID */
};

static bool has_one(struct str path, const struct place *places, size_t n)
{
	for (size_t i = 0; i < n && !str_path_climbs(path); i++)
		if (has_place(path, places[i].before, places[i].after))
			return true;
	return false;
}

bool engine_root_by_name(struct str path)
{
	/* Of storage drivers and, in /rootfs/, of snapshotters. */
	static const struct place places[] = {
		{ "/overlay/", "/merged" },
		{ "/overlay2/", "/merged" },
		{ "/fuse-overlayfs/", "/merged" },
		{ "/vfs/dir/", "" },
		{ "/btrfs/subvolumes/", "" },
		{ "/zfs/graph/", "" },
		{ "/aufs/mnt/", "" },
		{ "/devicemapper/mnt/", "/rootfs" },
		{ "/rootfs/overlayfs/", "" },
		{ "/rootfs/fuse-overlayfs/", "" },
		{ "/rootfs/native/", "" },
		{ "/rootfs/btrfs/", "" },
		{ "/rootfs/zfs/", "" },
		{ "/rootfs/stargz/", "" },
		{ "/rootfs/nydus/", "" },
		{ "/overlay-containers/", "/rootfs/merge" }, /* podman run --rootfs DIR:O */
	};

	return has_one(path, places, ARRAY_SIZE(places));
}

bool engine_bundle_by_name(struct str path)
{
	static const struct place place = { "/overlay-containers/", "/userdata" };

	return has_one(path, &place, 1);
}

/* OVERLAY/ID/mapped/N and below, where podman keeps layers with mapped ids while it mounts them. */
static bool is_mapped_layer(struct str path)
{
	static const char mapped[] = "/mapped/";
	static const struct place layer = { "/overlay/", "" };

	for (size_t i = 0; i + strlen(mapped) < path.len; i++)
		if (memcmp(path.data + i, mapped, strlen(mapped)) == 0 &&
		    has_one((struct str){ path.data, i }, &layer, 1))
			return !str_path_climbs(path);
	return false;
}

bool engine_layer_by_name(struct str path)
{
	static const struct place places[] = {
		{ "/overlay/", "/diff" },
		{ "/overlay2/", "/diff" },
		{ "/fuse-overlayfs/", "/diff" },
		{ "/aufs/diff/", "" },
		{ "/snapshots/", "/fs" },
		{ "/io.containerd.snapshotter.v1.native/snapshots/", "" },
		{ "/io.containerd.snapshotter.v1.btrfs/active/", "" },
		{ "/io.containerd.snapshotter.v1.btrfs/view/", "" },
		{ "/overlay-containers/", "/rootfs/upper" },
		{ "/overlay-containers/", "/rootfs/work" },
	};

	return has_one(path, places, ARRAY_SIZE(places)) || is_mapped_layer(path);
}
