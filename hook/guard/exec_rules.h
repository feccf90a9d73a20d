/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sets of exec rules in the kernel. A set is stored once for all containers that have it. Equal
 * sets have the same id, and an id stands for exactly one set.
 */
#ifndef ROOTFENCE_GUARD_EXEC_RULES_H
#define ROOTFENCE_GUARD_EXEC_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "guard/guard.h"

/*
 * rules_install: makes sure that the set is stored. *ret_id is 0 without rules, else the set's id.
 * *ret_lock keeps the set from being reclaimed: close it once an entry refers to the set.
 */
int rules_install(const char *dir, const struct guard_rules *rules, uint64_t *ret_id, int *ret_lock,
		  struct err *err);

/*
 * rules_are_within: sets *ret_within to true if these rules, with the limits now, let through only
 * what the stored set of that id (0: no rules) does with the limits old. See limits.h.
 */
int rules_are_within(const char *dir, const struct guard_rules *rules, const struct abi_limits *now,
		     uint64_t old_id, const struct abi_limits *old, bool *ret_within,
		     struct err *err);

/* rules_are_whole: is the set of that id stored? each: and is each of its rules the one that was
 * stored? That is a walk over all rules. True if it cannot be told. */
bool rules_are_whole(int fd, uint64_t id, bool each);

/* rules_reclaim: removes the sets whose ids are not in used. The caller holds the lock "guard"
 * exclusively, so that no set is being installed. */
int rules_reclaim(const char *dir, const uint64_t *used, size_t n_used, struct err *err);

#endif
