/* SPDX-License-Identifier: Apache-2.0 */
/* The account files of a container, opened on the host: what they say, and whether a copy is ours. */
#ifndef ROOTFENCE_HOST_ACCOUNT_FILES_H
#define ROOTFENCE_HOST_ACCOUNT_FILES_H

#include "oci/accounts.h"

/*
 * accounts_collect: both files, from the mount that the config puts in their place, else from the
 * container's root directory, without leaving it by any link. bundle is an absolute path or NULL.
 * Where required is false, what cannot be opened counts as absent: a file judged away from its
 * engine has no root directory.
 */
void accounts_collect(struct arena *arena, const struct oci_config *config, const char *bundle,
		      bool required, struct accounts *ret_accounts);

/*
 * account_mount_find: is the mount one that account_mount_json() wrote, to the letter, and its file
 * ours or not made yet? Returns the kind, or -1. bundle is an absolute path or NULL.
 */
int account_mount_find(const struct oci_mount *mount, const char *bundle);

#endif
