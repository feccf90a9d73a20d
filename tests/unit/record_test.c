/* SPDX-License-Identifier: Apache-2.0 */
/* Records of containers, and files in bundles, in a directory of the test. */
#include "support.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>

#include "wrapper/bundle.h"
#include "wrapper/own_hooks.h"
#include "wrapper/record.h"

struct place {
	struct arena *arena;
	char dir[64];
	const char *base;
};

static int place_setup(void **state)
{
	struct place *place = calloc(1, sizeof(*place));

	place->arena = arena_new();
	snprintf(place->dir, sizeof(place->dir), "/tmp/rootfence-record.XXXXXX");
	assert_non_null(mkdtemp(place->dir));
	place->base = arena_printf(place->arena, "%s/rootfence/containers", place->dir);
	*state = place;
	return 0;
}

static int place_teardown(void **state)
{
	struct place *place = *state;
	char *command = arena_printf(place->arena, "rm -r %s", place->dir);

	assert_int_equal(system(command), 0); /* NOLINT: a directory that mkdtemp() named */
	arena_free(place->arena);
	free(place);
	return 0;
}

static const char *path_of(const struct place *place, const char *root, const char *id)
{
	const struct runtime_args args = { .id = id, .root = root };
	const char *path = NULL;
	struct err err;

	if (record_path(place->arena, place->base, &args, RUNTIME_RUNC, &path, &err) < 0)
		fail_msg("%s", err.text);
	return path + strlen(place->base);
}

static void test_paths(void **state)
{
	struct place *place = *state;
	const struct runtime_args deep = {
		.id = "c", .root = arena_printf(place->arena, "/%0150d/%0150d", 1, 1)
	};
	const char *path;
	struct err err;

	unsetenv("XDG_RUNTIME_DIR");
	assert_string_equal(path_of(place, NULL, "c"), "/-run-runc/c.json");
	assert_string_equal(path_of(place, "/run/runc", "c"), "/-run-runc/c.json");
	/* Different roots have different keys. */
	assert_string_equal(path_of(place, "/run-runc", "c"), "/-run%2Drunc/c.json");
	assert_string_equal(path_of(place, "/a%2Db\n", "c"), "/-a%252Db%0A/c.json");
	assert_true(record_path(place->arena, place->base, &deep, RUNTIME_RUNC, &path, &err) < 0);
	assert_int_equal(err.exit, EXIT_USAGE);
}

/* A root has one key, whether its last component exists or not. A link counts as its target. */
static void test_spellings_of_root(void **state)
{
	static const char *const spellings[] = {
		"/real/new",
		"/real/new/",
		"//real/./new/.",
		"/link/new",
	};
	struct place *place = *state;
	const char *real = arena_printf(place->arena, "%s/real", place->dir), *first = NULL, *path;
	struct runtime_args args = { .id = "c" };
	struct err err;

	assert_int_equal(mkdir(real, 0700), 0);
	assert_int_equal(symlink("real", arena_printf(place->arena, "%s/link", place->dir)), 0);
	for (int made = 0; made < 2; made++) {
		for (size_t i = 0; i < ARRAY_SIZE(spellings); i++) {
			path = path_of(place,
				       arena_printf(place->arena, "%s%s", place->dir, spellings[i]),
				       "c");
			first = first != NULL ? first : path;
			assert_string_equal(path, first);
		}
		assert_int_equal(chdir(place->dir), 0);
		assert_string_equal(path_of(place, "real/new", "c"), first);
		assert_string_equal(path_of(place, "./link/new/", "c"), first);
		mkdir(arena_printf(place->arena, "%s/new", real), 0700);
	}
	/* After a link, runtimes differ in where ".." leads. */
	args.root = "link/../real/new";
	assert_true(record_path(place->arena, place->base, &args, RUNTIME_RUNC, &path, &err) < 0);
	assert_int_equal(err.exit, EXIT_USAGE);
	args.root = "/";
	assert_int_equal(record_path(place->arena, place->base, &args, RUNTIME_RUNC, &path, &err),
			 0);
	assert_string_equal(path + strlen(place->base), "/-/c.json");
	/* A removed directory gets no key, since everything that starts there would share it. */
	assert_int_equal(mkdir("gone", 0700), 0);
	assert_int_equal(chdir("gone"), 0);
	assert_int_equal(rmdir(arena_printf(place->arena, "%s/gone", place->dir)), 0);
	args.root = ".";
	assert_true(record_path(place->arena, place->base, &args, RUNTIME_RUNC, &path, &err) < 0);
	assert_int_equal(chdir("/"), 0);
}

