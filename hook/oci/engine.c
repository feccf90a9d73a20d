/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See engine.h. What an engine makes for itself comes first: the name of the cgroup, its storage,
 * its hook. Annotations decide where these look the same.
 */
#include "engine.h"

#include <string.h>

#include "base/cleanup.h"

static bool has_annotation_of(const struct oci_config *config, const char *prefix)
{
	json_each (annotation, config->annotations.node)
		if (str_starts_with(annotation->key, prefix))
			return true;
	return false;
}

/*
 * Parts of cgroup names: podman writes /libpod_parent/libpod-ID or SLICE:libpod:ID, the kubelet
 * kubepods..., CRI-O crio-ID or SLICE:crio:ID, dockerd /docker/ID or SLICE:docker:ID.
 */
static const struct {
	const char *part;
	enum engine engine;
} cgroups[] = {
	{ "kubepods", ENGINE_KUBERNETES }, { ":cri-containerd:", ENGINE_KUBERNETES },
	{ ":crio:", ENGINE_KUBERNETES },   { "/crio-", ENGINE_KUBERNETES },
	{ "libpod-", ENGINE_PODMAN },	   { ":libpod:", ENGINE_PODMAN },
	{ "libpod_pod_", ENGINE_PODMAN },  { "buildah-", ENGINE_BUILDAH },
	{ "/buildkit/", ENGINE_BUILDKIT }, { ":docker:", ENGINE_DOCKER },
	{ "/docker/", ENGINE_DOCKER },	   { ":nerdctl:", ENGINE_CONTAINERD },
};

/* Directories of engines in names of the root and of mounts. */
static const struct {
	const char *part;
	enum engine engine;
} directories[] = {
	{ "/buildkit/executor/", ENGINE_BUILDKIT },
	{ "/docker/", ENGINE_DOCKER },
	{ "io.containerd.grpc.v1.cri", ENGINE_KUBERNETES },
	{ "/lib/kubelet/pods/", ENGINE_KUBERNETES },
	{ "-containers/", ENGINE_PODMAN }, /* overlay-containers/ID/userdata */
};

static enum engine engine_by_annotations(const struct oci_config *config)
{
	if (oci_map_is(&config->annotations, "io.container.manager", "cri-o") ||
	    has_annotation_of(config, "io.kubernetes.cri."))
		return ENGINE_KUBERNETES;
	if (oci_map_is(&config->annotations, "io.container.manager", "libpod") ||
	    has_annotation_of(config, "io.podman.annotations."))
		return ENGINE_PODMAN;
	if (has_annotation_of(config, "io.kubernetes.cri-o."))
		return ENGINE_KUBERNETES;
	return has_annotation_of(config, "nerdctl/") ? ENGINE_CONTAINERD : ENGINE_UNKNOWN;
}

static enum engine engine_by_cgroup(const struct oci_config *config)
{
	struct str cgroup = config->linux_.cgroups_path.value;

	for (size_t i = 0; i < ARRAY_SIZE(cgroups); i++)
		if (str_has(cgroup, cgroups[i].part))
			return cgroups[i].engine;
	return ENGINE_UNKNOWN;
}

static enum engine engine_of_path(struct str path)
{
	for (size_t i = 0; i < ARRAY_SIZE(directories); i++)
		if (str_has(path, directories[i].part))
			return directories[i].engine;
	return ENGINE_UNKNOWN;
}

/* Engines mount files of their own at /etc; a user's -v has another destination as a rule. */
static enum engine engine_by_directories(const struct oci_config *config)
{
	enum engine engine = engine_of_path(config->root.path.value);

	for (size_t i = 0; i < config->mounts.n && engine == ENGINE_UNKNOWN; i++) {
		const struct oci_mount *mount = oci_config_mount(config, i);

		if (str_is(mount->destination.value, "/etc/hosts") ||
		    str_is(mount->destination.value, "/etc/hostname") ||
		    str_is(mount->destination.value, "/etc/resolv.conf"))
			engine = engine_of_path(mount->source.value);
	}
	return engine;
}

/* Engines name a cgroup. What has their annotations was found before. */
static bool is_bare(const struct oci_config *config)
{
	return config->root.path.node != NULL && config->linux_.cgroups_path.node == NULL;
}

