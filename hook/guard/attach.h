/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Loads and attaches the programs at the best hook that the kernel gives, and proves that they are
 * called. Nothing is pinned yet: without attach_pin() all is gone with the process.
 */
#ifndef ROOTFENCE_GUARD_ATTACH_H
#define ROOTFENCE_GUARD_ATTACH_H

#include "abi.h"
#include "base/err.h"

struct attachment;

/* attach_check_hook: is there a hook of that name? Error: EXIT_USAGE. */
int attach_check_hook(const char *hook, struct err *err);

/*
 * attach_best: hook as guard_load() takes it. *ret_meta tells hook, level and why no better one is
 * there. shares: directory of a pinned guard of this ABI whose containers, rules, events and
 * counters the programs go on with; NULL: they begin with none. Fails with EXIT_GUARD when no hook
 * can be had, the sentence telling what each one said.
 */
int attach_best(const char *hook, const char *shares, struct attachment **ret_attachment,
		struct abi_meta *ret_meta, struct err *err);

/* attach_pin: stores meta in its map and pins maps and links into the empty directory dir. */
int attach_pin(struct attachment *attachment, const char *dir, const struct abi_meta *meta,
	       struct err *err);

/* attach_free: closes all; what has been pinned stays in force. NULL is allowed. */
void attach_free(struct attachment *attachment);

#endif
