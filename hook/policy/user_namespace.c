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

uint64_t judge_own_id(const struct judge *judge, enum id_kind kind, uint32_t id)
{
	const struct oci_linux *config = &judge->config->linux_;
	const struct facts *facts = judge->facts;
	const struct oci_list *mappings =
		kind == ID_USER ? &config->uid_mappings : &config->gid_mappings;
	size_t n_joined = kind == ID_USER ? facts->n_joined_uids : facts->n_joined_gids;

	switch (facts->namespaces[NAMESPACE_USER]) {
	case NS_FACT_HOST:
		break;
	case NS_FACT_NEW:
		return map_by_config(mappings, id);
	case NS_FACT_OTHER:
	case NS_FACT_UNKNOWN:
		/* The kernel's map of a joined namespace decides, not the mappings in the spec. A
		 * kernel map read from here ends in the engine's namespace already. */
		if (n_joined > 0)
			return kind == ID_USER ? map_through(facts->joined_uids, n_joined, id)
					       : map_through(facts->joined_gids, n_joined, id);
		return facts->scope == FACTS_OFFLINE && mappings->n > 0
			       ? map_by_config(mappings, id)
			       : HOST_ID_UNKNOWN;
	}
	return id;
}

uint64_t judge_host_id(const struct judge *judge, enum id_kind kind, uint32_t id)
{
	uint64_t own = judge_own_id(judge, kind, id);

	return own == HOST_ID_NONE || own == HOST_ID_UNKNOWN ? own
							     : map_by_engine(judge, kind, own);
}

/*
 * Is root of the host among the ids `first`, `first` + 1 ... of the engine's namespace? Of a file
 * for another host, only the policy tells what that namespace is.
 */
static bool span_has_root(const struct judge *judge, enum id_kind kind, uint64_t first,
			  uint64_t count)
{
	const struct facts *facts = judge->facts;
	const struct id_range *own = kind == ID_USER ? facts->own_uids : facts->own_gids;
	size_t n = kind == ID_USER ? facts->n_own_uids : facts->n_own_gids;

	if (facts->scope == FACTS_OFFLINE)
		return first == 0 && count > 0 && !host_user_namespace_is_private(judge);
	if (facts->user_namespace_initial)
		return first == 0 && count > 0;
	for (size_t i = 0; i < n; i++)
		if (own[i].outside == 0 && own[i].inside >= first && own[i].inside - first < count)
			return true;
	return false;
}

/* Does the container's user namespace map an id to root of the host? */
static bool reaches_root(const struct judge *judge, enum id_kind kind)
{
	const struct oci_linux *config = &judge->config->linux_;
	const struct facts *facts = judge->facts;
	const struct oci_list *mappings =
		kind == ID_USER ? &config->uid_mappings : &config->gid_mappings;
	const struct oci_mapping *items = mappings->items;
	const struct id_range *joined = kind == ID_USER ? facts->joined_uids : facts->joined_gids;
	size_t n_joined = kind == ID_USER ? facts->n_joined_uids : facts->n_joined_gids;
	enum namespace_fact fact = facts->namespaces[NAMESPACE_USER];

	if (fact == NS_FACT_HOST)
		return span_has_root(judge, kind, 0, UINT64_MAX);
	for (size_t i = 0; i < n_joined; i++)
		if (span_has_root(judge, kind, joined[i].outside, joined[i].count))
			return true;
	/* The kernel's map of a joined namespace decides, not the mappings in the spec. */
	for (size_t i = 0; n_joined == 0 && i < mappings->n; i++)
		if (span_has_root(judge, kind, items[i].host_id.value, items[i].size.value))
			return true;
	return false;
}

bool judge_root_is_mapped(const struct judge *judge)
{
	/* A container that is about to join a namespace whose map cannot be read. */
	if (judge->facts->scope == FACTS_LIVE && judge_own_id(judge, ID_USER, 0) == HOST_ID_UNKNOWN)
		return false;
	return judge_user_namespace_is_private(judge) && !reaches_root(judge, ID_USER) &&
	       !reaches_root(judge, ID_GROUP);
}
