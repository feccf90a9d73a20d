/* SPDX-License-Identifier: Apache-2.0 */
/* Tells the mounts that engines make by themselves; see engine_mounts.h. */
#include "engine_mounts.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "host/engine_paths.h"

/* Whose directory `@` in a pattern stands for. */
enum owner {
	OWNER_NOBODY,	 /* there is none */
	OWNER_CONTAINER, /* the container itself */
	OWNER_NETWORK,	 /* the container, its sandbox, or the one whose network it joins */
	OWNER_IPC,	 /* the container, its sandbox, or the one whose IPC namespace it joins */
	OWNER_POD,
};

/*
 * Mounts that engines put into every container: hosts, resolv.conf, secrets, shm, ... Sources are
 * those of podman, CRI-O, buildah, Docker, BuildKit, containerd, engines built on it, and the
 * kubelet; `*` and `@` are one path component. All lie in directories that only the engine's own
 * user can write.
 */
static const struct {
	const char *destination; /* NULL: anywhere */
	const char *source;
	enum owner owner;
} engine_mounts[] = {
	{ "/etc/hosts", "*/overlay-containers/@/userdata/hosts", OWNER_NETWORK },
	{ "/etc/hostname", "*/overlay-containers/@/userdata/hostname", OWNER_NETWORK },
	{ "/etc/resolv.conf", "*/overlay-containers/@/userdata/resolv.conf", OWNER_NETWORK },
	{ "/etc/passwd", "*/overlay-containers/@/userdata/passwd", OWNER_CONTAINER },
	{ "/etc/group", "*/overlay-containers/@/userdata/group", OWNER_CONTAINER },
	{ "/dev/shm", "*/overlay-containers/@/userdata/shm", OWNER_IPC },
	{ "/run/.containerenv", "*/overlay-containers/@/userdata/.containerenv", OWNER_NETWORK },
	{ "/run/secrets", "*/overlay-containers/@/userdata/run/secrets", OWNER_CONTAINER },
	{ "/run/secrets/*", "*/overlay-containers/@/userdata/secrets/*", OWNER_CONTAINER },
	{ "/run/secrets/*", "*/overlay-containers/@/userdata/run/secrets/*", OWNER_CONTAINER },
	{ "/etc/hosts", "/var/lib/docker/containers/@/hosts", OWNER_NETWORK },
	{ "/etc/hostname", "/var/lib/docker/containers/@/hostname", OWNER_NETWORK },
	{ "/etc/resolv.conf", "/var/lib/docker/containers/@/resolv.conf", OWNER_NETWORK },
	{ "/dev/shm", "/var/lib/docker/containers/@/mounts/shm", OWNER_IPC },
	{ "/run/secrets", "/var/lib/docker/containers/@/mounts/secrets", OWNER_CONTAINER },
	{ "/run/secrets/*", "/var/lib/docker/containers/@/mounts/secrets/*", OWNER_CONTAINER },
	/* A daemon with userns-remap has all of this in a directory named after its first ids. */
	{ "/etc/hosts", "/var/lib/docker/[0-9]*.[0-9]*/containers/@/hosts", OWNER_NETWORK },
	{ "/etc/hostname", "/var/lib/docker/[0-9]*.[0-9]*/containers/@/hostname", OWNER_NETWORK },
	{ "/etc/resolv.conf", "/var/lib/docker/[0-9]*.[0-9]*/containers/@/resolv.conf",
	  OWNER_NETWORK },
	{ "/dev/shm", "/var/lib/docker/[0-9]*.[0-9]*/containers/@/mounts/shm", OWNER_IPC },
	{ "/run/secrets", "/var/lib/docker/[0-9]*.[0-9]*/containers/@/mounts/secrets",
	  OWNER_CONTAINER },
	{ "/run/secrets/*", "/var/lib/docker/[0-9]*.[0-9]*/containers/@/mounts/secrets/*",
	  OWNER_CONTAINER },
	/* BuildKit in dockerd: RUN steps. */
	{ "/etc/hosts", "/var/lib/docker/buildkit/executor/hosts*", OWNER_NOBODY },
	{ "/etc/resolv.conf", "/var/lib/docker/buildkit/executor/resolv.conf", OWNER_NOBODY },
	{ "/etc/hosts", "/var/lib/docker/[0-9]*.[0-9]*/buildkit/executor/hosts*", OWNER_NOBODY },
	{ "/etc/resolv.conf", "/var/lib/docker/[0-9]*.[0-9]*/buildkit/executor/resolv.conf",
	  OWNER_NOBODY },
	/* RUN --mount of type cache and of type secret. */
	{ NULL, "/var/lib/docker/tmp/buildkit-mount[0-9]*", OWNER_NOBODY },
	{ NULL, "/var/lib/docker/tmp/buildkit-secrets[0-9]*/*", OWNER_NOBODY },
	{ NULL, "/var/lib/docker/[0-9]*.[0-9]*/tmp/buildkit-mount[0-9]*", OWNER_NOBODY },
	{ NULL, "/var/lib/docker/[0-9]*.[0-9]*/tmp/buildkit-secrets[0-9]*/*", OWNER_NOBODY },
	{ "/etc/hostname", "/var/lib/containerd/io.containerd.grpc.v1.cri/sandboxes/@/hostname",
	  OWNER_NETWORK },
	{ "/etc/hosts", "/var/lib/containerd/io.containerd.grpc.v1.cri/sandboxes/@/hosts",
	  OWNER_NETWORK },
	{ "/etc/resolv.conf",
	  "/var/lib/containerd/io.containerd.grpc.v1.cri/sandboxes/@/resolv.conf", OWNER_NETWORK },
	{ "/dev/shm", "/run/containerd/io.containerd.grpc.v1.cri/sandboxes/@/shm", OWNER_IPC },
	/* k3s and rke2, k0s. */
	{ "/etc/hostname",
	  "/var/lib/rancher/*/agent/containerd/io.containerd.grpc.v1.cri/sandboxes/@/hostname",
	  OWNER_NETWORK },
	{ "/etc/hosts",
	  "/var/lib/rancher/*/agent/containerd/io.containerd.grpc.v1.cri/sandboxes/@/hosts",
	  OWNER_NETWORK },
	{ "/etc/resolv.conf",
	  "/var/lib/rancher/*/agent/containerd/io.containerd.grpc.v1.cri/sandboxes/@/resolv.conf",
	  OWNER_NETWORK },
	{ "/dev/shm", "/run/k3s/containerd/io.containerd.grpc.v1.cri/sandboxes/@/shm", OWNER_IPC },
	{ "/etc/hostname", "/var/lib/k0s/containerd/io.containerd.grpc.v1.cri/sandboxes/@/hostname",
	  OWNER_NETWORK },
	{ "/etc/hosts", "/var/lib/k0s/containerd/io.containerd.grpc.v1.cri/sandboxes/@/hosts",
	  OWNER_NETWORK },
	{ "/etc/resolv.conf",
	  "/var/lib/k0s/containerd/io.containerd.grpc.v1.cri/sandboxes/@/resolv.conf",
	  OWNER_NETWORK },
	{ "/dev/shm", "/run/k0s/containerd/io.containerd.grpc.v1.cri/sandboxes/@/shm", OWNER_IPC },
	{ "/etc/hosts", "/var/lib/kubelet/pods/@/etc-hosts", OWNER_POD },
	{ "/dev/termination-log", "/var/lib/kubelet/pods/@/containers/*/*", OWNER_POD },
};

