/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The maps. Those named in abi.h are pinned. scratch, exiting and condemned belong to the programs
 * alone, and so do the variables, of which the loader reaches those of the self-test through the
 * skeleton.
 */
#ifndef ROOTFENCE_BPF_MAPS_H
#define ROOTFENCE_BPF_MAPS_H

#include "abi.h"

#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 65536);
	__type(key, struct abi_key);
	__type(value, struct abi_entry);
} containers SEC(".maps");

/*
 * What `containers` must have: a copy of each entry, made after the entry and removed before it.
 * User space compares the two, so an entry that somebody removes or widens is noticed, and can be put
 * back. The witness tells an emptied map from an empty one.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 65536);
	__type(key, struct abi_key);
	__type(value, struct abi_entry);
} roster SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 1024);
	__type(key, __u32); /* global pid of the runtime */
	__type(value, struct abi_restore);
} restores SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 16384);
	__type(key, struct abi_rule_key);
	__type(value, struct abi_rule);
} rules SEC(".maps");

/*
 * Each reader of events has a ring buffer of its own, which it makes itself: a reader that is slow
 * or dead loses nothing for another one.
 */
struct reader_ring {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, ABI_RING_SIZE);
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, ABI_READERS);
	__type(key, __u32);
	__array(values, struct reader_ring);
} readers SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, ABI_READERS);
	__type(key, __u32);
	__type(value, __u64);
} lost SEC(".maps");

/* A hash table, because it replaces a value as a whole: nobody reads half an event. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, ABI_RECENT);
	__type(key, __u32);
	__type(value, struct abi_event);
} recent SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct abi_stats);
} stats SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct abi_host);
} host SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, ABI_EXEMPT_NODES);
	__type(key, struct abi_exempt_key);
	__type(value, struct abi_exempt);
} exempt SEC(".maps");

/* Namespaces of containers that nobody registered; those not seen for longest make room. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, struct abi_key);
	__type(value, struct abi_unregistered);
} unregistered SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct abi_meta);
} meta SEC(".maps");

/*
 * Room to build a path and an event in, one for each thread that is being judged. A program can be
 * preempted by another execve on the same CPU, which could overwrite per-CPU memory between walk and lookup.
 * Preallocated, so that memory pressure cannot turn an allowed execve into a denied one.
 */
struct scratch {
	struct abi_rule_key key;
	char buf[2 * ABI_PATH_MAX]; /* filled backwards from the middle */
	struct abi_event event;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 128);
	__type(key, __u32); /* pid of the thread */
	__type(value, struct scratch);
} scratch SEC(".maps");

/* Inits of guarded pid namespaces, from their exit to the end of their namespace. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 65536);
	__type(key, __u32); /* global pid */
	__type(value, struct abi_key);
} exiting SEC(".maps");

/*
 * Restored threads that may not live, from the moment when CRIU lets them go to their first step.
 * Preallocated: full is the only way in which it can fail, and then the wrapper kills.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, __u32);   /* global pid of the thread */
	__type(value, __u64); /* its start time: pids are reused */
} condemned SEC(".maps");

volatile __u32 n_condemned; /* how many, or more: 0 is certain */

volatile __u32 selftest_tgid;	     /* 0: no self-test */
volatile __u32 selftest_exec_hits;   /* execve seen at the attached hook */
volatile __u32 selftest_userns_hits; /* new user namespace seen */

#endif
