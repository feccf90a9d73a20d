/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See exec_rules.h. The id of a set is a hash of it, but nothing depends on the hash. A set is the
 * same only if it has as many rules and each of ours is in it; another set with the same hash moves
 * ours to the next id. A set is written under a lock and marked complete last.
 */
#include "guard/exec_rules.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "guard/limits.h"
#include "guard/lock.h"
#include "guard/pins.h"

#define PROBES_MAX 16 /* sets with the same hash, at consecutive ids */

static uint64_t hash_bytes(uint64_t hash, const void *data, size_t size)
{
	const unsigned char *bytes = data;

	for (size_t i = 0; i < size; i++)
		hash = (hash ^ bytes[i]) * 0x100000001b3; /* FNV-1a */
	return hash;
}

static uint64_t rule_hash(const char *path, const struct abi_rule *rule)
{
	uint64_t hash = 0xcbf29ce484222325;

	hash = hash_bytes(hash, path, strlen(path) + 1);
	hash = hash_bytes(hash, &rule->capabilities, sizeof(rule->capabilities));
	return hash_bytes(hash, &rule->action, sizeof(rule->action));
}

/* A sum, so that the order of the rules does not matter. */
static uint64_t set_hash(const struct guard_rules *rules)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < rules->n; i++)
		sum += rule_hash(rules->items[i].path, &rules->items[i].rule);
	return sum != 0 ? sum : 1; /* 0 means no rules */
}

static void key_fill(struct abi_rule_key *key, uint64_t id, const char *path)
{
	memset(key, 0, sizeof(*key));
	key->rules_id = id;
	memcpy(key->path, path, strlen(path));
}

enum set_state {
	SET_MISSING,
	SET_INCOMPLETE,
	SET_OURS,
	SET_OTHER
};

/* Looks a rule up. Returns 1 and the rule, 0 if it is absent, or an error. */
static int rule_get(int fd, uint64_t id, const char *path, struct abi_rule *ret_rule,
		    struct err *err)
{
	struct abi_rule_key key;
	int ret;

	key_fill(&key, id, path);
	ret = bpf_map_lookup_elem(fd, &key, ret_rule);
	if (ret < 0 && ret != -ENOENT)
		return err_set_system(err, -ret, "cannot read the guard's exec rules");
	return ret == 0;
}

static int set_compare(int fd, uint64_t id, const struct guard_rules *rules,
		       enum set_state *ret_state, struct err *err)
{
	struct abi_rule found;
	int ret = rule_get(fd, id, "", &found, err);

	*ret_state = SET_OTHER;
	if (ret == 0)
		*ret_state = SET_MISSING;
	else if (ret > 0 && found.action != ABI_RULES_COMPLETE)
		*ret_state = SET_INCOMPLETE;
	if (ret < 0 || *ret_state != SET_OTHER || found.capabilities != rules->n)
		return ret < 0 ? ret : 0;
	for (size_t i = 0; i < rules->n; i++) {
		ret = rule_get(fd, id, rules->items[i].path, &found, err);
		if (ret <= 0 || found.capabilities != rules->items[i].rule.capabilities ||
		    found.action != rules->items[i].rule.action)
			return ret < 0 ? ret : 0;
	}
	*ret_state = SET_OURS;
	return 0;
}

/* Finds the id under which the set is stored, or can be. */
static int set_find(int fd, const struct guard_rules *rules, uint64_t *ret_id,
		    enum set_state *ret_state, struct err *err)
{
	uint64_t id = set_hash(rules);

	for (unsigned int i = 0; i < PROBES_MAX; i++, id++) {
		enum set_state state;
		int ret;

		if (id == 0)
			continue;
		ret = set_compare(fd, id, rules, &state, err);
		if (ret < 0)
			return ret;
		if (state == SET_OTHER)
			continue;
		*ret_id = id;
		*ret_state = state;
		return 0;
	}
	return err_set(err, ENOSPC, EXIT_GUARD,
		       "too many sets of exec rules with the same hash: change any rule");
}

