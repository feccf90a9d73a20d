/* SPDX-License-Identifier: Apache-2.0 */
/* What others than root could change between our look and the runtime's. */
#ifndef ROOTFENCE_WRAPPER_WRITABLE_BY_OTHERS_H
#define ROOTFENCE_WRAPPER_WRITABLE_BY_OTHERS_H

#include <stdbool.h>
#include <sys/stat.h>

#include "base/err.h"

/*
 * others_can_write: for root of the host: does the file, or what lies in the directory, belong to
 * others, or can they write to it? For everybody else false: files of the host's root are somebody
 * else's there.
 */
int others_can_write(const struct stat *st, bool *ret_can, struct err *err);

/*
 * others_can_enter: does every directory above this one, an open descriptor, let others through? A
 * bundle of podman's is its own, where nobody else can have made it.
 */
bool others_can_enter(int dir);

#endif