/* Without --root the environment decides, and differently for the two runtimes. */
static void test_default_root(void **state)
{
	struct place *place = *state;
	const struct runtime_args args = { .id = "c" };
	const char *crun, *named, *state_dir;
	struct err err;

	setenv("XDG_RUNTIME_DIR", place->dir, 1);
	assert_int_equal(record_path(place->arena, place->base, &args, RUNTIME_CRUN, &crun, &err),
			 0);
	named = path_of(place, arena_printf(place->arena, "%s/crun", place->dir), "c");
	assert_string_equal(crun + strlen(place->base), named);
	assert_int_equal(record_state_dir(place->arena, &args, RUNTIME_CRUN, &state_dir, &err), 0);
	assert_string_equal(state_dir, arena_printf(place->arena, "%s/crun/c", place->dir));
	if (geteuid() != 0)
		named = path_of(place, arena_printf(place->arena, "%s/runc", place->dir), "c");
	else
		named = "/-run-runc/c.json";
	assert_string_equal(path_of(place, NULL, "c"), named);
	unsetenv("XDG_RUNTIME_DIR");
}

static int write_record(const struct place *place, const char *path, const char *state_dir,
			const char *bundle, struct err *err)
{
	const struct record record = {
		.bundle = bundle,
		.capabilities = UINT64_C(0xf00000001),
		.policy = load_text(place->arena, "{\"version\": 1, \"name\": \"web\"}"),
	};
	bool made = false;
	int error = record_write(place->arena, path, state_dir, &record, &made, err);

	return error < 0 ? error : made;
}

/* A policy is kept with all that it extends, so a record is larger than one policy file may be. */
static void test_large_policy(void **state)
{
	struct place *place = *state;
	const char *path = arena_printf(place->arena, "%s/-run/c1.json", place->base);
	auto_buf struct buf text = { 0 };
	struct record record = { .bundle = "/b" }, found;
	bool made = false;
	struct err err;

	buf_printf(&text, "{\"version\":1,\"name\":\"web\",\"exceptions\":[");
	for (unsigned int i = 0; i < 20000; i++)
		buf_printf(&text,
			   "%s{\"names\":[\"rootUser\"],\"action\":\"RF_ACT_LOG\",\"reason\":\"r\","
			   "\"match\":{\"annotations\":{\"k%u\":\"v\"}}}",
			   i > 0 ? "," : "", i);
	buf_printf(&text, "]}");
	assert_true(text.len > POLICY_SIZE_MAX);
	record.policy = load_text(place->arena, text.data);
	assert_int_equal(record_write(place->arena, path, "/nonexistent", &record, &made, &err), 0);
	if (record_read(place->arena, path, &found, &err) < 0)
		fail_msg("%s", err.text);
	assert_true(str_equal(policy_render(place->arena, found.policy),
			      policy_render(place->arena, record.policy)));
}

/* The bundle of the record that is there. */
static const char *bundle_of(const struct place *place, const char *path)
{
	struct record record = { 0 };
	struct err err;

	if (record_read(place->arena, path, &record, &err) < 0)
		fail_msg("%s", err.text);
	assert_true(record.capabilities == UINT64_C(0xf00000001));
	assert_string_equal(record.policy->name, "web");
	return record.bundle;
}

static void test_write_read_remove(void **state)
{
	struct place *place = *state;
	const char *path = arena_printf(place->arena, "%s/runc/c1.json", place->base);
	struct record record;
	struct stat st;
	struct err err;

	assert_int_equal(record_read(place->arena, path, &record, &err), -ENOENT);
	/* The state directory exists, so the container does. If it has no record, it gets none. */
	assert_int_equal(write_record(place, path, place->dir, "/b/0", &err), false);
	assert_int_equal(record_read(place->arena, path, &record, &err), -ENOENT);
	assert_int_equal(write_record(place, path, "/nonexistent", "/b/1", &err), true);
	assert_string_equal(bundle_of(place, path), "/b/1");
	assert_int_equal(lstat(path, &st), 0);
	assert_int_equal(st.st_mode, S_IFREG | 0600);
	/* If it has a record, it keeps it. */
	assert_int_equal(write_record(place, path, place->dir, "/b/2", &err), false);
	assert_string_equal(bundle_of(place, path), "/b/1");
	assert_true(record_remove(place->arena, path, "c2", &err) < 0);
	assert_true(record_remove(place->arena, "/etc/passwd", "passwd", &err) < 0);
	assert_true(record_remove(place->arena, "/rootfence/containers/../c1", "c1", &err) < 0);
	assert_true(record_read(place->arena, "/etc/passwd", &record, &err) < 0);
	assert_int_equal(err.exit, EXIT_USAGE);
	assert_string_equal(bundle_of(place, path), "/b/1");
	assert_int_equal(record_remove(place->arena, path, "c1", &err), 0);
	assert_int_equal(record_read(place->arena, path, &record, &err), -ENOENT);
	assert_int_equal(record_remove(place->arena, path, "c1", &err), 0);
}