/* Directories of one container or pod that are allowed to it, wherever they are mounted. */
static const struct {
	const char *path;
	enum owner owner;
} own_directories[] = {
	{ "/var/lib/kubelet/pods/@", OWNER_POD },
	{ "/var/lib/k0s/kubelet/pods/@", OWNER_POD },
	{ "/var/snap/microk8s/common/var/lib/kubelet/pods/@", OWNER_POD },
	{ "/var/lib/containerd/io.containerd.grpc.v1.cri/containers/@", OWNER_CONTAINER },
	{ "/var/lib/rancher/*/agent/containerd/io.containerd.grpc.v1.cri/containers/@",
	  OWNER_CONTAINER },
	{ "/var/lib/k0s/containerd/io.containerd.grpc.v1.cri/containers/@", OWNER_CONTAINER },
};

#define ID_LEN 64 /* of podman, CRI-O, Docker and containerd's CRI: hexadecimal digits */

/* Returns the ID at the end of a cgroup's path, or nothing: machine.slice:libpod:ID. */
static struct str id_at_end(struct str text)
{
	static const char digits[] = "0123456789abcdef";
	size_t len = 0;

	while (len < text.len && memchr(digits, text.data[text.len - 1 - len], 16) != NULL)
		len++;
	if (len != ID_LEN)
		return (struct str){ 0 };
	return (struct str){ text.data + text.len - ID_LEN, ID_LEN };
}

