/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of hook/guard share that write entries or look at all of them. */
#ifndef ROOTFENCE_GUARD_REGISTRY_H
#define ROOTFENCE_GUARD_REGISTRY_H

#include <stddef.h>

#include "abi.h"
#include "base/err.h"
#include "guard/guard.h"

/*
 * registry_each: calls visit for every entry of the map `containers` (a descriptor). A non-zero
 * return ends the walk and is returned. visit may delete the entry that it is called for.
 */
int registry_each(int containers_fd,
		  int (*visit)(const struct abi_key *key, const struct abi_entry *entry, void *data,
			       struct err *err),
		  void *data, struct err *err);

/* registry_check: checks what is written into an entry, except the pid of init. */
int registry_check(const struct guard_container *container, struct err *err);

/* registry_begin: opens the guard for something to be registered: see guard_register(). */
int registry_begin(const char *dir, enum guard_level least, struct abi_meta *ret_meta,
		   struct err *err);

/* registry_entry_begin: an entry for a container that does not exist yet. */
int registry_entry_begin(struct abi_entry *entry, const struct guard_container *container,
			 uint64_t rules_id, struct err *err);

#endif
