/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Cleanup attributes. A descriptor or an allocation declared with one of them is released at the
 * end of its scope, on every path. TAKE_FD() and TAKE_PTR() pass ownership on.
 */
#ifndef ROOTFENCE_BASE_CLEANUP_H
#define ROOTFENCE_BASE_CLEANUP_H

#include <stdlib.h>
#include <unistd.h>

static inline void cleanup_close(const int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static inline void cleanup_free(void *p)
{
	free(*(void **)p);
}

#define auto_close __attribute__((cleanup(cleanup_close)))
#define auto_free __attribute__((cleanup(cleanup_free)))

#define TAKE_FD(fd)                  \
	({                           \
		int taken_fd = (fd); \
		(fd) = -1;           \
		taken_fd;            \
	})

#define TAKE_PTR(ptr)                          \
	({                                     \
		__auto_type taken_ptr = (ptr); \
		(ptr) = NULL;                  \
		taken_ptr;                     \
	})

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

#endif