/* Every path is read as it was written, or no record is written. */
static void test_bundles(void **state)
{
	struct place *place = *state;
	const char *path = arena_printf(place->arena, "%s/runc/c1.json", place->base);
	const char *odd = "/b \"\\/\x01\n\x7f\xc3\xa4\xe2\x80\xae\xf0\x9f\x98\x80";
	struct record record;
	struct err err;

	assert_int_equal(write_record(place, path, "/nonexistent", odd, &err), true);
	assert_string_equal(bundle_of(place, path), odd);
	assert_int_equal(record_remove(place->arena, path, "c1", &err), 0);
	assert_true(write_record(place, path, "/nonexistent", "/b/\xff", &err) < 0);
	assert_non_null(strstr(err.text, "container c1 in"));
	assert_non_null(strstr(err.text, "not valid UTF-8"));
	assert_int_equal(record_read(place->arena, path, &record, &err), -ENOENT);
}

static void make_older(const struct place *place, const char *name, time_t seconds)
{
	const struct timespec then = { .tv_sec = time(NULL) - seconds }, times[] = { then, then };

	assert_int_equal(utimensat(AT_FDCWD,
				   arena_printf(place->arena, "%s/runc/%s", place->base, name),
				   times, AT_SYMLINK_NOFOLLOW),
			 0);
}

static void put_file(const struct place *place, const char *name, const char *text, mode_t mode)
{
	const char *path = arena_printf(place->arena, "%s/%s", place->dir, name);
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
	assert_int_equal(chmod(path, mode), 0);
}

/* Hooks that an older rootfence left in a bundle make room for those of now. */
static void test_older_hooks(void **state)
{
	static const char text[] =
		"{\"hooks\":{\"createRuntime\":["
		"{\"path\":\"/rf\",\"args\":[\"rootfence\",\"createRuntime\",\"--policy\",\"/B/r/a/policy.json\"]},"
		"{\"path\":\"/rf\",\"args\":[\"rootfence\",\"createRuntime\",\"--policy\",\"/etc/p.json\"]}],"
		"\"poststop\":["
		"{\"path\":\"/rf\",\"args\":[\"rootfence\",\"poststop\",\"--record\",\"/B/r/a\"]}]}}";
	static const char expected[] =
		"{\"hooks\":{\"createRuntime\":["
		"{\"path\":\"/rf\",\"args\":[\"rootfence\",\"createRuntime\",\"--policy\",\"/etc/p.json\"]},"
		"{\"path\":\"/rf\",\"args\":[\"rootfence\",\"createRuntime\",\"--record\",\"/B/r/a.json\"]}],"
		"\"poststop\":["
		"{\"path\":\"/rf\",\"args\":[\"rootfence\",\"poststop\",\"--record\",\"/B/r/a.json\"]}]}}";
	struct place *place = *state;
	struct json_doc *doc = read_doc(place->arena, text);
	struct str again;

	hooks_add(doc, "/rf", "/B/r/a.json");
	again = json_render(doc);
	assert_string_equal(arena_copy(place->arena, again.data, again.len), expected);
	doc = read_doc(place->arena, expected);
	hooks_add(doc, "/rf", "/B/r/a.json");
	assert_false(json_is_edited(doc));
}

static bool is_there(const struct place *place, const char *name)
{
	struct stat st;

	return lstat(arena_printf(place->arena, "%s/runc/%s", place->base, name), &st) == 0;
}

/* A record as it was when it was a directory. */
static void put_old(const struct place *place, const char *name)
{
	const char *dir = arena_printf(place->arena, "%s/runc/%s", place->base, name);

	assert_int_equal(mkdir(dir, 0700), 0);
	assert_int_equal(symlink("/b", arena_printf(place->arena, "%s/bundle", dir)), 0);
	assert_int_equal(symlink("1", arena_printf(place->arena, "%s/capabilities", dir)), 0);
	put_file(place,
		 arena_printf(place->arena, "rootfence/containers/runc/%s/policy.json", name), "{}",
		 0600);
}

