/* SPDX-License-Identifier: Apache-2.0 */
/* A container's users and groups: the text, and the files in hostile root directories. */
#include "world.h"

#include "host/account_files.h"

/* Text. Each string has its length, since a NUL byte is a byte like any other. */

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

/* Files. */

#define SPEC(mounts) "{\"process\":{},\"root\":{\"path\":\"rootfs\"},\"mounts\":[" mounts "]}"
#define BIND(destination, source)                                                     \
	"{\"destination\":\"" destination "\",\"type\":\"bind\",\"source\":\"" source \
	"\",\"options\":[\"rbind\"]}"

static struct account_file collect(const struct world *world, const char *spec, bool required)
{
	struct oci_config config;
	struct accounts accounts;

	read_config(world->arena, spec, &config);
	accounts_collect(world->arena, &config, world->bundle, FACTS_LIVE, required, &accounts);
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

/* A missing file is an error if the container is about to start, but not for a spec file. */
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

/* No link leads out of the root directory, and only a regular file of limited size is read. */
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
	return account_mount_find(oci_config_mount(&config, 0), world->bundle, FACTS_LIVE);
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
	/* Before the files are made, and when the spec is judged again afterwards. */
	assert_int_equal(find(world, passwd), ACCOUNTS_PASSWD);
	assert_int_equal(find(world, group), ACCOUNTS_GROUP);
	assert_int_equal(mkdir(at(world, "bundle/rootfence"), 0755), 0);
	put(world, "bundle/rootfence/passwd", STR("x"));
	assert_int_equal(find(world, passwd), ACCOUNTS_PASSWD);
	/* A file that is not ours alone. */
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(find_user), cmocka_unit_test(find_group), WITH_ARENA(add),
		WITH_WORLD(read_plain),	     WITH_WORLD(read_missing),	   WITH_WORLD(read_hostile),
		WITH_WORLD(own_mounts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
