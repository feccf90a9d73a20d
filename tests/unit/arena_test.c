/* SPDX-License-Identifier: Apache-2.0 */
/* The arena, the error value, the file reader and dates: the contracts of base/. */
#include "support.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "base/date.h"
#include "base/io.h"

/* Allocations are aligned, zeroed, apart from each other, and keep what was written to them. */
static void allocations(void **state)
{
	enum {
		COUNT = 2000
	};
	unsigned char *blocks[COUNT];

	for (size_t i = 0; i < COUNT; i++) {
		size_t size = i * 7 % 977;

		blocks[i] = arena_alloc(*state, size);
		assert_int_equal((uintptr_t)blocks[i] % 16, 0);
		for (size_t k = 0; k < size; k++)
			assert_int_equal(blocks[i][k], 0);
		memset(blocks[i], (int)(i % 251) + 1, size);
	}
	for (size_t i = 0; i < COUNT; i++)
		for (size_t k = 0; k < i * 7 % 977; k++)
			assert_int_equal(blocks[i][k], i % 251 + 1);
}

static void large_allocations(void **state)
{
	char *large = arena_alloc(*state, 5 * 1024 * 1024);
	char *small = arena_alloc(*state, 1);

	large[5 * 1024 * 1024 - 1] = 'x';
	small[0] = 'y';
	assert_int_equal(large[0], 0);
	assert_int_equal(large[5 * 1024 * 1024 - 1], 'x');
}

static void copies(void **state)
{
	assert_memory_equal(arena_copy(*state, "a\0b", 3), "a\0b", 4);
	assert_string_equal(arena_copy(*state, NULL, 0), "");
	assert_string_equal(arena_printf(*state, "%s-%d", "x", 5), "x-5");
	assert_string_equal(arena_printf(*state, "%s", ""), "");
}

/* Memory that cannot be had ends the process with EXIT_SYSTEM: no verdict without memory. */
static void exit_of(void (*allocate)(struct arena *arena), struct arena *arena)
{
	pid_t child = fork();
	int status = 0;

	assert_true(child >= 0);
	if (child == 0) {
		close(STDERR_FILENO);
		allocate(arena);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), EXIT_SYSTEM);
}

static void overflowing_product(struct arena *arena)
{
	arena_array(arena, SIZE_MAX / 2, 3);
}

static void half_of_everything(struct arena *arena)
{
	arena_alloc(arena, SIZE_MAX / 2 + 1);
}

/* Memory is zeroed again when it is reused, whatever was in it. */
static void resets(void **state)
{
	struct arena *arena = *state;

	arena_reset(arena);
	for (size_t round = 0; round < 8; round++) {
		for (size_t i = 0; i < 1000; i++) {
			unsigned char *data = arena_alloc(arena, i);

			for (size_t k = 0; k < i; k++)
				assert_int_equal(data[k], 0);
			memset(data, 0xff, i);
		}
		if (round % 3 == 2)
			memset(arena_alloc(arena, 8 * 1024 * 1024), 0xff, 8 * 1024 * 1024);
		assert_string_equal(arena_copy(arena, "text", 4), "text");
		arena_reset(arena);
	}
}

static void out_of_memory(void **state)
{
	exit_of(overflowing_product, *state);
	exit_of(half_of_everything, *state);
}