/* A namespace that was made for the container itself may have a path, too: /run/netns/NAME. */
static bool joins_process(const struct oci_config *config, enum oci_namespace_type type)
{
	return str_starts_with(config->linux_.namespaces.types[type].path.value, "/proc/");
}

static struct str annotation(const struct oci_config *config, const char *first, const char *second)
{
	const struct json_node *node = oci_map_get(&config->annotations, first);

	if (node == NULL)
		node = oci_map_get(&config->annotations, second);
	return node != NULL ? node->text : (struct str){ 0 };
}

struct container_names container_names(struct lookup *lookup, const struct oci_config *config,
				       struct str id)
{
	struct str cgroup = config->linux_.cgroups_path.value;

	/* Runtimes take any id, but engines that keep such files give an ID. The files of a step
	 * of buildah have another. */
	if (id_at_end(id).len == 0 && id_at_end(cgroup).len > 0)
		id = id_at_end(cgroup);
	else if (str_starts_with(id, "buildah-"))
		id = (struct str){ 0 };

	return (struct container_names){
		.lookup = lookup,
		.id = id,
		.sandbox = annotation(config, "io.kubernetes.cri.sandbox-id",
				      "io.kubernetes.cri-o.SandboxID"),
		.pod = annotation(config, "io.kubernetes.cri.sandbox-uid", "io.kubernetes.pod.uid"),
		.cgroup = cgroup,
		.joins_network = joins_process(config, NAMESPACE_NETWORK),
		.ipc = config->linux_.namespaces.types[NAMESPACE_IPC].path.value,
	};
}

/*
 * The kubelet's cgroup of a pod has its uid after "pod"; systemd's name for it has _ in place of -.
 * The first group of the uid tells the pods of a host apart.
 */
static bool cgroup_has_pod(struct arena *arena, struct str cgroup, struct str pod)
{
	const char *first;
	size_t len = 0;

	while (len < pod.len && pod.data[len] != '-')
		len++;
	first = arena_printf(arena, "pod%.*s", (int)len, pod.data);
	return len > 0 && cgroup.len > 0 &&
	       memmem(cgroup.data, cgroup.len, first, strlen(first)) != NULL;
}

static bool has(struct str text, struct str part)
{
	return part.len > 0 && text.len >= part.len &&
	       memmem(text.data, text.len, part.data, part.len) != NULL;
}

#define CGROUP_FILE_MAX (64 * 1024) /* of /proc/PID/cgroup; a line for each hierarchy */

/*
 * Is the joined IPC namespace that of a process in the cgroup of this container? The engine put it
 * there. Offline the process may be of another machine.
 */
