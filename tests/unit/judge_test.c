/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Verdicts from facts made by hand: user namespaces and their maps, host paths by device and inode,
 * namespaces of the host. Nothing here depends on the machine that runs it.
 */
#include "support.h"

#include "host/mount_paths.h"
#include "policy/rule.h"

#define TODAY 20260101

/*
 * "rule pointer;" for every finding, with "refused" before the semicolon if a rewrite is
 * impossible.
 */
static const char *judged(struct arena *arena, const char *policy, struct oci_config *config,
			  const struct facts *facts, enum front_end front_end)
{
	auto_buf struct buf buf = { 0 };
	struct verdict verdict;

	policy_judge(arena, load_text(arena, policy), config, facts, front_end, TODAY, &verdict);
	buf_add(&buf, "", 0);
	for (const struct finding *f = verdict.findings; f != NULL; f = f->next)
		buf_printf(&buf, "%s %s%s;", f->rule->name, f->pointer,
			   f->obstacle != NULL ? " refused" : "");
	return arena_copy(arena, buf.data, buf.len);
}

#define POLICY(rule)                                                   \
	"{\"version\":1,\"name\":\"x\",\"rules\":[{\"names\":[\"" rule \
	"\"],\"action\":\"RF_ACT_REJECT\"}]}"

/* Who is root. */

#define MAP(...)                  \
	(const struct id_range[]) \
	{                         \
		__VA_ARGS__,      \
		{                 \
			0, 0, 0   \
		}                 \
	}

struct identity_row {
	const char *policy;
	enum facts_scope scope;
	bool initial; /* the judge is in the initial user namespace */
	enum namespace_fact user;
	const struct id_range *own, *joined; /* ended by an empty range; NULL: none */
	const char *uid, *mappings;
	const char *findings;
};

#define ROOT_USER POLICY("rootUser")
#define MAPPING POLICY("identityMapping")
#define KEEPING(more)                                                             \
	"{\"version\":1,\"name\":\"x\",\"rules\":[{\"names\":[\"capabilities\"]," \
	"\"action\":\"RF_ACT_REWRITE\",\"args\":{\"allowMapped\":[\"CAP_CHOWN\"]}}" more "]}"
#define KEEPS KEEPING("")
#define ROOTLESS_KEEPS                                                             \
	KEEPING(",{\"names\":[\"hostUserNamespace\"],\"action\":\"RF_ACT_ALLOW\"," \
		"\"args\":{\"engine\":\"private\"}}")
#define TAKEN "capabilities /process/capabilities/bounding;"
#define NONE ""
#define UID "rootUser /process/user/uid;"
#define ALL_IDS MAP({ 0, 0, 4294967295 })
#define ROOTLESS MAP({ 0, 1000, 1 }, { 1, 100000, 65536 })
#define ONE(inside, outside, count) \
	"{\"containerID\":" #inside ",\"hostID\":" #outside ",\"size\":" #count "}"

