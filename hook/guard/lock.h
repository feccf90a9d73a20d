/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Locks between rootfence processes: one for changing what is pinned below a guard directory, one
 * for reading its events. They end with the process that holds them, even if it is killed.
 */
#ifndef ROOTFENCE_GUARD_LOCK_H
#define ROOTFENCE_GUARD_LOCK_H

#include <stdbool.h>

#include "base/err.h"

enum lock_mode {
	LOCK_SHARED,	/* waits */
	LOCK_EXCLUSIVE, /* waits */
	LOCK_TRY,	/* exclusive; -EWOULDBLOCK when another process holds it */
};

/*
 * lock_take: takes the lock `name` of the guard directory dir. The caller closes *ret_fd to release
 * it. err is set on every failure, -EWOULDBLOCK included.
 */
int lock_take(const char *dir, const char *name, enum lock_mode mode, int *ret_fd, struct err *err);

#endif
