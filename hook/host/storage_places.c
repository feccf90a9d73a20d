/* SPDX-License-Identifier: Apache-2.0 */
/* Finds moved storages of engines; see storage_places.h. */
#include "storage_places.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"

#define STORAGES_MAX 16 /* a graph root, a run root and a kubelet's, each with two names */

struct finder {
	struct lookup *lookup;
	const struct container_names *names;
	bool containers_storage; /* the bundle is of podman or CRI-O, so no storage is Docker's */
	struct moved_storages found;
};

static struct str above(struct str path)
{
	while (path.len > 0 && path.data[path.len - 1] != '/')
		path.len--;
	return (struct str){ path.data, path.len > 0 ? path.len - 1 : 0 };
}

/* dockerd with userns-remap has its storage in one more directory: /data/docker/100000.100000. */
static struct str without_remap(struct str place, const char *usual)
{
	return strcmp(usual, "/var/lib/docker") == 0 &&
			       engine_path_matches("[0-9]*.[0-9]*",
						   (struct str){ place.data + above(place).len + 1,
								 place.len - above(place).len - 1 })
		       ? above(place)
		       : place;
}

static bool is_found(const struct finder *finder, struct str name)
{
	for (size_t i = 0; i < finder->found.n; i++)
		if (str_equal(finder->found.items[i].name, name))
			return true;
	return false;
}

static void add_name(struct finder *finder, struct str name, const char *usual,
		     const struct path_fact *fact)
{
	if (str_is(name, usual) || is_found(finder, name) || finder->found.n == STORAGES_MAX)
		return;
	finder->found.items[finder->found.n++] =
		(struct moved_storage){ .name = name, .usual = usual, .fact = fact };
}

static void add_storage(struct finder *finder, struct str place, const char *usual)
{
	struct lookup *lookup = finder->lookup;
	struct path_fact *fact;

	if (usual == NULL || !str_starts_with(place, "/"))
		return;
	place = without_remap(place, usual);
	if (place.len < 2 || str_is(place, usual) || is_found(finder, place) ||
	    lookup_is_loose(lookup, place))
		return;
	fact = arena_new_object(lookup->arena, struct path_fact);
	*fact = lookup_path(lookup, place, NULL, ORIGINS_IGNORED);
	if (fact->error != 0 || !S_ISDIR(fact->mode) || (fact->mode & 022) != 0 ||
	    strcmp(fact->resolved, "/") == 0 || lookup_is_loose(lookup, str_from(fact->resolved)))
		return;
	add_name(finder, place, usual, fact);
	add_name(finder, str_from(fact->resolved), usual, fact);
}

static bool exists(struct finder *finder, const char *path)
{
	struct stat st;

	if (lstat(path, &st) == 0)
		return true;
	lookup_note(finder->lookup, errno, path);
	return false;
}

/* Adds the storage of the file if that keeps this directory. */
static bool add_if(struct finder *finder, struct str storage, const char *directory,
		   const char *name)
{
	struct arena *arena = finder->lookup->arena;
	const char *path =
		arena_printf(arena, "%.*s/%s", (int)storage.len, storage.data, directory);
	struct engine_file file;

	if (!exists(finder, path) ||
	    !engine_file(
		    str_from(arena_printf(arena, "%.*s/%s", (int)storage.len, storage.data, name)),
		    STR("/etc/hosts"), 0, &file))
		return false;
	add_storage(finder, storage, file.usual_storage);
	return true;
}

/* The root's name alone proves nothing: podman run --rootfs takes any. */
static void find_by_root(struct finder *finder, struct str root)
{
	struct arena *arena = finder->lookup->arena;
	struct str id = finder->names->id, storage, driver;
	const char *holder;
	size_t len = 0;

	if (id.len == 0 || !engine_file_root(root, &storage))
		return;
	driver = (struct str){ root.data + storage.len + 1, root.len - storage.len - 1 };
	while (len < driver.len && driver.data[len] != '/')
		len++;
	holder = arena_printf(arena, "%.*s-containers", (int)len, driver.data);
	holder = arena_printf(arena, "%s/%.*s", holder, (int)id.len, id.data);
	if (add_if(finder, storage, holder, arena_printf(arena, "%s/userdata/hosts", holder)))
		return;
	if (finder->containers_storage)
		return;
	holder = arena_printf(arena, "containers/%.*s", (int)id.len, id.data);
	add_if(finder, storage, holder, arena_printf(arena, "%s/hosts", holder));
}

/* buildah binds the root to a place in the bundle, and sources that may show the root, too. */
static void find_by_staged_root(struct finder *finder, const struct path_fact *root,
				const char *bundle)
{
	for (size_t i = 0; i < root->n_origins; i++) {
		const char *place = root->origins[i].resolved;

		if (root->origins[i].how == PLACE_SAME && place != NULL &&
		    (bundle == NULL || strncmp(place, bundle, strlen(bundle)) != 0))
			find_by_root(finder, str_from(place));
	}
}

/* containerd mounts the root in the bundle, from layers in its storage. */
static void find_by_layers(struct finder *finder, const struct path_fact *root, const char *bundle)
{
	size_t len = strlen(bundle);
	struct engine_file file;

	if (strncmp(root->resolved, bundle, len) != 0 || root->resolved[len] != '/')
		return;
	for (size_t i = 0; i < root->n_origins; i++)
		if (root->origins[i].error == 0 &&
		    engine_file_snapshot(str_from(root->origins[i].resolved), &file))
			add_storage(finder, file.storage, file.usual_storage);
}

static void find_by_mounts(struct finder *finder, const struct oci_config *config)
{
	for (size_t i = 0; i < config->mounts.n; i++) {
		const struct oci_mount *mount = oci_config_mount(config, i);
		struct str source = mount->source.value;
		struct engine_file file;

		if (mount->bind &&
		    engine_own_file(source, mount->destination.value, finder->names, &file) &&
		    exists(finder, arena_copy(finder->lookup->arena, source.data, source.len)))
			add_storage(finder, file.storage, file.usual_storage);
	}
}

struct moved_storages storage_places(struct lookup *lookup, const struct oci_config *config,
				     const struct container_names *names, const struct facts *facts)
{
	struct finder finder = { .lookup = lookup, .names = names };
	const char *bundle = facts->bundle;
	struct engine_file file;

	if (lookup->scope != FACTS_LIVE || !facts->user_namespace_initial)
		return finder.found;
	finder.found.items = arena_array(lookup->arena, STORAGES_MAX, sizeof(*finder.found.items));
	if (bundle != NULL && engine_file_bundle(str_from(bundle), &file) &&
	    str_equal(file.who, names->id)) {
		add_storage(&finder, file.storage, file.usual_storage);
		finder.containers_storage = engine_bundle_by_name(str_from(bundle));
	}
	if (facts->root.resolved != NULL) {
		find_by_root(&finder, facts->root.path);
		find_by_root(&finder, str_from(facts->root.resolved));
		find_by_staged_root(&finder, &facts->root, bundle);
	}
	if (bundle != NULL && facts->root.resolved != NULL)
		find_by_layers(&finder, &facts->root, bundle);
	find_by_mounts(&finder, config);
	return finder.found;
}
