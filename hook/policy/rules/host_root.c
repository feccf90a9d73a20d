/* SPDX-License-Identifier: Apache-2.0 */
/* See host_root.h. */
#include "policy/rules/host_root.h"

#include <errno.h>
#include <string.h>

#include "policy/fix.h"
#include "policy/rules/host_places.h"

enum root_look {
	ROOT_NAMED,   /* by its name; the storage may be a link, so it may lie elsewhere */
	ROOT_THERE,   /* where it lies */
	ROOT_MADE_OF, /* what is mounted there, or a layer of it */
};

/*
 * Roots of containers lie below many denied paths: in the storage of engines, and in the bundle.
 * Any other directory there is the host's.
 */
static bool may_lie_below(const struct judge *judge, const struct path_look *look,
			  const struct path_fact *fact, enum root_look what)
{
	const char *bundle = judge->facts->bundle;
	size_t len = bundle != NULL ? strlen(bundle) : 0;

	if (look->path == NULL)
		return false;
	return what == ROOT_NAMED || fact->engine_root ||
	       (what == ROOT_MADE_OF && fact->engine_layer) ||
	       (len > 1 && strncmp(look->path, bundle, len) == 0 && look->path[len] == '/');
}

/* Returns why the root of a container must not be here, or NULL. fact describes the place. */
static const char *root_reason(const struct judge *judge, const struct path_look *look,
			       const struct path_fact *fact, const struct path_lists *entries,
			       enum root_look what)
{
	for (size_t i = 0; look->path != NULL && i < entries->n_deny; i++) {
		struct path_elsewhere elsewhere;
		enum path_relation relation = host_path_relate(look, &entries->deny[i], &elsewhere);

		if (relation == PATH_UNRELATED ||
		    (relation == PATH_BELOW && may_lie_below(judge, look, fact, what)))
			continue;
		return arena_printf(judge->arena, "this %s %s, which is the host's",
				    relation == PATH_SAME	? "is"
				    : relation == PATH_CONTAINS ? "contains"
								: "lies under",
				    str_show(judge->arena, entries->deny[i].text));
	}
	return NULL;
}

static const char *root_place_reason(const struct host_subject *subject,
				     const struct path_fact *fact)
{
	const struct path_look look = host_place_look(subject->judge, fact);

	return root_reason(subject->judge, &look, fact, subject->entries, ROOT_MADE_OF);
}

/*
 * Engines mount long lists of layers from a directory that the mount table does not show. Nobody
 * else mounts anything where they assemble roots.
 */
static bool may_be_unknown(const struct judge *judge, const struct path_fact *fact)
{
	const struct path_look look = { fact->resolved, fact };

	return fact->engine_root ||
	       (fact->snapshots && may_lie_below(judge, &look, fact, ROOT_THERE));
}

void host_root_check(struct judge *judge, const struct path_lists *entries,
		     const struct rule_arg *file_systems)
{
	const struct host_subject subject = { .judge = judge,
					      .entries = entries,
					      .engine = true,
					      .file_systems = file_systems,
					      .place_reason = root_place_reason };
	const struct oci_string *path = &judge->config->root.path;
	const struct path_fact *fact = &judge->facts->root;
	const struct path_look by_name = { str_path_normalize(judge->arena, path->value), NULL };
	const struct path_look by_identity = { fact->resolved, fact };
	const char *why = NULL;

	if (!str_starts_with(path->value, "/") && str_path_climbs(path->value))
		why = "runtimes differ in where \"..\" leads";
	if (why == NULL)
		why = root_reason(judge, &by_name, fact, entries,
				  fact->error == 0 ? ROOT_NAMED : ROOT_THERE);
	if (why == NULL && fact->error == 0)
		why = root_reason(judge, &by_identity, fact, entries, ROOT_THERE);
	if (why == NULL && fact->foreign)
		why = "this is the root of another container";
	if (why == NULL)
		why = host_place_type_reason(&subject, fact);
	if (why == NULL)
		why = host_place_origins_reason(&subject, fact);
	if (why != NULL && why == fact->unknown && may_be_unknown(judge, fact))
		why = NULL;
	/* A missing root starts nothing. EINVAL means a relative path without its bundle, which the
	 * next hook knows. A path through a magic link may lead anywhere. */
	if (why == NULL && judge->facts->scope == FACTS_LIVE && fact->error != 0 &&
	    fact->error != ENOENT && fact->error != EINVAL)
		why = arena_printf(judge->arena, "it cannot be looked up: %s",
				   strerror(fact->error));
	if (why == NULL)
		return;
	finding_add(judge, path->node, NULL,
		    (struct finding_text){
			    .observed = judge_quote(judge, path->value),
			    .required = "nothing that is the host's",
			    .message = arena_printf(judge->arena, "is %s: %s",
						    str_quote(judge->arena, path->value), why),
			    .fix = fix(judge, FIX_ROOT),
		    });
}
