/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The decision on one execve: more power, or less room for it, never gets a milder answer; and user
 * space decides as the programs do.
 */
#include <string.h>

#include "abi.h"
#include "decide.h"
#include "fuzz.h"
#include "guard/guard.h"

struct input {
	const uint8_t *data;
	size_t size;
};

/* Returns 0 after the end, so that short inputs decide something, too. */
static uint8_t take(struct input *in)
{
	if (in->size == 0)
		return 0;
	in->size--;
	return *in->data++;
}

/* A set from few bytes, with bits in both words. Most sets are empty, full or of one capability. */
static uint64_t take_set(struct input *in)
{
	uint8_t kind = take(in);

	if (kind < 64)
		return 0;
	if (kind < 128)
		return UINT64_C(1) << kind % 64;
	if (kind < 160)
		return UINT64_MAX;
	return (uint64_t)take(in) << kind % 56;
}

/* Few ids, so that they are often the same. */
static uint32_t take_id(struct input *in)
{
	static const uint32_t ids[] = { 0, 1000, 100000, 100001, ABI_NO_ID, 65534, 1, 2147483648 };

	return ids[take(in) % ARRAY_SIZE(ids)];
}

static struct abi_creds take_creds(struct input *in)
{
	struct abi_creds creds = { 0 };

	creds.permitted = take_set(in);
	creds.effective = take_set(in);
	creds.inheritable = take_set(in);
	creds.bounding = take_set(in);
	creds.ambient = take_set(in);
	creds.uid = take_id(in);
	creds.euid = take_id(in);
	creds.suid = take_id(in);
	creds.gid = take_id(in);
	creds.egid = take_id(in);
	creds.root = take_id(in);
	return creds;
}

static __u32 take_action(struct input *in)
{
	return take(in) % (ABI_KILL + 1);
}

struct scene {
	struct abi_creds old, now;
	struct abi_limits limits;
	struct guard_rule rule; /* for /bin/x */
};

static struct decide_verdict decide(const struct scene *scene, const char *path)
{
	struct decide_verdict decision;

	guard_decide(&scene->limits, &(struct guard_rules){ &scene->rule, 1 }, path, &scene->old,
		     &scene->now, &decision);
	return decision;
}

static bool has_host_root(const struct abi_creds *creds)
{
	return creds->uid == 0 || creds->euid == 0 || creds->suid == 0;
}

/* What is above the ceiling. */
static uint64_t above(const struct scene *scene)
{
	const struct abi_creds *now = &scene->now;

	return (now->permitted & ~scene->limits.ceiling) |
	       ((now->bounding | now->inheritable) & ~scene->limits.bounding);
}

/* Properties of one decision without a rule. */
static void check_plain(const struct scene *scene, const struct decide_verdict *plain)
{
	const struct abi_creds *old = &scene->old, *now = &scene->now;
	const struct abi_limits *limits = &scene->limits;
	uint64_t gained = (now->permitted & ~old->permitted) | (now->effective & ~old->effective) |
			  (now->ambient & ~old->ambient);
	bool gains = gained != 0 || (now->euid == now->root && old->euid != now->root);
	bool over = above(scene) != 0;

	must(plain->gained == gained, "gained %llx", (unsigned long long)plain->gained);
	must(!gains || plain->action >= limits->exec_action, "a gain: %u", plain->action);
	must(!over || plain->action >= limits->ceiling_action, "over: %u", plain->action);
	must(!has_host_root(now) || plain->action >= limits->root_action, "root: %u",
	     plain->action);
	must(gains || over || has_host_root(now) || plain->reason == ABI_REASON_NONE ||
		     plain->reason == ABI_REASON_SET_ID,
	     "reason %u for nothing", plain->reason);
	must(plain->reason != ABI_REASON_NONE || plain->action == ABI_ALLOW,
	     "action %u for nothing", plain->action);
	must(plain->reason != ABI_REASON_SET_ID || now->euid != old->euid || now->egid != old->egid,
	     "set-id without another id");
	must(plain->reason != ABI_REASON_RULE, "a rule that is not there");
}

/* Unless set-id is treated more severely than a gain, more power never gets a milder answer. */
static void check_order(const struct scene *scene, const struct decide_verdict *plain,
			struct input *in)
{
	struct scene other = *scene;

	if (scene->limits.set_ids_action > scene->limits.exec_action)
		return;
	other.now.permitted |= take_set(in);
	other.now.effective |= take_set(in);
	other.now.ambient |= take_set(in);
	other.now.bounding |= take_set(in);
	other.now.inheritable |= take_set(in);
	must(decide(&other, "/other").action >= plain->action, "more power: %u", plain->action);
	other = *scene;
	other.old.permitted |= take_set(in);
	other.old.effective |= take_set(in);
	other.old.ambient |= take_set(in);
	must(decide(&other, "/other").action <= plain->action, "less gain: %u", plain->action);
	other = *scene;
	other.limits.ceiling |= take_set(in);
	other.limits.bounding |= take_set(in);
	must(decide(&other, "/other").action <= plain->action, "more room: %u", plain->action);
}

static void check_rule(const struct scene *scene, const struct decide_verdict *plain)
{
	struct decide_verdict ruled = decide(scene, scene->rule.path);
	bool listed = ((ruled.gained | above(scene)) & ~scene->rule.rule.capabilities) == 0;
	bool stays_root = has_host_root(&scene->old) && has_host_root(&scene->now);

	if (plain->reason == ABI_REASON_NONE ||
	    (scene->rule.rule.action <= ABI_LOG && (!listed || stays_root)))
		must(ruled.action == plain->action && ruled.reason == plain->reason,
		     "a rule lets through what it does not list: %u", ruled.action);
	else
		must(ruled.action == scene->rule.rule.action && ruled.reason == ABI_REASON_RULE,
		     "the rule says %u, not %u", scene->rule.rule.action, ruled.action);
}

/* The conclusions about old credentials by a hook that sees only new ones. */
static void check_implied(const struct scene *scene)
{
	const struct abi_creds now = scene->now;
	struct abi_creds old;

	decide_imply_old(&now, 0, &old);
	must(decide_gained(&old, &now) == 0 && !decide_is_set_id(&old, &now),
	     "a gain that the kernel knows nothing of");
	decide_imply_old(&now, 1, &old);
	must((decide_gained(&old, &now) & now.ambient & now.permitted & now.effective) == 0,
	     "ambient capabilities are kept, not gained");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	struct scene scene = { 0 };
	struct decide_verdict plain;

	scene.old = take_creds(&in);
	scene.now = take_creds(&in);
	scene.limits.ceiling = take_set(&in);
	scene.limits.bounding = take_set(&in);
	scene.limits.exec_action = take_action(&in);
	scene.limits.ceiling_action = take_action(&in);
	scene.limits.root_action = take_action(&in);
	scene.limits.set_ids_action = take_action(&in);
	scene.limits.errno_ret = 1;
	scene.rule.path = "/bin/x";
	scene.rule.rule.capabilities = take_set(&in);
	scene.rule.rule.action = take_action(&in);
	plain = decide(&scene, "/other");
	check_plain(&scene, &plain);
	check_order(&scene, &plain, &in);
	check_rule(&scene, &plain);
	check_implied(&scene);
	return 0;
}
