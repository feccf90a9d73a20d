/* SPDX-License-Identifier: Apache-2.0 */
/* A bump allocator over malloc'ed chunks. See arena.h for what it promises. */
#include "arena.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "err.h"

#define ALIGNMENT 16
#define CHUNK_MIN (16 * 1024)
#define CHUNK_MAX (1024 * 1024) /* chunks double up to this, so that their number stays small */
/* Of a chunk of such a size most will be used: all its pages at once, not by a fault for each. */
#define POPULATE_MIN (32 * 1024)
#define POPULATE_MAX (128 * 1024)
#define PAGE 4096U

struct chunk {
	struct chunk *next;
	size_t size; /* of data */
	size_t used;
	_Alignas(ALIGNMENT) char data[];
};

struct arena {
	struct chunk *chunks; /* the newest first; only that one is filled */
	size_t next_size;
};

_Noreturn void mem_exhausted(void)
{
	static const char text[] = "rootfence: out of memory; nothing was started\n";
	ssize_t ignored = write(STDERR_FILENO, text, sizeof(text) - 1);

	(void)ignored;
	_exit(EXIT_SYSTEM);
}

void *mem_realloc(void *ptr, size_t size)
{
	void *grown = realloc(ptr, size != 0 ? size : 1);

	if (grown == NULL)
		mem_exhausted();
	return grown;
}

struct arena *arena_new(void)
{
	struct arena *arena = mem_realloc(NULL, sizeof(*arena));

	*arena = (struct arena){ .next_size = CHUNK_MIN };
	return arena;
}

void arena_free(struct arena *arena)
{
	if (arena == NULL)
		return;
	while (arena->chunks != NULL) {
		struct chunk *chunk = arena->chunks;

		arena->chunks = chunk->next;
		free(chunk);
	}
	free(arena);
}

void arena_reset(struct arena *arena)
{
	struct chunk *kept = arena->chunks;

	if (kept == NULL)
		return;
	while (kept->next != NULL) {
		struct chunk *chunk = kept->next;

		kept->next = chunk->next;
		free(chunk);
	}
	if (kept->size > CHUNK_MAX) { /* one large document is no reason to hold that much */
		free(kept);
		*arena = (struct arena){ .next_size = CHUNK_MIN };
		return;
	}
	kept->used = 0;
}

/* Only for speed: a kernel that cannot (before 5.14) gives the pages when they are touched. */
static void populate(char *data, size_t size)
{
	size_t skipped = -(uintptr_t)data & (PAGE - 1); /* up to the first whole page */

	if (size >= POPULATE_MIN && size <= POPULATE_MAX)
		madvise(data + skipped, (size - skipped) & ~(size_t)(PAGE - 1),
			MADV_POPULATE_WRITE);
}

static struct chunk *chunk_add(struct arena *arena, size_t least)
{
	size_t size = arena->next_size > least ? arena->next_size : least;
	struct chunk *chunk;

	if (size > SIZE_MAX - sizeof(*chunk))
		mem_exhausted();
	chunk = mem_realloc(NULL, sizeof(*chunk) + size);
	populate(chunk->data, size);
	chunk->size = size;
	chunk->used = 0;
	chunk->next = arena->chunks;
	arena->chunks = chunk;
	if (arena->next_size < CHUNK_MAX)
		arena->next_size *= 2;
	return chunk;
}

/* size bytes that hold anything. */
static void *take(struct arena *arena, size_t size)
{
	struct chunk *chunk = arena->chunks;
	void *data;

	if (size > SIZE_MAX / 2)
		mem_exhausted();
	size = (size + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
	if (chunk == NULL || chunk->size - chunk->used < size)
		chunk = chunk_add(arena, size);
	data = chunk->data + chunk->used;
	chunk->used += size;
	return data;
}

void *arena_alloc(struct arena *arena, size_t size)
{
	return memset(take(arena, size), 0, size);
}

void *arena_array(struct arena *arena, size_t count, size_t size)
{
	size_t total;

	if (__builtin_mul_overflow(count, size, &total))
		mem_exhausted();
	return arena_alloc(arena, total);
}

char *arena_copy(struct arena *arena, const void *data, size_t len)
{
	char *copy = take(arena, len + 1);

	if (len > 0)
		memcpy(copy, data, len);
	copy[len] = '\0';
	return copy;
}

char *arena_printf(struct arena *arena, const char *format, ...)
{
	char small[256]; /* most are short: formatted once */
	va_list args;
	char *text;
	int len;

	va_start(args, format);
	len = vsnprintf(small, sizeof(small), format, args);
	va_end(args);
	if (len < 0)
		mem_exhausted();
	if ((size_t)len < sizeof(small))
		return arena_copy(arena, small, (size_t)len);
	text = arena_alloc(arena, (size_t)len + 1);
	va_start(args, format);
	vsnprintf(text, (size_t)len + 1, format, args);
	va_end(args);
	return text;
}
