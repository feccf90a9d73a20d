/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A container's users and groups: the text, the files behind it in hostile root directories, and a
 * rewritten user in a bundle from the first verdict to the one of the hook.
 */
#include "support.h"

#include <fcntl.h>
#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "oci/accounts.h"
#include "policy/rule.h"
#include "runtime/user_files.h"

#define TODAY 20260101

/* Text. Strings have their length with them: a NUL byte is one of many. */

struct user_row {
	struct str passwd;
	uint32_t uid;
	const char *name, *home; /* NULL: not found */
};

static const struct user_row users[] = {
	{ STR("root:x:0:0:root:/root:/bin/sh\n"), 0, "root", "/root" },
	{ STR("root:x:0:0:root:/root:/bin/sh\n"), 1, NULL, NULL },
	{ STR("root:x:0:0:root:/root:/bin/sh"), 0, "root", "/root" },
	{ STR("a:x:5:5::/a:\nb:x:5:5::/b:\n"), 5, "a", "/a" },
	{ STR("a:x:5:5:::\n"), 5, "a", "" },
	{ STR("a:x:5:5:::/bin/sh:more:fields\n"), 5, "a", "" },
	{ STR(""), 0, NULL, NULL },
	{ STR("\n\n\n"), 0, NULL, NULL },
	{ STR(":::::::\n"), 0, NULL, NULL },
	{ STR("a:x:5\nb:x:5:5::/b:\n"), 5, "b", "/b" },
	{ STR("#a:x:5:5::/a:\n"), 5, NULL, NULL },
	{ STR("+a:x:5:5::/a:\n"), 5, NULL, NULL },
	{ STR("+::::::\n-\nb:x:5:5::/b:\n"), 5, "b", "/b" },
	{ STR("a:x::5::/a:\n"), 0, NULL, NULL },
	{ STR("a:x:-5:5::/a:\n"), 5, NULL, NULL },
	{ STR("a:x:4294967296:5::/a:\n"), 0, NULL, NULL },
	{ STR("a:x:4294967301:5::/a:\n"), 5, NULL, NULL },
	{ STR("a:x:5x:5::/a:\n"), 5, NULL, NULL },
	{ STR("a\0:x:5:5::/a:\n"), 5, "a\0", "/a" },
	{ STR("\0\0\0\nb:x:5:5::/b:\n"), 5, "b", "/b" },
	{ STR("a:x:\0005:5::/a:\n"), 5, NULL, NULL },
	{ STR("a:x:5:5::/a:\r\n"), 5, "a", "/a" },
};

static void find_user(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(users); i++) {
		struct account account = { 0 };
		bool found = accounts_find_user(users[i].passwd, users[i].uid, &account);

		if (found != (users[i].name != NULL))
			fail_msg("row %zu: %s", i, found ? "found" : "not found");
		if (!found)
			continue;
		assert_memory_equal(account.name.data, users[i].name, account.name.len);
		assert_int_equal(account.home.len, strlen(users[i].home));
		assert_memory_equal(account.home.data, users[i].home, account.home.len);
	}
}

static void find_group(void **state)
{
	struct account account;

	(void)state;
	assert_true(accounts_find_group(STR("root:x:0:\nnogroup:x:65534:a,b\n"), 65534, &account));
	assert_true(str_is(account.name, "nogroup"));
	assert_int_equal(account.home.len, 0);
	assert_false(accounts_find_group(STR("root:x:0:\n"), 65534, &account));
	assert_false(accounts_find_group(STR("root:x:5\n"), 5, &account));
}

#define ENTRY "7:x:7:8:rootfence user:/:/sbin/nologin\n"

static void add(void **state)
{
	static const struct {
		struct str before;
		const char *after;
	} rows[] = {
		{ STR(""), ENTRY },
		{ STR("a\n"), "a\n" ENTRY },
		{ STR("a"), "a\n" ENTRY },
		{ STR("\n"), "\n" ENTRY },
	};
	struct account account;
	struct str nul = accounts_add_user(*state, STR("a\0b"), 7, 8, "/");

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct str text = accounts_add_user(*state, rows[i].before, 7, 8, "/");

		if (!str_is(text, rows[i].after))
			fail_msg("row %zu: %.*s", i, (int)text.len, text.data);
		assert_true(accounts_find_user(text, 7, &account));
	}
	assert_int_equal(nul.len, 4 + strlen(ENTRY));
	assert_memory_equal(nul.data, "a\0b\n" ENTRY, nul.len);
	assert_true(str_is(accounts_add_group(*state, STR("root:x:0:"), 9), "root:x:0:\n9:x:9:\n"));
}

