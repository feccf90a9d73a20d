/* SPDX-License-Identifier: Apache-2.0 */
/* A rewritten user in a bundle: judged, its files written, judged again, judged by the hook. */
#include "world.h"

#include "host/account_files.h"
#include "host/facts.h"
#include "policy/rule.h"
#include "wrapper/user_files.h"

#define TODAY 20260101

#define REWRITE(rule, args) "{\"names\":[\"" rule "\"],\"action\":\"RF_ACT_REWRITE\"" args "}"
#define POLICY                                                                                                \
	"{\"version\":1,\"name\":\"x\",\"rules\":[" REWRITE("rootUser", ",\"args\":{\"uid\":7}") "," REWRITE( \
		"rootGroup",                                                                                  \
		",\"args\":{\"gid\":8}") "," REWRITE("mountOptions",                                          \
						     "") ",{\"names\":[\"hostMounts\"],\"action\":\"RF_ACT_REJECT\",\"args\":{\"deny\":[\"/tmp\"]}}]}"
#define USER "\"process\":{\"user\":{\"uid\":0,\"gid\":0},\"env\":[\"HOME=/root\"],\"cwd\":\"/\"}"
#define ROOT "\"root\":{\"path\":\"rootfs\"}"
#define TMP "{\"destination\":\"/tmp\",\"type\":\"tmpfs\",\"source\":\"tmpfs\"}"

static struct verdict judge(const struct world *world, const char *bundle, const char *text,
			    enum front_end front_end, struct str *ret_output)
{
	const struct policy *policy = load_text(world->arena, POLICY);
	struct oci_config config;
	struct verdict verdict;
	struct facts facts;
	struct str *paths;
	struct err err;
	size_t n = policy_paths(world->arena, policy, &paths);

	read_config(world->arena, text, &config);
	assert_int_equal(facts_collect(world->arena, &config,
				       &(struct facts_query){ .scope = FACTS_LIVE,
							      .bundle = bundle,
							      .paths = paths,
							      .n_paths = n },
				       &facts, &err),
			 0);
	if (policy_accounts_needed(policy, front_end))
		accounts_collect(world->arena, &config, facts.bundle, facts.scope,
				 facts.scope == FACTS_LIVE, &facts.accounts);
	policy_judge(world->arena, policy, &config, &facts, front_end, TODAY, &verdict);
	*ret_output = json_render(config.doc);
	return verdict;
}

static void write_files(const struct world *world, const struct verdict *verdict)
{
	auto_close int dir = open(world->bundle, O_PATH | O_DIRECTORY);
	struct err err = { 0 };

	if (user_files_write(dir, verdict->files, verdict->n_files, &err) < 0)
		fail_msg("%s", err.text);
}

static void expect_settled(const struct world *world, struct str output)
{
	static const enum front_end front_ends[] = { FRONT_WRAPPER, FRONT_HOOK, FRONT_EXEC };

	for (size_t i = 0; i < ARRAY_SIZE(front_ends); i++) {
		struct str again;
		struct verdict verdict =
			judge(world, world->bundle, output.data, front_ends[i], &again);

		if (verdict.kind != VERDICT_ALLOW)
			fail_msg("%s", verdict.findings->message);
		assert_true(str_equal(again, output));
		assert_int_equal(verdict.n_files, 0);
	}
}

/* The rule and pointer of every finding, each with a semicolon. */
static const char *pointers(const struct world *world, const struct verdict *verdict)
{
	auto_buf struct buf text = { 0 };

	buf_add(&text, "", 0);
	for (const struct finding *f = verdict->findings; f != NULL; f = f->next)
		buf_printf(&text, "%s %s;", f->rule->name, f->pointer);
	return arena_copy(world->arena, text.data, text.len);
}

