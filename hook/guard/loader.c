/* SPDX-License-Identifier: Apache-2.0 */
/* Loads and unloads: one guard for a directory, under a lock, as a whole or not at all. */
#include "guard/guard.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "guard/attach.h"
#include "guard/container.h"
#include "guard/lock.h"
#include "guard/pins.h"

/* The loaded guard stays in force until the new one is: for a moment both are called. */
static int load_locked(const char *dir, const char *hook, const struct abi_meta *loaded,
		       struct err *err)
{
	struct attachment *attachment = NULL;
	char temp[PINS_PATH_MAX];
	struct abi_meta meta;
	int ret;

	ret = attach_best(hook, loaded != NULL ? dir : NULL, &attachment, &meta, err);
	if (ret < 0)
		return ret;
	if (loaded != NULL && meta.level < loaded->level)
		ret = err_set(
			err, ENOTSUP, EXIT_GUARD,
			"the loaded guard stays: it gives '%s', and the new one would '%s': %s",
			guard_level_name((enum guard_level)loaded->level),
			guard_level_name((enum guard_level)meta.level), meta.reason);
	meta.in_use = loaded != NULL; /* a container may be registering now */
	if (ret == 0)
		ret = pins_begin(dir, temp, err);
	if (ret == 0) {
		ret = attach_pin(attachment, temp, &meta, err);
		if (ret == 0)
			ret = loaded != NULL ? pins_exchange(temp, dir, err)
					     : pins_publish(temp, dir, err);
		if (ret < 0)
			pins_discard(temp);
	}
	attach_free(attachment);
	return ret;
}

int guard_load(const char *dir, const char *hook, enum guard_load_mode mode,
	       enum guard_loaded *ret_loaded, struct err *err)
{
	auto_close int lock = -1;
	struct abi_meta meta;
	struct err missing;
	bool found;
	int ret;

	ret = hook != NULL ? attach_check_hook(hook, err) : 0;
	if (ret == 0)
		ret = identity_check_host(err);
	if (ret < 0)
		return ret;
	/* A guard is there as a whole or not at all, so looking at it needs no lock. */
	found = mode == GUARD_LOAD_ONCE && pins_read_meta(dir, &meta, NULL, &missing) == 0;
	if (!found) {
		ret = lock_take(dir, "guard", LOCK_EXCLUSIVE, &lock, err);
		if (ret < 0)
			return ret;
		ret = pins_read_meta(dir, &meta, NULL, &missing);
		found = ret == 0;
	}
	if (found && mode == GUARD_LOAD_ONCE) {
		*ret_loaded = GUARD_WAS_LOADED;
		return 0;
	}
	if (ret < 0 && ret != -ENOENT) {
		*err = missing;
		return ret;
	}
	ret = load_locked(dir, hook, found ? &meta : NULL, err);
	if (ret < 0)
		return ret;
	*ret_loaded = found ? GUARD_REPLACED : GUARD_LOADED;
	return 0;
}

int guard_unload(const char *dir, bool *ret_unloaded, struct err *err)
{
	auto_close int lock = -1;
	int ret;

	ret = lock_take(dir, "guard", LOCK_EXCLUSIVE, &lock, err);
	if (ret < 0)
		return ret;
	return pins_remove(dir, ret_unloaded, err);
}
