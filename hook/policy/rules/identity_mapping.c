/* SPDX-License-Identifier: Apache-2.0 */
/* identityMapping: id mappings of a user namespace or a mount that reach root of the host. */
#include "policy/judge.h"

#include "policy/fix.h"

enum arg {
	ARG_IDS /* args.ids */
};

/* Is the host id anywhere in the range of the mapping? */
static bool mapping_reaches(const struct judge *judge, enum id_kind kind,
			    const struct oci_mapping *mapping, uint64_t host_id)
{
	const struct facts *facts = judge->facts;
	const struct id_range *ranges = kind == ID_USER ? facts->own_uids : facts->own_gids;
	size_t n = kind == ID_USER ? facts->n_own_uids : facts->n_own_gids;
	uint64_t first = mapping->host_id.value, count = mapping->size.value;

	if (facts->scope == FACTS_LIVE && !facts->user_namespace_initial) {
		/* The mapping ends in the engine's namespace. Map on from there to the host. */
		for (size_t i = 0; i < n; i++) {
			uint64_t inside;

			if (host_id < ranges[i].outside ||
			    host_id - ranges[i].outside >= ranges[i].count)
				continue;
			inside = ranges[i].inside + (host_id - ranges[i].outside);
			if (inside >= first && inside - first < count)
				return true;
		}
		return false;
	}
	return host_id >= first && host_id - first < count;
}

static void check_mappings(struct judge *judge, enum id_kind kind, const struct oci_list *mappings)
{
	const struct rule_arg *ids = judge_arg(judge, ARG_IDS);
	const struct oci_mapping *items = mappings->items;

	for (size_t i = 0; i < mappings->n; i++) {
		const struct oci_mapping *mapping = &items[i];
		uint64_t reached = HOST_ID_NONE;

		if (mapping_reaches(judge, kind, mapping, 0))
			reached = 0;
		for (size_t k = 0; k < ids->n && reached == HOST_ID_NONE; k++)
			if (mapping_reaches(judge, kind, mapping, ids->numbers[k]))
				reached = ids->numbers[k];
		if (reached == HOST_ID_NONE)
			continue;
		finding_add(judge, mapping->node, NULL,
			    (struct finding_text){
				    .observed = arena_printf(judge->arena, "%llu",
							     (unsigned long long)reached),
				    .required = "no mapping to this id of the host",
				    .message = arena_printf(judge->arena,
							    "reaches host %s %llu; must not",
							    kind == ID_USER ? "uid" : "gid",
							    (unsigned long long)reached),
				    .fix = fix(judge, FIX_MAPPING),
			    });
	}
}

enum idmap {
	IDMAP_NONE,
	IDMAP_PLAIN,
	IDMAP_ODD, /* crun compares the first letters only; other runtimes pass it on as data */
};

static enum idmap option_idmap(struct str option)
{
	if (str_is(option, "idmap") || str_is(option, "ridmap") ||
	    str_starts_with(option, "idmap=") || str_starts_with(option, "ridmap="))
		return IDMAP_PLAIN;
	return str_starts_with(option, "idmap") || str_starts_with(option, "ridmap") ? IDMAP_ODD
										     : IDMAP_NONE;
}

static enum idmap mount_idmap(const struct oci_mount *mount)
{
	bool mappings = mount->uid_mappings.n > 0 || mount->gid_mappings.n > 0;
	enum idmap idmap = mappings ? IDMAP_PLAIN : IDMAP_NONE;

	for (size_t i = 0; i < mount->options.n && idmap != IDMAP_ODD; i++) {
		enum idmap option = option_idmap(mount->options.items[i].value);

		if (option != IDMAP_NONE)
			idmap = option;
	}
	return idmap;
}

/*
 * Tells of each mount whether it has writable files of the host that are not a volume. If their
 * owner is mapped to an id of the container, the container writes as root.
 */
static const bool *find_files_of_host(const struct judge *judge)
{
	const struct oci_config *config = judge->config;
	const struct facts *facts = judge->facts;
	bool *shown = arena_array(judge->arena, config->mounts.n, sizeof(*shown));

	for (size_t i = 0; i < facts->n_sources; i++) {
		const struct oci_mount *mount = facts->sources[i].from.mount;

		if (!mount->read_only && !facts->sources[i].path.engine_volume)
			shown[mount - oci_config_mount(config, 0)] = true;
	}
	return shown;
}