static void whole_way(void **state)
{
	static const struct {
		const char *spec, *pointers;
	} rows[] = {
		{ "{" USER "," ROOT ",\"mounts\":[" TMP "]}",
		  "rootUser /process/user/uid;rootGroup /process/user/gid;rootUser /process/env/0;"
		  "rootUser /mounts;rootGroup /mounts;" },
		{ "{" USER "," ROOT "}",
		  "rootUser /process/user/uid;rootGroup /process/user/gid;rootUser /process/env/0;"
		  "rootUser /mounts;rootGroup /mounts;" },
		{ "{\n  " USER ",\n  " ROOT ",\n  \"mounts\": []\n}\n",
		  "rootUser /process/user/uid;rootGroup /process/user/gid;rootUser /process/env/0;"
		  "rootUser /mounts;rootGroup /mounts;" },
	};
	const struct world *world = *state;

	put(world, PASSWD, STR("root:x:0:0:root:/root:/bin/sh"));
	put(world, "bundle/rootfs/etc/group", STR("root:x:0:\n"));
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct str output;
		struct verdict verdict =
			judge(world, world->bundle, rows[i].spec, FRONT_WRAPPER, &output);

		assert_int_equal(verdict.kind, VERDICT_REWRITE);
		assert_int_equal(verdict.n_files, 2);
		assert_string_equal(pointers(world, &verdict), rows[i].pointers);
		assert_non_null(strstr(output.data, "/bundle/rootfence/passwd\""));
		assert_non_null(strstr(output.data, "/bundle/rootfence/group\""));
		if (i == 0)
			expect_settled(world, output);
		umask(077);
		write_files(world, &verdict);
		umask(022);
		assert_true(str_is(get(world, "bundle/rootfence/passwd"),
				   "root:x:0:0:root:/root:/bin/sh\n"
				   "7:x:7:8:rootfence user:/:/sbin/nologin\n"));
		assert_true(str_is(get(world, "bundle/rootfence/group"), "root:x:0:\n8:x:8:\n"));
		expect_settled(world, output);
	}
}

/* Through a link to the bundle, the mount still has the real name, which the runtime may use. */
static void bundle_by_link(void **state)
{
	const struct world *world = *state;
	struct str output;
	struct verdict verdict;

	put(world, PASSWD, STR("root:x:0:0:root:/root:/bin/sh\n"));
	assert_int_equal(symlink("bundle", at(world, "link")), 0);
	verdict = judge(world, at(world, "link"), "{" USER "," ROOT "}", FRONT_WRAPPER, &output);
	assert_int_equal(verdict.n_files, 1);
	assert_non_null(strstr(output.data, "/bundle/rootfence/passwd\""));
	assert_null(strstr(output.data, "/link/"));
	expect_settled(world, output);
}

/* Only the wrapper makes files, so no other front end mounts them. A known id needs none. */
static void no_mounts(void **state)
{
	static const enum front_end front_ends[] = { FRONT_CHECK, FRONT_EXEC };
	const struct world *world = *state;
	struct verdict verdict;
	struct str output;

	put(world, PASSWD, STR("root:x:0:0:root:/root:/bin/sh\n"));
	for (size_t i = 0; i < ARRAY_SIZE(front_ends); i++) {
		verdict =
			judge(world, world->bundle, "{" USER "," ROOT "}", front_ends[i], &output);
		assert_int_equal(verdict.n_files, 1);
		assert_null(strstr(output.data, "mounts"));
	}
	put(world, PASSWD, STR("app:x:7:7::/srv:/bin/sh\n"));
	verdict = judge(world, world->bundle, "{" USER "," ROOT "}", FRONT_WRAPPER, &output);
	assert_int_equal(verdict.n_files, 0);
	assert_null(strstr(output.data, "mounts"));
	assert_non_null(strstr(output.data, "\"HOME=/srv\""));
}

static const char *obstacle(const struct world *world, enum front_end front_end)
{
	struct str output;
	struct verdict verdict =
		judge(world, world->bundle, "{" USER "," ROOT "}", front_end, &output);

	assert_int_equal(verdict.kind, VERDICT_REJECT);
	assert_non_null(verdict.findings->obstacle);
	return verdict.findings->obstacle;
}

static void refused(void **state)
{
	const struct world *world = *state;

	assert_int_equal(mkfifo(at(world, "bundle/rootfs/etc/group"), 0644), 0);
	assert_string_equal(obstacle(world, FRONT_WRAPPER),
			    "/etc/group of the container is not a regular file");
	assert_string_equal(
		obstacle(world, FRONT_PRECREATE),
		"podman's exec would still start as the old user; use the runtime wrapper, see rootfence-runtime(8)");
	assert_string_equal(
		obstacle(world, FRONT_HOOK),
		"nothing rewrote it before this hook; use the runtime wrapper, see rootfence-runtime(8)");
}

