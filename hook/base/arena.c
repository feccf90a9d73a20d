/* SPDX-License-Identifier: Apache-2.0 */
/* A bump allocator over malloc'ed chunks; see arena.h for its contract. */
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
#define CHUNK_FIRST (64 * 1024) /* enough for most commands */
#define CHUNK_MORE (1024 * 1024)
/* After the first pages, which may be enough, pages are populated in groups, since one fault per
 * page costs half as much again. */
#define POPULATE_AFTER (16 * 1024)
#define POPULATE_STEP (16 * 1024)
#define PAGE ((uintptr_t)4096)

struct chunk {
	struct chunk *next;
	size_t size; /* of data */
	size_t used;
	size_t populated;
	_Alignas(ALIGNMENT) char data[];
};

struct arena {
	struct chunk *chunks; /* newest first; only the newest is filled */
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

	*arena = (struct arena){ .chunks = NULL };
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
	if (kept->size > CHUNK_MORE) { /* one large document must not hold that much memory */
		free(kept);
		arena->chunks = NULL;
		return;
	}
	kept->used = 0;
}

/* Only for speed. A kernel before 5.14 cannot, and provides each page when it is touched. */
static void populate(struct chunk *chunk)
{
	char *from = chunk->data + chunk->populated, *to;

	chunk->populated = chunk->size; /* the last pages come one by one */
	if (chunk->size - chunk->used < POPULATE_STEP)
		return;
	to = chunk->data + chunk->used + POPULATE_STEP;
	from += -(uintptr_t)from & (PAGE - 1);
	to -= (uintptr_t)to & (PAGE - 1);
	chunk->populated = (size_t)(to - chunk->data);
	if (from < to)
		madvise(from, (size_t)(to - from), MADV_POPULATE_WRITE);
}

static struct chunk *chunk_add(struct arena *arena, size_t least)
{
	size_t usual = arena->chunks == NULL ? CHUNK_FIRST : CHUNK_MORE;
	size_t size = usual > least ? usual : least;
	struct chunk *chunk;

	if (size > SIZE_MAX - sizeof(*chunk))
		mem_exhausted();
	chunk = mem_realloc(NULL, sizeof(*chunk) + size);
	chunk->size = size;
	chunk->used = 0;
	chunk->populated = arena->chunks == NULL ? POPULATE_AFTER : 0;
	chunk->next = arena->chunks;
	arena->chunks = chunk;
	return chunk;
}

static size_t round_up(size_t size)
{
	return (size + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
}

void *arena_take(struct arena *arena, size_t size)
{
	struct chunk *chunk = arena->chunks;
	void *data;

	if (size > SIZE_MAX / 2)
		mem_exhausted();
	size = round_up(size);
	if (chunk == NULL || chunk->size - chunk->used < size)
		chunk = chunk_add(arena, size);
	data = chunk->data + chunk->used;
	chunk->used += size;
	if (chunk->used > chunk->populated)
		populate(chunk);
	return data;
}

char *arena_room(struct arena *arena, size_t least, size_t *ret_size)
{
	struct chunk *chunk = arena->chunks;

	if (least > SIZE_MAX / 2)
		mem_exhausted();
	least = round_up(least);
	if (chunk == NULL || chunk->size - chunk->used < least)
		chunk = chunk_add(arena, least);
	*ret_size = chunk->size - chunk->used;
	return chunk->data + chunk->used;
}

void arena_keep(struct arena *arena, size_t size)
{
	arena_take(arena, size);
}

void *arena_alloc(struct arena *arena, size_t size)
{
	return memset(arena_take(arena, size), 0, size);
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
	char *copy = arena_take(arena, len + 1);

	if (len > 0)
		memcpy(copy, data, len);
	copy[len] = '\0';
	return copy;
}

char *arena_printf(struct arena *arena, const char *format, ...)
{
	char small[256]; /* most are short, and formatted once */
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
