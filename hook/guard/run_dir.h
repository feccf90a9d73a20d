/* SPDX-License-Identifier: Apache-2.0 */
/* /run/rootfence, where this host's guards have their locks and the record of what was loaded. */
#ifndef ROOTFENCE_GUARD_RUN_DIR_H
#define ROOTFENCE_GUARD_RUN_DIR_H

#include <stdint.h>

#include "base/err.h"

#define RUN_DIR "/run/rootfence"

/* run_dir_open: makes it if it is missing. Fails if users other than its owner can write there. */
int run_dir_open(int *ret_fd, struct err *err);

/* run_dir_hash: a number for a guard directory, to name its files by. */
uint64_t run_dir_hash(const char *dir);

#endif
