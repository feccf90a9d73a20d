/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Loads and attaches the programs at the best hook of this kernel, and proves that they are called.
 * It pins nothing: without attach_pin(), they end with this process.
 */
#ifndef ROOTFENCE_GUARD_ATTACH_H
#define ROOTFENCE_GUARD_ATTACH_H

#include "abi.h"
#include "base/err.h"

struct attachment;

/* attach_check_hook: checks that a hook of that name exists. Error: EXIT_USAGE. */
int attach_check_hook(const char *hook, struct err *err);

/*
 * attach_best: takes hook like guard_load(). *ret_meta has the hook, its level, and why no better
 * one is available. shares: the directory of a pinned guard of this ABI; the programs continue with
 * its containers, rules, events and counters. NULL: they begin with none. Fails with EXIT_GUARD if
 * no hook works; the message says why for each one.
 */
int attach_best(const char *hook, const char *shares, struct attachment **ret_attachment,
		struct abi_meta *ret_meta, struct err *err);

/* attach_pin: stores meta in its map and pins maps and links into the empty directory dir. */
int attach_pin(struct attachment *attachment, const char *dir, const struct abi_meta *meta,
	       struct err *err);

/* attach_free: closes everything; what is pinned stays in force. NULL is allowed. */
void attach_free(struct attachment *attachment);

#endif
