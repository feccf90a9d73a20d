/* SPDX-License-Identifier: Apache-2.0 */
/* Tells what is loaded, what it gives, and which containers it has. */
#include "guard/guard.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "guard/attach.h"
#include "guard/container.h"
#include "guard/lock.h"
#include "guard/pins.h"
#include "guard/readers.h"
#include "guard/registry.h"
#include "guard/verify.h"

static int count_visit(const struct abi_key *key, const struct abi_entry *entry, void *data,
		       struct err *err)
{
	size_t *count = data;

	(void)key;
	(void)entry;
	(void)err;
	(*count)++;
	return 0;
}

static int element_read(const char *dir, enum pin_map map, void *ret_value, struct err *err)
{
	auto_close int fd = -1;
	__u32 zero = 0;
	int ret = pins_open_map(dir, pins_map_name(map), &fd, err);

	if (ret == 0)
		ret = bpf_map_lookup_elem(fd, &zero, ret_value);
	return ret < 0 && ret != -ENOENT
		       ? err_set_system(err, -ret, "cannot read the guard's %s", pins_map_name(map))
		       : ret;
}

static int counters_read(const char *dir, struct guard_status *status, struct err *err)
{
	struct abi_stats stats;
	struct abi_host host;
	uint64_t lost = 0;
	int ret;

	ret = element_read(dir, PIN_STATS, &stats, err);
	if (ret == 0)
		ret = element_read(dir, PIN_HOST, &host, err);
	if (ret == 0)
		ret = readers_sweep(dir, &status->n_readers, &lost, err);
	if (ret < 0)
		return ret;
	status->events = stats.events;
	status->lost = lost + stats.unwritten;
	status->unheld = stats.unheld;
	status->unregistered = (enum abi_action)host.unregistered;
	status->unregistered_seen = stats.unregistered;
	status->unregistered_stopped = stats.stopped;
	return 0;
}

/* The kernel's own count for the program of the pinned link. */
static int missed_read(const char *dir, uint64_t *ret_missed, struct err *err)
{
	struct bpf_link_info link = { 0 };
	struct bpf_prog_info program = { 0 };
	__u32 size = sizeof(link);
	auto_close int link_fd = -1;
	auto_close int program_fd = -1;
	int ret;

	ret = pins_open_map(dir, "link_exec", &link_fd, err);
	if (ret < 0)
		return ret;
	ret = bpf_obj_get_info_by_fd(link_fd, &link, &size);
	if (ret < 0)
		return err_set_system(err, -ret, "cannot ask for the guard's link");
	program_fd = bpf_prog_get_fd_by_id(link.prog_id);
	if (program_fd < 0)
		return err_set_system(err, -program_fd, "cannot open the guard's program");
	size = sizeof(program);
	ret = bpf_obj_get_info_by_fd(program_fd, &program, &size);
	if (ret < 0)
		return err_set_system(err, -ret, "cannot ask for the guard's program");
	*ret_missed = program.recursion_misses;
	return 0;
}

static void status_fill(struct guard_status *status, const struct abi_meta *meta)
{
	status->abi = meta->abi;
	status->level = (enum guard_level)meta->level;
	status->userns = meta->userns != 0;
	status->restores = meta->restores != 0;
	status->loaded_at = meta->loaded;
	snprintf(status->hook, sizeof(status->hook), "%s", meta->name);
	snprintf(status->reason, sizeof(status->reason), "%s", meta->reason);
}

/* Finds out what loading would give by loading, without pinning anything. */
static int query_unloaded(struct guard_status *status, struct err *err)
{
	struct attachment *attachment = NULL;
	struct abi_meta meta;
	int ret;

	ret = identity_check_host(err);
	if (ret == 0)
		ret = attach_best(NULL, NULL, &attachment, &meta, err);
	if (ret < 0 && err->exit != EXIT_GUARD)
		return ret;
	if (ret < 0) {
		status->level = GUARD_NONE;
		snprintf(status->reason, sizeof(status->reason), "%s", err->text);
		return 0;
	}
	attach_free(attachment);
	status_fill(status, &meta);
	status->abi = 0;
	return 0;
}

