/* SPDX-License-Identifier: Apache-2.0 */
/* Tells what others than root can change after our check and before the runtime reads it. */
#ifndef ROOTFENCE_WRAPPER_WRITABLE_BY_OTHERS_H
#define ROOTFENCE_WRAPPER_WRITABLE_BY_OTHERS_H

#include <stdbool.h>
#include <sys/stat.h>

#include "base/err.h"

/*
 * For root of the host: tells whether the file, or the contents of the directory, belongs to others
 * or is writable by them. For everybody else it is false, because files of the host's root look
 * like somebody else's there.
 */
int others_can_write(const struct stat *st, bool *ret_can, struct err *err);

/*
 * Tells whether every directory above this one, an open descriptor, lets others through. False also
 * for podman's own bundle in directories that only root can write to.
 */
bool others_can_enter(int dir);

#endif
