/* SPDX-License-Identifier: Apache-2.0 */
/* What mounts take from the host: see mounts.h. */
#include "mounts.h"

#include <fnmatch.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"

/*
 * What engines put into every container: hosts, resolv.conf, secrets, shm, ... Sources are those of
 * podman, CRI-O, buildah, Docker, BuildKit, containerd and the kubelet; `*` stands for one path component.
 * All lie in directories that only the engine's own user can write.
 */
static const struct {
	const char *destination;
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
	/* A daemon with userns-remap has all of this in a directory by its first ids. */
	{ "/etc/hosts", "/var/lib/docker/[0-9]*.[0-9]*/containers/*/hosts" },
	{ "/etc/hostname", "/var/lib/docker/[0-9]*.[0-9]*/containers/*/hostname" },
	{ "/etc/resolv.conf", "/var/lib/docker/[0-9]*.[0-9]*/containers/*/resolv.conf" },
	{ "/dev/shm", "/var/lib/docker/[0-9]*.[0-9]*/containers/*/mounts/shm" },
	{ "/run/secrets", "/var/lib/docker/[0-9]*.[0-9]*/containers/*/mounts/secrets" },
	{ "/run/secrets/*", "/var/lib/docker/[0-9]*.[0-9]*/containers/*/mounts/secrets/*" },
	/* BuildKit, in dockerd: RUN steps. */
	{ "/etc/hosts", "/var/lib/docker/buildkit/executor/hosts*" },
	{ "/etc/resolv.conf", "/var/lib/docker/buildkit/executor/resolv.conf" },
	{ "/etc/hosts", "/var/lib/docker/[0-9]*.[0-9]*/buildkit/executor/hosts*" },
	{ "/etc/resolv.conf", "/var/lib/docker/[0-9]*.[0-9]*/buildkit/executor/resolv.conf" },
	{ "/etc/hostname", "/var/lib/containerd/io.containerd.grpc.v1.cri/sandboxes/*/hostname" },
	{ "/etc/hosts", "/var/lib/containerd/io.containerd.grpc.v1.cri/sandboxes/*/hosts" },
	{ "/etc/resolv.conf",
	  "/var/lib/containerd/io.containerd.grpc.v1.cri/sandboxes/*/resolv.conf" },
	{ "/dev/shm", "/run/containerd/io.containerd.grpc.v1.cri/sandboxes/*/shm" },
	{ "/etc/hosts", "/var/lib/kubelet/pods/*/etc-hosts" },
	{ "/dev/termination-log", "/var/lib/kubelet/pods/*/containers/*/*" },
};

enum storage {
	STORAGE_NONE, /* not an engine's */
	STORAGE_ROOT, /* of root's engine */
	STORAGE_USER, /* of a rootless engine: its user can put links to anywhere there */
};

/* The part of source that a pattern with a leading "*" leaves open must be one of these. */
static const struct {
	const char *path;
	enum storage storage;
} storage_roots[] = {
	{ "/run/containers/storage", STORAGE_ROOT },
	{ "/var/run/containers/storage", STORAGE_ROOT },
	{ "/var/lib/containers/storage", STORAGE_ROOT },
	{ "/run/user/*/containers", STORAGE_USER },
	{ "/tmp/podman-run-*/containers", STORAGE_USER },
	{ "/tmp/containers-user-*/containers", STORAGE_USER },
	{ "/home/*/.local/share/containers/storage", STORAGE_USER },
};

/* fnmatch() on a path that is not NUL-terminated. One that climbs with ".." matches nothing. */
static bool path_fits(const char *pattern, struct str path)
{
	char text[PATH_MAX];

	if (path.len >= sizeof(text))
		return false;
	memcpy(text, path.data, path.len);
	text[path.len] = '\0';
	return strstr(text, "/..") == NULL && fnmatch(pattern, text, FNM_PATHNAME) == 0;
}

/* Is the path as the pattern up to its first wildcard? */
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

static enum storage source_storage(const char *pattern, struct str source)
{
	char full[256];

	if (pattern[0] != '*')
		return path_matches(pattern, source) ? STORAGE_ROOT : STORAGE_NONE;
	for (size_t i = 0; i < ARRAY_SIZE(storage_roots); i++) {
		int len;

		if (!starts_as(source, storage_roots[i].path))
			continue;
		len = snprintf(full, sizeof(full), "%s%s", storage_roots[i].path, pattern + 1);

		if (len > 0 && (size_t)len < sizeof(full) && path_matches(full, source))
			return storage_roots[i].storage;
	}
	return STORAGE_NONE;
}

/* Whose engine made this mount of its own accord, told by destination and source? */
static enum storage mount_storage(const struct oci_mount *mount)
{
	enum storage storage = STORAGE_NONE;