/* Files left by a killed writer do no harm, and go with the records of removed containers. */
static void test_left_overs(void **state)
{
	static const char *const names[] = { ".c1.json.rootfence", "gone.json", "old", "young.json",
					     "there.json" };
	struct place *place = *state;
	const char *path = arena_printf(place->arena, "%s/runc/c1.json", place->base);
	const char *state_dir = arena_printf(place->arena, "%s/state/c1", place->dir);
	struct err err;

	assert_int_equal(write_record(place, path, state_dir, "/b/1", &err), true);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (strcmp(names[i], "old") != 0)
			put_file(place,
				 arena_printf(place->arena, "rootfence/containers/runc/%s",
					      names[i]),
				 "half", 0600);
	put_old(place, "old");
	assert_int_equal(mkdir(arena_printf(place->arena, "%s/state", place->dir), 0700), 0);
	assert_int_equal(mkdir(arena_printf(place->arena, "%s/state/there", place->dir), 0700), 0);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (strcmp(names[i], "young.json") != 0)
			make_older(place, names[i], 3600);
	/* The last sweep was a moment ago, and reading the directory does not change that. */
	assert_int_equal(write_record(place, path, state_dir, "/b/2", &err), true);
	assert_string_equal(bundle_of(place, path), "/b/2");
	assert_false(is_there(place, ".c1.json.rootfence"));
	assert_true(is_there(place, "gone.json") && is_there(place, "old"));
	make_older(place, "%swept", 3600);
	assert_int_equal(write_record(place, path, state_dir, "/b/3", &err), true);
	assert_false(is_there(place, "gone.json") || is_there(place, "old"));
	assert_true(is_there(place, "young.json") && is_there(place, "there.json"));
	/* Setting the clock back does not delay the next sweep. */
	put_old(place, "old");
	make_older(place, "old", 3600);
	make_older(place, "%swept", -3600);
	assert_int_equal(write_record(place, path, state_dir, "/b/4", &err), true);
	assert_false(is_there(place, "old"));
	assert_true(is_there(place, "%swept"));
}

/* A record of an older version is not read, and not taken for none either. */
static void test_older_version(void **state)
{
	struct place *place = *state;
	const char *path = arena_printf(place->arena, "%s/runc/c1.json", place->base);
	struct record record;
	struct err err;

	assert_int_equal(write_record(place, path, "/nonexistent", "/b/1", &err), true);
	assert_int_equal(record_remove(place->arena, path, "c1", &err), 0);
	put_old(place, "c1");
	assert_int_equal(record_read(place->arena, path, &record, &err), -ESTALE);
	assert_int_equal(err.exit, EXIT_SYSTEM);
	assert_non_null(strstr(err.text, "/runc/c1 is of an older rootfence"));
	/* Its poststop hook names the directory. */
	path = arena_printf(place->arena, "%s/runc/c1", place->base);
	assert_int_equal(record_remove(place->arena, path, "c1", &err), 0);
	assert_false(is_there(place, "c1"));
}

