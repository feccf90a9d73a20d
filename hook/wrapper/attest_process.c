/* SPDX-License-Identifier: Apache-2.0 */
/* Compares the identity, capabilities and namespaces of the first process: see attest.h. Pure. */
#include "attest.h"

#include <inttypes.h>

#include "base/cleanup.h"
#include "oci/capability.h"

#define SECCOMP_MODE_FILTER 2 /* prctl(2) */

/* Capabilities that rootfence does not know stand in a spec as one. */
static uint64_t known_bits(uint64_t set)
{
	const uint64_t known = (UINT64_C(1) << (CAP_LAST + 1)) - 1;

	return (set & ~known) != 0 ? (set & known) | UINT64_C(1) << CAPABILITY_NEWER : set;
}

static const char *compare_sets(const struct attest *attest)
{
	static const char *const names[CAP_SET_COUNT] = {
		[CAP_SET_BOUNDING] = "bounding",   [CAP_SET_EFFECTIVE] = "effective",
		[CAP_SET_PERMITTED] = "permitted", [CAP_SET_INHERITABLE] = "inheritable",
		[CAP_SET_AMBIENT] = "ambient",
	};
	const struct oci_capabilities *promised = &attest->promise->config.process.capabilities;

	/* Runtimes differ in what a spec without capabilities means; a policy allowed it as it is. */
	for (unsigned int i = 0; i < CAP_SET_COUNT && promised->node != NULL; i++) {
		const uint64_t has = known_bits(attest->facts->capabilities[i]);
		const uint64_t more = has & ~promised->sets[i].bits;

		if (more != 0)
			return arena_printf(
				attest->arena,
				"/process/capabilities/%s: the process holds %s; approved: %s",
				names[i], cap_set_text(attest->arena, more),
				cap_set_text(attest->arena, promised->sets[i].bits));
	}
	return NULL;
}

/* An id of the container, as this process sees it. False if nothing maps it. */
static bool to_outer(const struct attest *attest, const struct id_range *map, size_t n, uint32_t id,
		     uint64_t *ret)
{
	const struct init_facts *facts = attest->facts;

	*ret = id;
	if (facts->namespaces[NAMESPACE_USER] == facts->own[NAMESPACE_USER])
		return true;
	for (size_t i = 0; i < n; i++)
		if (id >= map[i].inside && id - map[i].inside < map[i].count) {
			*ret = map[i].outside + (id - map[i].inside);
			return true;
		}
	return false;
}

static const char *compare_ids(const struct attest *attest, const char *name, const uint32_t *ids,
			       const struct id_range *map, size_t n, uint32_t promised)
{
	uint64_t wanted = 0;
	const bool mapped = to_outer(attest, map, n, promised, &wanted);

	for (size_t i = 0; i < INIT_ID_COUNT; i++)
		if (!mapped || ids[i] != wanted)
			return arena_printf(attest->arena,
					    "/process/user/%s: the process has %" PRIu32
					    " of the host; approved: %" PRIu32,
					    name, ids[i], promised);
	return NULL;
}

static bool may_have_group(const struct attest *attest, uint32_t group)
{
	const struct oci_user *user = &attest->promise->config.process.user;
	const struct init_facts *facts = attest->facts;
	uint64_t wanted = 0;

	if (to_outer(attest, facts->gid_map, facts->n_gid_map, user->gid.value, &wanted) &&
	    wanted == group)
		return true;
	for (size_t i = 0; i < user->additional_gids.n; i++)
		if (to_outer(attest, facts->gid_map, facts->n_gid_map,
			     user->additional_gids.items[i].value, &wanted) &&
		    wanted == group)
			return true;
	return false;
}

/* Where the groups cannot be set, runtimes leave those of the user that called them. */
static const char *compare_groups(const struct attest *attest)
{
	const struct init_facts *facts = attest->facts;

	if (!facts->setgroups ||
	    oci_map_get(&attest->promise->config.annotations, KEEP_GROUPS) != NULL)
		return NULL;
	for (size_t i = 0; i < facts->n_groups; i++)
		if (!may_have_group(attest, facts->groups[i]))
			return arena_printf(
				attest->arena,
				"/process/user/additionalGids: the process has group %" PRIu32
				" of the host, which was not approved",
				facts->groups[i]);
	return NULL;
}

/* Are user, role and type the same? The kernel may write the level in another way than the spec. */
static bool is_label(struct str promised, const char *found)
{
	size_t colons = 0, i = 0;

	for (; i < promised.len && promised.data[i] == found[i] && colons < 3; i++)
		colons += promised.data[i] == ':';
	return colons == 3 || (i == promised.len && found[i] == '\0');
}

