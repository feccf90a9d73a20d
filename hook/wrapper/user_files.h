/* SPDX-License-Identifier: Apache-2.0 */
/* The files that a rewritten spec mounts: see struct generated_file in policy.h. */
#ifndef ROOTFENCE_WRAPPER_USER_FILES_H
#define ROOTFENCE_WRAPPER_USER_FILES_H

#include "policy/policy.h"

/*
 * user_files_write: puts the files into rootfence/ of the bundle, each whole or not at all, to be
 * called before the spec that mounts them takes the old one's place. bundle_dir is open on the
 * bundle; O_PATH will do. Doing it twice changes nothing. Error: EXIT_SYSTEM.
 */
int user_files_write(int bundle_dir, const struct generated_file *files, size_t n, struct err *err);

#endif
