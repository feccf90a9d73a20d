/* SPDX-License-Identifier: Apache-2.0 */
/* Ranges of uids or gids, as policies and annotations spell them. */
#ifndef ROOTFENCE_POLICY_ID_RANGES_H
#define ROOTFENCE_POLICY_ID_RANGES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

#define ID_RANGES_MAX 64U /* every id is held against every range */

struct id_ranges {
	struct {
		uint32_t first, last;
	} items[ID_RANGES_MAX];
	size_t n;
};

/*
 * id_ranges_add: adds the ranges of a text, separated by commas: "FIRST-LAST", "FIRST/COUNT" as
 * OpenShift writes them, or "ID". False when it is none, or too many; then ranges is undefined.
 */
bool id_ranges_add(struct id_ranges *ranges, struct str text);

bool id_ranges_have(const struct id_ranges *ranges, uint32_t id);

/*
 * id_ranges_nearest: the id of the ranges nearest to id, the lower of two as near; never 0: nobody
 * becomes root because that is near. False when there is none.
 */
bool id_ranges_nearest(const struct id_ranges *ranges, uint32_t id, uint32_t *ret_id);

/* id_ranges_text: "1000-65534, 7", or "none". */
const char *id_ranges_text(struct arena *arena, const struct id_ranges *ranges);

#endif