static const struct identity_row identities[] = {
	/* On the host. */
	{ ROOT_USER, FACTS_LIVE, true, NS_FACT_HOST, ALL_IDS, NULL, "0", "", UID },
	{ ROOT_USER, FACTS_LIVE, true, NS_FACT_HOST, ALL_IDS, NULL, "1", "", NONE },
	{ ROOT_USER, FACTS_OFFLINE, false, NS_FACT_HOST, NULL, NULL, "0", "", UID },
	/* In a new user namespace. */
	{ ROOT_USER, FACTS_LIVE, true, NS_FACT_NEW, ALL_IDS, NULL, "0", ONE(0, 100000, 10), NONE },
	{ ROOT_USER, FACTS_LIVE, true, NS_FACT_NEW, ALL_IDS, NULL, "0", ONE(0, 0, 10), UID },
	{ ROOT_USER, FACTS_LIVE, true, NS_FACT_NEW, ALL_IDS, NULL, "5", ONE(5, 0, 1), UID },
	{ ROOT_USER, FACTS_LIVE, true, NS_FACT_NEW, ALL_IDS, NULL, "0", "", UID },
	{ ROOT_USER, FACTS_LIVE, true, NS_FACT_NEW, ALL_IDS, NULL, "10", ONE(0, 100000, 10), UID },
	{ ROOT_USER, FACTS_LIVE, true, NS_FACT_NEW, ALL_IDS, NULL, "9", ONE(0, 100000, 10), NONE },
	/* Up to the last id. */
	{ ROOT_USER, FACTS_LIVE, true, NS_FACT_NEW, ALL_IDS, NULL, "1", ONE(0, 4294967200, 95),
	  NONE },
	{ MAPPING, FACTS_LIVE, true, NS_FACT_NEW, ALL_IDS, NULL, "1", ONE(0, 4294967200, 95),
	  NONE },
	{ MAPPING, FACTS_LIVE, true, NS_FACT_NEW, ALL_IDS, NULL, "1", ONE(7, 0, 1),
	  "identityMapping /linux/uidMappings/0;" },
	{ MAPPING, FACTS_LIVE, true, NS_FACT_NEW, ALL_IDS, NULL, "1", ONE(7, 1, 1), NONE },
	{ MAPPING, FACTS_LIVE, true, NS_FACT_OTHER, ALL_IDS, MAP({ 0, 100000, 65536 }), "1", "",
	  NONE },
	{ MAPPING, FACTS_LIVE, true, NS_FACT_NEW, ALL_IDS, NULL, "1", ONE(0, 1, 4294967294), NONE },
	/* Below a rootless engine: root of its namespace is the user who runs it. */
	{ ROOT_USER, FACTS_LIVE, false, NS_FACT_HOST, ROOTLESS, NULL, "0", "", NONE },
	{ ROOT_USER, FACTS_LIVE, false, NS_FACT_HOST, ALL_IDS, NULL, "0", "", UID },
	{ ROOT_USER, FACTS_LIVE, false, NS_FACT_HOST, MAP({ 0, 1000, 1 }, { 7, 0, 1 }), NULL, "7",
	  "", UID },
	{ ROOT_USER, FACTS_LIVE, false, NS_FACT_HOST, ROOTLESS, NULL, "70000", "", UID },
	{ ROOT_USER, FACTS_LIVE, false, NS_FACT_HOST, NULL, NULL, "0", "", UID },
	{ ROOT_USER, FACTS_LIVE, false, NS_FACT_NEW, ROOTLESS, NULL, "0", ONE(0, 0, 1), NONE },
	{ ROOT_USER, FACTS_LIVE, false, NS_FACT_NEW, ROOTLESS, NULL, "0", ONE(0, 70000, 1), UID },
	{ MAPPING, FACTS_LIVE, false, NS_FACT_NEW, ROOTLESS, NULL, "0", ONE(0, 0, 65537), NONE },
	{ MAPPING, FACTS_LIVE, false, NS_FACT_NEW, ALL_IDS, NULL, "0", ONE(0, 0, 1),
	  "identityMapping /linux/uidMappings/0;" },
	{ MAPPING, FACTS_LIVE, false, NS_FACT_NEW, MAP({ 0, 1000, 1 }, { 50, 0, 1 }), NULL, "0",
	  ONE(0, 40, 10), NONE },
	{ MAPPING, FACTS_LIVE, false, NS_FACT_NEW, MAP({ 0, 1000, 1 }, { 50, 0, 1 }), NULL, "0",
	  ONE(0, 40, 11), "identityMapping /linux/uidMappings/0;" },
	/* Joined: the kernel's map decides, not the spec's mappings. */
	{ ROOT_USER, FACTS_LIVE, true, NS_FACT_OTHER, ALL_IDS, MAP({ 0, 100000, 65536 }), "0", "",
	  NONE },
	{ ROOT_USER, FACTS_LIVE, true, NS_FACT_OTHER, ALL_IDS, MAP({ 0, 0, 1 }), "0", "", UID },
	{ ROOT_USER, FACTS_LIVE, true, NS_FACT_OTHER, ALL_IDS, MAP({ 0, 0, 1 }), "0",
	  ONE(0, 100000, 1), UID },
	{ ROOT_USER, FACTS_LIVE, true, NS_FACT_OTHER, ALL_IDS, NULL, "0", ONE(0, 100000, 1), UID },
	{ ROOT_USER, FACTS_LIVE, true, NS_FACT_OTHER, ALL_IDS, NULL, "5", "", UID },
	{ ROOT_USER, FACTS_LIVE, true, NS_FACT_UNKNOWN, ALL_IDS, NULL, "5", "", UID },
	{ ROOT_USER, FACTS_OFFLINE, true, NS_FACT_UNKNOWN, NULL, NULL, "0", ONE(0, 100000, 1),
	  NONE },
	{ ROOT_USER, FACTS_OFFLINE, true, NS_FACT_UNKNOWN, NULL, NULL, "0", ONE(0, 0, 1), UID },
	{ ROOT_USER, FACTS_OFFLINE, true, NS_FACT_UNKNOWN, NULL, NULL, "0", "", UID },
	/* What root of a private user namespace keeps; each process has CAP_CHOWN. */
	{ KEEPS, FACTS_LIVE, true, NS_FACT_HOST, ALL_IDS, NULL, "0", "", TAKEN },
	{ KEEPS, FACTS_LIVE, true, NS_FACT_NEW, ALL_IDS, NULL, "0", ONE(0, 100000, 10), NONE },
	{ KEEPS, FACTS_LIVE, true, NS_FACT_NEW, ALL_IDS, NULL, "1", ONE(0, 100000, 10), TAKEN },
	{ KEEPS, FACTS_LIVE, true, NS_FACT_NEW, ALL_IDS, NULL, "0", ONE(0, 0, 10), TAKEN },
	{ KEEPS, FACTS_LIVE, true, NS_FACT_NEW, ALL_IDS, NULL, "0",
	  ONE(0, 100000, 10) "," ONE(10, 0, 1), TAKEN },
	{ KEEPS, FACTS_LIVE, false, NS_FACT_NEW, ROOTLESS, NULL, "0", ONE(0, 0, 10), NONE },
	{ KEEPS, FACTS_LIVE, false, NS_FACT_NEW, ALL_IDS, NULL, "0", ONE(0, 0, 10), TAKEN },
	{ KEEPS, FACTS_LIVE, false, NS_FACT_NEW, ALL_IDS, NULL, "0", ONE(0, 1, 10), NONE },
	{ KEEPS, FACTS_LIVE, false, NS_FACT_NEW, MAP({ 0, 1000, 1 }, { 50, 0, 1 }), NULL, "0",
	  ONE(0, 40, 10), NONE },
	{ KEEPS, FACTS_LIVE, false, NS_FACT_NEW, MAP({ 0, 1000, 1 }, { 50, 0, 1 }), NULL, "0",
	  ONE(0, 40, 11), TAKEN },
	{ KEEPS, FACTS_LIVE, true, NS_FACT_OTHER, ALL_IDS, MAP({ 0, 100000, 10 }), "0",
	  ONE(0, 0, 1), NONE },
	{ KEEPS, FACTS_LIVE, true, NS_FACT_OTHER, ALL_IDS, MAP({ 0, 100000, 10 }, { 10, 0, 1 }),
	  "0", ONE(0, 100000, 1), TAKEN },
	{ KEEPS, FACTS_LIVE, true, NS_FACT_OTHER, ALL_IDS, NULL, "0", ONE(0, 100000, 1), TAKEN },
	{ KEEPS, FACTS_LIVE, true, NS_FACT_UNKNOWN, ALL_IDS, NULL, "0", ONE(0, 100000, 1), TAKEN },
	{ KEEPS, FACTS_OFFLINE, true, NS_FACT_UNKNOWN, NULL, NULL, "0", ONE(0, 100000, 1), NONE },
	{ KEEPS, FACTS_OFFLINE, true, NS_FACT_UNKNOWN, NULL, NULL, "0", "", TAKEN },
	/* The engine's own namespace counts only if the policy says so. */
	{ KEEPS, FACTS_LIVE, false, NS_FACT_HOST, ROOTLESS, NULL, "0", "", TAKEN },
	{ ROOTLESS_KEEPS, FACTS_LIVE, false, NS_FACT_HOST, ROOTLESS, NULL, "0", "", NONE },
	{ ROOTLESS_KEEPS, FACTS_LIVE, false, NS_FACT_HOST, ROOTLESS, NULL, "1", "", TAKEN },
	{ ROOTLESS_KEEPS, FACTS_LIVE, false, NS_FACT_HOST, ALL_IDS, NULL, "0", "", TAKEN },
	{ ROOTLESS_KEEPS, FACTS_LIVE, true, NS_FACT_HOST, ALL_IDS, NULL, "0", "", TAKEN },
	{ ROOTLESS_KEEPS, FACTS_OFFLINE, true, NS_FACT_HOST, NULL, NULL, "0", "", NONE },
};

