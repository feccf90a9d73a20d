/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a guard was when it was loaded: the ids of its maps and links, and the tags of its programs.
 * It is kept in /run/rootfence, apart from the pins, and verify.c compares the pins with it. The
 * file holds two seals, because a guard is published by one rename: the new seal is written before
 * it, and the old one dropped after it. So a process that is killed in between leaves a file that
 * has the seal of the guard that is there, whichever that is.
 */
#ifndef ROOTFENCE_GUARD_SEAL_H
#define ROOTFENCE_GUARD_SEAL_H

#include <stdbool.h>
#include <stdint.h>

#include "abi.h"
#include "base/err.h"
#include "guard/pins.h"

#define SEAL_LINKS_MAX 10
#define SEAL_TAG_SIZE 8 /* BPF_TAG_SIZE */

struct seal_link {
	char name[16]; /* of the pin */
	uint32_t id;
	uint32_t program; /* id */
	uint8_t tag[SEAL_TAG_SIZE];
};

struct seal {
	uint32_t published; /* 0: the guard may be missing: it is being loaded or unloaded */
	uint32_t n_links;
	uint32_t maps[PIN_MAPS]; /* ids */
	struct seal_link links[SEAL_LINKS_MAX];
	struct abi_meta meta;
};

#define SEALS_MAX 2

struct seals {
	size_t n;
	struct seal items[SEALS_MAX];
};

/*
 * seals_read: the seals of the guard at dir. None (n = 0) if there are none of this boot. EXIT_GUARD
 * if the file is not one of this version.
 */
int seals_read(const char *dir, struct seals *ret_seals, struct err *err);

/* seals_write: replaces the file as a whole. The caller holds the lock of the guard. */
int seals_write(const char *dir, const struct seals *seals, struct err *err);

/* seals_remove: removes the file. The caller holds the lock of the guard. */
void seals_remove(const char *dir);

/* seals_find: the seal of the guard whose meta map has this id, or NULL. */
const struct seal *seals_find(const struct seals *seals, uint32_t meta_id);

/* seals_published: was a guard of this boot loaded and not unloaded? */
bool seals_published(const struct seals *seals);

#endif