static int note_difference(const char *what, void *data)
{
	struct guard_status *status = data;

	if (status->n_differences < GUARD_DIFFERENCES_MAX)
		snprintf(status->differences[status->n_differences], ERR_TEXT_MAX, "%s", what);
	status->n_differences++;
	return 0;
}

/* The guard cannot say what it is; what was loaded is known all the same. */
/* While a guard is being replaced, or rules are written, what is there is of two kinds. */
static int differences_read(const char *dir, struct guard_status *status, struct err *err)
{
	int ret = verify_pins(dir, 0, note_difference, status, err);
	auto_close int lock = -1;
	struct err ignored;

	if ((ret == 0 && status->n_differences == 0) ||
	    lock_take(dir, "guard", LOCK_SHARED, &lock, &ignored) < 0)
		return ret;
	status->n_differences = 0;
	return verify_pins(dir, 0, note_difference, status, err);
}

static int query_damaged(const char *dir, struct guard_status *ret_status, struct err *err)
{
	struct guard_status status = { .loaded = true, .abi = GUARD_ABI };
	int ret = differences_read(dir, &status, err);

	if (ret == 0)
		*ret_status = status;
	return ret;
}

int guard_query(const char *dir, struct guard_status *ret_status, struct err *err)
{
	struct guard_status status = { 0 };
	auto_close int fd = -1;
	struct abi_meta meta;
	int ret;

	ret = pins_read_meta(dir, &meta, &status.abi, err);
	if ((ret == -ENOENT || ret == -EPROTO) && verify_was_sealed(dir))
		return query_damaged(dir, ret_status, err);
	if (ret == -ENOENT) {
		ret = query_unloaded(&status, err);
		if (ret == 0)
			*ret_status = status;
		return ret;
	}
	if (ret == -EPROTO && status.abi != 0) {
		/* Another version: it is loaded, but what it does is unknown here. */
		status.loaded = true;
		snprintf(status.reason, sizeof(status.reason), "%s", err->text);
		*ret_status = status;
		return 0;
	}
	if (ret < 0)
		return ret;
	status_fill(&status, &meta);
	status.loaded = true;
	ret = differences_read(dir, &status, err);
	if (ret < 0 || status.n_differences > 0) {
		if (ret == 0)
			*ret_status = status; /* the rest may not be there */
		return ret;
	}
	ret = counters_read(dir, &status, err);
	if (ret == 0)
		ret = missed_read(dir, &status.missed, err);
	if (ret == 0)
		ret = pins_open_map(dir, "containers", &fd, err);
	if (ret == 0)
		ret = registry_each(fd, count_visit, &status.n_entries, err);
	if (ret == 0)
		*ret_status = status;
	return ret;
}

struct visitor {
	int (*visit)(const struct abi_key *key, const struct abi_entry *entry, void *data);
	void *data;
};

static int entry_visit(const struct abi_key *key, const struct abi_entry *entry, void *data,
		       struct err *err)
{
	const struct visitor *visitor = data;
	struct abi_entry shown = *entry;

	(void)err;
	shown.id[sizeof(shown.id) - 1] = '\0';
	return visitor->visit(key, &shown, visitor->data);
}

int guard_each_entry(const char *dir,
		     int (*visit)(const struct abi_key *key, const struct abi_entry *entry,
				  void *data),
		     void *data, struct err *err)
{
	struct visitor visitor = { visit, data };
	auto_close int fd = -1;
	struct abi_meta meta;
	int ret;

	ret = pins_read_meta(dir, &meta, NULL, err);
	if (ret == -ENOENT)
		return 0; /* no guard, no entries */
	if (ret == 0)
		ret = pins_open_map(dir, "containers", &fd, err);
	if (ret < 0)
		return ret;
	return registry_each(fd, entry_visit, &visitor, err);
}

static bool is_pinned(const char *dir, const char *name)
{
	char path[PINS_PATH_MAX];
	struct err ignored;

	return pins_path(path, dir, name, &ignored) == 0 && access(path, F_OK) == 0;
}

bool guard_is_missing(const char *dir)
{
	struct err ignored;

	return !is_pinned(dir, "meta") && identity_check_host(&ignored) == 0;
}

bool guard_refuses_userns(const char *dir)
{
	return is_pinned(dir, "link_userns");
}
