/* SPDX-License-Identifier: Apache-2.0 */
/* Names of the paths that engines own; see engine_paths.h. */
#include "engine_paths.h"

#include <fnmatch.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"

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

bool engine_path_matches(const char *pattern, struct str path)
{
	if (!starts_as(path, pattern))
		return false;
	return strpbrk(pattern, "*[") != NULL ? path_fits(pattern, path) : str_is(path, pattern);
}

/* Returns the component of the path in the place of `@` in the pattern; empty if there is none. */
static struct str component_at(const char *pattern, struct str path)
{
	const char *mark = strchr(pattern, '@');
	size_t slashes = 0, start, end;

	for (const char *p = pattern; mark != NULL && p < mark; p++)
		slashes += *p == '/';
	for (start = 0; start < path.len && slashes > 0; start++)
		slashes -= path.data[start] == '/';
	for (end = start; end < path.len && path.data[end] != '/'; end++)
		;
	return mark != NULL ? (struct str){ path.data + start, end - start } : (struct str){ 0 };
}

/* Matches a path with a pattern in which one component may be `@`, and tells that component. */
bool engine_path_owned(const char *pattern, struct str path, struct str *ret_who)
{
	char text[256];
	size_t len = strlen(pattern);

	if (len >= sizeof(text))
		return false;
	for (size_t i = 0; i <= len; i++)
		text[i] = pattern[i] == '@' ? '*' : pattern[i];
	*ret_who = component_at(pattern, path);
	return engine_path_matches(text, path);
}

enum engine_paths engine_storage_root(struct str directory)
{
	for (size_t i = 0; i < ARRAY_SIZE(storage_roots); i++)
		if (engine_path_matches(storage_roots[i].path, directory))
			return storage_roots[i].engine;
	return ENGINE_MOVED;
}

/* Of containers/storage; overlay may be spelled overlay2. */
static const char *const drivers[] = {
	"overlay", "overlay2", "vfs", "btrfs", "zfs", "aufs", "devicemapper",
};

bool engine_has_driver(struct str path)
{
	for (size_t i = 0; i < ARRAY_SIZE(drivers); i++) {
		size_t len = strlen(drivers[i]);

		if (str_starts_with(path, drivers[i]) && path.len > len &&
		    str_starts_with((struct str){ path.data + len, path.len - len },
				    "-containers/"))
			return true;
	}
	return false;
}

enum engine_paths engine_path(const char *pattern, struct str path, struct str *ret_who)
{
	char full[256];

	*ret_who = (struct str){ 0 };
	if (pattern[0] != '*')
		return engine_path_owned(pattern, path, ret_who) ? ENGINE_ROOT : ENGINE_NONE;
	for (size_t i = 0; i < ARRAY_SIZE(storage_roots); i++) {
		int len;

		if (!starts_as(path, storage_roots[i].path))
			continue;
		len = snprintf(full, sizeof(full), "%s%s", storage_roots[i].path, pattern + 1);

		if (len > 0 && (size_t)len < sizeof(full) && engine_path_owned(full, path, ret_who))
			return storage_roots[i].engine;
	}
	return ENGINE_NONE;
}

/* Only the part of the path with as many components as the pattern can match. */
bool engine_path_starts(const char *pattern, struct str path, struct str *ret_who)
{
	size_t slashes = 0, len = 0;

	for (const char *p = pattern; *p != '\0'; p++)
		slashes += *p == '/';
	while (len < path.len && (path.data[len] != '/' || slashes-- > 0))
		len++;
	return engine_path_owned(pattern, (struct str){ path.data, len }, ret_who);
}

enum engine_paths engine_mounted_layer(struct str path)
{
	static const char *const patterns[] = {
		"*/overlay/*/merged", "*/vfs/dir/*",  "*/btrfs/subvolumes/*",
		"*/zfs/graph/*",      "*/aufs/mnt/*",
	};
	enum engine_paths engine = ENGINE_NONE;
	struct str ignored;

	for (size_t i = 0; i < ARRAY_SIZE(patterns) && engine == ENGINE_NONE; i++)
		engine = engine_path(patterns[i], path, &ignored);
	return engine;
}

bool engine_root(struct str path)
{
	struct str ignored;

	return engine_path("*/overlay/*/merged", path, &ignored) == ENGINE_ROOT ||
	       engine_path_matches("/var/lib/docker/overlay2/*/merged", path) ||
	       engine_path_matches("/var/lib/docker/[0-9]*.[0-9]*/overlay2/*/merged", path);
}

