/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One arena per invocation owns tree, model, verdict and messages; nothing in it is freed on its
 * own. Below cmd/ only a lack of memory ends the process: there is no verdict without memory, and
 * every exit code but 0 means that the container does not start.
 */
#ifndef ROOTFENCE_BASE_ARENA_H
#define ROOTFENCE_BASE_ARENA_H

#include <stddef.h>

struct arena;

/* Returns an empty arena. Never NULL. */
struct arena *arena_new(void);

/* Releases the arena and everything in it. NULL is allowed. */
void arena_free(struct arena *arena);

/* Releases everything in the arena, but keeps some memory for later use. */
void arena_reset(struct arena *arena);

/* Returns size bytes, zeroed, aligned for any type. Never NULL. */
void *arena_alloc(struct arena *arena, size_t size) __attribute__((malloc, returns_nonnull));

/* Like arena_alloc(), but the bytes are not zeroed. */
void *arena_take(struct arena *arena, size_t size) __attribute__((malloc, returns_nonnull));

/* Returns count elements of size bytes each, zeroed. A product that overflows is out of memory. */
void *arena_array(struct arena *arena, size_t count, size_t size) __attribute__((returns_nonnull));

/* Copies len bytes and adds a NUL byte. */
char *arena_copy(struct arena *arena, const void *data, size_t len)
	__attribute__((returns_nonnull));

/*
 * Returns where the next allocation will be, with room for at least `least` bytes; *ret_size is the
 * room. For callers that do not know the size yet. The bytes are valid until the next use of the
 * arena, unless arena_keep() keeps the first `size` of them.
 */
char *arena_room(struct arena *arena, size_t least, size_t *ret_size)
	__attribute__((returns_nonnull));
void arena_keep(struct arena *arena, size_t size);

/* Returns a formatted string. */
char *arena_printf(struct arena *arena, const char *format, ...)
	__attribute__((format(printf, 2, 3), returns_nonnull));

/* Ends the process with EXIT_SYSTEM. Called when a library reports a lack of memory. */
_Noreturn void mem_exhausted(void);

#define arena_new_object(arena, type) \
	((type *)__builtin_memset(arena_take((arena), sizeof(type)), 0, sizeof(type)))

/*
 * realloc() that ends the process with EXIT_SYSTEM if there is no memory. For buffers that grow,
 * and for libraries that never check their allocator.
 */
void *mem_realloc(void *ptr, size_t size) __attribute__((returns_nonnull));

#endif