const char *attest_process(const struct attest *attest)
{
	const struct oci_process *process = &attest->promise->config.process;
	const struct init_facts *facts = attest->facts;
	const struct oci_string *label = &process->selinux_label;
	const char *difference = compare_ids(attest, "uid", facts->uids, facts->uid_map,
					     facts->n_uid_map, process->user.uid.value);

	if (difference == NULL)
		difference = compare_ids(attest, "gid", facts->gids, facts->gid_map,
					 facts->n_gid_map, process->user.gid.value);
	if (difference == NULL)
		difference = compare_groups(attest);
	if (difference == NULL)
		difference = compare_sets(attest);
	if (difference != NULL)
		return difference;
	if (process->no_new_privileges.value && !facts->no_new_privs)
		return "/process/noNewPrivileges: the process may gain privileges; approved: true";
	/* runc sets the filter before the process waits, crun after. */
	if (attest->promise->seccomp && facts->seccomp != SECCOMP_MODE_FILTER &&
	    facts->comm != NULL && str_starts_with(str_from(facts->comm), "runc:["))
		return "/linux/seccomp: the process has no filter; approved: one";
	if (facts->exec_label != NULL && label->value.len > 0 &&
	    !is_label(label->value, facts->exec_label))
		return arena_printf(
			attest->arena,
			"/process/selinuxLabel: the process would get label %s; approved: %s",
			str_quote(attest->arena, str_from(facts->exec_label)),
			str_quote(attest->arena, label->value));
	return NULL;
}

static bool is_mapped_so(const struct oci_list *promised, const struct id_range *range)
{
	const struct oci_mapping *mappings = promised->items;

	for (size_t i = 0; i < promised->n; i++) {
		const uint64_t inside = mappings[i].container_id.value;
		const uint64_t outside = mappings[i].host_id.value;

		if (range->inside >= inside && range->outside >= outside &&
		    range->inside - inside == range->outside - outside &&
		    range->inside - inside + range->count <= mappings[i].size.value)
			return true;
	}
	return false;
}

static const char *compare_map(const struct attest *attest, const char *name,
			       const struct oci_list *promised, const struct id_range *map,
			       size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!is_mapped_so(promised, &map[i]))
			return arena_printf(attest->arena,
					    "/linux/%s: ids from %" PRIu64 " are %" PRIu64
					    " and more of the host, %" PRIu64
					    " of them, which was not approved",
					    name, map[i].inside, map[i].outside, map[i].count);
	return NULL;
}

/*
 * A namespace that the spec asks for is not the host's: that of this process, which becomes the
 * runtime, or that of process 1. One that is joined is the very one that createRuntime saw there.
 */
static const char *compare_namespace(const struct attest *attest, enum oci_namespace_type type)
{
	const struct oci_namespace *promised =
		&attest->promise->config.linux_.namespaces.types[type];
	const uint64_t joined = attest->promise->namespaces[type];
	const uint64_t found = attest->facts->namespaces[type];
	const char *name = oci_namespace_name(type);

	/* A time namespace holds clocks alone, and its process enters it in its own time. */
	if (type == NAMESPACE_TIME)
		return NULL;
	/* crun gives a user who is not root a user namespace that no spec asked for. */
	if (promised->node == NULL && (type == NAMESPACE_USER || type == NAMESPACE_MOUNT ||
				       joined == 0 || found == 0 || found == joined))
		return NULL;
	if (promised->node == NULL)
		return arena_printf(
			attest->arena,
			"/linux/namespaces: the process is in another %s namespace than the runtime, which was not approved",
			name);
	if (found == 0)
		return arena_printf(attest->arena,
				    "/linux/namespaces: the process's %s namespace cannot be seen",
				    name);
	if (promised->path.node != NULL && joined != 0 && found != joined)
		return arena_printf(
			attest->arena,
			"/linux/namespaces: the process is in another %s namespace than that of %s, which was approved",
			name, str_quote(attest->arena, promised->path.value));
	if (promised->path.node == NULL &&
	    (found == attest->facts->own[type] || found == attest->facts->first[type]))
		return arena_printf(
			attest->arena,
			"/linux/namespaces: the process is in the host's %s namespace; approved: a new one",
			name);
	return NULL;
}

static const char *compare_other(const struct attest *attest)
{
	const struct init_facts *facts = attest->facts;

	if (facts->other == NULL)
		return NULL;
	return arena_printf(
		attest->arena,
		"/linux/namespaces: the process is in the %s namespace of container %s; approved: a new one",
		oci_namespace_name(facts->other_type),
		str_quote(attest->arena, str_from(facts->other->id)));
}

const char *attest_namespaces(const struct attest *attest)
{
	const struct oci_linux *linux_ = &attest->promise->config.linux_;
	const struct oci_namespace *user = &linux_->namespaces.types[NAMESPACE_USER];
	const struct init_facts *facts = attest->facts;
	const char *difference = NULL;

	for (unsigned int i = 0; i < NAMESPACE_COUNT && difference == NULL; i++)
		difference = compare_namespace(attest, i);
	if (difference == NULL)
		difference = compare_other(attest);
	if (difference != NULL || user->node == NULL || user->path.node != NULL)
		return difference;
	difference = compare_map(attest, "uidMappings", &linux_->uid_mappings, facts->uid_map,
				 facts->n_uid_map);
	return difference != NULL ? difference
				  : compare_map(attest, "gidMappings", &linux_->gid_mappings,
						facts->gid_map, facts->n_gid_map);
}
