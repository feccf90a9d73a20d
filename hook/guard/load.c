/* SPDX-License-Identifier: Apache-2.0 */
/* Loading and unloading: one guard for a directory, under a lock, whole or not at all. */
#include "guard/guard.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "guard/attach.h"
#include "guard/identity.h"
#include "guard/lock.h"
#include "guard/pins.h"

static int load_locked(const char *dir, const char *hook, struct err *err)
{
	struct attachment *attachment = NULL;
	char temp[PINS_PATH_MAX];
	struct abi_meta meta;
	int ret;

	ret = attach_best(hook, &attachment, &meta, err);
	if (ret < 0)
		return ret;
	ret = pins_begin(dir, temp, err);
	if (ret == 0) {
		ret = attach_pin(attachment, temp, &meta, err);
		if (ret == 0)
			ret = pins_publish(temp, dir, err);
		if (ret < 0)
			pins_discard(temp);
	}
	attach_free(attachment);
	return ret;
}

int guard_load(const char *dir, const char *hook, bool *ret_loaded, struct err *err)
{
	auto_close int lock = -1;
	struct abi_meta meta;
	struct err missing;
	int ret;

	ret = identity_check_host(err);
	if (ret < 0)
		return ret;
	ret = lock_take(dir, "guard", LOCK_EXCLUSIVE, &lock, err);
	if (ret < 0)
		return ret;
	ret = pins_read_meta(dir, &meta, NULL, &missing);
	if (ret == 0) {
		*ret_loaded = false;
		return 0;
	}
	if (ret != -ENOENT) {
		*err = missing;
		return ret;
	}
	ret = load_locked(dir, hook, err);
	if (ret < 0)
		return ret;
	*ret_loaded = true;
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
