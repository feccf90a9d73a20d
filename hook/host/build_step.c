/* SPDX-License-Identifier: Apache-2.0 */
/* The mounts of a RUN step; see build_step.h. */
#include "build_step.h"

#include <string.h>

#include "host/storage_owner.h"

struct str build_step_owner(struct lookup *lookup, const struct path_fact *root)
{
	struct str owner = { 0 };

	if (root->resolved == NULL)
		return owner;
	owner = storage_root_owner(lookup, str_from(root->resolved));
	for (size_t i = 0; i < root->n_origins && owner.len == 0; i++)
		if (root->origins[i].how == PLACE_SAME && root->origins[i].resolved != NULL)
			owner = storage_root_owner(lookup, str_from(root->origins[i].resolved));
	return owner;
}

static bool is_staged(const char *bundle, struct str path)
{
	static const char name[] = "/mnt/buildah-bind-target-";
	size_t len = bundle != NULL ? strlen(bundle) : 0;

	return len > 0 && path.len > len + strlen(name) && memcmp(path.data, bundle, len) == 0 &&
	       memcmp(path.data + len, name, strlen(name)) == 0 && !str_path_climbs(path);
}

/*
 * Is it an image, or in one, that cannot be written there? A root of a container can be. Overlays
 * without an upper layer are read-only; a copy of the layers only if the mount is.
 */
static bool is_in_image(struct lookup *lookup, const struct source_fact *source, struct str origin,
			const struct container_names *names)
{
	const struct path_fact *fact = &source->path;
	struct str path = engine_usual_name(names, origin);

	for (size_t len = path.len; len > 0 && !fact->upper; len--) {
		struct str start = { path.data, len };

		if ((len == path.len || path.data[len] == '/') &&
		    engine_mounted_layer(start) == ENGINE_ROOT) {
			start = (struct str){ origin.data, origin.len - (path.len - len) };
			return !engine_copied_layer(start) ||
			       (source->from.mount->read_only &&
				!storage_root_is_others(lookup, start, (struct str){ 0 }));
		}
	}
	return false;
}

static bool is_staged_mount(struct lookup *lookup, const struct source_fact *source,
			    const struct container_names *names)
{
	const struct path_fact *fact = &source->path;
	size_t own = 0;

	for (size_t i = 0; i < fact->n_origins; i++) {
		const struct path_fact *origin = &fact->origins[i];
		struct str path;

		if (origin->how == PLACE_LAYER)
			continue; /* of an image */
		if (origin->how != PLACE_SAME || origin->resolved == NULL)
			return false;
		path = str_from(origin->resolved);
		if (engine_mount(path, source->from.mount->destination.value, names).engine ==
			    ENGINE_NONE &&
		    !is_in_image(lookup, source, path, names))
			return false;
		own++;
	}
	return own > 0;
}

static bool lies_in(struct str path, const char *directory)
{
	size_t len = strlen(directory);

	return str_starts_with(path, directory) && path.len > len && path.data[len] == '/' &&
	       !str_path_climbs(path);
}

/* An overlay of a volume has the directory of the image below it: that of the step's own root. */
static bool is_own_layer(struct lookup *lookup, const struct source_fact *source,
			 const struct container_names *names, const struct facts *facts)
{
	const struct path_fact *root = &facts->root;

	for (size_t i = 0; i < root->n_origins; i++) {
		const char *place = root->origins[i].resolved;

		if (root->origins[i].how == PLACE_SAME && place != NULL &&
		    str_equal(storage_root_owner(lookup, str_from(place)), names->id) &&
		    lies_in(source->from.path, place) &&
		    lies_in(str_from(source->path.resolved), place))
			return true;
	}
	return false;
}

bool build_step_mount(struct lookup *lookup, const struct source_fact *source,
		      const struct container_names *names, const struct facts *facts)
{
	if (lookup->scope != FACTS_LIVE || !names->build_step || names->id.len == 0 ||
	    source->path.error != 0)
		return false;
	if (source->from.layer)
		return is_own_layer(lookup, source, names, facts);
	return is_staged(facts->bundle, source->from.path) &&
	       is_staged_mount(lookup, source, names);
}
