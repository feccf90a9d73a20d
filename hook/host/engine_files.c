/* SPDX-License-Identifier: Apache-2.0 */
/* The files that engines mount by themselves; see engine_files.h. */
#include "engine_files.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"

/* Where each engine keeps its storage unless it is configured. `*` is one component. */
enum storage {
	STORAGE_CONTAINERS, /* of podman, CRI-O and buildah: engine_paths.c knows the places */
	STORAGE_DOCKER,
	STORAGE_CONTAINERD,
	STORAGE_KUBELET,
	STORAGE_NERDCTL,
};

static const struct {
	enum storage storage;
	const char *path;
} places[] = {
	{ STORAGE_DOCKER, "/var/lib/docker" },
	/* A daemon with userns-remap has a directory named after its first ids. */
	{ STORAGE_DOCKER, "/var/lib/docker/[0-9]*.[0-9]*" },
	{ STORAGE_CONTAINERD, "/var/lib/containerd" },
	{ STORAGE_CONTAINERD, "/run/containerd" },
	{ STORAGE_CONTAINERD, "/var/lib/rancher/*/agent/containerd" }, /* k3s and rke2 */
	{ STORAGE_CONTAINERD, "/run/k3s/containerd" },
	{ STORAGE_CONTAINERD, "/var/lib/k0s/containerd" },
	{ STORAGE_CONTAINERD, "/run/k0s/containerd" },
	{ STORAGE_CONTAINERD, "/var/snap/microk8s/common/var/lib/containerd" },
	{ STORAGE_CONTAINERD, "/var/snap/microk8s/common/run/containerd" },
	{ STORAGE_KUBELET, "/var/lib/kubelet" },
	{ STORAGE_KUBELET, "/var/lib/k0s/kubelet" },
	{ STORAGE_KUBELET, "/var/snap/microk8s/common/var/lib/kubelet" },
	{ STORAGE_NERDCTL, "/var/lib/nerdctl/*" },
};

/* The place that policies name. */
static const char *const usual_places[] = {
	[STORAGE_CONTAINERS] = "/var/lib/containers/storage",
	[STORAGE_DOCKER] = "/var/lib/docker",
	[STORAGE_CONTAINERD] = "/var/lib/containerd",
	[STORAGE_KUBELET] = "/var/lib/kubelet",
	[STORAGE_NERDCTL] = NULL,
};

#define USERDATA "*-containers/@/userdata/"
#define CRI "io.containerd.grpc.v1.cri/"

/*
 * Mounts that engines put into containers. `@` is the id of the container, its sandbox or its pod.
 * All lie in directories that only the engine's own user can write. usual: where the engine mounts
 * it; there it may also be that of a container whose namespace is joined.
 */
