/* SPDX-License-Identifier: Apache-2.0 */
/* The maps of the guard that another one replaces: see takeover.h. */
#include "guard/takeover.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "guard/roster.h"

static bool is_sealed(const struct seals *seals, enum pin_map map, uint32_t id)
{
	for (size_t i = 0; i < seals->n; i++)
		if (seals->items[i].maps[map] == id)
			return true;
	return false;
}

/* A guard without a record is taken as it is: there is nothing better. */
static int map_find(const char *dir, const struct seals *seals, enum pin_map map)
{
	auto_close int fd = -1;
	struct bpf_map_info info = { 0 };
	__u32 size = sizeof(info);
	struct err ignored;

	if (pins_open_map(dir, pins_map_name(map), &fd, &ignored) == 0 &&
	    bpf_obj_get_info_by_fd(fd, &info, &size) == 0 &&
	    (seals->n == 0 || is_sealed(seals, map, info.id)))
		return TAKE_FD(fd);
	for (size_t i = seals->n; i > 0; i--) {
		int found = bpf_map_get_fd_by_id(seals->items[i - 1].maps[map]);

		if (found >= 0)
			return found;
	}
	return -1;
}

void takeover_open(const char *dir, const struct seals *seals, struct takeover *ret_takeover)
{
	for (int i = 0; i < PIN_META; i++) {
		int fd = map_find(dir, seals, (enum pin_map)i);
		bool frozen = fd >= 0 && pins_map_is_frozen(fd);

		ret_takeover->shared[i] = frozen ? -1 : fd;
		ret_takeover->frozen[i] = frozen ? fd : -1;
	}
}

void takeover_close(struct takeover *takeover)
{
	for (int i = 0; i < PIN_META; i++) {
		cleanup_close(&takeover->shared[i]);
		cleanup_close(&takeover->frozen[i]);
	}
}

#define KEY_MAX sizeof(struct abi_rule_key)
#define VALUE_MAX sizeof(struct abi_entry)

static int map_copy(int from, int to, struct err *err)
{
	char key[KEY_MAX] = { 0 }, next[KEY_MAX], value[VALUE_MAX];
	bool first = true;
	int ret;

	while ((ret = bpf_map_get_next_key(from, first ? NULL : key, next)) == 0) {
		memcpy(key, next, sizeof(key));
		first = false;
		if (bpf_map_lookup_elem(from, key, value) < 0)
			continue; /* it has gone meanwhile */
		ret = bpf_map_update_elem(to, key, value, BPF_ANY);
		if (ret < 0)
			break;
	}
	return ret == -ENOENT ? 0
			      : err_set_system(err, -ret, "cannot copy the maps of the old guard");
}

int takeover_finish(const struct takeover *takeover, const struct attachment *attachment,
		    struct err *err)
{
	static const enum pin_map copied[] = { PIN_CONTAINERS, PIN_ROSTER, PIN_RULES };
	struct roster_maps maps = {
		.containers = attach_map(attachment, PIN_CONTAINERS),
		.roster = attach_map(attachment, PIN_ROSTER),
		.rules = attach_map(attachment, PIN_RULES),
	};
	int ret = 0;

	if (takeover == NULL)
		return roster_begin(maps.roster, err);
	for (size_t i = 0; ret == 0 && i < ARRAY_SIZE(copied); i++)
		if (takeover->frozen[copied[i]] >= 0)
			ret = map_copy(takeover->frozen[copied[i]],
				       attach_map(attachment, copied[i]), err);
	/* Of a roster that was emptied or lost, the entries that are left make a new one. */
	if (ret == 0 && !roster_has_witness(maps.roster))
		ret = map_copy(maps.containers, maps.roster, err);
	if (ret == 0)
		ret = roster_begin(maps.roster, err);
	return ret == 0 ? roster_restore(&maps, err) : ret;
}