/* A record that cannot be read is never taken for none. */
static void test_refused(void **state)
{
	static const struct {
		const char *text, *why;
		enum exit_code exit;
	} rows[] = {
		{ "", "empty", EXIT_SYSTEM },
		{ "{}", "c1.json:1:1: no \"version\"", EXIT_SYSTEM },
		{ "{\"version\":2,\"more\":1}", "/version: version 2 is not known", EXIT_SYSTEM },
		{ "{\"version\":1,\"bundel\":\"/b\"}", "did you mean \"bundle\"?", EXIT_SYSTEM },
		{ "{\"version\":1,\"bundle\":\"b\"}", "expected an absolute path", EXIT_SYSTEM },
		{ "{\"version\":1,\"bundle\":\"/b\",\"capabilities\":[\"KILL\"]}",
		  "did you mean \"CAP_KILL\"?", EXIT_SYSTEM },
		{ "{\"version\":1,\"bundle\":\"/b\",\"capabilities\":3}", "expected an array",
		  EXIT_SYSTEM },
		{ "{\"version\":1,\"bundle\":\"/b\",\"capabilities\":[]}", "no \"policy\"",
		  EXIT_SYSTEM },
		{ "{\"version\":1,\"bundle\":\"/b\",\"capabilities\":[],\"policy\":{}}",
		  "policy:1:1: no \"version\"", EXIT_POLICY },
		{ "{\"version\":1,\"bundle\":\"/b\",\"capabilities\":[],\"policy\":"
		  "{\"version\":1,\"name\":\"x\",\"extends\":[\"/etc/passwd\"]}}",
		  "circular extends", EXIT_POLICY },
	};
	struct place *place = *state;
	const char *name = "rootfence/containers/runc/c1.json";
	const char *path = arena_printf(place->arena, "%s/%s", place->dir, name);
	struct record record;
	struct err err = { 0 };
	int error;

	assert_int_equal(write_record(place, path, "/nonexistent", "/b/1", &err), true);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		put_file(place, name, rows[i].text, 0600);
		error = record_read(place->arena, path, &record, &err);
		if (error >= 0 || error == -ENOENT || err.exit != rows[i].exit ||
		    strstr(err.text, rows[i].why) == NULL || strstr(err.text, path) == NULL)
			fail_msg("%s: %d, %s", rows[i].text, error, err.text);
	}
	assert_int_equal(write_record(place, path, "/nonexistent", "/b/1", &err), true);
	assert_int_equal(chmod(place->base, 0777), 0);
	error = record_read(place->arena, path, &record, &err);
	assert_true(error < 0 && error != -ENOENT);
	assert_non_null(strstr(err.text, "can be written by others"));
	assert_int_equal(chmod(place->base, 0700), 0);
	assert_int_equal(rename(path, arena_printf(place->arena, "%s/other", place->dir)), 0);
	assert_int_equal(symlink("../../../other", path), 0);
	error = record_read(place->arena, path, &record, &err);
	assert_true(error < 0 && error != -ENOENT);
	assert_non_null(strstr(err.text, "is a symbolic link"));
}

static void test_replace(void **state)
{
	struct place *place = *state;
	struct bundle_file file;
	struct stat st;
	const char *path;
	struct err err;
	auto_close int dir = -1;

	put_file(place, "config.json", "old", 0640);
	put_file(place, ".config.json.rootfence", "half", 0600);
	assert_int_equal(bundle_open(place->arena, place->dir, BUNDLE_LOCK, &dir, &path, &err), 0);
	assert_string_equal(path, place->dir);
	assert_int_equal(bundle_file_read(place->arena, dir, "config.json", 100, &file, &err), 0);
	assert_true(str_is(file.text, "old"));
	assert_int_equal(bundle_file_replace(&file, STR("the new one"), &err), 0);
	assert_int_equal(bundle_file_read(place->arena, dir, "config.json", 100, &file, &err), 0);
	assert_true(str_is(file.text, "the new one"));
	assert_int_equal(file.st.st_mode & 07777, 0640);
	assert_int_equal(fstatat(dir, ".config.json.rootfence", &st, 0), -1);
	assert_true(bundle_file_read(place->arena, dir, "config.json", 5, &file, &err) < 0);
	assert_int_equal(err.exit, EXIT_SPEC);
}

static void test_bundle_paths(void **state)
{
	static const char *const ends[] = { "", "/", "/.", "//./", "/././" };
	struct place *place = *state;
	const char *link = arena_printf(place->arena, "%s/link", place->dir), *path;
	struct err err;

	assert_int_equal(symlink(place->dir, link), 0);
	for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
		const char *name = arena_printf(place->arena, "%s%s", place->dir, ends[i]);
		auto_close int fd = -1;
		int no = -1;

		assert_int_equal(bundle_open(place->arena, name, BUNDLE_READ, &fd, &path, &err), 0);
		assert_string_equal(path, place->dir);
		name = arena_printf(place->arena, "%s%s", link, ends[i]);
		assert_true(bundle_open(place->arena, name, BUNDLE_READ, &no, &path, &err) < 0);
		assert_int_equal(err.exit, EXIT_SYSTEM);
	}
}

#define WITH_PLACE(test) cmocka_unit_test_setup_teardown(test, place_setup, place_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_PLACE(test_paths),		WITH_PLACE(test_spellings_of_root),
		WITH_PLACE(test_default_root),	WITH_PLACE(test_write_read_remove),
		WITH_PLACE(test_bundles),	WITH_PLACE(test_left_overs),
		WITH_PLACE(test_older_version), WITH_PLACE(test_older_hooks),
		WITH_PLACE(test_refused),	WITH_PLACE(test_large_policy),
		WITH_PLACE(test_replace),	WITH_PLACE(test_bundle_paths),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