static void errors_are_one_line(void **state)
{
	char text[ERR_TEXT_MAX * 2];
	struct err err;

	(void)state;
	assert_int_equal(err_set(&err, EINVAL, EXIT_SPEC, "a\nb\x1b[0m\x7f%s", "\t"), -EINVAL);
	assert_string_equal(err.text, "a?b?[0m??");
	assert_int_equal(err.exit, EXIT_SPEC);
	assert_int_equal(err.line, 0);
	err_prefix(&err, "%s", "con\ntext");
	assert_string_equal(err.text, "con?text: a?b?[0m??");
	assert_int_equal(err_set_system(&err, ENOENT, "cannot open %s", "x"), -ENOENT);
	assert_string_equal(err.text, "cannot open x: No such file or directory");
	assert_int_equal(err.exit, EXIT_SYSTEM);
	memset(text, 'a', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	err_set_system(&err, EIO, "%s", text);
	assert_int_equal(strlen(err.text), ERR_TEXT_MAX - 1);
	err_prefix(&err, "%s", text);
	assert_int_equal(strlen(err.text), ERR_TEXT_MAX - 1);
	err_place(&err, text, 1, 2);
	assert_int_equal(strlen(err.pointer), ERR_POINTER_MAX - 1);
	err_place(&err, NULL, 3, 4);
	assert_string_equal(err.pointer, "");
}

static void read_to_the_limit(void **state)
{
	char path[] = "/tmp/arena_test.XXXXXX";
	auto_close int fd = mkstemp(path);
	struct str data;
	struct err err;
	struct str text = STR("0123456789");

	assert_true(fd >= 0);
	assert_int_equal(io_write(fd, "file", text, &err), 0);
	assert_int_equal(io_read_file(*state, AT_FDCWD, path, 10, &data, &err), 0);
	assert_true(str_equal(data, text));
	assert_int_equal(data.data[10], '\0');
	assert_int_equal(io_read_file(*state, AT_FDCWD, path, 9, &data, &err), -EFBIG);
	assert_int_equal(err.exit, EXIT_SPEC);
	unlink(path);
	assert_int_equal(io_read_file(*state, AT_FDCWD, path, 10, &data, &err), -ENOENT);
	assert_int_equal(err.exit, EXIT_SYSTEM);
	assert_int_equal(io_read_file(*state, AT_FDCWD, "/dev/null", 10, &data, &err), -EINVAL);
	assert_int_equal(io_read_file(*state, AT_FDCWD, "/tmp", 10, &data, &err), -EINVAL);
}

static void write_fails_whole(void **state)
{
	auto_close int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
	struct err err;

	(void)state;
	assert_int_equal(io_write(full, "x", STR("y"), &err), -ENOSPC);
	assert_int_equal(err.exit, EXIT_SYSTEM);
	assert_int_equal(io_write(full, "x", STR(""), &err), 0);
	assert_int_equal(io_write(-1, "x", STR("y"), &err), -EBADF);
}

/* Every day is as in libc, up to its last second. */
static void dates(void **state)
{
	(void)state;
	for (time_t time = 0; time < (time_t)150000 * 86400; time += 86400) {
		struct tm tm;

		assert_non_null(gmtime_r(&time, &tm));
		assert_int_equal(date_of(time),
				 (tm.tm_year + 1900) * 10000 + (tm.tm_mon + 1) * 100 + tm.tm_mday);
		assert_int_equal(date_of(time + 86399), date_of(time));
	}
	assert_int_equal(date_of(-1), 19700101);
}

/* Room can be written to, and keeps its content once it is kept. */
static void rooms(void **state)
{
	size_t size, wider;
	char *room = arena_room(*state, 100, &size), *other;

	assert_true(size >= 100);
	memset(room, 'x', size);
	other = arena_room(*state, size * 2 + 1, &wider);
	assert_true(wider >= size * 2 + 1);
	memcpy(other, room, size);
	arena_keep(*state, size);
	memset(arena_alloc(*state, 100), 'y', 100);
	for (size_t i = 0; i < size; i++)
		assert_int_equal(other[i], 'x');
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_ARENA(allocations),
		WITH_ARENA(large_allocations),
		WITH_ARENA(copies),
		WITH_ARENA(resets),
		WITH_ARENA(out_of_memory),
		WITH_ARENA(errors_are_one_line),
		WITH_ARENA(read_to_the_limit),
		WITH_ARENA(write_fails_whole),
		WITH_ARENA(rooms),
		cmocka_unit_test(dates),
	};

	arena_free(NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
