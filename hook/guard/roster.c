/* SPDX-License-Identifier: Apache-2.0 */
/* The second copy of the registered containers: see roster.h. */
#include "guard/roster.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "guard/container.h"
#include "guard/exec_rules.h"
#include "guard/limits.h"
#include "guard/pins.h"
#include "guard/registry.h"

static const struct abi_key witness = { .kind = ABI_KIND_WITNESS };

int roster_begin(int roster_fd, struct err *err)
{
	struct abi_entry nothing = { 0 };
	int ret = bpf_map_update_elem(roster_fd, &witness, &nothing, BPF_ANY);

	return ret < 0 ? err_set_system(err, -ret, "cannot write the guard's roster") : 0;
}

bool roster_has_witness(int roster_fd)
{
	struct abi_entry ignored;

	return bpf_map_lookup_elem(roster_fd, &witness, &ignored) != -ENOENT;
}

int roster_put(const char *dir, const struct abi_key *key, const struct abi_entry *entry,
	       struct err *err)
{
	auto_close int fd = -1;
	int ret = pins_open_map(dir, pins_map_name(PIN_ROSTER), &fd, err);

	if (ret < 0)
		return ret;
	ret = bpf_map_update_elem(fd, key, entry, BPF_ANY);
	if (ret == -E2BIG || ret == -ENOMEM)
		return err_set(err, -ret, EXIT_GUARD,
			       "the kernel guard has no room for more containers: %s",
			       strerror(-ret));
	return ret < 0 ? err_set_system(err, -ret, "cannot write the guard's roster") : 0;
}

int roster_remove(const char *dir, const struct abi_key *key, struct err *err)
{
	auto_close int fd = -1;
	int ret = pins_open_map(dir, pins_map_name(PIN_ROSTER), &fd, err);

	if (ret < 0)
		return ret;
	ret = bpf_map_delete_elem(fd, key);
	return ret < 0 && ret != -ENOENT
		       ? err_set_system(err, -ret, "cannot write the guard's roster")
		       : 0;
}

struct search {
	const struct roster_maps *maps;
	size_t most;
	size_t n;
	uint64_t rules_id; /* the last set that was found */
	int (*visit)(const struct roster_difference *difference, void *data, struct err *err);
	void *data;
};

/* Its init is dead, or another process by now has its number: nothing is missing. */
static bool is_over(const struct abi_entry *entry)
{
	auto_close int proc_fd = -1;
	struct err ignored;
	uint64_t start = 0;
	int ret = identity_open((pid_t)entry->init_pid, &proc_fd, &ignored);

	if (ret == 0)
		ret = identity_start(proc_fd, &start, &ignored);
	return ret == -ESRCH || (ret == 0 && start != entry->init_start);
}

static bool has_rules(struct search *search, uint64_t rules_id)
{
	if (rules_id == 0 || rules_id == search->rules_id)
		return true;
	if (!rules_are_whole(search->maps->rules, rules_id, search->most == 0))
		return false;
	search->rules_id = rules_id;
	return true;
}

/* Are these one entry, but for its limits, and for what the programs change in it? */
static bool is_same(const struct abi_entry *found, const struct abi_entry *noted)
{
	struct abi_entry same = *found;

	same.limits = noted->limits;
	same.denied = noted->denied;
	same.logged = noted->logged;
	same.armed = found->armed == 0 ? 0 : noted->armed;
	same.flags = (found->flags & ~ABI_ENTRY_STARTED) | (noted->flags & ABI_ENTRY_STARTED);
	return memcmp(&same, noted, sizeof(same)) == 0;
}

/* Returns true with the damage, if there is any. */
static bool is_damaged(struct search *search, struct roster_difference *difference)
{
	struct abi_entry *found = &difference->found;

	if (bpf_map_lookup_elem(search->maps->containers, &difference->key, found) < 0)
		difference->damage = ROSTER_REMOVED;
	else if (!limits_within(&found->limits, &difference->noted.limits))
		difference->damage = ROSTER_WIDENED;
	else if (!is_same(found, &difference->noted))
		difference->damage = ROSTER_CHANGED;
	else if (!has_rules(search, found->rules_id))
		difference->damage = ROSTER_RULES;
	else
		return false;
	return true;
}

static int search_visit(const struct abi_key *key, const struct abi_entry *noted, void *data,
			struct err *err)
{
	struct roster_difference difference = { .key = *key, .noted = *noted };
	struct search *search = data;

	if (key->kind == ABI_KIND_WITNESS)
		return 0;
	if (search->most != 0 && search->n == search->most)
		return 1;
	search->n++;
	if (!is_damaged(search, &difference))
		return 0;
	/* The container may have ended, or been registered again, since the roster was read. */
	if (bpf_map_lookup_elem(search->maps->roster, key, &difference.noted) < 0 ||
	    is_over(noted) || !is_damaged(search, &difference))
		return 0;
	difference.noted.id[sizeof(difference.noted.id) - 1] = '\0';
	return search->visit(&difference, search->data, err);
}

int roster_compare(const struct roster_maps *maps, size_t most,
		   int (*visit)(const struct roster_difference *difference, void *data,
				struct err *err),
		   void *data, size_t *ret_n, struct err *err)
{
	struct search search = { .maps = maps, .most = most, .visit = visit, .data = data };
	int ret;

	if (!roster_has_witness(maps->roster))
		return err_set(err, ENOKEY, EXIT_GUARD, "the map roster was emptied");
	ret = registry_each(maps->roster, search_visit, &search, err);
	if (ret_n != NULL)
		*ret_n = search.n;
	return ret < 0 ? ret : 0;
}

/* Its init runs, so no task of it is the runtime's. */
static int restore_visit(const struct roster_difference *difference, void *data, struct err *err)
{
	struct abi_entry entry = difference->noted;
	const struct roster_maps *maps = data;
	int ret;

	entry.armed = 1;
	/* Of two, the stricter limits: the note is not safer than the entry. */
	if (difference->damage != ROSTER_REMOVED)
		limits_narrow(&entry.limits, &difference->found.limits);
	if (difference->damage == ROSTER_RULES)
		entry.rules_id = 0;
	ret = bpf_map_update_elem(maps->containers, &difference->key, &entry, BPF_ANY);
	if (ret == 0)
		ret = bpf_map_update_elem(maps->roster, &difference->key, &entry, BPF_ANY);
	return ret < 0 ? err_set_system(err, -ret, "cannot put container '%s' back", entry.id) : 0;
}

int roster_restore(struct roster_maps *maps, struct err *err)
{
	return roster_compare(maps, 0, restore_visit, maps, NULL, err);
}
