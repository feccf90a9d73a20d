/* SPDX-License-Identifier: Apache-2.0 */
/* What the mount table says of a source or a root: see host_places.h. */
#include "policy/rules/host_places.h"

#include <string.h>

struct path_look host_place_look(const struct judge *judge, const struct path_fact *fact)
{
	if (fact->resolved != NULL)
		return (struct path_look){ fact->resolved, fact };
	return (struct path_look){ str_path_normalize(judge->arena, fact->path), NULL };
}

static bool is_at_or_below(const char *path, const char *directory)
{
	size_t len = strcmp(directory, "/") != 0 ? strlen(directory) : 0;

	return strncmp(path, directory, len) == 0 && (path[len] == '\0' || path[len] == '/');
}

const char *host_place_type_reason(const struct host_subject *subject, const struct path_fact *fact)
{
	const struct judge *judge = subject->judge;

	if (fact->resolved == NULL || fact->type.len == 0 ||
	    judge_entry_names(subject->file_systems, fact->type) ||
	    (subject->whole != NULL && is_at_or_below(fact->resolved, subject->whole)) ||
	    (subject->mount != NULL &&
	     host_paths_meant(subject->entries, subject->mount, fact->resolved, fact->point)))
		return NULL;
	return arena_printf(judge->arena,
			    "what is mounted at %s is of type %s, which is not in args.fileSystems",
			    str_quote(judge->arena, fact->point),
			    str_quote(judge->arena, fact->type));
}

/*
 * Returns why a layer of an overlay is not known, or NULL. Where others can change a name, it may
 * have led elsewhere when the overlay was mounted. Engines mount layers from their own storage.
 */
static const char *layer_reason(const struct host_subject *subject, const struct path_fact *layer)
{
	const struct judge *judge = subject->judge;
	if (layer->resolved != NULL)
		return !subject->engine && layer->loose
			       ? "a layer of the overlay there has a name that others than root can change"
			       : NULL;
	/* podman and containerd unmount layers with mapped ids when the overlay is there. */
	if (judge->facts->scope == FACTS_OFFLINE || (subject->engine && layer->engine_layer))
		return NULL;
	return arena_printf(judge->arena, "a layer of the overlay there cannot be looked up: %s",
			    strerror(layer->error));
}

/* Returns why another place of the judged files, or of some of them, is the host's, or NULL. */
static const char *origin_reason(const struct host_subject *subject, const struct path_fact *origin)
{
	const struct path_look look = host_place_look(subject->judge, origin);
	bool contained = subject->whole != NULL && look.path != NULL &&
			 is_at_or_below(look.path, subject->whole);
	const char *reason = NULL;

	if (look.path != NULL && !contained)
		reason = subject->place_reason(subject, origin);
	if (reason == NULL)
		reason = host_place_type_reason(subject, origin);
	/* A place in the mount table may be out of reach, but not a layer. */
	if (reason == NULL && origin->how == PLACE_LAYER)
		reason = layer_reason(subject, origin);
	return reason != NULL ? reason : host_place_origins_reason(subject, origin);
}

const char *host_place_origins_reason(const struct host_subject *subject,
				      const struct path_fact *fact)
{
	for (size_t i = 0; i < fact->n_origins; i++) {
		const struct path_fact *origin = &fact->origins[i];
		const char *reason = origin_reason(subject, origin);

		if (reason == NULL)
			continue;
		if (origin->how == PLACE_SAME || origin->how == PLACE_LAYER)
			return reason;
		return arena_printf(subject->judge->arena,
				    origin->how == PLACE_INSIDE
					    ? "it contains what is mounted at %s: %s"
					    : "it brings along what is mounted at %s: %s",
				    str_quote(subject->judge->arena, origin->path), reason);
	}
	return fact->unknown;
}
