/* SPDX-License-Identifier: Apache-2.0 */
/* A bundle with an empty root directory, and a "host" next to it, in a directory of the test. */
#ifndef ROOTFENCE_TESTS_WORLD_H
#define ROOTFENCE_TESTS_WORLD_H

#include "support.h"

#include <fcntl.h>
#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"

struct world {
	struct arena *arena;
	char top[64];
	const char *bundle;
};

static inline const char *at(const struct world *world, const char *path)
{
	return arena_printf(world->arena, "%s/%s", world->top, path);
}

static inline int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static inline int world_setup(void **state)
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

static inline int world_teardown(void **state)
{
	struct world *world = *state;
	int error = nftw(world->top, remove_one, 16, FTW_DEPTH | FTW_PHYS);

	arena_free(world->arena);
	return error;
}

static inline void put(const struct world *world, const char *path, struct str text)
{
	auto_close int fd = open(at(world, path), O_WRONLY | O_CREAT | O_TRUNC, 0644);
	struct err err;

	assert_true(fd >= 0);
	assert_int_equal(io_write(fd, path, text, &err), 0);
}

static inline struct str get(const struct world *world, const char *path)
{
	struct err err = { 0 };
	struct str text = { 0 };

	if (io_read_file(world->arena, AT_FDCWD, at(world, path), 1 << 20, &text, &err) < 0)
		fail_msg("%s", err.text);
	return text;
}

#define PASSWD "bundle/rootfs/etc/passwd"

#define WITH_WORLD(test) cmocka_unit_test_setup_teardown(test, world_setup, world_teardown)

#endif