/* Removes every rule whose id is (or, with keep, is not) among ids. */
static int rules_remove(int fd, const uint64_t *ids, size_t n_ids, bool keep, struct err *err)
{
	struct abi_rule_key key, next;
	const void *previous = NULL;
	int ret;

	for (;;) {
		bool listed = false;

		ret = bpf_map_get_next_key(fd, previous, &next);
		if (ret == -ENOENT)
			return 0;
		if (ret < 0)
			return err_set_system(err, -ret, "cannot list the guard's exec rules");
		for (size_t i = 0; i < n_ids && !listed; i++)
			listed = ids[i] == next.rules_id;
		if (listed == keep) {
			key = next;
			previous = &key;
			continue;
		}
		/* Continue from the last rule that stays: a removed key would restart the walk. */
		ret = bpf_map_delete_elem(fd, &next);
		if (ret < 0 && ret != -ENOENT)
			return err_set_system(err, -ret, "cannot remove an exec rule of the guard");
	}
}

static int rule_put(int fd, uint64_t id, const char *path, uint64_t capabilities, uint32_t action,
		    struct err *err)
{
	struct abi_rule rule = { .capabilities = capabilities, .action = action };
	struct abi_rule_key key;
	int ret;

	key_fill(&key, id, path);
	ret = bpf_map_update_elem(fd, &key, &rule, BPF_ANY);
	if (ret == -E2BIG || ret == -ENOMEM)
		return err_set(err, -ret, EXIT_GUARD,
			       "the kernel guard has no room for more exec rules: %s",
			       strerror(-ret));
	if (ret < 0)
		return err_set_system(err, -ret, "cannot store an exec rule");
	return 0;
}

/* First removes what a killed writer left under the id: it could be part of another set. */
static int set_write(int fd, uint64_t id, const struct guard_rules *rules, struct err *err)
{
	int ret;

	ret = rules_remove(fd, &id, 1, false, err);
	if (ret == 0)
		ret = rule_put(fd, id, "", rules->n, 0, err);
	for (size_t i = 0; ret == 0 && i < rules->n; i++)
		ret = rule_put(fd, id, rules->items[i].path, rules->items[i].rule.capabilities,
			       rules->items[i].rule.action, err);
	if (ret == 0)
		ret = rule_put(fd, id, "", rules->n, ABI_RULES_COMPLETE, err);
	if (ret < 0) {
		struct err ignored;

		rules_remove(fd, &id, 1, false, &ignored);
	}
	return ret;
}

int rules_install(const char *dir, const struct guard_rules *rules, uint64_t *ret_id, int *ret_lock,
		  struct err *err)
{
	static const enum lock_mode modes[] = { LOCK_SHARED, LOCK_EXCLUSIVE };
	auto_close int fd = -1;
	int ret;

	if (rules->n == 0) {
		*ret_id = 0;
		*ret_lock = -1;
		return 0;
	}
	ret = pins_open_map(dir, "rules", &fd, err);
	if (ret < 0)
		return ret;
	/* Usually the set is there already, and readers do not wait for each other. */
	for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
		enum set_state state = SET_MISSING;
		auto_close int lock = -1;
		uint64_t id = 0;

		ret = lock_take(dir, "guard", modes[i], &lock, err);
		if (ret == 0)
			ret = set_find(fd, rules, &id, &state, err);
		if (ret < 0)
			return ret;
		if (state != SET_OURS) {
			if (modes[i] == LOCK_SHARED)
				continue;
			ret = set_write(fd, id, rules, err);
			if (ret < 0)
				return ret;
		}
		*ret_id = id;
		*ret_lock = TAKE_FD(lock);
		return 0;
	}
	return -EAGAIN; /* not reached: the second round writes or fails */
}

struct comparison {
	const struct guard_rules *rules;
	const struct abi_limits *now, *old;
	uint64_t old_id;
};

