/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The second copy of the registered containers, from which an entry that somebody removed or
 * changed is known, and can be put back.
 */
#ifndef ROOTFENCE_GUARD_ROSTER_H
#define ROOTFENCE_GUARD_ROSTER_H

#include <stdbool.h>
#include <stddef.h>

#include "abi.h"
#include "base/err.h"

/* roster_begin: puts the witness into a roster (a descriptor), so that it is never empty. */
int roster_begin(int roster_fd, struct err *err);

/* roster_has_witness: false for a roster that was emptied. */
bool roster_has_witness(int roster_fd);

/* roster_put: notes an entry that is in `containers` already. */
int roster_put(const char *dir, const struct abi_key *key, const struct abi_entry *entry,
	       struct err *err);

/* roster_remove: forgets an entry; before it is removed from `containers`. */
int roster_remove(const char *dir, const struct abi_key *key, struct err *err);

enum roster_damage {
	ROSTER_REMOVED, /* `containers` has no such entry */
	ROSTER_WIDENED, /* its limits are wider than they were registered */
	ROSTER_CHANGED, /* something else of it is not as it was registered */
	ROSTER_RULES,	/* its exec rules are gone, or others */
};

struct roster_difference {
	enum roster_damage damage;
	struct abi_key key;
	struct abi_entry noted;
	struct abi_entry found; /* unless it was removed */
};

struct roster_maps {
	int containers; /* descriptors */
	int roster;
	int rules;
};

/*
 * roster_compare: calls visit for each running container whose entry is not as noted, until it
 * returns non-zero, which is returned. Looks at `most` containers at the most; 0: at all. -ENOKEY
 * if the roster was emptied. *ret_n (may be NULL) has the number of containers looked at.
 * Each exec rule is looked at only if all containers are.
 */
int roster_compare(const struct roster_maps *maps, size_t most,
		   int (*visit)(const struct roster_difference *difference, void *data,
				struct err *err),
		   void *data, size_t *ret_n, struct err *err);

/*
 * roster_restore: puts back what was removed or changed. Exec rules cannot be put back: without
 * them the container may do less. The caller holds the lock of the guard.
 */
int roster_restore(struct roster_maps *maps, struct err *err);

#endif