static const struct {
	enum storage storage;
	const char *usual; /* NULL: anywhere */
	const char *source;
	enum engine_owner owner;
	bool made;
} files[] = {
	/* podman 4 to 6, CRI-O, buildah; the driver of the storage names the directory */
	{ STORAGE_CONTAINERS, "/etc/hosts", USERDATA "hosts", OWNER_NETWORK },
	{ STORAGE_CONTAINERS, "/etc/hostname", USERDATA "hostname", OWNER_NETWORK },
	{ STORAGE_CONTAINERS, "/etc/resolv.conf", USERDATA "resolv.conf", OWNER_NETWORK },
	{ STORAGE_CONTAINERS, "/run/.containerenv", USERDATA ".containerenv", OWNER_NETWORK },
	{ STORAGE_CONTAINERS, "/dev/shm", USERDATA "shm", OWNER_IPC },
	{ STORAGE_CONTAINERS, "/etc/passwd", USERDATA "passwd", OWNER_CONTAINER },
	{ STORAGE_CONTAINERS, "/etc/group", USERDATA "group", OWNER_CONTAINER },
	{ STORAGE_CONTAINERS, "/etc/localtime", USERDATA "localtime", OWNER_CONTAINER },
	{ STORAGE_CONTAINERS, "/run/notify", USERDATA "notify", OWNER_CONTAINER },
	{ STORAGE_CONTAINERS, "/run/secrets", USERDATA "run/secrets", OWNER_CONTAINER },
	{ STORAGE_CONTAINERS, "/run/secrets/*", USERDATA "run/secrets/*", OWNER_CONTAINER },
	{ STORAGE_CONTAINERS, "/run/secrets/*", USERDATA "secrets/*", OWNER_CONTAINER },
	/* a host in FIPS mode, and CRI-O's annotation that hides it */
	{ STORAGE_CONTAINERS, "/etc/crypto-policies/config", USERDATA "fips-config",
	  OWNER_CONTAINER },
	{ STORAGE_CONTAINERS, "/proc/sys/crypto/fips_enabled", USERDATA "sysctl-fips",
	  OWNER_CONTAINER },
	/* CRI-O: volumes of the image, with image_volumes = "bind" */
	{ STORAGE_CONTAINERS, NULL, USERDATA "mounts/*", OWNER_CONTAINER },
	/* podman 5 and CRI-O: a subpath of a volume or an image */
	{ STORAGE_CONTAINERS, NULL, USERDATA "subpath[0-9]*", OWNER_CONTAINER, true },
	{ STORAGE_DOCKER, NULL, "tmp/safe-mount[0-9]*", OWNER_NOBODY, true }, /* dockerd 26 */
	/* dockerd 20.10 to 29; swarm's configs lie beside the secrets */
	{ STORAGE_DOCKER, "/etc/hosts", "containers/@/hosts", OWNER_NETWORK },
	{ STORAGE_DOCKER, "/etc/hostname", "containers/@/hostname", OWNER_NETWORK },
	{ STORAGE_DOCKER, "/etc/resolv.conf", "containers/@/resolv.conf", OWNER_NETWORK },
	{ STORAGE_DOCKER, "/dev/shm", "containers/@/mounts/shm", OWNER_IPC },
	{ STORAGE_DOCKER, "/run/secrets", "containers/@/mounts/secrets", OWNER_CONTAINER },
	{ STORAGE_DOCKER, "/run/secrets/*", "containers/@/mounts/secrets/*", OWNER_CONTAINER },
	/* BuildKit in dockerd: RUN steps, and RUN --mount of each type */
	{ STORAGE_DOCKER, "/etc/hosts", "buildkit/executor/hosts*", OWNER_NOBODY },
	{ STORAGE_DOCKER, "/etc/resolv.conf", "buildkit/executor/resolv.conf", OWNER_NOBODY },
	{ STORAGE_DOCKER, "/etc/resolv.conf", "buildkit/executor/resolv-host.conf", OWNER_NOBODY },
	{ STORAGE_DOCKER, NULL, "tmp/buildkit-mount[0-9]*", OWNER_NOBODY },
	{ STORAGE_DOCKER, NULL, "tmp/buildkit-secrets[0-9]*/*", OWNER_NOBODY },
	{ STORAGE_DOCKER, NULL, "tmp/.buildkit-ssh-sock[0-9]*/ssh_auth_sock", OWNER_NOBODY },
	{ STORAGE_DOCKER, "/dev/.buildkit_qemu_emulator",
	  "tmp/buildkit-qemu-emulator[0-9]*/dev/.buildkit_qemu_emulator", OWNER_NOBODY },
	/* containerd's CRI, 1.6 to 2.x */
	{ STORAGE_CONTAINERD, "/etc/hostname", CRI "sandboxes/@/hostname", OWNER_NETWORK },
	{ STORAGE_CONTAINERD, "/etc/hosts", CRI "sandboxes/@/hosts", OWNER_NETWORK },
	{ STORAGE_CONTAINERD, "/etc/resolv.conf", CRI "sandboxes/@/resolv.conf", OWNER_NETWORK },
	{ STORAGE_CONTAINERD, "/dev/shm", CRI "sandboxes/@/shm", OWNER_IPC },
	/* volumes of type image, since 2.1 */
	{ STORAGE_CONTAINERD, NULL, CRI "image-volumes/@/*", OWNER_SANDBOX },
	{ STORAGE_KUBELET, "/etc/hosts", "pods/@/etc-hosts", OWNER_POD },
	{ STORAGE_KUBELET, "/dev/termination-log", "pods/@/containers/*/*", OWNER_POD },
	{ STORAGE_NERDCTL, "/etc/hosts", "etchosts/*/@/hosts", OWNER_NETWORK },
	{ STORAGE_NERDCTL, "/etc/hostname", "containers/*/@/hostname", OWNER_NETWORK },
	{ STORAGE_NERDCTL, "/etc/resolv.conf", "containers/*/@/resolv.conf", OWNER_NETWORK },
};

