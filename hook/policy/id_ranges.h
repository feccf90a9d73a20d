/* SPDX-License-Identifier: Apache-2.0 */
/* Ranges of uids or gids, as policies and annotations spell them. */
#ifndef ROOTFENCE_POLICY_ID_RANGES_H
#define ROOTFENCE_POLICY_ID_RANGES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

#define ID_RANGES_MAX 64U /* every id is compared with every range */

struct id_ranges {
	struct {
		uint32_t first, last;
	} items[ID_RANGES_MAX];
	size_t n;
};

/*
 * Adds the ranges of a text, separated by commas: "FIRST-LAST", "FIRST/COUNT" as OpenShift writes
 * them, or "ID". False if one is malformed or there are too many; ranges is undefined then.
 */
bool id_ranges_add(struct id_ranges *ranges, struct str text);

bool id_ranges_have(const struct id_ranges *ranges, uint32_t id);

/*
 * Returns the nearest id of the ranges, the lower one of two at the same distance. Never 0: no
 * rewrite makes a process root. False if the ranges have no other id.
 */
bool id_ranges_nearest(const struct id_ranges *ranges, uint32_t id, uint32_t *ret_id);

/* "1000-65534, 7", or "none". */
const char *id_ranges_text(struct arena *arena, const struct id_ranges *ranges);

#endif