static size_t count(const struct id_range *ranges)
{
	size_t n = 0;

	while (ranges != NULL && ranges[n].count != 0)
		n++;
	return n;
}

static void identity_rows(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(identities); i++) {
		const struct identity_row *row = &identities[i];
		struct id_range own[4], joined[4];
		struct facts facts = { .scope = row->scope,
				       .user_namespace_initial = row->initial,
				       .own_uids = own,
				       .joined_uids = joined,
				       .n_own_uids = count(row->own),
				       .n_joined_uids = count(row->joined) };
		struct oci_config config;
		const char *got;

		if (facts.n_own_uids > 0)
			memcpy(own, row->own, facts.n_own_uids * sizeof(own[0]));
		if (facts.n_joined_uids > 0)
			memcpy(joined, row->joined, facts.n_joined_uids * sizeof(joined[0]));
		for (int k = 0; k < NAMESPACE_COUNT; k++)
			facts.namespaces[k] = NS_FACT_NEW;
		facts.namespaces[NAMESPACE_USER] = row->user;
		read_config(*state,
			    arena_printf(*state,
					 "{\"process\":{\"user\":{\"uid\":%s,\"gid\":1},"
					 "\"capabilities\":{\"bounding\":[\"CAP_CHOWN\"]}},"
					 "\"linux\":{\"uidMappings\":[%s]}}",
					 row->uid, row->mappings),
			    &config);
		got = judged(*state, row->policy, &config, &facts, FRONT_CHECK);
		if (strcmp(got, row->findings) != 0)
			fail_msg("row %zu: got '%s', want '%s'", i, got, row->findings);
	}
}

