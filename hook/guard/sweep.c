/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Removes entries from user space: those of one container id, and those of all containers that are
 * gone. The kernel removes the latter by itself; this is for the ones that it could not see.
 */
#include "guard/guard.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "guard/cgroup.h"
#include "guard/container.h"
#include "guard/lock.h"
#include "guard/pins.h"
#include "guard/registry.h"
#include "guard/restore.h"
#include "guard/exec_rules.h"
#include "guard/roster.h"

/* In this order, the roster never has an entry that `containers` lacks. */
static int entry_delete(const char *dir, int fd, const struct abi_key *key, struct err *err)
{
	int ret = roster_remove(dir, key, err);

	if (ret < 0)
		return ret;
	ret = bpf_map_delete_elem(fd, key);
	if (ret < 0 && ret != -ENOENT)
		return err_set_system(err, -ret, "cannot remove a container from the kernel guard");
	return 0;
}

static int init_is_gone(const struct abi_key *key, const struct abi_entry *entry, bool *ret_gone,
			struct err *err)
{
	auto_close int proc_fd = -1;
	uint32_t pidns = 0;
	uint64_t start = 0;
	int ret = identity_open((pid_t)entry->init_pid, &proc_fd, err);

	*ret_gone = ret == -ESRCH;
	if (ret == 0)
		ret = identity_start(proc_fd, &start, err);
	if (ret == -ESRCH)
		return 0; /* a zombie still has its namespace */
	if (ret < 0)
		return ret;
	*ret_gone = start != entry->init_start;
	if (*ret_gone || key->kind != ABI_KIND_PIDNS)
		return 0;
	ret = identity_namespace(proc_fd, "pid", &pidns, err);
	*ret_gone = ret == 0 && pidns != (uint32_t)key->id;
	return ret == -ESRCH ? 0 : ret;
}

/* cgroup_fd: the root of the cgroup v2 hierarchy, or -1. */
static int container_is_gone(int cgroup_fd, const struct abi_key *key,
			     const struct abi_entry *entry, bool *ret_gone, struct err *err)
{
	int ret = init_is_gone(key, entry, ret_gone, err);

	/* A cgroup can have processes of the container after its init is gone. */
	if (ret == 0 && *ret_gone && key->kind == ABI_KIND_CGROUP)
		*ret_gone = cgroup_fd >= 0 && !cgroup_is_populated(cgroup_fd, key->id);
	return ret;
}

/* Only of this ABI: entries of another one have another size and would not fit the buffers. */
static int containers_open(const char *dir, int *ret_fd, struct err *err)
{
	struct abi_meta meta;
	int ret = pins_read_meta(dir, &meta, NULL, err);

	return ret < 0 ? ret : pins_open_map(dir, "containers", ret_fd, err);
}

struct removal {
	const char *dir;
	int fd;
	int cgroup_fd;
	const char *id;
};

static int unregister_visit(const struct abi_key *key, const struct abi_entry *entry, void *data,
			    struct err *err)
{
	struct removal *removal = data;
	bool gone;
	int ret;

	if (strncmp(entry->id, removal->id, sizeof(entry->id)) != 0)
		return 0;
	ret = container_is_gone(removal->cgroup_fd, key, entry, &gone, err);
	if (ret < 0 || !gone)
		return ret;
	return entry_delete(removal->dir, removal->fd, key, err);
}

int guard_unregister(const char *dir, const char *id, struct err *err)
{
	struct removal removal = { .dir = dir, .fd = -1, .id = id };
	auto_close int cgroup_fd = -1;
	auto_close int fd = -1;
	int ret;

	ret = containers_open(dir, &fd, err);
	if (ret == -ENOENT)
		return 0; /* no guard, no entry */
	if (ret < 0)
		return ret;
	cgroup_fd = cgroup_mount_open();
	removal.fd = fd;
	removal.cgroup_fd = cgroup_fd;
	return registry_each(fd, unregister_visit, &removal, err);
}

struct sweep {
	const char *dir;
	int fd;
	int cgroup_fd;
	size_t removed;
	uint64_t *used; /* ids of rule sets */
	size_t n_used;
	size_t room;
};

static int used_add(struct sweep *sweep, uint64_t id, struct err *err)
{
	if (sweep->n_used == sweep->room) {
		size_t room = sweep->room * 2 + 64;
		uint64_t *grown = reallocarray(sweep->used, room, sizeof(*grown));

		if (grown == NULL)
			return err_set_system(err, ENOMEM, "cannot list the exec rules in use");
		sweep->used = grown;
		sweep->room = room;
	}
	sweep->used[sweep->n_used++] = id;
	return 0;
}

static int sweep_visit(const struct abi_key *key, const struct abi_entry *entry, void *data,
		       struct err *err)
{
	struct sweep *sweep = data;
	bool gone;
	int ret = container_is_gone(sweep->cgroup_fd, key, entry, &gone, err);

	if (ret < 0)
		return ret;
	if (!gone)
		return entry->rules_id != 0 ? used_add(sweep, entry->rules_id, err) : 0;
	ret = entry_delete(sweep->dir, sweep->fd, key, err);
	if (ret == 0)
		sweep->removed++;
	return ret;
}

/* An entry of which only the note is left: somebody removed it, and its container has ended. */
static int note_visit(const struct abi_key *key, const struct abi_entry *entry, void *data,
		      struct err *err)
{
	struct sweep *sweep = data;
	bool gone;
	int ret;

	if (key->kind == ABI_KIND_WITNESS)
		return 0;
	ret = container_is_gone(sweep->cgroup_fd, key, entry, &gone, err);
	return ret == 0 && gone ? roster_remove(sweep->dir, key, err) : ret;
}

static int notes_reclaim(struct sweep *sweep, struct err *err)
{
	auto_close int fd = -1;
	int ret = pins_open_map(sweep->dir, pins_map_name(PIN_ROSTER), &fd, err);

	return ret < 0 ? ret : registry_each(fd, note_visit, sweep, err);
}

static int restore_visit(uint64_t rules_id, void *data, struct err *err)
{
	return used_add(data, rules_id, err);
}

int guard_reclaim(const char *dir, size_t *ret_removed, struct err *err)
{
	struct sweep sweep = { .dir = dir, .fd = -1, .cgroup_fd = -1 };
	auto_close int cgroup_fd = -1;
	auto_close int lock = -1;
	auto_close int fd = -1;
	int ret;

	if (ret_removed != NULL)
		*ret_removed = 0;
	ret = identity_check_host(err);
	if (ret == 0)
		ret = lock_take(dir, "guard", LOCK_EXCLUSIVE, &lock, err);
	if (ret < 0)
		return ret;
	ret = containers_open(dir, &fd, err);
	if (ret == -ENOENT)
		return 0; /* no guard, nothing to reclaim */
	if (ret < 0)
		return ret;
	cgroup_fd = cgroup_mount_open();
	sweep.fd = fd;
	sweep.cgroup_fd = cgroup_fd;
	ret = registry_each(fd, sweep_visit, &sweep, err);
	if (ret == 0)
		ret = notes_reclaim(&sweep, err);
	if (ret == 0)
		ret = restore_each(dir, restore_visit, &sweep, err);
	if (ret == 0)
		ret = rules_reclaim(dir, sweep.used, sweep.n_used, err);
	free(sweep.used);
	if (ret == 0 && ret_removed != NULL)
		*ret_removed = sweep.removed;
	return ret;
}
