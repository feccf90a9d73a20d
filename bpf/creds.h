/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Reads the kernel's credentials into the form that decide.h compares. Decides nothing. */
#ifndef ROOTFENCE_BPF_CREDS_H
#define ROOTFENCE_BPF_CREDS_H

#include "kernel_types.h"
#include "abi.h"

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

#define MAP_EXTENTS_INLINE ABI_UID_MAP_UNSORTED /* longer maps are sorted, elsewhere */

/* The global uid of uid 0 in the namespace: make_kuid(ns, 0). */
static __always_inline __u32 userns_root(struct user_namespace *ns)
{
	__u32 count = BPF_CORE_READ(ns, uid_map.nr_extents);
	struct uid_gid_extent extent = { 0 };

	if (count > MAP_EXTENTS_INLINE) {
		struct uid_gid_extent *sorted = BPF_CORE_READ(ns, uid_map.forward);

		bpf_core_read(&extent, sizeof(extent), sorted);
		return extent.first == 0 ? extent.lower_first : ABI_NO_ID;
	}
	for (__u32 i = 0; i < MAP_EXTENTS_INLINE; i++) {
		if (i >= count)
			break;
		bpf_core_read(&extent, sizeof(extent), &ns->uid_map.extent[i]);
		if (extent.first == 0)
			return extent.lower_first;
	}
	return ABI_NO_ID;
}

static __always_inline __u64 words_join(const __u32 *words)
{
	return (__u64)words[1] << 32 | words[0];
}

static __always_inline void creds_read_caps(const struct cred *cred, struct abi_creds *ret_creds)
{
	const struct cred___words *old = (const void *)cred;
	__u32 words[2] = { 0 };

	if (bpf_core_field_exists(cred->cap_permitted.val)) {
		ret_creds->permitted = BPF_CORE_READ(cred, cap_permitted.val);
		ret_creds->effective = BPF_CORE_READ(cred, cap_effective.val);
		ret_creds->inheritable = BPF_CORE_READ(cred, cap_inheritable.val);
		ret_creds->bounding = BPF_CORE_READ(cred, cap_bset.val);
		ret_creds->ambient = BPF_CORE_READ(cred, cap_ambient.val);
		return;
	}
	bpf_core_read(words, sizeof(words), &old->cap_permitted.cap);
	ret_creds->permitted = words_join(words);
	bpf_core_read(words, sizeof(words), &old->cap_effective.cap);
	ret_creds->effective = words_join(words);
	bpf_core_read(words, sizeof(words), &old->cap_inheritable.cap);
	ret_creds->inheritable = words_join(words);
	bpf_core_read(words, sizeof(words), &old->cap_bset.cap);
	ret_creds->bounding = words_join(words);
	bpf_core_read(words, sizeof(words), &old->cap_ambient.cap);
	ret_creds->ambient = words_join(words);
}

static __always_inline void creds_read(const struct cred *cred, struct abi_creds *ret_creds)
{
	creds_read_caps(cred, ret_creds);
	ret_creds->uid = BPF_CORE_READ(cred, uid.val);
	ret_creds->euid = BPF_CORE_READ(cred, euid.val);
	ret_creds->suid = BPF_CORE_READ(cred, suid.val);
	ret_creds->gid = BPF_CORE_READ(cred, gid.val);
	ret_creds->egid = BPF_CORE_READ(cred, egid.val);
	ret_creds->root = userns_root(BPF_CORE_READ(cred, user_ns));
}

#define CREDS_OVER_CEILING 1
#define CREDS_HOST_ROOT 2

/* What of the runtime's privileges do these have? CREDS_*. */
static __always_inline int creds_of_runtime(const struct cred *cred, __u64 ceiling)
{
	struct abi_creds creds;
	int found = 0;

	creds_read_caps(cred, &creds);
	if (creds.permitted & ~ceiling)
		found |= CREDS_OVER_CEILING;
	if (BPF_CORE_READ(cred, uid.val) == 0)
		found |= CREDS_HOST_ROOT;
	return found;
}

#endif
