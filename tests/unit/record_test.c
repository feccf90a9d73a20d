/* SPDX-License-Identifier: Apache-2.0 */
/* Records of containers, and files in bundles, in a directory of the test. */
#include "support.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "wrapper/bundle.h"
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
	assert_string_equal(path_of(place, NULL, "c"), "/-run-runc/c");
	assert_string_equal(path_of(place, "/run/runc", "c"), "/-run-runc/c");
	/* Different roots have different keys. */
	assert_string_equal(path_of(place, "/run-runc", "c"), "/-run%2Drunc/c");
	assert_string_equal(path_of(place, "/a%2Db\n", "c"), "/-a%252Db%0A/c");
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
	assert_string_equal(path + strlen(place->base), "/-/c");
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
		named = "/-run-runc/c";
	assert_string_equal(path_of(place, NULL, "c"), named);
	unsetenv("XDG_RUNTIME_DIR");
}

static void write_record(const struct place *place, const char *path, const char *state_dir,
			 const char *bundle)
{
	const struct record record = { bundle, UINT64_C(0xf00000001) };
	struct err err;
	bool made;

	if (record_write(place->arena, path, state_dir, &record, STR("{}"), &made, &err) < 0)
		fail_msg("%s", err.text);
}

static void test_write_read_remove(void **state)
{
	struct place *place = *state;
	const char *path = arena_printf(place->arena, "%s/runc/c1", place->base);
	struct record record;
	struct err err;

	assert_int_equal(record_read(place->arena, path, &record, &err), -ENOENT);
	/* The state directory exists, so the container does. If it has no record, it gets none. */
	write_record(place, path, place->dir, "/b/0");
	assert_int_equal(record_read(place->arena, path, &record, &err), -ENOENT);
	write_record(place, path, "/nonexistent", "/b/1");
	assert_int_equal(record_read(place->arena, path, &record, &err), 0);
	assert_string_equal(record.bundle, "/b/1");
	assert_true(record.capabilities == UINT64_C(0xf00000001));
	/* If it has a record, it keeps it. */
	write_record(place, path, place->dir, "/b/2");
	assert_int_equal(record_read(place->arena, path, &record, &err), 0);
	assert_string_equal(record.bundle, "/b/1");
	assert_true(record_remove(place->arena, path, "c2", &err) < 0);
	assert_true(record_remove(place->arena, "/etc/passwd", "passwd", &err) < 0);
	assert_true(record_remove(place->arena, "/rootfence/containers/../c1", "c1", &err) < 0);
	assert_int_equal(record_read(place->arena, path, &record, &err), 0);
	assert_int_equal(record_remove(place->arena, path, "c1", &err), 0);
	assert_int_equal(record_read(place->arena, path, &record, &err), -ENOENT);
	assert_int_equal(record_remove(place->arena, path, "c1", &err), 0);
}

/* Files left by a killed writer, and stale records of removed containers, do no harm. */
static void test_left_overs(void **state)
{
	struct place *place = *state;
	const char *path = arena_printf(place->arena, "%s/runc/c1", place->base);
	const char *stale = arena_printf(place->arena, "%s/runc/%%new", place->base);
	const struct record second = { "/b/2", 0 };
	struct record record;
	struct err err;
	bool made;

	write_record(place, path, "/nonexistent", "/b/1");
	assert_int_equal(mkdir(stale, 0700), 0);
	assert_int_equal(symlink("/b", arena_printf(place->arena, "%s/bundle", stale)), 0);
	if (record_write(place->arena, path, "/nonexistent", &second, STR("{}"), &made, &err) < 0)
		fail_msg("%s", err.text);
	assert_true(made);
	assert_int_equal(record_read(place->arena, path, &record, &err), 0);
	assert_string_equal(record.bundle, "/b/2");
	assert_int_equal(access(stale, F_OK), -1);
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
		WITH_PLACE(test_paths),	       WITH_PLACE(test_spellings_of_root),
		WITH_PLACE(test_default_root), WITH_PLACE(test_write_read_remove),
		WITH_PLACE(test_left_overs),   WITH_PLACE(test_replace),
		WITH_PLACE(test_bundle_paths),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
