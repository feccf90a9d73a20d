/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sets of exec rules in the kernel. A set is stored once, however many containers have it; equal
 * sets have the same id, and an id stands for exactly one set.
 */
#ifndef ROOTFENCE_GUARD_EXEC_RULES_H
#define ROOTFENCE_GUARD_EXEC_RULES_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "guard/guard.h"

/*
 * rules_install: makes sure that the set is there. *ret_id is 0 for no rules, else the id, and
 * *ret_lock a lock that keeps the set from being reclaimed: close it when an entry refers to it.
 */
int rules_install(const char *dir, const struct guard_rules *rules, uint64_t *ret_id, int *ret_lock,
		  struct err *err);

/* rules_reclaim: removes the sets whose ids are not among used. The caller holds the lock "guard"
 * exclusively, so that no set is being installed. */
int rules_reclaim(const char *dir, const uint64_t *used, size_t n_used, struct err *err);

#endif