/* buildah's bundle is DIRECTORY/buildahNUMBER, and the root lies there or in the storage. */
static bool is_buildah(const struct oci_config *config, const char *bundle)
{
	const char *name = bundle != NULL ? strrchr(bundle, '/') : NULL;

	return (name != NULL && strncmp(name, "/buildah", 8) == 0) ||
	       str_has(config->root.path.value, "/containers/storage/") ||
	       str_has(config->root.path.value, "/buildah");
}

/* podman's infra container runs catatonit -P, or /pause before 4.0. */
static bool runs_pause(const struct oci_process *process)
{
	const struct oci_string *args = process->args.items;

	return (process->args.n == 1 && str_is(args[0].value, "/pause")) ||
	       (process->args.n == 2 && str_has(args[0].value, "catatonit") &&
		str_is(args[1].value, "-P"));
}

#define SANDBOX_ID "io.kubernetes.cri-o.SandboxID"

/* podman puts the cgroup of a pod's container below that of the pod, if it has an infra container. */
static bool in_cgroup_of_pod(const struct oci_config *config)
{
	struct str cgroup = config->linux_.cgroups_path.value;
	static const char parent[] = "/libpod_parent/";

	return str_has(cgroup, "libpod_pod_") ||
	       (str_starts_with(cgroup, parent) &&
		!str_starts_with(cgroup, "/libpod_parent/libpod-"));
}

/*
 * podman's infra container may have any image and command. podman notes its id, or that of the pod,
 * as the sandbox of every other container of the pod.
 */
static bool is_infra(const struct oci_config *config)
{
	return runs_pause(&config->process) ||
	       (in_cgroup_of_pod(config) && oci_map_get(&config->annotations, SANDBOX_ID) == NULL);
}

static bool is_pod_member(const struct oci_config *config)
{
	return in_cgroup_of_pod(config) || oci_map_get(&config->annotations, SANDBOX_ID) != NULL;
}

/* A quadlet gives podman --cidfile=%t/%N.cid, which podman notes. */
static bool is_unit(const struct oci_config *config)
{
	const struct json_node *file =
		oci_map_get(&config->annotations, "io.podman.annotations.cid-file");

	return file != NULL && file->text.len > 4 && str_starts_with(file->text, "/run/") &&
	       memcmp(file->text.data + file->text.len - 4, ".cid", 4) == 0;
}

/* With userns-remap, dockerd's root is /var/lib/docker/UID.GID. */
static bool is_remapped(struct str root)
{
	static const char base[] = "/docker/", digits[] = "0123456789.";
	const char *at = root.len > 0 ? memmem(root.data, root.len, base, strlen(base)) : NULL;
	const char *end = root.data + root.len, *name = at != NULL ? at + strlen(base) : end;
	const char *p = name;

	while (p < end && *p != '\0' && strchr(digits, *p) != NULL)
		p++;
	return p > name && p < end && *p == '/' && memchr(name, '.', (size_t)(p - name)) != NULL;
}

struct engine_marks engine_of(const struct oci_config *config, const char *bundle)
{
	struct engine_marks marks = { .engine = engine_by_cgroup(config) };
	bool sandbox =
		oci_map_is(&config->annotations, "io.kubernetes.cri.container-type", "sandbox") ||
		oci_map_is(&config->annotations, "io.kubernetes.cri-o.ContainerType", "sandbox");

	/* podman runs pods of its own below a kubelet's cgroup if it runs in one. */
	if (marks.engine == ENGINE_UNKNOWN || marks.engine == ENGINE_KUBERNETES) {
		enum engine by_annotations = engine_by_annotations(config);

		if (by_annotations != ENGINE_UNKNOWN)
			marks.engine = by_annotations;
	}
	if (marks.engine == ENGINE_UNKNOWN)
		marks.engine = engine_by_directories(config);
	if (marks.engine == ENGINE_UNKNOWN && is_bare(config))
		marks.engine = is_buildah(config, bundle) ? ENGINE_BUILDAH : ENGINE_RUNTIME;
	if (marks.engine == ENGINE_PODMAN)
		marks.sandbox = sandbox || is_infra(config);
	else if (marks.engine == ENGINE_KUBERNETES)
		marks.sandbox = sandbox || runs_pause(&config->process);
	if (marks.engine == ENGINE_PODMAN) {
		marks.pod_member = !marks.sandbox && is_pod_member(config);
		marks.unit = is_unit(config);
	}
	if (marks.engine == ENGINE_DOCKER)
		marks.remapped = is_remapped(config->root.path.value);
	return marks;
}
