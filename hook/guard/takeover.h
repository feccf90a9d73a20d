/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The maps of the guard that another one replaces: those that it goes on with, and what it copies
 * of those that it cannot go on with. A map that was replaced at its pin is found by its id, as long
 * as a program of the old guard lives. One that is frozen is copied.
 */
#ifndef ROOTFENCE_GUARD_TAKEOVER_H
#define ROOTFENCE_GUARD_TAKEOVER_H

#include "base/err.h"
#include "guard/attach.h"
#include "guard/pins.h"
#include "guard/seal.h"

struct takeover {
	int shared[PIN_META]; /* descriptors; -1: there is none */
	int frozen[PIN_META];
};

/* takeover_open: looks for the maps of the guard at dir. What is not found is left out. */
void takeover_open(const char *dir, const struct seals *seals, struct takeover *ret_takeover);

/*
 * takeover_finish: copies what the new guard does not share, and puts back what was removed. NULL:
 * there is no old guard.
 */
int takeover_finish(const struct takeover *takeover, const struct attachment *attachment,
		    struct err *err);

void takeover_close(struct takeover *takeover);

#endif
