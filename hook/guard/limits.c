/* SPDX-License-Identifier: Apache-2.0 */
/* See limits.h. */
#include "guard/limits.h"

#include <stddef.h>
#include <string.h>

#include "base/cleanup.h"

/* The actions that a rule may take the place of. */
#define RULED 4

static const size_t actions[] = {
	offsetof(struct abi_limits, exec_action),   offsetof(struct abi_limits, ceiling_action),
	offsetof(struct abi_limits, root_action),   offsetof(struct abi_limits, set_ids_action),
	offsetof(struct abi_limits, userns_action),
};

static __u32 action_of(const struct abi_limits *limits, size_t i)
{
	return *(const __u32 *)((const char *)limits + actions[i]);
}

bool limits_within(const struct abi_limits *now, const struct abi_limits *old)
{
	for (size_t i = 0; i < ARRAY_SIZE(actions); i++)
		if (action_of(now, i) < action_of(old, i))
			return false;
	return (now->ceiling & ~old->ceiling) == 0 && (now->bounding & ~old->bounding) == 0;
}

void limits_narrow(struct abi_limits *limits, const struct abi_limits *outer)
{
	for (size_t i = 0; i < ARRAY_SIZE(actions); i++) {
		__u32 *action = (__u32 *)((char *)limits + actions[i]);

		if (*action < action_of(outer, i))
			*action = action_of(outer, i);
	}
	limits->ceiling &= outer->ceiling;
	limits->bounding &= outer->bounding;
}

void promise_narrow(struct abi_promise *promise, const struct abi_promise *other)
{
	promise->flags &= other->flags;
	promise->others &= other->others;
	if (memcmp(promise->uid_map, other->uid_map, sizeof(promise->uid_map)) != 0)
		promise->flags &= ~(__u32)ABI_PROMISED_UID_MAP;
	if (promise->filters > other->filters)
		promise->filters = other->filters;
}

static __u32 mildest(const struct abi_limits *limits)
{
	__u32 found = ABI_KILL;

	for (size_t i = 0; i < RULED; i++)
		if (action_of(limits, i) < found)
			found = action_of(limits, i);
	return found;
}

static __u32 strictest(const struct abi_limits *limits)
{
	__u32 found = ABI_ALLOW;

	for (size_t i = 0; i < RULED; i++)
		if (action_of(limits, i) > found)
			found = action_of(limits, i);
	return found;
}

void limits_narrow_rule(struct abi_rule *rule, const struct abi_limits *both,
			const struct abi_limits *outer)
{
	if (rule->action < strictest(outer))
		rule->action = strictest(both);
}

/* Does a covers some execve of its path that b, which may be NULL, does not? */
static bool covers_more(const struct abi_rule *a, const struct abi_rule *b)
{
	__u64 most = a->action >= ABI_ERRNO ? ~0ULL : a->capabilities;

	if (b == NULL)
		return true;
	return b->action < ABI_ERRNO && (most & ~b->capabilities) != 0;
}

bool limits_rule_within(const struct abi_limits *now, const struct abi_rule *now_rule,
			const struct abi_limits *old, const struct abi_rule *old_rule)
{
	if (now_rule != NULL && old_rule != NULL && now_rule->action < old_rule->action)
		return false;
	if (now_rule != NULL && covers_more(now_rule, old_rule) &&
	    now_rule->action < strictest(old))
		return false;
	return old_rule == NULL || !covers_more(old_rule, now_rule) ||
	       mildest(now) >= old_rule->action;
}
