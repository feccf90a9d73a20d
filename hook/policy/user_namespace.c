/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Decides whether the process has the host's user namespace, and maps its ids to ids of the host.
 */
#include "policy/judge.h"

/*
 * The namespace that a rootless engine runs in counts as private if the policy says so. Offline
 * nothing else tells, so the policy decides alone.
 */
static bool host_user_namespace_is_private(const struct judge *judge)
{
	return judge_engine_is_private(judge) &&
	       (judge->facts->scope == FACTS_OFFLINE || !judge->facts->user_namespace_initial);
}

bool judge_user_namespace_is_private(const struct judge *judge)
{
	switch (judge->facts->namespaces[NAMESPACE_USER]) {
	case NS_FACT_NEW:
	case NS_FACT_OTHER:
		return true;
	case NS_FACT_UNKNOWN:
		/* A path of another host. Engines write mappings along with a namespace of the
		 * container's own. */
		if (judge->facts->scope == FACTS_OFFLINE &&
		    judge->config->linux_.uid_mappings.n > 0)
			return true;
		break;
	case NS_FACT_HOST:
		break;
	}
	return host_user_namespace_is_private(judge);
}

static uint64_t map_through(const struct id_range *ranges, size_t n, uint64_t id)
{
	for (size_t i = 0; i < n; i++)
		if (id >= ranges[i].inside && id - ranges[i].inside < ranges[i].count)
			return ranges[i].outside + (id - ranges[i].inside);
	return HOST_ID_NONE;
}

static uint64_t map_by_config(const struct oci_list *mappings, uint64_t id)
{
	const struct oci_mapping *items = mappings->items;

	for (size_t i = 0; i < mappings->n; i++) {
		uint64_t first = items[i].container_id.value;

		if (id >= first && id - first < items[i].size.value)
			return items[i].host_id.value + (id - first);
	}
	return HOST_ID_NONE;
}

/* From the engine's user namespace to the initial one. */
static uint64_t map_by_engine(const struct judge *judge, enum id_kind kind, uint64_t id)
{
	const struct facts *facts = judge->facts;

	if (facts->scope == FACTS_OFFLINE)
		return host_user_namespace_is_private(judge) ? HOST_ID_UNKNOWN : id;
	if (facts->user_namespace_initial)
		return id;
	return kind == ID_USER ? map_through(facts->own_uids, facts->n_own_uids, id)
			       : map_through(facts->own_gids, facts->n_own_gids, id);
}

uint64_t judge_host_id(const struct judge *judge, enum id_kind kind, uint32_t id)
{
	const struct oci_linux *config = &judge->config->linux_;
	const struct facts *facts = judge->facts;
	const struct oci_list *mappings =
		kind == ID_USER ? &config->uid_mappings : &config->gid_mappings;
	size_t n_joined = kind == ID_USER ? facts->n_joined_uids : facts->n_joined_gids;
	uint64_t mapped = id;

	switch (facts->namespaces[NAMESPACE_USER]) {
	case NS_FACT_HOST:
		break;
	case NS_FACT_NEW:
		mapped = map_by_config(mappings, id);
		break;
	case NS_FACT_OTHER:
	case NS_FACT_UNKNOWN:
		/* The kernel's map of a joined namespace decides, not the mappings in the spec. A
		 * kernel map read from here ends in the engine's namespace already. */
		if (n_joined > 0)
			mapped = kind == ID_USER ? map_through(facts->joined_uids, n_joined, id)
						 : map_through(facts->joined_gids, n_joined, id);
		else if (facts->scope == FACTS_OFFLINE && mappings->n > 0)
			mapped = map_by_config(mappings, id);
		else
			return HOST_ID_UNKNOWN;
		break;
	}
	return mapped == HOST_ID_NONE ? HOST_ID_NONE : map_by_engine(judge, kind, mapped);
}
