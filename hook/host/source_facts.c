/* SPDX-License-Identifier: Apache-2.0 */
/* Facts of the sources of mounts; see source_facts.h. */
#include "source_facts.h"

#include <string.h>

#include "base/cleanup.h"
#include "host/account_files.h"
#include "host/build_step.h"
#include "host/engine_paths.h"
#include "host/mount_paths.h"
#include "host/storage_owner.h"

struct path_fact source_path_fact(struct lookup *lookup, struct str path, const char *bundle,
				  enum origins wanted, const struct path_fact *before)
{
	return before != NULL && str_equal(before->path, path)
		       ? *before
		       : lookup_path(lookup, path, bundle, wanted);
}

/*
 * Is it a volume under all its names? A mount that the kubelet made for a pod may come from
 * anywhere, since the cluster has allowed it. If nothing shows the whole file system, the rest of
 * its names is not known.
 */
static bool is_volume(const struct container_names *names, const struct path_fact *fact)
{
	struct str path =
		engine_usual_name(names, fact->error == 0 ? str_from(fact->resolved) : fact->path);

	if (engine_pod_volume(path))
		return true;
	for (size_t i = 0; i < fact->n_origins; i++)
		if (fact->origins[i].how != PLACE_INSIDE && !is_volume(names, &fact->origins[i]))
			return false;
	return engine_volume(path) &&
	       !(fact->part && engine_volume(engine_usual_name(names, fact->point))) &&
	       fact->unknown == NULL;
}

/*
 * Engines mount what they mount at several places of their own: the kubelet a volume for its plugin
 * first, and from there for each of its pods; dockerd an image for BuildKit. Such names are not
 * other places of the host.
 */
static void drop_engine_places(const struct container_names *names, struct path_fact *fact)
{
	bool pod = engine_pod_volume(engine_usual_name(names, str_from(fact->resolved)));
	size_t n = 0;

	if (!pod && !fact->engine_root)
		return;
	for (size_t i = 0; i < fact->n_origins; i++) {
		const struct path_fact *origin = &fact->origins[i];
		struct str path = engine_usual_name(names, origin->path);
		bool own = pod ? engine_pod_staging(path) || engine_pod_volume(path)
			       : engine_storage(path);

		if (origin->how != PLACE_SAME || !own)
			fact->origins[n++] = *origin;
	}
	fact->n_origins = n;
}

/* Does it lie in a directory of another container, under one of its two names? */
static bool is_foreign(struct arena *arena, const struct path_fact *fact,
		       const struct container_names *names)
{
	const char *spelled = str_path_normalize(arena, fact->path);

	return (spelled != NULL && engine_foreign(str_from(spelled), names)) ||
	       (fact->error == 0 && engine_foreign(str_from(fact->resolved), names));
}

/*
 * Is it an image that the engine mounts by itself? Engines mount images read-only: a place that can
 * be written is the root of a container.
 */
static bool is_image(struct lookup *lookup, const struct mount_path *source,
		     const struct path_fact *fact, const struct container_names *names)
{
	if (!source->image)
		return false;
	if (fact->error != 0)
		return lookup->scope == FACTS_OFFLINE;
	/* A link in a moved storage may lead anywhere. */
	if (lookup->scope == FACTS_LIVE &&
	    engine_mounted_layer(engine_usual_name(names, str_from(fact->resolved))) == ENGINE_NONE)
		return false;
	/* Without overlays nothing shows it but the list. A step of buildah has no id of its own,
	 * and mounts no root of a container as an image. */
	if (engine_copied_layer(str_from(fact->resolved)))
		return !storage_root_is_others(lookup, str_from(fact->resolved), names->id);
	return !fact->upper;
}

/*
 * Can a user change where the name leads? In a known storage only those can whom its engine lets:
 * podman gives the directory of a container with mapped ids to the root of that.
 */
static bool is_changeable(struct lookup *lookup, const struct container_names *names,
			  struct str path)
{
	return engine_usual_name(names, path).data == path.data && lookup_is_loose(lookup, path);
}

/*
 * Is it the engine's own although its storage is in no usual place? The name tells, with the id of
 * this container in it. Where one starts, the name must lead to such a file, and root alone decides
 * where to.
 */
static bool is_moved(struct lookup *lookup, const struct source_fact *source,
		     const struct container_names *names, const struct facts *facts)
{
	bool initial = facts->user_namespace_initial;
	const struct mount_path *from = &source->from;
	struct str resolved;
	enum engine_paths engine;

	if (!from->moved || lookup->scope != FACTS_LIVE)
		return from->moved;
	if (source->path.error != 0 || (initial && is_changeable(lookup, names, from->path)))
		return false;
	resolved = str_from(source->path.resolved);
	engine = from->layer ? engine_layer(resolved, names)
			     : engine_mount(resolved, from->mount->destination.value, names).engine;
	return engine != ENGINE_NONE && !(initial && is_changeable(lookup, names, resolved));
}

/* Notes whose place the source is. True: the engine's own, and nothing of the host. */
static bool note_place(struct lookup *lookup, struct source_fact *source,
		       const struct container_names *names, const struct facts *facts)
{
	bool initial = facts->user_namespace_initial;
	struct path_fact *fact = &source->path;

	if (build_step_mount(lookup, source, names, facts))
		return true;

	if (source->from.moved && is_moved(lookup, source, names, facts)) {
		if (!source->from.made)
			return true;
	} else if (source->from.moved || (source->from.rootless && initial)) {
		source->from.made = false; /* a user named it */
	}
	/* The name itself must not be a link. */
	if (source->from.made && fact->error == 0)
		source->from.made = engine_mount(str_from(fact->resolved),
						 source->from.mount->destination.value, names)
					    .made;
	fact->engine_root = fact->error == 0 && engine_root_by_name(str_from(fact->resolved));
	if (fact->error == 0)
		drop_engine_places(names, fact);
	fact->engine_volume = is_volume(names, fact);
	fact->foreign = is_foreign(lookup->arena, fact, names);
	return is_image(lookup, &source->from, fact, names);
}

void source_facts(struct lookup *lookup, const struct oci_config *config,
		  const struct facts_query *query, const struct container_names *names,
		  struct facts *facts)
{
	const struct facts *before = query->before;
	const struct mount_path *sources;
	size_t n_sources;

	sources = mount_paths(lookup->arena, config, names, &n_sources);
	facts->sources = arena_array(lookup->arena, n_sources, sizeof(*facts->sources));
	for (size_t i = 0; i < n_sources; i++) {
		struct source_fact *source = &facts->sources[facts->n_sources];
		const struct path_fact *again =
			before != NULL && facts->n_sources < before->n_sources
				? &before->sources[facts->n_sources].path
				: NULL;
		int account = account_mount_find(sources[i].mount, facts->bundle, facts->scope);

		/* Root's engine mounts nothing from directories of users by itself: a user named
		 * it. */
		if (sources[i].rootless && !sources[i].made &&
		    !(query->scope == FACTS_LIVE && facts->user_namespace_initial))
			continue;
		if (account >= 0) {
			facts->account_mounted[account] = true;
			continue;
		}
		source->from = sources[i];
		source->path = source_path_fact(
			lookup, sources[i].path, query->bundle,
			/* crun binds recursively for "rprivate" alone, too */
			sources[i].layer ? ORIGINS_WANTED : ORIGINS_AND_MOUNTS, again);
		if (note_place(lookup, source, names, facts))
			continue;
		facts->n_sources++;
	}
}