/* Returns why the mount must not be idmapped, or NULL. *ret_fix says what to do then. */
static const char *idmap_flaw(const struct judge *judge, const struct oci_mount *mount,
			      bool shows_files_of_host, enum fix *ret_fix)
{
	enum idmap idmap = mount_idmap(mount);

	*ret_fix = FIX_IDMAP;
	if (idmap == IDMAP_NONE)
		return NULL;
	if (idmap == IDMAP_ODD)
		return "has an option that only some runtimes read as idmap";
	if (!mount->bind)
		return "maps ids of a mount that is not a bind mount";
	if (!judge_user_namespace_is_private(judge)) {
		*ret_fix = FIX_IDMAP_HOST;
		return "maps ids of files without a user namespace";
	}
	if (!shows_files_of_host)
		return NULL;
	*ret_fix = FIX_IDMAP_FILES;
	return "maps ids of files of the host, which lets the container write as root";
}

/*
 * An idmapped mount is made for containers with a user namespace: it lets their ids own the files
 * of other ids. Without a user namespace, an ordinary user of the host writes as another user, even
 * as root. With one, root of the container does, unless the files were made for the container.
 */
static void check_idmapped_mounts(struct judge *judge)
{
	const struct oci_config *config = judge->config;
	const bool *shown = find_files_of_host(judge);

	for (size_t i = 0; i < config->mounts.n; i++) {
		const struct oci_mount *mount = oci_config_mount(config, i);
		enum fix cause;
		const char *flaw = idmap_flaw(judge, mount, shown[i], &cause);

		if (flaw == NULL)
			continue;
		finding_add(
			judge, mount->node, NULL,
			(struct finding_text){
				.observed = "\"idmapped\"",
				.required =
					"idmapped mounts of volumes, in a private user namespace",
				.message = arena_printf(judge->arena, "%s; must not", flaw),
				.fix = fix_about(judge, cause,
						 str_show(judge->arena, mount->destination.value)),
			});
	}
}

/* Checks the kernel's own map of a joined user namespace, if it can be read. */
static void check_joined_namespace(struct judge *judge)
{
	const struct facts *facts = judge->facts;
	const struct oci_namespace *user = &judge->config->linux_.namespaces.types[NAMESPACE_USER];

	if (facts->namespaces[NAMESPACE_USER] != NS_FACT_OTHER || !facts->user_namespace_initial)
		return;
	for (size_t i = 0; i < facts->n_joined_uids; i++) {
		if (facts->joined_uids[i].outside != 0 || facts->joined_uids[i].count == 0)
			continue;
		finding_add(
			judge, user->path.node, NULL,
			(struct finding_text){
				.observed = "0",
				.required = "no mapping to this id of the host",
				.message =
					"joins a user namespace that reaches host uid 0; must not",
				.fix = fix(judge, FIX_MAPPING_JOINED),
			});
		return;
	}
}

static void check(struct judge *judge)
{
	check_idmapped_mounts(judge);
	/* Offline, nothing tells which ids of the host a rootless engine's ids are. */
	if (judge->facts->scope == FACTS_OFFLINE &&
	    judge_host_id(judge, ID_USER, 0) == HOST_ID_UNKNOWN)
		return;
	check_mappings(judge, ID_USER, &judge->config->linux_.uid_mappings);
	check_mappings(judge, ID_GROUP, &judge->config->linux_.gid_mappings);
	check_joined_namespace(judge);
}

const struct rule rule_identity_mapping = {
	.name = "identityMapping",
	.title = "A mapping of the user namespace reaches root of the host",
	.reads = "/linux/uidMappings, /linux/gidMappings",
	.args = {
		[ARG_IDS] = { .name = "ids",
				     .kind = KIND_IDS,
				     .effect = EFFECT_DEMANDS,
				     .meaning =
					     "ids of the host, in addition to 0, that no mapping may reach" },
	},
	.references = REFERENCES("user_namespaces(7)"),
	.check = check,
};