/* Host paths. Inodes: 2 is the root directory, 10 /etc, 11 below it, 20 /srv, 21 below it. */

#define CHAIN(...)             \
	(const uint64_t[])     \
	{                      \
		__VA_ARGS__, 0 \
	}

struct path_row {
	const char *source, *options;
	uint64_t device;
	const uint64_t *chain; /* of the source; NULL: it cannot be looked up */
	const char *resolved;
	enum facts_scope scope;
	const char *allow, *deny;
	const uint64_t *deny_chain; /* on device 1 */
	bool refused;
};

#define LIVE FACTS_LIVE
#define OFFLINE FACTS_OFFLINE
#define ETC "/etc", CHAIN(10, 2)

static const struct path_row paths[] = {
	{ "/srv", "", 1, CHAIN(20, 2), "/srv", LIVE, "", ETC, false },
	/* By identity, whatever the name. */
	{ "/srv/link", "", 1, CHAIN(10, 2), "/etc", LIVE, "", ETC, true },
	{ "/srv/link", "", 1, CHAIN(11, 10, 2), "/etc/ssh", LIVE, "", ETC, true },
	{ "/srv/bound", "", 1, CHAIN(10, 20, 2), "/srv/bound", LIVE, "", ETC, true },
	{ "/srv/other", "", 2, CHAIN(10, 20, 2), "/srv/other", LIVE, "", ETC, false },
	{ "/srv/bound/ssh", "", 1, CHAIN(11, 10, 20, 2), "/srv/bound/ssh", LIVE, "", ETC, true },
	/* A denied path inside the source. */
	{ "/srv", "", 1, CHAIN(20, 2), "/srv", LIVE, "", "/srv/secret", CHAIN(21, 20, 2), true },
	{ "/link", "", 1, CHAIN(20, 2), "/srv", LIVE, "", "/srv/secret", CHAIN(21, 20, 2), true },
	{ "/bound", "", 1, CHAIN(20, 30, 2), "/m/srv", LIVE, "", "/srv/secret", CHAIN(21, 20, 2),
	  true },
	{ "/x", "", 1, CHAIN(2), "/", LIVE, "", ETC, true },
	{ "/srv/x", "", 1, CHAIN(22, 20, 2), "/srv/x", LIVE, "", "/srv/secret", CHAIN(21, 20, 2),
	  false },
	/* "/" denies only the root directory, not what lies under it. */
	{ "/srv", "", 1, CHAIN(20, 2), "/srv", LIVE, "", "/", CHAIN(2), false },
	{ "/srv/link", "", 1, CHAIN(2), "/", LIVE, "", "/", CHAIN(2), true },
	/* By name, if nothing can be looked up; a relative path may lead anywhere. */
	{ "/etc/ssh", "", 1, NULL, NULL, OFFLINE, "", "/etc", NULL, true },
	{ "/etcetera", "", 1, NULL, NULL, OFFLINE, "", "/etc", NULL, false },
	{ "/srv/../etc", "", 1, NULL, NULL, OFFLINE, "", "/etc", NULL, true },
	{ "/srv", "", 1, NULL, NULL, OFFLINE, "", "/srv/a/b", NULL, true },
	{ "/srv", "", 1, NULL, NULL, OFFLINE, "", "/etc", NULL, false },
	{ "srv", "", 1, NULL, NULL, OFFLINE, "", "/etc", NULL, true },
	/* Live, a path that cannot be looked up is refused, even if its name is allowed. */
	{ "/srv", "", 1, NULL, NULL, LIVE, "", "/etc", NULL, true },
	{ "srv", "", 1, NULL, NULL, LIVE, "", "/etc", NULL, true },
	{ "/srv", "", 1, NULL, NULL, LIVE, "/srv", "/etc", NULL, true },
	/* The name still counts if the path leads elsewhere. */
	{ "/etc/link", "", 1, CHAIN(20, 2), "/srv", LIVE, "", ETC, true },
	/* Allowed below denied; the resolved path decides, not the name. */
	{ "/etc/app", "", 1, CHAIN(12, 10, 2), "/etc/app", LIVE, "/etc/app", ETC, false },
	{ "/etc/app/x", "", 1, CHAIN(13, 12, 10, 2), "/etc/app/x", LIVE, "/etc/app", ETC, false },
	{ "/etc/app/x", "", 1, CHAIN(11, 10, 2), "/etc/ssh", LIVE, "/etc/app", ETC, true },
	{ "/etc/app", "\"ro\"", 1, CHAIN(12, 10, 2), "/etc/app", LIVE, "/etc/app:ro", ETC, false },
	{ "/etc/app", "", 1, CHAIN(12, 10, 2), "/etc/app", LIVE, "/etc/app:ro", ETC, true },
	{ "/etc/app", "\"ro\",\"rw\"", 1, CHAIN(12, 10, 2), "/etc/app", LIVE, "/etc/app:ro", ETC,
	  true },
	{ "/etc/a/x", "", 1, CHAIN(13, 12, 10, 2), "/etc/a/x", LIVE, "/etc/*/x", ETC, false },
	{ "/etc/a/b/x", "", 1, CHAIN(14, 13, 12, 10, 2), "/etc/a/b/x", LIVE, "/etc/*/x", ETC,
	  true },
};