	for (size_t i = 0; i < ARRAY_SIZE(engine_mounts) && storage == STORAGE_NONE; i++)
		if (path_matches(engine_mounts[i].destination, mount->destination.value))
			storage = source_storage(engine_mounts[i].source, mount->source.value);
	return storage;
}

bool mount_type_is_virtual(struct str type)
{
	static const char *const types[] = {
		"proc",	  "sysfs",  "tmpfs",   "ramfs",	    "devpts",
		"mqueue", "cgroup", "cgroup2", "hugetlbfs",
	};

	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if (str_is(type, types[i]))
			return true;
	return false;
}

/* Layers in the engine's own storage: image mounts, and what `-v SOURCE:DESTINATION:O` writes. */
static enum storage layer_storage(struct str path)
{
	enum storage storage = source_storage("*/overlay/*/merged", path);

	return storage != STORAGE_NONE
		       ? storage
		       : source_storage("*/overlay-containers/*/userdata/overlay/*/*", path);
}

bool mount_path_is_storage(struct str path)
{
	return source_storage("*/overlay/*/merged", path) == STORAGE_ROOT ||
	       path_matches("/var/lib/docker/overlay2/*/merged", path) ||
	       path_matches("/var/lib/docker/[0-9]*.[0-9]*/overlay2/*/merged", path);
}

struct path_list {
	struct arena *arena;
	struct mount_path *items;
	size_t n, size;
};

static void list_add(struct path_list *list, const struct oci_mount *mount, struct str path,
		     enum storage storage, bool layer)
{
	if (storage == STORAGE_ROOT)
		return;
	if (list->n == list->size) {
		size_t size = list->size != 0 ? list->size * 2 : 16;
		struct mount_path *items = arena_array(list->arena, size, sizeof(*items));

		if (list->n > 0)
			memcpy(items, list->items, list->n * sizeof(*items));
		list->items = items;
		list->size = size;
	}
	list->items[list->n++] = (struct mount_path){ mount, path, layer, storage == STORAGE_USER };
}

/*
 * The directories of an option's value: A:B, or with `whole` one that may have colons. A backslash
 * takes the special meaning from what follows.
 */
static void add_layers(struct path_list *list, const struct oci_mount *mount, struct str dirs,
		       bool whole)
{
	char *path = arena_alloc(list->arena, dirs.len + 1);
	size_t len = 0;

	for (size_t i = 0; i <= dirs.len; i++) {
		if (i == dirs.len || (dirs.data[i] == ':' && !whole)) {
			struct str layer = { path, len };

			if (len > 0)
				list_add(list, mount, layer, layer_storage(layer), true);
			path += len;
			len = 0;
		} else {
			if (dirs.data[i] == '\\' && i + 1 < dirs.len)
				i++;
			path[len++] = dirs.data[i];
		}
	}
}

/* One key=value of overlay's: the kernel takes a layer by each of these. */
static void add_overlay_key(struct path_list *list, const struct oci_mount *mount,
			    struct str option)
{
	static const char *const keys[] = { "lowerdir=", "upperdir=", "lowerdir+=", "datadir+=" };

	for (size_t k = 0; k < ARRAY_SIZE(keys); k++) {
		size_t len = strlen(keys[k]);

		if (str_starts_with(option, keys[k]))
			add_layers(list, mount, (struct str){ option.data + len, option.len - len },
				   keys[k][len - 2] == '+');
	}
}

/* Runtimes join the options with commas, so one string of the spec may hold several. */
static void add_overlay(struct path_list *list, const struct oci_mount *mount)
{
	for (size_t i = 0; i < mount->options.n; i++) {
		struct str all = mount->options.items[i].value;
		size_t start = 0;

		for (size_t end = 0; end <= all.len; end++) {
			if (end + 1 < all.len && all.data[end] == '\\') {
				end++;
			} else if (end == all.len || all.data[end] == ',') {
				add_overlay_key(list, mount,
						(struct str){ all.data + start, end - start });
				start = end + 1;
			}
		}
	}
}

struct mount_path *mount_paths(struct arena *arena, const struct oci_config *config, size_t *ret_n)
{
	struct path_list list = { .arena = arena };

	for (size_t i = 0; i < config->mounts.n; i++) {
		const struct oci_mount *mount = oci_config_mount(config, i);

		if (mount->remount) {
			list_add(&list, mount, mount->source.value, STORAGE_NONE, false);
		} else if (mount->bind) {
			list_add(&list, mount, mount->source.value, mount_storage(mount), false);
		} else if (str_is(mount->type.value, "overlay")) {
			add_overlay(&list, mount);
		} else if (!mount_type_is_virtual(mount->type.value)) {
			list_add(&list, mount, mount->source.value, STORAGE_NONE, false);
		}
	}
	*ret_n = list.n;
	return list.items;
}
