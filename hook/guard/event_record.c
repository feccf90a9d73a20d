/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Decoding a record of the ring buffer. Pure and without libbpf: what is not exactly an event of
 * this ABI is refused, and nothing that a container wrote leaves a string unterminated.
 */
#include "guard/guard.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#include "abi.h"

static void creds_decode(const struct abi_creds *raw, struct guard_creds *ret_creds)
{
	*ret_creds = (struct guard_creds){
		.permitted = raw->permitted,
		.effective = raw->effective,
		.bounding = raw->bounding,
		.ambient = raw->ambient,
		.uid = raw->uid,
		.euid = raw->euid,
		.suid = raw->suid,
		.gid = raw->gid,
		.egid = raw->egid,
		.root = raw->root,
	};
}

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
	if (raw->pid > INT_MAX || raw->tgid > INT_MAX || raw->ppid > INT_MAX)
		return err_set(err, EPROTO, EXIT_GUARD,
			       "an event of the kernel guard has an impossible pid");
	if (raw->errno_ret > ABI_ERRNO_MAX)
		return err_set(err, EPROTO, EXIT_GUARD,
			       "an event of the kernel guard has the impossible error %u",
			       raw->errno_ret);
	return 0;
}

/* The kernel zeroes a record before it fills it, so bytes after the NUL byte are zero too. */
static void string_decode(char *ret_text, const char *raw, size_t size)
{
	size_t len = strnlen(raw, size - 1);

	memset(ret_text, 0, size);
	memcpy(ret_text, raw, len);
}

int guard_event_decode(const void *data, size_t size, struct guard_event *ret_event,
		       struct err *err)
{
	struct guard_event event = { 0 };
	struct abi_event raw;
	int ret;

	/* The kernel rounds nothing up: a record has the size that it was reserved with. */
	if (size != sizeof(raw))
		return err_set(err, EPROTO, EXIT_GUARD,
			       "an event of the kernel guard has %zu bytes instead of %zu", size,
			       sizeof(raw));
	memcpy(&raw, data, sizeof(raw));
	if (raw.abi != GUARD_ABI || raw.size != sizeof(raw))
		return err_set(err, EPROTO, EXIT_GUARD,
			       "an event of the kernel guard has version %u instead of %u", raw.abi,
			       GUARD_ABI);
	ret = event_check(&raw, err);
	if (ret < 0)
		return ret;

	event.time = raw.time;
	event.action = (enum guard_action)raw.action;
	event.reason = (enum guard_reason)raw.reason;
	event.hook = guard_hook_name(raw.hook);
	event.pid = (pid_t)raw.pid;
	event.tgid = (pid_t)raw.tgid;
	event.ppid = (pid_t)raw.ppid;
	event.errno_ret = raw.errno_ret;
	string_decode(event.comm, raw.comm, sizeof(event.comm));
	string_decode(event.id, raw.id, sizeof(event.id));
	string_decode(event.path, raw.path, sizeof(event.path));
	event.path_resolved = (raw.flags & ABI_EVENT_PATH) != 0;
	event.rule_matched = (raw.flags & ABI_EVENT_RULE) != 0;
	event.old_implied = (raw.flags & ABI_EVENT_OLD_IMPLIED) != 0;
	creds_decode(&raw.old_creds, &event.old_creds);
	creds_decode(&raw.new_creds, &event.new_creds);
	event.gained = raw.gained;
	event.ceiling = raw.ceiling;
	event.rule_capabilities = raw.rule_capabilities;
	*ret_event = event;
	return 0;
}