/* Directories of one container or pod: what lies in them is not for others. */
static const struct {
	const char *path;
	enum engine_owner owner;
} directories[] = {
	{ "*-containers/@/userdata", OWNER_CONTAINER },
	{ "containers/@/mounts", OWNER_CONTAINER },
	{ "containers/@/hosts", OWNER_CONTAINER },
	{ "containers/@/hostname", OWNER_CONTAINER },
	{ "containers/@/resolv.conf", OWNER_CONTAINER },
	{ CRI "containers/@", OWNER_CONTAINER },
	{ CRI "sandboxes/@", OWNER_SANDBOX },
	{ CRI "image-volumes/@", OWNER_SANDBOX },
	{ "pods/@/volumes", OWNER_POD },
	{ "pods/@/volume-subpaths", OWNER_POD },
};

/* Returns the last n components of an absolute path, and what is before them; or nothing. */
static struct str last_components(struct str path, size_t n, struct str *ret_before)
{
	size_t at = path.len;

	while (n > 0) {
		do {
			if (at == 0)
				return (struct str){ 0 };
			at--;
		} while (path.data[at] != '/');
		n--;
	}
	*ret_before = (struct str){ path.data, at };
	return (struct str){ path.data + at + 1, path.len - at - 1 };
}

static size_t components(const char *pattern)
{
	size_t n = 1;

	for (; *pattern != '\0'; pattern++)
		n += *pattern == '/';
	return n;
}

static enum engine_paths engine_at(enum storage storage, struct str directory)
{
	if (storage == STORAGE_CONTAINERS)
		return engine_storage_root(directory);
	for (size_t i = 0; i < ARRAY_SIZE(places); i++)
		if (places[i].storage == storage && engine_path_matches(places[i].path, directory))
			return ENGINE_ROOT;
	return ENGINE_MOVED;
}

static void set_storage(struct engine_file *file, enum storage storage, struct str directory)
{
	file->engine = engine_at(storage, directory);
	file->storage = directory;
	file->usual_storage = usual_places[storage];
}

/* Does the end of the path match? `*-containers` stands for the drivers of containers/storage. */
static bool match_end(const char *pattern, struct str path, struct str *ret_who,
		      struct str *ret_before)
{
	struct str end;

	/* The kernel takes no longer path. */
	if (!str_starts_with(path, "/") || path.len >= PATH_MAX)
		return false;
	end = last_components(path, components(pattern), ret_before);
	return end.len > 0 && engine_path_owned(pattern, end, ret_who) &&
	       (pattern[0] != '*' || engine_has_driver(end)) && !str_path_climbs(path);
}

/*
 * podman and CRI-O copy what mounts.conf lists into the container's directory, below the name that
 * it has in the container. The files of the bundle lie beside it.
 */
static bool is_subscription(struct str source, struct str destination, struct engine_file *ret_file)
{
	static const char *const tops[] = { "/run/", "/etc/", "/usr/", "/var/", "/opt/" };
	struct str before;
	bool below_top = false;

	for (size_t i = 0; i < ARRAY_SIZE(tops); i++)
		below_top = below_top || (str_starts_with(destination, tops[i]) &&
					  destination.len > strlen(tops[i]));
	if (!below_top || destination.len >= source.len || str_path_climbs(source) ||
	    memcmp(source.data + source.len - destination.len, destination.data, destination.len) !=
		    0)
		return false;
	source.len -= destination.len;
	if (!match_end("*-containers/@/userdata", source, &ret_file->who, &before))
		return false;
	set_storage(ret_file, STORAGE_CONTAINERS, before);
	ret_file->owner = OWNER_CONTAINER;
	ret_file->usual = true;
	return true;
}

bool engine_file(struct str source, struct str destination, size_t n, struct engine_file *ret_file)
{
	struct str before;

	*ret_file = (struct engine_file){ 0 };
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		if (!match_end(files[i].source, source, &ret_file->who, &before) || n-- > 0)
			continue;
		set_storage(ret_file, files[i].storage, before);
		ret_file->owner = files[i].owner;
		ret_file->made = files[i].made;
		ret_file->usual =
			files[i].usual == NULL || engine_path_matches(files[i].usual, destination);
		return true;
	}
	return n == 0 && is_subscription(source, destination, ret_file);
}

bool engine_file_layer(struct str path, struct engine_file *ret_file)
{
	struct str before;

	*ret_file = (struct engine_file){ .owner = OWNER_CONTAINER, .usual = true };
	if (!match_end(USERDATA "overlay/*/*", path, &ret_file->who, &before))
		return false;
	set_storage(ret_file, STORAGE_CONTAINERS, before);
	return true;
}

