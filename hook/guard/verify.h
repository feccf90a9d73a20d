/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Compares what is pinned with what was loaded: each link by its id, its program and the program's
 * tag, each map by its id and whether it can be written, the containers with their roster, and the
 * switches with which a kernel turns tracing off. What root does on purpose to the record in
 * /run/rootfence as well is not noticed.
 */
#ifndef ROOTFENCE_GUARD_VERIFY_H
#define ROOTFENCE_GUARD_VERIFY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

/*
 * verify_pins: calls differs with a text for each difference, until it returns non-zero, which is
 * returned. most: how many containers are looked up, 0 for all. No difference: 0. The guard may be
 * replaced in the meantime: then there are differences, and the caller asks again under the lock.
 */
int verify_pins(const char *dir, size_t most, int (*differs)(const char *what, void *data),
		void *data, struct err *err);

/* verify_for_registration: one difference, and the error (EXIT_GUARD) says it and what to do. */
int verify_for_registration(const char *dir, struct err *err);

/* verify_locked: the same, for a caller that holds the lock of the guard. */
int verify_locked(const char *dir, struct err *err);

/* verify_was_sealed: was a guard of this version loaded since the host started? */
bool verify_was_sealed(const char *dir);

#endif
