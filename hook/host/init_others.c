/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Looks for another container that has a namespace which should be this one's alone: see
 * init_facts.h. The numbers of namespaces are used again, so a process of the other one must be in
 * it now.
 */
#include "init_facts.h"

static bool is_new(const struct oci_config *config, unsigned int type)
{
	const struct oci_namespace *entry = &config->linux_.namespaces.types[type];

	return entry->node != NULL && entry->path.node == NULL;
}

static bool shares(struct arena *arena, const struct init_facts *facts,
		   const struct init_container *other, unsigned int type)
{
	return other->pid != facts->pid && facts->namespaces[type] != 0 &&
	       other->namespaces[type] == facts->namespaces[type] &&
	       init_namespace(arena, arena_printf(arena, "%d", (int)other->pid), type) ==
		       facts->namespaces[type];
}

void init_others_look(struct arena *arena, const struct oci_config *config,
		      const struct init_container *others, size_t n, struct init_facts *facts)
{
	for (size_t i = 0; i < n && facts->other == NULL; i++)
		for (unsigned int type = 0; type < NAMESPACE_COUNT && facts->other == NULL; type++)
			if (is_new(config, type) && shares(arena, facts, &others[i], type)) {
				facts->other = &others[i];
				facts->other_type = type;
			}
}