/* Files. Each test has a bundle with an empty root directory in a directory of its own. */

struct world {
	struct arena *arena;
	char top[64];
	const char *bundle;
};

static const char *at(const struct world *world, const char *path)
{
	return arena_printf(world->arena, "%s/%s", world->top, path);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static int world_setup(void **state)
{
	struct arena *arena = arena_new();
	struct world *world = arena_new_object(arena, struct world);

	world->arena = arena;
	snprintf(world->top, sizeof(world->top), "/tmp/accounts-XXXXXX");
	if (mkdtemp(world->top) == NULL)
		return -1;
	world->bundle = at(world, "bundle");
	*state = world;
	return mkdir(world->bundle, 0755) | mkdir(at(world, "bundle/rootfs"), 0755) |
	       mkdir(at(world, "bundle/rootfs/etc"), 0755) | mkdir(at(world, "host"), 0755);
}

static int world_teardown(void **state)
{
	struct world *world = *state;
	int error = nftw(world->top, remove_one, 16, FTW_DEPTH | FTW_PHYS);

	arena_free(world->arena);
	return error;
}

static void put(const struct world *world, const char *path, struct str text)
{
	auto_close int fd = open(at(world, path), O_WRONLY | O_CREAT | O_TRUNC, 0644);
	struct err err;

	assert_true(fd >= 0);
	assert_int_equal(io_write(fd, path, text, &err), 0);
}

static struct str get(const struct world *world, const char *path)
{
	struct err err = { 0 };
	struct str text = { 0 };

	if (io_read_file(world->arena, AT_FDCWD, at(world, path), 1 << 20, &text, &err) < 0)
		fail_msg("%s", err.text);
	return text;
}

#define PASSWD "bundle/rootfs/etc/passwd"
#define SPEC(mounts) "{\"process\":{},\"root\":{\"path\":\"rootfs\"},\"mounts\":[" mounts "]}"
#define BIND(destination, source)                                                     \
	"{\"destination\":\"" destination "\",\"type\":\"bind\",\"source\":\"" source \
	"\",\"options\":[\"rbind\"]}"

static struct account_file collect(const struct world *world, const char *spec, bool required)
{
	struct oci_config config;
	struct accounts accounts;

	read_config(world->arena, spec, &config);
	accounts_collect(world->arena, &config, world->bundle, required, &accounts);
	return accounts.files[ACCOUNTS_PASSWD];
}

static void expect_text(const struct world *world, const char *spec, const char *text)
{
	struct account_file file = collect(world, spec, true);

	if (!file.present)
		fail_msg("not there: %s", file.error);
	if (!str_is(file.text, text))
		fail_msg("got %.*s, want %s", (int)file.text.len, file.text.data, text);
}

static void expect_absent(const struct world *world, const char *spec, bool required)
{
	struct account_file file = collect(world, spec, required);

	if (file.present || file.error != NULL)
		fail_msg("%s", file.present ? file.text.data : file.error);
}

static void expect_error(const struct world *world, const char *spec, const char *error)
{
	struct account_file file = collect(world, spec, false);

	assert_false(file.present);
	assert_non_null(file.error);
	assert_string_equal(file.error, error);
}

static void read_plain(void **state)
{
	const struct world *world = *state;

	expect_absent(world, SPEC(""), true);
	expect_absent(world, "{\"process\":{}}", true);
	put(world, PASSWD, STR("image"));
	expect_text(world, SPEC(""), "image");
	put(world, "host/passwd", STR("mount"));
	expect_text(world,
		    arena_printf(world->arena, SPEC(BIND("/etc/passwd", "%s")),
				 at(world, "host/passwd")),
		    "mount");
	put(world, "bundle/passwd", STR("relative"));
	expect_text(world, SPEC(BIND("/etc/passwd/", "passwd")), "relative");
	/* The later mount is on top. */
	expect_text(world, SPEC(BIND("/etc", "x") "," BIND("/etc/passwd", "passwd")), "relative");
	expect_absent(world, SPEC(BIND("/etc/passwd", "passwd") "," BIND("/etc", "x")), true);
	expect_absent(world, SPEC("{\"destination\":\"/etc\",\"type\":\"tmpfs\"}"), true);
}

/* What is not there is an error where the container is about to start, and none in a file. */
static void read_missing(void **state)
{
	static const char *const specs[] = {
		"{\"process\":{},\"root\":{\"path\":\"nowhere\"}}",
		SPEC(BIND("/etc/passwd", "nowhere")),
	};
	const struct world *world = *state;

	for (size_t i = 0; i < ARRAY_SIZE(specs); i++) {
		expect_absent(world, specs[i], false);
		assert_non_null(collect(world, specs[i], true).error);
	}
}

/* No link leads out of the root directory, and only a regular file of some size is read. */
static void read_hostile(void **state)
{
	static const char *const links[] = { "../../../host/passwd", "%s/host/passwd",
					     "/proc/self/cwd/passwd", "nowhere" };
	const struct world *world = *state;

	put(world, "host/passwd", STR("host"));
	for (size_t i = 0; i < ARRAY_SIZE(links); i++) {
		const char *target = i == 1 ? at(world, "host/passwd") : links[i];

		assert_int_equal(symlink(target, at(world, PASSWD)), 0);
		expect_absent(world, SPEC(""), true);
		assert_int_equal(unlink(at(world, PASSWD)), 0);
	}
	put(world, "bundle/rootfs/real", STR("inside"));
	assert_int_equal(symlink("/../../real", at(world, PASSWD)), 0);
	expect_text(world, SPEC(""), "inside");
	assert_int_equal(unlink(at(world, PASSWD)), 0);
	assert_int_equal(symlink("passwd", at(world, PASSWD)), 0);
	expect_error(world, SPEC(""),
		     "cannot open /etc/passwd of the container: Too many levels of symbolic links");
	assert_int_equal(unlink(at(world, PASSWD)), 0);
	assert_int_equal(mkfifo(at(world, PASSWD), 0644), 0);
	expect_error(world, SPEC(""), "/etc/passwd of the container is not a regular file");
	assert_int_equal(unlink(at(world, PASSWD)), 0);
	assert_int_equal(mkdir(at(world, PASSWD), 0755), 0);
	expect_error(world, SPEC(""), "/etc/passwd of the container is not a regular file");
	assert_int_equal(rmdir(at(world, PASSWD)), 0);
	put(world, PASSWD, STR("large"));
	assert_int_equal(truncate(at(world, PASSWD), 100 << 20), 0);
	expect_error(world, SPEC(""),
		     "/etc/passwd of the container is larger than the limit of 1048576 bytes");
	assert_int_equal(truncate(at(world, PASSWD), ACCOUNT_FILE_MAX), 0);
	assert_true(collect(world, SPEC(""), true).present);
	expect_error(world, SPEC(BIND("/etc/passwd", "/dev/null")),
		     "/etc/passwd of the container is not a regular file");
}

/* Which mounts are ours. */

#define OPTIONS "\"bind\",\"ro\",\"nosuid\",\"nodev\",\"noexec\",\"rprivate\""
#define OURS(source, destination, type, options)                                             \
	"{\"destination\":\"" destination "\",\"type\":\"" type "\",\"source\":\"%s/" source \
	"\",\"options\":[" options "]}"

static int find(const struct world *world, const char *format)
{
	const char *spec = arena_printf(world->arena, "{\"process\":{},\"mounts\":[%s]}", format);
	auto_buf struct buf text = { 0 };
	struct oci_config config;

	for (const char *at = spec; *at != '\0'; at++) {
		if (at[0] == '%' && at[1] == 's') {
			buf_printf(&text, "%s", world->bundle);
			at++;
		} else {
			buf_add(&text, at, 1);
		}
	}
	read_config(world->arena, arena_copy(world->arena, text.data, text.len), &config);
	return account_mount_find(oci_config_mount(&config, 0), world->bundle);
}

static void own_mounts(void **state)
{
	static const char *const others[] = {
		OURS("rootfence/group", "/etc/passwd", "bind", OPTIONS),
		OURS("rootfence/passwd", "/etc/shadow", "bind", OPTIONS),
		OURS("rootfence/passwd", "/etc/passwd", "none", OPTIONS),
		OURS("rootfence/passwd", "/etc/passwd", "bind", OPTIONS ",\"rw\""),
		OURS("rootfence/passwd", "/etc/passwd", "bind", "\"rbind\""),
		OURS("rootfence/../passwd", "/etc/passwd", "bind", OPTIONS),
		OURS("rootfence/passwd/", "/etc/passwd", "bind", OPTIONS),
		OURS("/rootfence/passwd", "/etc/passwd", "bind", OPTIONS),
		OURS("x/rootfence/passwd", "/etc/passwd", "bind", OPTIONS),
	};
	static const char passwd[] = OURS("rootfence/passwd", "/etc/passwd", "bind", OPTIONS);
	static const char group[] = OURS("rootfence/group", "/etc/group", "bind", OPTIONS);
	const struct world *world = *state;

	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		if (find(world, others[i]) != -1)
			fail_msg("%s", others[i]);
	/* Judged again before the files are made, and after. */
	assert_int_equal(find(world, passwd), ACCOUNTS_PASSWD);
	assert_int_equal(find(world, group), ACCOUNTS_GROUP);
	assert_int_equal(mkdir(at(world, "bundle/rootfence"), 0755), 0);
	put(world, "bundle/rootfence/passwd", STR("x"));
	assert_int_equal(find(world, passwd), ACCOUNTS_PASSWD);
	/* A file that is something else besides. */
	assert_int_equal(link(at(world, "bundle/rootfence/passwd"), at(world, "host/x")), 0);
	assert_int_equal(find(world, passwd), -1);
	assert_int_equal(unlink(at(world, "bundle/rootfence/passwd")), 0);
	assert_int_equal(symlink("/etc/passwd", at(world, "bundle/rootfence/passwd")), 0);
	assert_int_equal(find(world, passwd), -1);
	assert_int_equal(unlink(at(world, "bundle/rootfence/passwd")), 0);
	assert_int_equal(mkfifo(at(world, "bundle/rootfence/passwd"), 0600), 0);
	assert_int_equal(find(world, passwd), -1);
	assert_int_equal(unlink(at(world, "bundle/rootfence/passwd")), 0);
	assert_int_equal(rmdir(at(world, "bundle/rootfence")), 0);
	put(world, "host/passwd", STR("x"));
	assert_int_equal(symlink(at(world, "host"), at(world, "bundle/rootfence")), 0);
	assert_int_equal(find(world, passwd), -1);
}

/* The whole way: judged, files written, judged again, judged by the hook. */

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
	size_t n = policy_paths(world->arena, policy, &paths);

	read_config(world->arena, text, &config);
	facts_collect(world->arena, &config, FACTS_LIVE, bundle, paths, n, &facts);
	if (policy_accounts_needed(policy, front_end))
		facts_collect_accounts(world->arena, &config, &facts);
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

/* Every pointer of a finding, each with a semicolon. */
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

/* By a link to the bundle, the mount still has its real name, which the runtime may know it by. */
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

/* Only the wrapper makes files, so nobody else mounts them; a known id needs none. */
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
	/* What has taken the file's place is replaced, never written through. */
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
	/* Nothing is left beside them. */
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
	/* A directory in the file's place: nothing is left of the attempt. */
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

#define WITH_WORLD(test) cmocka_unit_test_setup_teardown(test, world_setup, world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(find_user),
		cmocka_unit_test(find_group),
		WITH_ARENA(add),
		WITH_WORLD(read_plain),
		WITH_WORLD(read_missing),
		WITH_WORLD(read_hostile),
		WITH_WORLD(own_mounts),
		WITH_WORLD(whole_way),
		WITH_WORLD(bundle_by_link),
		WITH_WORLD(no_mounts),
		WITH_WORLD(refused),
		WITH_WORLD(files),
		WITH_WORLD(files_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
