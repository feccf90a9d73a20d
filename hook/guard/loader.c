/* SPDX-License-Identifier: Apache-2.0 */
/* Loads and unloads: one guard for a directory, under a lock, as a whole or not at all. */
#include "guard/guard.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "guard/attach.h"
#include "guard/container.h"
#include "guard/lock.h"
#include "guard/pins.h"
#include "guard/seal.h"
#include "guard/takeover.h"
#include "guard/unregistered.h"
#include "guard/verify.h"

/* The seal is written before the guard can be seen, and the one of the old guard stays until then. */
static int publish(const char *dir, struct attachment *attachment, const struct abi_meta *meta,
		   struct seals *seals, struct err *err)
{
	struct seals both = { .n = seals->n > 0 ? 2 : 1 };
	struct seals own = { .n = 1 };
	char temp[PINS_PATH_MAX];
	int ret = pins_begin(dir, temp, err);

	if (ret < 0)
		return ret;
	ret = attach_pin(attachment, temp, meta, &own.items[0], err);
	if (ret == 0) {
		if (seals->n > 0)
			both.items[0] = seals->items[seals->n - 1];
		both.items[both.n - 1] = own.items[0];
		ret = seals_write(dir, &both, err);
	}
	if (ret == 0)
		ret = pins_exist(dir) ? pins_exchange(temp, dir, err)
				      : pins_publish(temp, dir, err);
	if (ret < 0) {
		pins_discard(temp);
		return ret;
	}
	own.items[0].published = 1;
	return seals_write(dir, &own, err);
}

static int host_begin(const struct attachment *attachment, struct err *err)
{
	struct abi_host host;
	__u32 zero = 0;
	int ret = unregistered_fill_host(&host, err);

	if (ret < 0)
		return ret;
	ret = bpf_map_update_elem(attach_map(attachment, PIN_HOST), &zero, &host, BPF_ANY);
	return ret < 0 ? err_set_system(err, -ret, "cannot write the guard's host map") : 0;
}

/*
 * The loaded guard stays in force until the new one is: for a moment both are called. loaded: what
 * it says about itself; NULL if there is none, or none that can be read.
 */
static int load_locked(const char *dir, const char *hook, const struct abi_meta *loaded,
		       struct seals *seals, struct err *err)
{
	bool replaces = loaded != NULL || pins_exist(dir);
	struct attachment *attachment = NULL;
	struct takeover takeover;
	struct abi_meta meta;
	int ret;

	if (replaces)
		takeover_open(dir, seals, &takeover);
	ret = attach_best(hook, replaces ? takeover.shared : NULL, &attachment, &meta, err);
	if (ret == 0 && loaded != NULL && meta.level < loaded->level)
		ret = err_set(
			err, ENOTSUP, EXIT_GUARD,
			"the loaded guard stays: it gives '%s', and the new one would '%s': %s",
			guard_level_name((enum guard_level)loaded->level),
			guard_level_name((enum guard_level)meta.level), meta.reason);
	meta.in_use = replaces; /* a container may be registering now */
	if (ret == 0 && (!replaces || takeover.shared[PIN_HOST] < 0))
		ret = host_begin(attachment, err);
	if (ret == 0)
		ret = takeover_finish(replaces ? &takeover : NULL, attachment, err);
	if (ret == 0)
		ret = publish(dir, attachment, &meta, seals, err);
	if (replaces)
		takeover_close(&takeover);
	attach_free(attachment);
	return ret;
}

/*
 * Under the lock: is there a guard, and may this mode have another one? *ret_found: there is one
 * whose meta map can be read.
 */
static int look(const char *dir, enum guard_load_mode mode, struct abi_meta *meta,
		struct seals *seals, bool *ret_found, struct err *err)
{
	int ret = pins_read_meta(dir, meta, NULL, err);
	struct err why;

	*ret_found = ret == 0;
	if (ret < 0 && ret != -ENOENT && ret != -EPROTO)
		return ret;
	if (seals_read(dir, seals, &why) < 0)
		seals->n = 0;
	/* With a seal of this version, another version in meta is not what was loaded. */
	if (ret == -EPROTO && !seals_published(seals))
		return ret;
	if (mode == GUARD_LOAD_ONCE && ret < 0 && seals_published(seals))
		return verify_locked(dir, err);
	if (seals->n > 0)
		*meta = seals->items[seals->n - 1].meta; /* the pinned one may have been changed */
	return 0;
}

int guard_load(const char *dir, const char *hook, enum guard_load_mode mode,
	       enum guard_loaded *ret_loaded, struct err *err)
{
	auto_close int lock = -1;
	struct seals seals = { 0 };
	struct abi_meta meta;
	struct err missing;
	bool found = false;
	int ret;

	ret = hook != NULL ? attach_check_hook(hook, err) : 0;
	if (ret == 0)
		ret = identity_check_host(err);
	if (ret < 0)
		return ret;
	/* A guard is there as a whole or not at all, so looking at it needs no lock. */
	if (mode == GUARD_LOAD_ONCE && pins_read_meta(dir, &meta, NULL, &missing) == 0) {
		*ret_loaded = GUARD_WAS_LOADED;
		return 0;
	}
	ret = lock_take(dir, "guard", LOCK_EXCLUSIVE, &lock, err);
	if (ret == 0)
		ret = look(dir, mode, &meta, &seals, &found, err);
	if (ret < 0)
		return ret;
	if (found && mode == GUARD_LOAD_ONCE) {
		*ret_loaded = GUARD_WAS_LOADED;
		return 0;
	}
	found = found || seals_published(&seals);
	ret = load_locked(dir, hook, found ? &meta : NULL, &seals, err);
	if (ret == 0)
		*ret_loaded = found ? GUARD_REPLACED : GUARD_LOADED;
	return ret;
}

int guard_unload(const char *dir, bool *ret_unloaded, struct err *err)
{
	auto_close int lock = -1;
	struct seals seals;
	struct err ignored;
	int ret;

	ret = lock_take(dir, "guard", LOCK_EXCLUSIVE, &lock, err);
	if (ret < 0)
		return ret;
	/* From here on a missing guard is one that is being unloaded. */
	if (seals_read(dir, &seals, &ignored) == 0 && seals.n > 0) {
		for (size_t i = 0; i < seals.n; i++)
			seals.items[i].published = 0;
		ret = seals_write(dir, &seals, err);
	}
	if (ret == 0)
		ret = pins_remove(dir, ret_unloaded, err);
	if (ret == 0)
		seals_remove(dir);
	return ret;
}
