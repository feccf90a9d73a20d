/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Decides about one execve. Old and new credentials, the container's limits and the exec rule for
 * the path go in; an action and its reason come out. Pure: compiled into the BPF programs, the
 * binary and the unit tests. The caller reads the credentials, finds the container and the rule,
 * and knows what an action means at its hook.
 */
#ifndef ROOTFENCE_BPF_DECIDE_H
#define ROOTFENCE_BPF_DECIDE_H

#include "abi.h"

/* The kernel allows a BPF function five arguments; an inlined one may have any number. */
#define DECIDE_INLINE static inline __attribute__((always_inline))

/*
 * The task is the runtime's, in a container whose init has not called execve yet. It has the
 * runtime's privileges, to which the ceiling does not apply. A runtime gains none, so a gain is
 * still caught.
 */
#define DECIDE_RUNTIME 1u

/*
 * The task is in a user namespace that was made in the container, and the policy allows that. Its
 * capabilities, root included, are power over that namespace only, so they do not count.
 */
#define DECIDE_INNER_USERNS 2u

struct decide_verdict {
	__u64 gained;	    /* capabilities of the new credentials that the old ones lack */
	__u64 over;	    /* capabilities of other sets than ambient outside the ceiling */
	__u32 action;	    /* enum abi_action */
	__u32 reason;	    /* enum abi_reason; ABI_REASON_NONE: no predicate holds */
	__u32 becomes_root; /* euid becomes the root of the user namespace */
	__u32 host_root;    /* ends as host root where that counts */
};

DECIDE_INLINE int decide_is_host_root(const struct abi_creds *creds)
{
	return creds->uid == 0 || creds->euid == 0 || creds->suid == 0;
}

/*
 * Compares set by set: raising a permitted capability to effective is a gain too, because execve
 * did it and not the program that was trusted to lower it.
 */
DECIDE_INLINE __u64 decide_gained(const struct abi_creds *old, const struct abi_creds *now)
{
	return (now->permitted & ~old->permitted) | (now->effective & ~old->effective) |
	       (now->ambient & ~old->ambient);
}

/* Returning to the real id is not another identity: the kernel does it too when it downgrades. */
DECIDE_INLINE int decide_is_set_id(const struct abi_creds *old, const struct abi_creds *now)
{
	return (now->euid != old->euid && now->euid != old->uid) ||
	       (now->egid != old->egid && now->egid != old->gid);
}

/*
 * decide_imply_old: derives the old credentials where a hook sees only the new ones. secureexec is
 * the kernel's statement that execve elevated something: then everything is new that does not come
 * from the ambient set and the real ids. Without it nothing is new.
 */
DECIDE_INLINE void decide_imply_old(const struct abi_creds *now, int secureexec,
				    struct abi_creds *ret_old)
{
	*ret_old = *now;
	if (!secureexec)
		return;
	ret_old->permitted = now->ambient;
	ret_old->effective = now->ambient;
	ret_old->euid = now->uid;
	ret_old->suid = now->uid;
	ret_old->egid = now->gid;
}

/* The first predicate of the highest severity gives the reason. */
DECIDE_INLINE void decide_raise(struct decide_verdict *verdict, __u32 action, __u32 reason)
{
	if (verdict->reason != ABI_REASON_NONE && action <= verdict->action)
		return;
	verdict->action = action;
	verdict->reason = reason;
}

/*
 * A rule that allows covers only what it lists. It excuses host root only if this very execve led
 * to it, not a caller that is root already.
 */
DECIDE_INLINE int decide_rule_covers(const struct decide_verdict *verdict,
				     const struct abi_creds *old, const struct abi_rule *rule)
{
	if (verdict->gained & ~rule->capabilities)
		return 0;
	if (verdict->over & ~rule->capabilities)
		return 0;
	return !(verdict->host_root && decide_is_host_root(old));
}

/* decide_exec: rule may be NULL; flags are DECIDE_*. */
DECIDE_INLINE void decide_exec(const struct abi_creds *old, const struct abi_creds *now,
			       const struct abi_limits *limits, const struct abi_rule *rule,
			       __u32 flags, struct decide_verdict *ret_verdict)
{
	struct decide_verdict verdict = { 0 };

	if (!(flags & DECIDE_INNER_USERNS)) {
		verdict.gained = decide_gained(old, now);
		verdict.becomes_root = now->euid == now->root && old->euid != now->root;
	}
	/* A full bounding set is not power yet, but any set-user-ID binary makes it so. */
	if (!(flags & (DECIDE_RUNTIME | DECIDE_INNER_USERNS)))
		verdict.over = (now->permitted & ~limits->ceiling) |
			       ((now->bounding | now->inheritable) & ~limits->bounding);
	if (!(flags & DECIDE_RUNTIME))
		verdict.host_root = decide_is_host_root(now) ? 1 : 0;

	if (verdict.gained || verdict.becomes_root)
		decide_raise(&verdict, limits->exec_action, ABI_REASON_GAIN);
	else if (decide_is_set_id(old, now) && now->euid != 0)
		decide_raise(&verdict, limits->set_ids_action, ABI_REASON_SET_ID);
	if (verdict.over)
		decide_raise(&verdict, limits->ceiling_action, ABI_REASON_CEILING);
	if (verdict.host_root)
		decide_raise(&verdict, limits->root_action, ABI_REASON_ROOT);

	/* Rules count only where a predicate holds: an execve that gains nothing needs none. */
	if (rule && verdict.reason != ABI_REASON_NONE &&
	    (rule->action >= ABI_ERRNO || decide_rule_covers(&verdict, old, rule))) {
		verdict.action = rule->action;
		verdict.reason = ABI_REASON_RULE;
	}
	*ret_verdict = verdict;
}

#endif