static bool joins_ipc_of(const struct container_names *names, struct str who)
{
	const char *path = arena_copy(names->lookup->arena, names->ipc.data, names->ipc.len);
	struct err ignored;
	struct str text;
	int pid = 0, end = 0, error;

	if (sscanf(path, "/proc/%d/ns/ipc%n", &pid, &end) != 1 || (size_t)end != names->ipc.len)
		return false;
	if (names->lookup->scope == FACTS_OFFLINE)
		return true;
	path = arena_printf(names->lookup->arena, "/proc/%d/cgroup", pid);
	error = io_read_file(names->lookup->arena, AT_FDCWD, path, CGROUP_FILE_MAX, &text,
			     &ignored);
	if (error < 0)
		lookup_note(names->lookup, -error, path);
	return error == 0 && has(text, who);
}

/*
 * CRI-O and containerd write the annotation last. With podman and Docker anyone who starts a
 * container chooses it; the name of the cgroup tells these engines from those.
 */
static bool is_sandbox(const struct container_names *names, struct str who)
{
	return str_equal(who, names->sandbox) &&
	       (names->lookup->scope == FACTS_OFFLINE || has(names->cgroup, STR("crio")) ||
		has(names->cgroup, STR("cri-containerd")) || has(names->cgroup, STR("kubepods")));
}

/* True also if nothing tells who the container is, as in a spec without engine. */
static bool is_owner(const struct container_names *names, enum owner owner, struct str who)
{
	bool known = names->id.len > 0;

	switch (owner) {
	case OWNER_CONTAINER:
		return !known || str_equal(who, names->id);
	case OWNER_NETWORK:
		return !known || str_equal(who, names->id) || is_sandbox(names, who) ||
		       names->joins_network;
	case OWNER_IPC:
		return !known || str_equal(who, names->id) || is_sandbox(names, who) ||
		       joins_ipc_of(names, who);
	case OWNER_POD:
		return (names->cgroup.len == 0 && names->pod.len == 0) ||
		       str_equal(who, names->pod) ||
		       cgroup_has_pod(names->lookup->arena, names->cgroup, who);
	case OWNER_NOBODY:
		break;
	}
	return true;
}

enum engine_paths engine_mount(const struct oci_mount *mount, const struct container_names *names)
{
	for (size_t i = 0; i < ARRAY_SIZE(engine_mounts); i++) {
		struct str who;
		enum engine_paths engine;

		if (engine_mounts[i].destination != NULL &&
		    !engine_path_matches(engine_mounts[i].destination, mount->destination.value))
			continue;
		engine = engine_path(engine_mounts[i].source, mount->source.value, &who);
		if (engine != ENGINE_NONE && is_owner(names, engine_mounts[i].owner, who))
			return engine;
	}
	return ENGINE_NONE;
}

enum engine_paths engine_layer(struct str path, const struct container_names *names)
{
	struct str who;
	enum engine_paths engine =
		engine_path("*/overlay-containers/@/userdata/overlay/*/*", path, &who);

	return is_owner(names, OWNER_CONTAINER, who) ? engine : ENGINE_NONE;
}

/* Does the path name a directory above those of the pattern, below the first two? */
static bool is_above(const char *pattern, struct str path)
{
	const char *mark = strchr(pattern, '@');
	size_t slashes = 0;

	for (size_t i = 0; i < path.len; i++)
		slashes += path.data[i] == '/';
	if (slashes < 3) /* /var/lib holds everything; rules say so by other means */
		return false;
	for (const char *end = mark - 1; end > pattern; end--)
		if (*end == '/') {
			char text[256];

			snprintf(text, sizeof(text), "%.*s", (int)(end - pattern), pattern);
			if (engine_path_matches(text, path))
				return true;
		}
	return false;
}

bool engine_foreign(struct str path, const struct container_names *names)
{
	for (size_t i = 0; i < ARRAY_SIZE(own_directories); i++) {
		const char *pattern = own_directories[i].path;
		struct str who;

		if (is_above(pattern, path) || (engine_path_starts(pattern, path, &who) &&
						!is_owner(names, own_directories[i].owner, who)))
			return true;
	}
	return false;
}
