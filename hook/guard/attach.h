/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Loads and attaches the programs at the best hook of this kernel, and proves that they are called.
 * It pins nothing: without attach_pin(), they end with this process.
 */
#ifndef ROOTFENCE_GUARD_ATTACH_H
#define ROOTFENCE_GUARD_ATTACH_H

#include "abi.h"
#include "base/err.h"
#include "guard/pins.h"
#include "guard/seal.h"

struct attachment;

/* attach_check_hook: checks that a hook of that name exists. Error: EXIT_USAGE. */
int attach_check_hook(const char *hook, struct err *err);

/*
 * attach_best: takes hook like guard_load(). *ret_meta has the hook, its level, and why no better
 * one is available. shared: descriptors of the maps before PIN_META that the programs continue
 * with; -1: with a new one. NULL: with new ones. Fails with EXIT_GUARD if no hook works; the message
 * says why for each one.
 */
int attach_best(const char *hook, const int shared[PIN_META], struct attachment **ret_attachment,
		struct abi_meta *ret_meta, struct err *err);

/* attach_map: the descriptor of a map; it belongs to the attachment. */
int attach_map(const struct attachment *attachment, enum pin_map map);

/*
 * attach_pin: stores meta in its map, pins maps and links into the empty directory dir, and fills
 * *ret_seal.
 */
int attach_pin(struct attachment *attachment, const char *dir, const struct abi_meta *meta,
	       struct seal *ret_seal, struct err *err);

/* attach_free: closes everything; what is pinned stays in force. NULL is allowed. */
void attach_free(struct attachment *attachment);

#endif