struct named_place {
	enum storage storage;
	const char *path;
};

static bool find_place(const struct named_place *names, size_t n, struct str path,
		       struct engine_file *ret_file)
{
	struct str before;

	*ret_file = (struct engine_file){ 0 };
	for (size_t i = 0; i < n; i++)
		if (match_end(names[i].path, path, &ret_file->who, &before)) {
			set_storage(ret_file, names[i].storage, before);
			return true;
		}
	return false;
}

bool engine_file_bundle(struct str path, struct engine_file *ret_file)
{
	static const struct named_place bundles[] = {
		{ STORAGE_CONTAINERS, "*-containers/@/userdata" },
		{ STORAGE_DOCKER, "buildkit/executor/@" },
		{ STORAGE_CONTAINERD, "io.containerd.runtime.v2.task/*/@" },
		{ STORAGE_CONTAINERD, "io.containerd.runtime.v1.linux/*/@" },
	};

	return find_place(bundles, ARRAY_SIZE(bundles), path, ret_file);
}

/* podman, CRI-O, buildah and dockerd share some of the names. */
bool engine_file_root(struct str path, struct str *ret_storage)
{
	static const char *const roots[] = {
		"overlay/*/merged", "overlay2/*/merged",	 "fuse-overlayfs/*/merged",
		"vfs/dir/*",	    "btrfs/subvolumes/*",	 "zfs/graph/*",
		"aufs/mnt/*",	    "devicemapper/mnt/*/rootfs", "rootfs/*/*",
	};
	struct str ignored;

	for (size_t i = 0; i < ARRAY_SIZE(roots); i++)
		if (match_end(roots[i], path, &ignored, ret_storage))
			return true;
	return false;
}

bool engine_file_snapshot(struct str path, struct engine_file *ret_file)
{
	static const struct named_place snapshots[] = {
		{ STORAGE_CONTAINERD, "io.containerd.snapshotter.v1.[a-z]*/snapshots/@/fs" },
		{ STORAGE_CONTAINERD, "io.containerd.snapshotter.v1.[a-z]*/snapshots/@" },
		{ STORAGE_CONTAINERD, "io.containerd.snapshotter.v1.[a-z]*/active/@" },
		{ STORAGE_CONTAINERD, "io.containerd.snapshotter.v1.[a-z]*/view/@" },
	};

	return find_place(snapshots, ARRAY_SIZE(snapshots), path, ret_file);
}

/* Is the start of it text, each byte as two hexadecimal digits? */
static bool starts_with_digits(struct str path, struct str text)
{
	if (path.len <= 2 * text.len)
		return false;
	for (size_t i = 0; i < text.len; i++) {
		char digits[3];

		snprintf(digits, sizeof(digits), "%02x", (unsigned char)text.data[i]);
		if (memcmp(path.data + 2 * i, digits, 2) != 0)
			return false;
	}
	return true;
}

bool engine_file_image(struct str path, struct str id)
{
	static const char *const roots[] = { "/var/lib/docker/rootfs/*/*",
					     "/var/lib/docker/[0-9]*.[0-9]*/rootfs/*/*" };
	size_t start = path.len;
	bool found = false;

	for (size_t i = 0; i < ARRAY_SIZE(roots); i++)
		found = found || engine_path_matches(roots[i], path);
	if (!found || id.len != ID_LEN)
		return false;
	while (path.data[start - 1] != '/')
		start--;
	return starts_with_digits((struct str){ path.data + start, path.len - start }, id);
}

static bool is_directory(struct str path, struct engine_file *ret_file)
{
	struct str before;

	for (size_t i = 0; i < ARRAY_SIZE(directories); i++)
		if (match_end(directories[i].path, path, &ret_file->who, &before)) {
			ret_file->engine = ENGINE_MOVED;
			ret_file->owner = directories[i].owner;
			return true;
		}
	return false;
}

/* No two patterns match the same directory. */
bool engine_directory(struct str path, size_t *len, struct engine_file *ret_file)
{
	*ret_file = (struct engine_file){ 0 };
	/* The path itself, and each directory above it. */
	while (*len > 1) {
		struct str start = { path.data, (*len)-- };

		if ((start.len == path.len || path.data[start.len] == '/') &&
		    is_directory(start, ret_file))
			return true;
	}
	return false;
}