static struct path_fact path_fact(struct arena *arena, const char *path, uint64_t device,
				  const uint64_t *chain, const char *resolved)
{
	struct path_fact fact = { .path = str_from(path), .error = chain == NULL ? ENOENT : 0 };

	while (chain != NULL && chain[fact.n_chain] != 0)
		fact.n_chain++;
	fact.chain = arena_array(arena, fact.n_chain, sizeof(*fact.chain));
	for (size_t i = 0; i < fact.n_chain; i++)
		fact.chain[i] = (struct file_id){ device, chain[i] };
	fact.resolved = resolved;
	return fact;
}

static const char *judge_path(struct arena *arena, const struct path_row *row)
{
	const char *allow = row->allow[0] != '\0' ? arena_printf(arena, "\"%s\"", row->allow) : "";
	const char *policy = arena_printf(
		arena,
		"{\"version\":1,\"name\":\"x\",\"rules\":[{\"names\":[\"hostMounts\"],\"action\":\"RF_ACT_REJECT\","
		"\"args\":{\"allow\":[%s],\"deny\":[\"%s\"]}}]}",
		allow, row->deny);
	struct facts facts = { .scope = row->scope, .user_namespace_initial = true };
	struct mount_path *mounts;
	struct source_fact source;
	struct path_fact deny = path_fact(arena, row->deny, 1, row->deny_chain, row->deny);
	struct oci_config config;
	size_t n;

	read_config(arena,
		    arena_printf(
			    arena,
			    "{\"process\":{},\"mounts\":[{\"destination\":\"/d\",\"type\":\"bind\","
			    "\"source\":\"%s\",\"options\":[%s]}]}",
			    row->source, row->options),
		    &config);
	mounts = mount_paths(arena, &config, &(struct container_names){ 0 }, &n);
	assert_int_equal(n, 1);
	source = (struct source_fact){ .from = mounts[0],
				       .path = path_fact(arena, row->source, row->device,
							 row->chain, row->resolved) };
	facts.sources = &source;
	facts.n_sources = 1;
	facts.paths = &deny;
	facts.n_paths = 1;
	return judged(arena, policy, &config, &facts, FRONT_CHECK);
}

