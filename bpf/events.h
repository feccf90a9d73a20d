/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Sends an event to each reader, and keeps it for the readers to come. Events are rare: only what
 * is stopped or logged is one.
 */
#ifndef ROOTFENCE_BPF_EVENTS_H
#define ROOTFENCE_BPF_EVENTS_H

#include "maps.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

static const struct scratch scratch_zero;

/* Room for the thread that is being judged; the caller gives it back. NULL: there is none. */
static __always_inline struct scratch *room_take(void)
{
	__u32 tid = (__u32)bpf_get_current_pid_tgid();

	bpf_map_update_elem(&scratch, &tid, &scratch_zero, BPF_ANY);
	return bpf_map_lookup_elem(&scratch, &tid);
}

static __always_inline void room_return(void)
{
	__u32 tid = (__u32)bpf_get_current_pid_tgid();

	bpf_map_delete_elem(&scratch, &tid);
}

static __always_inline struct abi_stats *stats_get(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&stats, &zero);
}

/*
 * First into `recent`, then to the readers: a reader gives its ring buffer before it reads `recent`,
 * so it has an event from there, from the ring buffer, or twice, which it can tell.
 */
static __always_inline void event_send(const struct abi_event *event)
{
	struct abi_stats *counters = stats_get();
	__u32 number;

	if (!counters)
		return; /* impossible: the map has one element */
	__sync_fetch_and_add(&counters->events, 1);
	/* Two events of the same instant can have one number: then one of them is kept. */
	number = (__u32) * (volatile __u64 *)&counters->events % ABI_RECENT;
	bpf_map_update_elem(&recent, &number, event, BPF_ANY);
	for (__u32 slot = 0; slot < ABI_READERS; slot++) {
		__u32 key = slot;
		void *ring = bpf_map_lookup_elem(&readers, &key);
		__u64 *count;

		if (!ring || bpf_ringbuf_output(ring, (void *)event, sizeof(*event), 0) == 0)
			continue;
		count = bpf_map_lookup_elem(&lost, &key);
		if (count)
			__sync_fetch_and_add(count, 1);
	}
}

/* What all events have in common. */
static __always_inline void event_begin(struct abi_event *event, struct task_struct *task)
{
	event->abi = GUARD_ABI;
	event->size = sizeof(*event);
	event->time = bpf_ktime_get_boot_ns();
	event->pid = (__u32)bpf_get_current_pid_tgid();
	event->tgid = bpf_get_current_pid_tgid() >> 32;
	event->ppid = (__u32)BPF_CORE_READ(task, real_parent, tgid);
	bpf_get_current_comm(event->comm, sizeof(event->comm));
}

#endif