static mode_t mode(const struct world *world, const char *path)
{
	struct stat st;

	assert_int_equal(lstat(at(world, path), &st), 0);
	return st.st_mode & 07777;
}

static void files(void **state)
{
	static const struct generated_file first[] = { { "passwd", STR("1") } };
	static const struct generated_file second[] = { { "passwd", STR("a\0b") },
							{ "group", STR("g") } };
	const struct world *world = *state;
	auto_close int dir = open(world->bundle, O_PATH | O_DIRECTORY);
	struct err err = { 0 };

	assert_int_equal(user_files_write(dir, NULL, 0, &err), 0);
	assert_int_equal(access(at(world, "bundle/rootfence"), F_OK), -1);
	umask(077);
	assert_int_equal(user_files_write(dir, first, 1, &err), 0);
	umask(022);
	assert_int_equal(mode(world, "bundle/rootfence"), 0755);
	assert_int_equal(mode(world, "bundle/rootfence/passwd"), 0644);
	/* Whatever replaced the file is replaced, never written through. */
	put(world, "host/victim", STR("victim"));
	assert_int_equal(unlink(at(world, "bundle/rootfence/passwd")), 0);
	assert_int_equal(symlink(at(world, "host/victim"), at(world, "bundle/rootfence/passwd")),
			 0);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(user_files_write(dir, second, 2, &err), 0);
		assert_true(str_equal(get(world, "bundle/rootfence/passwd"), second[0].text));
		assert_true(str_is(get(world, "bundle/rootfence/group"), "g"));
	}
	assert_true(str_is(get(world, "host/victim"), "victim"));
	/* No other file is left. */
	assert_int_equal(unlink(at(world, "bundle/rootfence/passwd")), 0);
	assert_int_equal(unlink(at(world, "bundle/rootfence/group")), 0);
	assert_int_equal(rmdir(at(world, "bundle/rootfence")), 0);
}

static void files_refused(void **state)
{
	static const struct generated_file file[] = { { "passwd", STR("1") } };
	const struct world *world = *state;
	auto_close int dir = open(world->bundle, O_PATH | O_DIRECTORY);
	struct err err = { 0 };

	assert_int_equal(symlink("../host", at(world, "bundle/rootfence")), 0);
	assert_int_equal(user_files_write(dir, file, 1, &err), -ENOTDIR);
	assert_string_equal(err.text,
			    "cannot open directory rootfence in the bundle: Not a directory");
	assert_int_equal(err.exit, EXIT_SYSTEM);
	assert_int_equal(access(at(world, "host/passwd"), F_OK), -1);
	assert_int_equal(unlink(at(world, "bundle/rootfence")), 0);
	put(world, "bundle/rootfence", STR("a file"));
	assert_int_equal(user_files_write(dir, file, 1, &err), -ENOTDIR);
	assert_int_equal(unlink(at(world, "bundle/rootfence")), 0);
	/* A directory in place of the file: the attempt leaves nothing. */
	assert_int_equal(mkdir(at(world, "bundle/rootfence"), 0755), 0);
	assert_int_equal(mkdir(at(world, "bundle/rootfence/passwd"), 0755), 0);
	assert_int_equal(user_files_write(dir, file, 1, &err), -EISDIR);
	assert_int_equal(rmdir(at(world, "bundle/rootfence/passwd")), 0);
	assert_int_equal(rmdir(at(world, "bundle/rootfence")), 0);
	if (geteuid() != 0)
		return;
	assert_int_equal(mkdir(at(world, "bundle/rootfence"), 0755), 0);
	assert_int_equal(chown(at(world, "bundle/rootfence"), 1000, 1000), 0);
	assert_int_equal(user_files_write(dir, file, 1, &err), -EPERM);
	assert_string_equal(err.text,
			    "directory rootfence in the bundle belongs to uid 1000; remove it");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_WORLD(whole_way), WITH_WORLD(bundle_by_link), WITH_WORLD(no_mounts),
		WITH_WORLD(refused),   WITH_WORLD(files),	   WITH_WORLD(files_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