static const struct abi_rule *rule_of(const struct guard_rules *rules, const char *path)
{
	for (size_t i = 0; i < rules->n; i++)
		if (strcmp(rules->items[i].path, path) == 0)
			return &rules->items[i].rule;
	return NULL;
}

/* Compares the rules that both have, and those that only the new set has. */
static int compare_new(int fd, const struct comparison *to, size_t *ret_shared, bool *ret_within,
		       struct err *err)
{
	*ret_shared = 0;
	for (size_t i = 0; i < to->rules->n && *ret_within; i++) {
		const struct guard_rule *item = &to->rules->items[i];
		struct abi_rule old;
		int found = to->old_id == 0 ? 0 : rule_get(fd, to->old_id, item->path, &old, err);

		if (found < 0)
			return found;
		*ret_shared += (size_t)found;
		*ret_within =
			limits_rule_within(to->now, &item->rule, to->old, found > 0 ? &old : NULL);
	}
	return 0;
}

/* Compares the rules that only the old set has. Only a walk over all sets finds them. */
static int compare_old(int fd, const struct comparison *to, bool *ret_within, struct err *err)
{
	struct abi_rule_key key, next;
	const void *previous = NULL;
	struct abi_rule old;
	int ret;

	while (*ret_within) {
		ret = bpf_map_get_next_key(fd, previous, &next);
		if (ret == -ENOENT)
			return 0;
		if (ret < 0)
			return err_set_system(err, -ret, "cannot list the guard's exec rules");
		key = next;
		previous = &key;
		if (key.rules_id != to->old_id || key.path[0] == '\0' ||
		    rule_of(to->rules, key.path) != NULL)
			continue;
		ret = rule_get(fd, key.rules_id, key.path, &old, err);
		if (ret < 0)
			return ret;
		*ret_within = ret > 0 && limits_rule_within(to->now, NULL, to->old, &old);
	}
	return 0;
}

int rules_are_within(const char *dir, const struct guard_rules *rules, const struct abi_limits *now,
		     uint64_t old_id, const struct abi_limits *old, bool *ret_within,
		     struct err *err)
{
	const struct comparison to = { rules, now, old, old_id };
	struct abi_rule set = { 0 };
	auto_close int lock = -1;
	auto_close int fd = -1;
	bool within = true;
	size_t shared = 0;
	int ret = lock_take(dir, "guard", LOCK_SHARED, &lock, err);

	if (ret == 0)
		ret = pins_open_map(dir, "rules", &fd, err);
	if (ret == 0)
		ret = compare_new(fd, &to, &shared, &within, err);
	if (ret == 0 && old_id != 0)
		ret = rule_get(fd, old_id, "", &set, err);
	if (ret >= 0 && shared < set.capabilities)
		ret = compare_old(fd, &to, &within, err);
	if (ret >= 0)
		*ret_within = within;
	return ret < 0 ? ret : 0;
}

bool rules_are_whole(int fd, uint64_t id, bool each)
{
	struct abi_rule_key key = { .rules_id = id }, next;
	const void *previous = NULL;
	struct abi_rule set, rule;
	uint64_t sum = 0, n = 0;
	int ret = bpf_map_lookup_elem(fd, &key, &set);

	if (ret < 0 || !each)
		return ret != -ENOENT;
	while ((ret = bpf_map_get_next_key(fd, previous, &next)) == 0) {
		key = next;
		previous = &key;
		if (key.rules_id != id || key.path[0] == '\0' ||
		    bpf_map_lookup_elem(fd, &key, &rule) < 0)
			continue;
		sum += rule_hash(key.path, &rule);
		n++;
	}
	/* Sets with the same hash have the ids that follow. */
	return ret != -ENOENT || (n == set.capabilities && id - (sum != 0 ? sum : 1) < PROBES_MAX);
}

int rules_reclaim(const char *dir, const uint64_t *used, size_t n_used, struct err *err)
{
	auto_close int fd = -1;
	int ret;

	ret = pins_open_map(dir, "rules", &fd, err);
	if (ret < 0)
		return ret;
	return rules_remove(fd, used, n_used, true, err);
}