static void path_rows(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		const char *got = judge_path(*state, &paths[i]);

		if (strcmp(got, paths[i].refused ? "hostMounts /mounts/0/source;" : "") != 0)
			fail_msg("row %zu, %s: got '%s'", i, paths[i].source, got);
	}
}

/* The container's root directory, and its other places. */
static void root_rows(void **state)
{
	static const struct {
		int error;
		enum facts_scope scope;
		const char *origin; /* NULL: none */
		int origin_error;
		bool refused;
	} rows[] = {
		{ 0, FACTS_LIVE, NULL, 0, false },
		{ 0, FACTS_LIVE, "/", 0, true },
		{ 0, FACTS_LIVE, "/var/lib/images/x", 0, false },
		{ 0, FACTS_OFFLINE, "/", ENOENT, true }, /* known only by its name */
		{ ELOOP, FACTS_LIVE, NULL, 0, true },
		{ ELOOP, FACTS_OFFLINE, NULL, 0, false },
		{ ENOENT, FACTS_LIVE, NULL, 0, false },
		{ EINVAL, FACTS_LIVE, NULL, 0, false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct facts facts = { .scope = rows[i].scope };
		struct path_fact origin = { .path = str_from(rows[i].origin ? rows[i].origin : ""),
					    .error = rows[i].origin_error,
					    .resolved = rows[i].origin };
		struct oci_config config;
		const char *got;

		origin.chain = arena_array(*state, 2, sizeof(*origin.chain));
		origin.n_chain = 1 + (rows[i].origin != NULL && strlen(rows[i].origin) > 1);
		facts.root = path_fact(*state, "/r", 1, CHAIN(40, 2), "/r");
		facts.root.error = rows[i].error;
		facts.root.origins = &origin;
		facts.root.n_origins = rows[i].origin != NULL;
		read_config(*state, "{\"process\":{},\"root\":{\"path\":\"/r\"}}", &config);
		got = judged(*state, POLICY("hostMounts"), &config, &facts, FRONT_CHECK);
		if (strcmp(got, rows[i].refused ? "hostMounts /root/path;" : "") != 0)
			fail_msg("row %zu: got '%s'", i, got);
	}
}

/* Which namespaces are the host's. */

static void namespace_facts(void **state)
{
	static const struct {
		enum namespace_fact fact;
		enum facts_scope scope;
		const char *findings;
	} rows[] = {
		{ NS_FACT_HOST, FACTS_LIVE, "hostPidNamespace /linux/namespaces/0/path;" },
		{ NS_FACT_HOST, FACTS_OFFLINE, "hostPidNamespace /linux/namespaces/0/path;" },
		{ NS_FACT_OTHER, FACTS_LIVE, "" },
		{ NS_FACT_UNKNOWN, FACTS_LIVE, "hostPidNamespace /linux/namespaces/0/path;" },
		{ NS_FACT_UNKNOWN, FACTS_OFFLINE, "" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct facts facts = { .scope = rows[i].scope };
		struct oci_config config;

		facts.namespaces[NAMESPACE_PID] = rows[i].fact;
		read_config(
			*state,
			"{\"process\":{},\"linux\":{\"namespaces\":[{\"type\":\"pid\",\"path\":\"/p\"}]}}",
			&config);
		assert_string_equal(
			judged(*state, POLICY("hostPidNamespace"), &config, &facts, FRONT_CHECK),
			rows[i].findings);
	}
}

/* The findings that each front end can rewrite. */
static void front_ends(void **state)
{
	static const struct {
		enum front_end front_end;
		const char *findings;
		bool edited;
	} rows[] = {
		{ FRONT_CHECK, "capabilities /process/capabilities/bounding;", true },
		{ FRONT_PRECREATE, "capabilities /process/capabilities/bounding;", true },
		{ FRONT_READ_ONLY, "capabilities /process/capabilities/bounding refused;", false },
		{ FRONT_HOOK, "capabilities /process/capabilities/bounding refused;", false },
	};
	static const char policy[] =
		"{\"version\":1,\"name\":\"x\",\"exec\":{\"userNamespaces\":\"RF_ACT_ALLOW\"},"
		"\"rules\":[{\"names\":[\"capabilities\"],\"action\":\"RF_ACT_REWRITE\"}]}";

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct facts facts = { .scope = FACTS_LIVE, .user_namespace_initial = true };
		struct oci_config config;

		read_config(*state,
			    "{\"process\":{\"capabilities\":{\"bounding\":[\"CAP_KILL\"]}}}",
			    &config);
		assert_string_equal(judged(*state, policy, &config, &facts, rows[i].front_end),
				    rows[i].findings);
		assert_int_equal(json_is_edited(config.doc), rows[i].edited);
	}
}

/*
 * A named volume whose driver binds it to /etc: args.allow allows its path, but it is /etc itself.
 * `podman volume create --opt type=none --opt o=bind --opt device=/etc` makes one.
 */
static void hole_volume_that_is_a_denied_directory(void **state)
{
	const struct path_row row = {
		"/var/lib/volumes/evil/_data",
		"",
		1,
		CHAIN(10, 31, 30, 2),
		"/var/lib/volumes/evil/_data",
		LIVE,
		"/var/lib/volumes/*/_data",
		ETC,
		true,
	};

	assert_string_equal(judge_path(*state, &row), "hostMounts /mounts/0/source;");
}

/* The process is not root, but the namespace that it joins has root of the host in it. */
static void hole_joined_user_namespace_that_reaches_root(void **state)
{
	struct id_range joined[] = { { 0, 0, 1 }, { 1, 100000, 65535 } };
	struct facts facts = { .scope = FACTS_LIVE,
			       .user_namespace_initial = true,
			       .joined_uids = joined,
			       .joined_gids = joined,
			       .n_joined_uids = 2,
			       .n_joined_gids = 2 };
	struct oci_config config;

	facts.namespaces[NAMESPACE_USER] = NS_FACT_OTHER;
	read_config(*state,
		    "{\"process\":{\"user\":{\"uid\":5,\"gid\":5}},\"linux\":{\"namespaces\":"
		    "[{\"type\":\"user\",\"path\":\"/proc/7/ns/user\"}]}}",
		    &config);
	assert_true(str_starts_with(str_from(judged(*state, MAPPING, &config, &facts, FRONT_CHECK)),
				    "identityMapping "));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_ARENA(identity_rows),
		WITH_ARENA(path_rows),
		WITH_ARENA(root_rows),
		WITH_ARENA(namespace_facts),
		WITH_ARENA(front_ends),
		WITH_ARENA(hole_volume_that_is_a_denied_directory),
		WITH_ARENA(hole_joined_user_namespace_that_reaches_root),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