static bool lies_in_one(const char *const *patterns, size_t n, struct str path)
{
	struct str ignored;

	for (size_t i = 0; i < n && !str_path_climbs(path); i++)
		if (engine_path_starts(patterns[i], path, &ignored))
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

bool engine_pod_staging(struct str path)
{
	static const char *const directories[] = {
		"/var/lib/kubelet/plugins/*/*",
		"/var/lib/k0s/kubelet/plugins/*/*",
		"/var/snap/microk8s/common/var/lib/kubelet/plugins/*/*",
	};

	return lies_in_one(directories, ARRAY_SIZE(directories), path);
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

/* Does the path end in /DRIVER-containers/ID and `after`? */
static bool has_userdata(struct str path, const char *after)
{
	for (size_t i = 0; i < ARRAY_SIZE(drivers) && !str_path_climbs(path); i++) {
		char before[32];

		snprintf(before, sizeof(before), "/%s-containers/", drivers[i]);
		if (has_place(path, before, after))
			return true;
	}
	return false;
}

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
	};

	/* podman run --rootfs DIR:O */
	return has_one(path, places, ARRAY_SIZE(places)) || has_userdata(path, "/rootfs/merge");
}

bool engine_storage(struct str path)
{
	static const char *const directories[] = {
		"/var/lib/containers/", "/var/lib/docker/", "/var/lib/containerd/",
		"/var/lib/rancher/",	"/var/lib/k0s/",    "/run/containers/",
		"/run/docker/",		"/run/containerd/", "/run/k3s/",
	};

	for (size_t i = 0; i < ARRAY_SIZE(directories); i++)
		if (str_starts_with(path, directories[i]))
			return true;
	return false;
}

/* Does an engine mount what `-v SOURCE:DESTINATION:O` shows here? */
static bool engine_userdata_overlay(struct str path)
{
	struct str ignored;

	for (size_t i = 0; i < ARRAY_SIZE(drivers); i++) {
		char pattern[80];

		snprintf(pattern, sizeof(pattern), "*/%s-containers/*/userdata/overlay/*/*",
			 drivers[i]);
		if (engine_path(pattern, path, &ignored) != ENGINE_NONE)
			return true;
	}
	return false;
}

bool engine_overlay(struct str path)
{
	return engine_root_by_name(path) ||
	       engine_path_matches("/run/containerd/io.containerd.runtime.v2.task/*/*/rootfs",
				   path) ||
	       engine_path_matches("/run/k3s/containerd/io.containerd.runtime.v2.task/*/*/rootfs",
				   path) ||
	       engine_userdata_overlay(path);
}

bool engine_layer_link(struct str path)
{
	static const struct place places[] = { { "/overlay/l/", "" }, { "/overlay2/l/", "" } };

	return has_one(path, places, ARRAY_SIZE(places));
}

bool engine_bundle_by_name(struct str path)
{
	return has_userdata(path, "/userdata");
}

bool engine_copied_layer(struct str path)
{
	static const struct place places[] = {
		{ "/vfs/dir/", "" },
		{ "/btrfs/subvolumes/", "" },
		{ "/zfs/graph/", "" },
	};

	return has_one(path, places, ARRAY_SIZE(places));
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

static struct str skip_digits(struct str text)
{
	while (text.len > 0 && text.data[0] >= '0' && text.data[0] <= '9')
		text = (struct str){ text.data + 1, text.len - 1 };
	return text;
}

/*
 * Where containerd shows layers with mapped ids until the overlay is mounted, in a directory for
 * temporary files: ovl-idmappedNUMBER/N; since 2.1 N/fs, or fs if there is one layer.
 */
static bool is_remapped_layer(struct str path)
{
	static const char name[] = "/ovl-idmapped";
	const char *at = memmem(path.data, path.len, name, strlen(name));
	struct str rest, number;

	if (at == NULL)
		return false;
	at += strlen(name);
	number = (struct str){ at, path.len - (size_t)(at - path.data) };
	rest = skip_digits(number);
	if (rest.len == number.len || !str_starts_with(rest, "/"))
		return false;
	number = (struct str){ rest.data + 1, rest.len - 1 };
	rest = skip_digits(number);
	return rest.len < number.len ? rest.len == 0 || str_is(rest, "/fs") : str_is(rest, "fs");
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
	};

	return has_one(path, places, ARRAY_SIZE(places)) || is_mapped_layer(path) ||
	       is_remapped_layer(path) || has_userdata(path, "/rootfs/upper") ||
	       has_userdata(path, "/rootfs/work");
}
