/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a container is to its engine: see watch_origin.h. What cannot be read is not known. Nothing
 * is decided by it.
 */
#include "watch_origin.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "json/json.h"
#include "oci/config.h"
#include "oci/engine.h"
#include "wrapper/record.h"

/* Where engines keep the bundle of a running container; %s is its id. */
static const char *const bundles[] = {
	"/run/containers/storage/overlay-containers/%s/userdata", /* CRI-O */
	"/var/lib/containers/storage/overlay-containers/%s/userdata",
	"/var/lib/containers/storage/vfs-containers/%s/userdata",
	"/run/containerd/io.containerd.runtime.v2.task/k8s.io/%s",
	"/run/containerd/io.containerd.runtime.v2.task/moby/%s",
	"/run/containerd/io.containerd.runtime.v2.task/default/%s",
};

/* Where podman and CRI-O list their containers with names and images. */
static const char *const lists[] = {
	"/var/lib/containers/storage/overlay-containers/containers.json",
	"/var/lib/containers/storage/vfs-containers/containers.json",
	"/run/containers/storage/overlay-containers/volatile-containers.json",
};

static const char *const engine_words[] = {
	[ENGINE_UNKNOWN] = NULL,
	[ENGINE_PODMAN] = "podman",
	[ENGINE_DOCKER] = "docker",
	[ENGINE_KUBERNETES] = "kubernetes",
	[ENGINE_BUILDAH] = "buildah",
	[ENGINE_BUILDKIT] = "buildkit",
	[ENGINE_CONTAINERD] = "containerd",
	[ENGINE_RUNTIME] = "runtime",
};

/* Annotations of CRI-O, of containerd, of nerdctl. */
static const char *const name_keys[] = { "io.kubernetes.container.name",
					 "io.kubernetes.cri.container-name", "nerdctl/name", NULL };
static const char *const image_keys[] = { "io.kubernetes.cri-o.ImageName",
					  "io.kubernetes.cri.image-name", NULL };
static const char *const pod_keys[] = { "io.kubernetes.pod.name", "io.kubernetes.cri.sandbox-name",
					NULL };
static const char *const namespace_keys[] = { "io.kubernetes.pod.namespace",
					      "io.kubernetes.cri.sandbox-namespace", NULL };

/* An id becomes a part of paths. */
static bool is_plain(const char *id)
{
	static const char allowed[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
		"_-+.";

	return id[0] != '\0' && id[0] != '.' && id[strspn(id, allowed)] == '\0';
}

static const char *annotation(struct arena *arena, const struct oci_config *config,
			      const char *const *keys)
{
	for (; *keys != NULL; keys++) {
		const struct json_node *node = oci_map_get(&config->annotations, *keys);

		if (node != NULL && node->text.len > 0)
			return arena_copy(arena, node->text.data, node->text.len);
	}
	return NULL;
}

static bool from_bundle(struct arena *arena, const char *bundle, struct origin *origin)
{
	auto_close int dir = open(bundle, O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct oci_config config;
	struct json_doc *doc;
	struct str text;
	struct err ignored;

	if (dir < 0 ||
	    io_read_file(arena, dir, "config.json", JSON_SIZE_MAX, &text, &ignored) < 0 ||
	    json_read(arena, "config.json", text, JSON_NO_COMMENTS, &doc, &ignored) < 0 ||
	    oci_config_read(doc, &config, &ignored) < 0)
		return false;
	origin->engine = engine_words[engine_of(&config, bundle).engine];
	origin->name = annotation(arena, &config, name_keys);
	origin->image = annotation(arena, &config, image_keys);
	origin->pod = annotation(arena, &config, pod_keys);
	origin->namespace = annotation(arena, &config, namespace_keys);
	return true;
}

/* The wrapper's records are BASE/ROOT/ID.json. */
static bool from_records(struct arena *arena, const char *id, struct origin *origin)
{
	const char *base = NULL;
	bool found = false;
	struct err ignored;
	DIR *stream;

	if (record_known_base(&base, &ignored) < 0 || base == NULL)
		return false;
	stream = opendir(base);
	for (struct dirent *entry = stream == NULL ? NULL : readdir(stream);
	     entry != NULL && !found; entry = readdir(stream)) {
		struct record record = { 0 };

		if (entry->d_name[0] == '.')
			continue;
		found = record_read(
				arena,
				arena_printf(arena, "%s/%s/%s" RECORD_END, base, entry->d_name, id),
				&record, &ignored) == 0 &&
			from_bundle(arena, record.bundle, origin);
	}
	if (stream != NULL)
		closedir(stream);
	return found;
}

static const char *member_text(struct arena *arena, const struct json_node *object, const char *key)
{
	const struct json_node *node = json_get(object, key);

	return node != NULL && node->type == JSON_STRING && node->text.len > 0
		       ? arena_copy(arena, node->text.data, node->text.len)
		       : NULL;
}

/* An entry's metadata is a JSON document in a string. */
static void from_entry(struct arena *arena, const struct json_node *entry, struct origin *origin)
{
	const struct json_node *names = json_get(entry, "names");
	const struct json_node *metadata = json_get(entry, "metadata");
	struct json_doc *doc;
	struct err ignored;

	if (origin->name == NULL && names != NULL && names->type == JSON_ARRAY &&
	    names->first != NULL && names->first->type == JSON_STRING)
		origin->name = arena_copy(arena, names->first->text.data, names->first->text.len);
	if (metadata != NULL && metadata->type == JSON_STRING &&
	    json_read(arena, "metadata", metadata->text, JSON_NO_COMMENTS, &doc, &ignored) == 0 &&
	    origin->image == NULL)
		origin->image = member_text(arena, doc->root, "image-name");
}

/* The list is an array, and the reader wants an object. */
static void from_list(struct arena *arena, const char *path, const char *id, struct origin *origin)
{
	struct json_doc *doc;
	struct str text;
	struct err ignored;

	if (io_read_file(arena, AT_FDCWD, path, JSON_SIZE_MAX - 16, &text, &ignored) < 0 ||
	    json_read(arena, path,
		      str_from(arena_printf(arena, "{\"list\":%.*s}", (int)text.len, text.data)),
		      JSON_NO_COMMENTS, &doc, &ignored) < 0)
		return;
	json_each (entry, json_get(doc->root, "list")) {
		const struct json_node *found =
			entry->type == JSON_OBJECT ? json_get(entry, "id") : NULL;

		if (found != NULL && found->type == JSON_STRING && str_is(found->text, id))
			from_entry(arena, entry, origin);
	}
}

struct origin origin_find(struct arena *arena, const char *id)
{
	struct origin origin = { 0 };
	bool found;

	if (!is_plain(id))
		return origin;
	found = from_records(arena, id, &origin);
	for (size_t i = 0; i < ARRAY_SIZE(bundles) && !found; i++) {
		const char *mark = strstr(bundles[i], "%s");

		found = from_bundle(arena,
				    arena_printf(arena, "%.*s%s%s", (int)(mark - bundles[i]),
						 bundles[i], id, mark + 2),
				    &origin);
	}
	for (size_t i = 0; i < ARRAY_SIZE(lists); i++)
		if (origin.name == NULL || origin.image == NULL)
			from_list(arena, lists[i], id, &origin);
	return origin;
}
