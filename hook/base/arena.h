/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One arena per invocation owns tree, model, verdict and messages; nothing in it is freed alone.
 * Out of memory is the one condition below cmd/ that ends the process: there is no verdict without
 * memory, and every exit but 0 means that the container does not start.
 */
#ifndef ROOTFENCE_BASE_ARENA_H
#define ROOTFENCE_BASE_ARENA_H

#include <stddef.h>

struct arena;

/* arena_new: an empty arena. Never NULL. */
struct arena *arena_new(void);

/* arena_free: releases the arena and all that was made in it. NULL is allowed. */
void arena_free(struct arena *arena);

/* arena_reset: releases all that was made in it, and keeps memory for what comes next. */
void arena_reset(struct arena *arena);

/* arena_alloc: size bytes, zeroed, aligned for any type. Never NULL. */
void *arena_alloc(struct arena *arena, size_t size) __attribute__((malloc, returns_nonnull));

/* arena_take: the same, but they hold anything. */
void *arena_take(struct arena *arena, size_t size) __attribute__((malloc, returns_nonnull));

/* arena_array: count elements of size bytes each; a product that overflows is out of memory. */
void *arena_array(struct arena *arena, size_t count, size_t size) __attribute__((returns_nonnull));

/* arena_copy: len bytes of data and a NUL byte after them. */
char *arena_copy(struct arena *arena, const void *data, size_t len)
	__attribute__((returns_nonnull));

/*
 * arena_room: where the arena will put what comes next, with room for at least `least` bytes, for
 * who does not know yet how many there will be. They are there until the arena's next use, or for
 * good by arena_keep() of as many as are wanted.
 */
char *arena_room(struct arena *arena, size_t least, size_t *ret_size)
	__attribute__((returns_nonnull));
void arena_keep(struct arena *arena, size_t size);

/* arena_printf: a formatted string. */
char *arena_printf(struct arena *arena, const char *format, ...)
	__attribute__((format(printf, 2, 3), returns_nonnull));

/* mem_exhausted: ends the process with EXIT_SYSTEM: for libraries that report a lack of memory. */
_Noreturn void mem_exhausted(void);

#define arena_new_object(arena, type) \
	((type *)__builtin_memset(arena_take((arena), sizeof(type)), 0, sizeof(type)))

/*
 * mem_realloc: realloc() that ends the process, with EXIT_SYSTEM, when there is no memory. For
 * buffers that grow, and for libraries that never check their allocator.
 */
void *mem_realloc(void *ptr, size_t size) __attribute__((returns_nonnull));

#endif
