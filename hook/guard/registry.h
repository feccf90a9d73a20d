/* SPDX-License-Identifier: Apache-2.0 */
/* Walks over the registered containers, for the parts of hook/guard that look at all of them. */
#ifndef ROOTFENCE_GUARD_REGISTRY_H
#define ROOTFENCE_GUARD_REGISTRY_H

#include <stddef.h>

#include "abi.h"
#include "base/err.h"

/*
 * registry_each: calls visit for every entry of the map `containers` (a descriptor). A non-zero
 * return ends the walk and is returned. visit may delete the entry that it is called for.
 */
int registry_each(int containers_fd,
		  int (*visit)(const struct abi_key *key, const struct abi_entry *entry, void *data,
			       struct err *err),
		  void *data, struct err *err);

#endif
