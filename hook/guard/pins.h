/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The directory on a bpf file system in which a guard is pinned. A guard is there as a whole or not
 * at all: it is built in a directory next to dir and renamed into place, and removed the same way.
 */
#ifndef ROOTFENCE_GUARD_PINS_H
#define ROOTFENCE_GUARD_PINS_H

#include <stdbool.h>
#include <stddef.h>

#include "abi.h"
#include "base/err.h"

#define PINS_PATH_MAX 512

/* The pinned maps. Those before PIN_META are shared with the guard that replaces this one. */
enum pin_map {
	PIN_CONTAINERS,
	PIN_ROSTER,
	PIN_RESTORES,
	PIN_RULES,
	PIN_READERS,
	PIN_LOST,
	PIN_RECENT,
	PIN_STATS,
	PIN_HOST,
	PIN_EXEMPT,
	PIN_UNREGISTERED,
	PIN_META,
	PIN_MAPS,
};

/* pins_map_name: the name of the map and of its pin. */
const char *pins_map_name(enum pin_map map);

/* pins_path: writes "dir/name" into path. -ENAMETOOLONG if it does not fit. */
int pins_path(char path[PINS_PATH_MAX], const char *dir, const char *name, struct err *err);

/* pins_missing: the error -ENOENT: no guard is loaded. */
int pins_missing(struct err *err);

/* pins_exist: is there anything at dir, complete or not? */
bool pins_exist(const char *dir);

/* pins_map_is_frozen: can user space no longer write to this map (a descriptor)? */
bool pins_map_is_frozen(int fd);

/* pins_open_map: a descriptor of the map or link `name` that is pinned below dir. -ENOENT: no
 * guard is loaded. */
int pins_open_map(const char *dir, const char *name, int *ret_fd, struct err *err);

/* pins_read_meta: what the pinned guard says about itself. -ENOENT: no guard is loaded. Fails
 * with EXIT_GUARD if it is of another ABI; *ret_abi (may be NULL) is set in that case too. */
int pins_read_meta(const char *dir, struct abi_meta *ret_meta, unsigned int *ret_abi,
		   struct err *err);

/* pins_begin: checks that dir can be on a bpf file system (mounts /sys/fs/bpf), removes what
 * dead processes left next to it, and makes an empty directory to pin into. The caller holds the
 * lock. */
int pins_begin(const char *dir, char ret_temp[PINS_PATH_MAX], struct err *err);

/* pins_publish: renames the directory of pins_begin() to dir. */
int pins_publish(const char *temp, const char *dir, struct err *err);

/* pins_exchange: puts the directory of pins_begin() in the place of dir, and removes the old
 * content. dir always exists, except before Linux 5.16 for a moment between two renames. */
int pins_exchange(const char *temp, const char *dir, struct err *err);

/* pins_discard: removes the directory of pins_begin(). */
void pins_discard(const char *temp);

/* pins_remove: removes dir with all in it, and what dead processes left next to it. */
int pins_remove(const char *dir, bool *ret_removed, struct err *err);

#endif
