/* SPDX-License-Identifier: Apache-2.0 */
/* Tells the mounts that engines make by themselves; see engine_mounts.h. */
#include "engine_mounts.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "host/engine_files.h"
#include "host/engine_paths.h"

/* Directories of one pod or container that are allowed to it, wherever they are mounted. */
static const struct {
	const char *path;
	enum engine_owner owner;
} own_directories[] = {
	{ "/var/lib/kubelet/pods/@", OWNER_POD },
	{ "/var/lib/k0s/kubelet/pods/@", OWNER_POD },
	{ "/var/snap/microk8s/common/var/lib/kubelet/pods/@", OWNER_POD },
	{ "/var/lib/containerd/io.containerd.grpc.v1.cri/containers/@", OWNER_CONTAINER },
	{ "/var/lib/rancher/*/agent/containerd/io.containerd.grpc.v1.cri/containers/@",
	  OWNER_CONTAINER },
	{ "/var/lib/k0s/containerd/io.containerd.grpc.v1.cri/containers/@", OWNER_CONTAINER },
};

static bool is_hex(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

/* Returns the ID at the end of a cgroup's path, or nothing: machine.slice:libpod:ID. */
static struct str id_at_end(struct str text)
{
	size_t len = 0;

	while (len < text.len && is_hex(text.data[text.len - 1 - len]))
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

/*
 * A spec without cgroupsPath still has the mounts that the engine always makes. Only for files: who
 * starts a container is known otherwise.
 */
static struct str id_of_mounts(const struct oci_config *config)
{
	for (size_t i = 0; i < config->mounts.n; i++) {
		const struct oci_mount *mount = oci_config_mount(config, i);
		struct str destination = mount->destination.value;
		struct engine_file file;

		if (!mount->bind || (!str_is(destination, "/etc/hostname") &&
				     !str_is(destination, "/run/.containerenv")))
			continue;
		for (size_t n = 0; engine_file(mount->source.value, destination, n, &file); n++)
			if (file.usual && file.engine != ENGINE_MOVED &&
			    id_at_end(file.who).len == file.who.len)
				return file.who;
	}
	return (struct str){ 0 };
}

struct container_names container_names(struct lookup *lookup, const struct oci_config *config,
				       struct str id)
{
	struct str cgroup = config->linux_.cgroups_path.value;
	bool build_step = str_starts_with(id, "buildah-");

	/* Runtimes take any id, but engines that keep such files give an ID. The files of a step
	 * of buildah have another, and its cgroup is whatever --cgroup-parent says. */
	if (build_step)
		id = (struct str){ 0 };
	else if (id_at_end(id).len == 0 && id_at_end(cgroup).len > 0)
		id = id_at_end(cgroup);
	if (id.len == 0 && lookup->scope == FACTS_OFFLINE)
		id = id_of_mounts(config);

	return (struct container_names){
		.lookup = lookup,
		.id = id,
		.build_step = build_step,
		.sandbox = annotation(config, "io.kubernetes.cri.sandbox-id",
				      "io.kubernetes.cri-o.SandboxID"),
		.pod = annotation(config, "io.kubernetes.cri.sandbox-uid", "io.kubernetes.pod.uid"),
		.cgroup = cgroup,
		.joins_network = joins_process(config, NAMESPACE_NETWORK),
		.ipc = config->linux_.namespaces.types[NAMESPACE_IPC].path.value,
	};
}

/*
 * The kubelet's cgroup of a pod has "pod" and its uid as the end of a name: /kubepods/podUID or
 * kubepods-podUID.slice. systemd's names have _ in place of -. shortened: the first group of the uid
 * may stand for all of it, as in files that people write.
 */
static bool cgroup_has_pod(struct arena *arena, struct str cgroup, struct str pod, bool shortened)
{
	char *plain = arena_copy(arena, cgroup.data, cgroup.len);
	const char *uid = arena_copy(arena, pod.data, pod.len);
	size_t group = strcspn(uid, "-");

	for (char *p = plain; *p != '\0'; p++)
		*p = *p == '_' ? '-' : *p;
	for (const char *at = strstr(plain, "pod"); at != NULL; at = strstr(at + 3, "pod")) {
		size_t len = strcspn(at + 3, "/.:");

		if (len > 0 && (at == plain || strchr("/-", at[-1]) != NULL) &&
		    (len == pod.len || (shortened && len == group)) &&
		    memcmp(at + 3, uid, len) == 0)
			return true;
	}
	return false;
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

/* Is the last part of the cgroup, which --cgroup-parent does not reach, podman's or Docker's? */
static bool is_plain_engines(struct str cgroup)
{
	const char *slash = cgroup.len > 0 ? memrchr(cgroup.data, '/', cgroup.len) : NULL;

	if (slash != NULL)
		cgroup = (struct str){ slash, cgroup.len - (size_t)(slash - cgroup.data) };
	return has(cgroup, STR(":libpod:")) || has(cgroup, STR("/libpod-")) ||
	       has(cgroup, STR(":docker:"));
}

/*
 * CRI-O and containerd write the annotation last. With podman and Docker anyone who starts a
 * container chooses it; the name of the cgroup tells these engines from those.
 */
static bool is_sandbox(const struct container_names *names, struct str who)
{
	struct str cgroup = names->cgroup;

	if (!str_equal(who, names->sandbox))
		return false;
	return names->lookup->scope == FACTS_OFFLINE ||
	       (!is_plain_engines(cgroup) &&
		(has(cgroup, STR("crio")) || has(cgroup, STR("cri-containerd")) ||
		 has(cgroup, STR("kubepods"))));
}

/* What the spec and the front end say of an id in a path. */
enum ownership {
	OWN_NO,
	OWN_UNKNOWN, /* nothing tells who the container is, as in a spec without engine */
	OWN_SHARED,  /* of a container whose namespace it joins */
	OWN_YES,
};

static enum ownership ownership(const struct container_names *names, enum engine_owner owner,
				struct str who)
{
	if (owner == OWNER_POD) {
		if (names->cgroup.len == 0 && names->pod.len == 0)
			return OWN_UNKNOWN;
		/* A user of these engines chooses both, and the kubelet uses neither engine. */
		if (is_plain_engines(names->cgroup))
			return OWN_NO;
		return str_equal(who, names->pod) ||
				       cgroup_has_pod(names->lookup->arena, names->cgroup, who,
						      names->lookup->scope == FACTS_OFFLINE)
			       ? OWN_YES
			       : OWN_NO;
	}
	if (names->id.len == 0)
		return OWN_UNKNOWN;
	if (str_equal(who, names->id) || (owner != OWNER_CONTAINER && is_sandbox(names, who)))
		return OWN_YES;
	if ((owner == OWNER_NETWORK && names->joins_network) ||
	    (owner == OWNER_IPC && joins_ipc_of(names, who)))
		return OWN_SHARED;
	return OWN_NO;
}

/* The ids of engines are too long to be guessed before the container exists. */
static bool is_long_id(enum engine_owner owner, struct str who)
{
	size_t digits = 0, dashes = 0;

	if (owner != OWNER_POD)
		return who.len > 0 && id_at_end(who).len == who.len;
	/* a UUID, or the hash that the kubelet gives a static pod */
	for (size_t i = 0; i < who.len; i++) {
		digits += is_hex(who.data[i]);
		dashes += who.data[i] == '-';
	}
	return digits == ID_LEN / 2 && (dashes == 0 || dashes == 4) && who.len == digits + dashes;
}

/*
 * Is it the engine's own mount? In the container's own directory any destination will do: secrets
 * and configs have one that their user chose. A directory that is not in its usual place must have
 * the id of this container.
 */
static bool is_engines(const struct engine_file *file, const struct container_names *names)
{
	bool moved = file->engine == ENGINE_MOVED;

	if (file->owner == OWNER_NOBODY)
		return file->usual && !moved;
	if (moved && !is_long_id(file->owner, file->who))
		return false;
	switch (ownership(names, file->owner, file->who)) {
	case OWN_YES:
		return true;
	case OWN_SHARED:
		return file->usual;
	case OWN_UNKNOWN:
		return file->usual && !moved;
	case OWN_NO:
		break;
	}
	return false;
}

struct str engine_usual_name(const struct container_names *names, struct str path)
{
	if (names->storages.n == 0)
		return path;
	return moved_storage_usual(names->lookup->arena, &names->storages, path);
}

bool engine_own_file(struct str source, struct str destination, const struct container_names *names,
		     struct engine_file *ret_file)
{
	for (size_t n = 0; engine_file(source, destination, n, ret_file); n++)
		if (ret_file->owner != OWNER_NOBODY && is_long_id(ret_file->owner, ret_file->who) &&
		    ownership(names, ret_file->owner, ret_file->who) == OWN_YES)
			return true;
	return false;
}

/*
 * The storage may be one that only looks so to a user's advantage. Then what a link in it leads to
 * tells.
 */
static enum engine_paths engine_in(enum engine_paths engine, bool usual)
{
	return usual ? engine : ENGINE_MOVED;
}

struct engine_mount engine_mount(struct str source, struct str destination,
				 const struct container_names *names)
{
	struct str path = engine_usual_name(names, source);
	struct engine_file file;

	if (engine_file_image(path, names->id))
		return (struct engine_mount){ engine_in(ENGINE_ROOT, path.data == source.data),
					      false };

	for (size_t n = 0; engine_file(path, destination, n, &file); n++)
		if (is_engines(&file, names))
			return (struct engine_mount){
				engine_in(file.engine, path.data == source.data), file.made
			};
	return (struct engine_mount){ ENGINE_NONE, false };
}

enum engine_paths engine_layer(struct str layer, const struct container_names *names)
{
	struct str path = engine_usual_name(names, layer);
	struct engine_file file;

	/* CRI-O keeps an empty directory, since an overlay without upper has two layers. */
	if (str_is(path, "/run/crio/image-volumes") || str_is(path, "/var/run/crio/image-volumes"))
		return ENGINE_ROOT;
	return engine_file_layer(path, &file) && is_engines(&file, names)
		       ? engine_in(file.engine, path.data == layer.data)
		       : ENGINE_NONE;
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
	struct engine_file file;
	size_t len;

	path = engine_usual_name(names, path);
	len = path.len;
	for (size_t i = 0; i < ARRAY_SIZE(own_directories); i++) {
		const char *pattern = own_directories[i].path;
		struct str who;

		if (is_above(pattern, path) ||
		    (engine_path_starts(pattern, path, &who) &&
		     ownership(names, own_directories[i].owner, who) == OWN_NO))
			return true;
	}
	while (engine_directory(path, &len, &file))
		if (is_long_id(file.owner, file.who) &&
		    ownership(names, file.owner, file.who) == OWN_NO)
			return true;
	return false;
}
