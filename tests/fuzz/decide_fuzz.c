/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The decision on one execve: what it does not say is that more power, or less room for it, is ever
 * answered more mildly; and what user space decides is what the programs decide.
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

/* 0 behind the end: short inputs decide something too. */
static uint8_t take(struct input *in)
{
	if (in->size == 0)
		return 0;
	in->size--;
	return *in->data++;
}

/* A set with bits in both words, of few bytes: most sets are empty, full or of one capability. */
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

/* Few, so that they are often the same. */
static uint32_t take_id(struct input *in)
{
	static const uint32_t ids[] = { 0, 1000, 100000, 100001, ABI_NO_ID, 65534, 1, 2147483648 };

	return ids[take(in) % ARRAY_SIZE(ids)];
}

static struct guard_creds take_creds(struct input *in)
{
	struct guard_creds creds = { 0 };

	creds.permitted = take_set(in);
	creds.effective = take_set(in);
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

static enum guard_action take_action(struct input *in)
{
	return (enum guard_action)(take(in) % (GUARD_KILL_PROCESS + 1));
}

struct scene {
	struct guard_creds old, now;
	struct guard_limits limits;
	struct guard_exec_rule rule;
};

static struct guard_decision decide(const struct scene *scene, const char *path)
{
	struct guard_decision decision;

	guard_decide(&scene->limits, path, &scene->old, &scene->now, &decision);
	return decision;
}

static bool has_host_root(const struct guard_creds *creds)
{
	return creds->uid == 0 || creds->euid == 0 || creds->suid == 0;
}

/* What holds of one decision that no rule takes part in. */
static void check_plain(const struct scene *scene, const struct guard_decision *plain)
{
	const struct guard_creds *old = &scene->old, *now = &scene->now;
	const struct guard_limits *limits = &scene->limits;
	uint64_t gained = (now->permitted & ~old->permitted) | (now->effective & ~old->effective) |
			  (now->ambient & ~old->ambient);
	bool gains = gained != 0 || (now->euid == now->root && old->euid != now->root);
	bool over = (now->permitted & ~limits->ceiling) != 0 ||
		    (now->bounding & ~limits->bounding) != 0;

	must(plain->gained == gained, "gained %llx", (unsigned long long)plain->gained);
	must(!gains || plain->action >= limits->exec_action, "a gain: %d", plain->action);
	must(!over || plain->action >= limits->ceiling_action, "over: %d", plain->action);
	must(!has_host_root(now) || plain->action >= limits->root_action, "root: %d",
	     plain->action);
	must(gains || over || has_host_root(now) || plain->reason == GUARD_REASON_NONE ||
		     plain->reason == GUARD_REASON_SET_ID,
	     "reason %d for nothing", plain->reason);
	must(plain->reason != GUARD_REASON_NONE || plain->action == GUARD_ALLOW,
	     "action %d for nothing", plain->action);
	must(plain->reason != GUARD_REASON_SET_ID || now->euid != old->euid ||
		     now->egid != old->egid,
	     "set-id without another id");
	must(plain->reason != GUARD_REASON_RULE, "a rule that is not there");
}

/* Where set-id is taken no more seriously than a gain, more power is never taken less so. */
static void check_order(const struct scene *scene, const struct guard_decision *plain,
			struct input *in)
{
	struct scene other = *scene;

	if (scene->limits.set_ids_action > scene->limits.exec_action)
		return;
	other.now.permitted |= take_set(in);
	other.now.effective |= take_set(in);
	other.now.ambient |= take_set(in);
	other.now.bounding |= take_set(in);
	must(decide(&other, "/other").action >= plain->action, "more power: %d", plain->action);
	other = *scene;
	other.old.permitted |= take_set(in);
	other.old.effective |= take_set(in);
	other.old.ambient |= take_set(in);
	must(decide(&other, "/other").action <= plain->action, "less gain: %d", plain->action);
	other = *scene;
	other.limits.ceiling |= take_set(in);
	other.limits.bounding |= take_set(in);
	must(decide(&other, "/other").action <= plain->action, "more room: %d", plain->action);
}

static void check_rule(const struct scene *scene, const struct guard_decision *plain)
{
	struct guard_decision ruled = decide(scene, scene->rule.path);
	uint64_t over = (scene->now.permitted & ~scene->limits.ceiling) |
			(scene->now.bounding & ~scene->limits.bounding);
	bool listed = ((ruled.gained | over) & ~scene->rule.capabilities) == 0;
	bool stays_root = has_host_root(&scene->old) && has_host_root(&scene->now);

	if (plain->reason == GUARD_REASON_NONE ||
	    (scene->rule.action <= GUARD_LOG && (!listed || stays_root)))
		must(ruled.action == plain->action && ruled.reason == plain->reason,
		     "a rule lets through what it does not list: %d", ruled.action);
	else
		must(ruled.action == scene->rule.action && ruled.reason == GUARD_REASON_RULE,
		     "the rule says %d, not %d", scene->rule.action, ruled.action);
}

/* What a hook that sees only new credentials concludes of the old ones. */
static void check_implied(const struct scene *scene)
{
	struct abi_creds now = { .permitted = scene->now.permitted,
				 .effective = scene->now.effective,
				 .ambient = scene->now.ambient,
				 .uid = scene->now.uid,
				 .euid = scene->now.euid,
				 .suid = scene->now.suid,
				 .gid = scene->now.gid,
				 .egid = scene->now.egid,
				 .root = scene->now.root };
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
	struct guard_decision plain;

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
	scene.rule.capabilities = take_set(&in);
	scene.rule.action = take_action(&in);
	scene.limits.rules = &scene.rule;
	scene.limits.n_rules = 1;
	plain = decide(&scene, "/other");
	check_plain(&scene, &plain);
	check_order(&scene, &plain, &in);
	check_rule(&scene, &plain);
	check_implied(&scene);
	return 0;
}
