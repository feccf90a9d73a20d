/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads a record of the ring buffer. Pure and without libbpf. Anything but an event of exactly this
 * ABI is refused, and no bytes of a container leave a string without its end.
 */
#include "guard/guard.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

static int event_check(const struct abi_event *raw, struct err *err)
{
	if (raw->action < ABI_LOG || raw->action > ABI_KILL)
		return err_set(err, EPROTO, EXIT_GUARD,
			       "an event of the kernel guard has the unknown action %u",
			       raw->action);
	if (raw->reason == ABI_REASON_NONE || raw->reason >= ABI_REASON_COUNT)
		return err_set(err, EPROTO, EXIT_GUARD,
			       "an event of the kernel guard has the unknown reason %u",
			       raw->reason);
	if (raw->hook == ABI_HOOK_NONE || raw->hook >= ABI_HOOK_COUNT)
		return err_set(err, EPROTO, EXIT_GUARD,
			       "an event of the kernel guard has the unknown hook %u", raw->hook);
	if (raw->pid > INT_MAX || raw->tgid > INT_MAX || raw->ppid > INT_MAX ||
	    raw->starter > INT_MAX)
		return err_set(err, EPROTO, EXIT_GUARD,
			       "an event of the kernel guard has an impossible pid");
	if (raw->difference >> ABI_PROMISED_COUNT != 0 ||
	    (raw->reason == ABI_REASON_PROMISE && raw->difference == 0))
		return err_set(err, EPROTO, EXIT_GUARD,
			       "an event of the kernel guard has the unknown difference %#x",
			       raw->difference);
	if (raw->errno_ret > ABI_ERRNO_MAX)
		return err_set(err, EPROTO, EXIT_GUARD,
			       "an event of the kernel guard has the impossible error %u",
			       raw->errno_ret);
	return 0;
}

/* The kernel zeroes a record before it fills it; the copy, too, has only zeros after a string. */
static void terminate(char *text, size_t size)
{
	size_t len = strnlen(text, size - 1);

	memset(text + len, 0, size - len);
}

int guard_event_read(const void *data, size_t size, struct abi_event *ret_event, struct err *err)
{
	struct abi_event event;
	int ret;

	/* The kernel does not round up: a record has the size that was reserved for it. */
	if (size != sizeof(event))
		return err_set(err, EPROTO, EXIT_GUARD,
			       "an event of the kernel guard has %zu bytes instead of %zu", size,
			       sizeof(event));
	memcpy(&event, data, sizeof(event));
	if (event.abi != GUARD_ABI || event.size != sizeof(event))
		return err_set(err, EPROTO, EXIT_GUARD,
			       "an event of the kernel guard has version %u instead of %u",
			       event.abi, GUARD_ABI);
	ret = event_check(&event, err);
	if (ret < 0)
		return ret;
	terminate(event.comm, sizeof(event.comm));
	terminate(event.starter_comm, sizeof(event.starter_comm));
	terminate(event.id, sizeof(event.id));
	terminate(event.path, sizeof(event.path));
	*ret_event = event;
	return 0;
}
