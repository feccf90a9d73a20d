/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The directory on a bpf file system in which a guard is pinned. A guard is whole or not there: it
 * is put together in a directory beside and renamed into place, and taken away the same way.
 */
#ifndef ROOTFENCE_GUARD_PINS_H
#define ROOTFENCE_GUARD_PINS_H

#include <stdbool.h>
#include <stddef.h>

#include "abi.h"
#include "base/err.h"

#define PINS_PATH_MAX 512

/* pins_path: "dir/name" into path. -ENAMETOOLONG when it does not fit. */
int pins_path(char path[PINS_PATH_MAX], const char *dir, const char *name, struct err *err);

/* pins_open_map: descriptor of the map, or link, `name` pinned below dir. -ENOENT: there is no
 * guard. */
int pins_open_map(const char *dir, const char *name, int *ret_fd, struct err *err);

/* pins_read_meta: what the pinned guard says about itself. -ENOENT: there is none. Fails with
 * EXIT_GUARD when it is of another ABI; *ret_abi (may be NULL) is set in that case too. */
int pins_read_meta(const char *dir, struct abi_meta *ret_meta, unsigned int *ret_abi,
		   struct err *err);

/* pins_begin: makes sure that dir can be on a bpf file system (mounts /sys/fs/bpf), removes what
 * dead processes left beside it, and makes an empty directory to pin into. Hold the lock. */
int pins_begin(const char *dir, char ret_temp[PINS_PATH_MAX], struct err *err);

/* pins_publish: the directory that pins_begin made becomes dir. */
int pins_publish(const char *temp, const char *dir, struct err *err);

/* pins_exchange: the directory that pins_begin made becomes dir, whose old content goes; at no
 * moment is there none, on kernels before 5.16 but for one between two renames. */
int pins_exchange(const char *temp, const char *dir, struct err *err);

/* pins_discard: removes what pins_begin made. */
void pins_discard(const char *temp);

/* pins_remove: removes dir and all in it, and what dead processes left beside it. */
int pins_remove(const char *dir, bool *ret_removed, struct err *err);

#endif
