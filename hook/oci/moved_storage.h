/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Storages of engines that configuration has put elsewhere. What is said of the usual place, by
 * policies and by the names of engines, holds for these, too.
 */
#ifndef ROOTFENCE_OCI_MOVED_STORAGE_H
#define ROOTFENCE_OCI_MOVED_STORAGE_H

#include "base/arena.h"
#include "base/str.h"

struct path_fact;

struct moved_storage {
	struct str name;   /* of the directory: as the engine spells it, or without links */
	const char *usual; /* where it would be unless configured: /var/lib/docker */
	const struct path_fact *fact; /* of the directory */
};

struct moved_storages {
	struct moved_storage *items;
	size_t n;
};

/* Returns the name that the path would have in the usual place, or the path itself. */
struct str moved_storage_usual(struct arena *arena, const struct moved_storages *storages,
			       struct str path);

#endif
