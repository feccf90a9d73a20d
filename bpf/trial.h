/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* One judgement: what it is made of, and how it is told. Decides nothing. */
#ifndef ROOTFENCE_BPF_TRIAL_H
#define ROOTFENCE_BPF_TRIAL_H

#include "abi.h"
#include "decide.h"
#include "events.h"
#include "maps.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

/* The data by which a process is judged; on the stack of the program. */
struct trial {
	struct abi_creds old_creds;
	struct abi_creds new_creds;
	struct decide_verdict verdict;
	__u64 rule_capabilities;
	__u32 difference; /* enum abi_promised */
	__u32 hook;
	__u32 flags;  /* ABI_EVENT_* */
	__u32 action; /* the action to take */
	__u32 errno_ret;
};

static __always_inline struct task_struct *current_task(void)
{
	return (struct task_struct *)bpf_get_current_task();
}

/* Reports the action before it is taken. The entry counts it even if nobody reads events. */
static __always_inline void report(struct abi_entry *entry, const struct trial *trial,
				   struct scratch *room, const char *filename)
{
	struct abi_event *event;

	if (trial->action == ABI_LOG)
		__sync_fetch_and_add(&entry->logged, 1);
	else
		__sync_fetch_and_add(&entry->denied, 1);
	if (!room) {
		struct abi_stats *counters = stats_get();

		if (counters)
			__sync_fetch_and_add(&counters->unwritten, 1);
		return;
	}
	event = &room->event;
	event_begin(event, current_task());
	event->old_creds = trial->old_creds;
	event->new_creds = trial->new_creds;
	event->gained = trial->verdict.gained;
	event->ceiling = entry->limits.ceiling;
	event->rule_capabilities = trial->rule_capabilities;
	event->action = trial->action;
	event->reason = trial->verdict.reason;
	event->hook = trial->hook;
	event->flags = trial->flags;
	event->errno_ret = trial->errno_ret;
	event->difference = trial->difference;
	__builtin_memcpy(event->id, entry->id, sizeof(event->id));
	if (trial->flags & ABI_EVENT_PATH)
		bpf_probe_read_kernel_str(event->path, sizeof(event->path), room->key.path);
	else if (filename)
		bpf_probe_read_kernel_str(event->path, sizeof(event->path), filename);
	event_send(event);
}

#endif
