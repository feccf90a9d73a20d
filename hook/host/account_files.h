/* SPDX-License-Identifier: Apache-2.0 */
/* The account files of a container, opened on the host: their text, and whether a copy is ours. */
#ifndef ROOTFENCE_HOST_ACCOUNT_FILES_H
#define ROOTFENCE_HOST_ACCOUNT_FILES_H

#include "oci/facts.h"

/*
 * Reads both files: from the mount that the config puts in their place, else from the container's
 * root directory, following no link out of it. bundle is an absolute path or NULL. If required is
 * false, a file that cannot be opened counts as absent. Offline, so does one outside of the bundle.
 */
void accounts_collect(struct arena *arena, const struct oci_config *config, const char *bundle,
		      enum facts_scope scope, bool required, struct accounts *ret_accounts);

/*
 * Returns the kind if the mount is exactly as account_mount_json() writes it, and its file is ours
 * or not made yet; else -1. bundle is an absolute path or NULL.
 */
int account_mount_find(const struct oci_mount *mount, const char *bundle, enum facts_scope scope);

/* Opens the root of the container as O_PATH. Returns a descriptor, or -1 with errno. */
int account_root_open(struct arena *arena, const struct oci_root *root, const char *bundle,
		      enum facts_scope scope);

/* Looks at a path in a root: a descriptor of O_PATH, or -1 with errno. No link leads out of it. */
int account_root_look(int root, const char *path);

#endif
