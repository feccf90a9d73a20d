/* SPDX-License-Identifier: Apache-2.0 */
/* Writes the files that a rewritten spec mounts: see struct generated_file in policy.h. */
#ifndef ROOTFENCE_WRAPPER_USER_FILES_H
#define ROOTFENCE_WRAPPER_USER_FILES_H

#include "policy/policy.h"

/*
 * Writes the files into rootfence/ of the bundle, each whole or not at all. Call this before the
 * spec that mounts them replaces the old one. bundle_dir is open on the bundle; O_PATH will do.
 * Calling it twice changes nothing. Error: EXIT_SYSTEM.
 */
int user_files_write(int bundle_dir, const struct generated_file *files, size_t n, struct err *err);

#endif
