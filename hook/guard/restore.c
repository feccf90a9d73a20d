/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Announces a restore to the programs in the kernel, and tells how it ended. bpf/restore.h says why
 * the container is registered there and not here.
 */
#include "guard/restore.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "guard/container.h"
#include "guard/exec_rules.h"
#include "guard/guard.h"
#include "guard/pins.h"
#include "guard/procfs.h"
#include "guard/registry.h"

#define ANNOUNCERS 4 /* a runtime, and the wrapper above it */

/* Returns the start time of a process, and its parent. -ESRCH: it is gone. */
static int process_read(pid_t pid, uint64_t *ret_start, pid_t *ret_parent, struct err *err)
{
	auto_close int proc_fd = -1;
	char text[1024];
	char *end;
	int parent, ret = identity_open(pid, &proc_fd, err);

	if (ret == 0)
		ret = identity_start(proc_fd, ret_start, err);
	if (ret == 0)
		ret = procfs_read(proc_fd, "stat", text, sizeof(text), err);
	if (ret < 0)
		return ret;
	end = strrchr(text, ')');
	if (end == NULL || sscanf(end + 1, " %*c %d", &parent) != 1)
		return err_set(err, EPROTO, EXIT_SYSTEM, "cannot understand /proc/PID/stat");
	*ret_parent = parent;
	return 0;
}

static int restores_open(const char *dir, int *ret_fd, struct err *err)
{
	return pins_open_map(dir, pins_map_name(PIN_RESTORES), ret_fd, err);
}

/*
 * Removes the records of runtimes that are gone: nothing else does if one was killed. Their pids
 * can be in use again, so the start time is compared.
 */
static int visit_one(int fd, __u32 pid, int (*visit)(uint64_t, void *, struct err *), void *data,
		     struct err *err)
{
	struct abi_restore record;
	uint64_t start = 0;
	pid_t parent;
	int ret = bpf_map_lookup_elem(fd, &pid, &record);

	if (ret == -ENOENT)
		return 0;
	if (ret < 0)
		return err_set_system(err, -ret, "cannot look at the restores in progress");
	ret = process_read((pid_t)pid, &start, &parent, err);
	if (ret == -ESRCH || (ret == 0 && start != record.start)) {
		bpf_map_delete_elem(fd, &pid);
		return 0;
	}
	if (ret < 0 || record.entry.rules_id == 0)
		return ret;
	return visit(record.entry.rules_id, data, err);
}

int restore_each(const char *dir, int (*visit)(uint64_t rules_id, void *data, struct err *err),
		 void *data, struct err *err)
{
	auto_close int fd = -1;
	__u32 pid, next;
	int more, ret = restores_open(dir, &fd, err);

	if (ret < 0)
		return ret;
	more = bpf_map_get_next_key(fd, NULL, &next);
	while (more == 0 && ret == 0) {
		pid = next;
		more = bpf_map_get_next_key(fd, &pid, &next); /* before visit_one() removes pid */
		ret = visit_one(fd, pid, visit, data, err);
	}
	return ret;
}

static int visit_nothing(uint64_t rules_id, void *data, struct err *err)
{
	(void)rules_id;
	(void)data;
	(void)err;
	return 0;
}

static bool is_same(const struct abi_entry *a, const struct abi_entry *b)
{
	return memcmp(&a->limits, &b->limits, sizeof(a->limits)) == 0 &&
	       memcmp(&a->promise, &b->promise, sizeof(a->promise)) == 0 &&
	       a->rules_id == b->rules_id;
}

/* Has the runtime, or the wrapper above it, announced this container already? */
static int find_announced(int fd, const char *id, pid_t runtime, struct abi_restore *ret_record,
			  bool *ret_found, struct err *err)
{
	pid_t pid = runtime;

	*ret_found = false;
	for (int i = 0; i < ANNOUNCERS && pid > 1; i++) {
		uint64_t start = 0;
		__u32 key = (__u32)pid;
		pid_t parent;
		int ret = process_read(pid, &start, &parent, err);

		if (ret < 0)
			return ret;
		*ret_found = bpf_map_lookup_elem(fd, &key, ret_record) == 0 &&
			     ret_record->start == start &&
			     strncmp(ret_record->entry.id, id, sizeof(ret_record->entry.id)) == 0;
		if (*ret_found)
			return 0;
		pid = parent;
	}
	return 0;
}

bool guard_expects_restore(const char *dir, const char *id, pid_t runtime)
{
	struct abi_restore record;
	auto_close int fd = -1;
	bool found = false;
	struct err ignored;

	return restores_open(dir, &fd, &ignored) == 0 &&
	       find_announced(fd, id, runtime, &record, &found, &ignored) == 0 && found;
}

static int announce(const char *dir, const struct guard_container *container, pid_t runtime,
		    struct err *err)
{
	struct abi_restore record = { 0 }, announced;
	auto_close int rules_lock = -1;
	auto_close int fd = -1;
	__u32 key = (__u32)runtime;
	uint64_t rules_id = 0, start = 0;
	bool found = false;
	pid_t parent;
	int ret = restores_open(dir, &fd, err);

	if (ret == 0)
		ret = rules_install(dir, &container->rules, &rules_id, &rules_lock, err);
	if (ret == 0)
		ret = registry_entry_begin(&record.entry, container, rules_id, err);
	if (ret == 0)
		ret = process_read(runtime, &start, &parent, err);
	record.start = start;
	if (ret == 0)
		ret = find_announced(fd, container->id, runtime, &announced, &found, err);
	if (ret == 0 && found && !is_same(&announced.entry, &record.entry))
		ret = err_set(
			err, EPERM, EXIT_GUARD,
			"container '%s' is being restored with other limits; give all of its hooks the same policy",
			container->id);
	if (ret < 0 || found)
		return ret;
	ret = bpf_map_update_elem(fd, &key, &record, BPF_ANY);
	if (ret == -E2BIG && restore_each(dir, visit_nothing, NULL, err) == 0)
		ret = bpf_map_update_elem(fd, &key, &record, BPF_ANY);
	if (ret < 0)
		return err_set_system(err, -ret, "cannot announce a restore to the kernel guard");
	return 0;
}

int guard_expect_restore(const char *dir, const struct guard_container *container, pid_t runtime,
			 enum guard_level least, struct err *err)
{
	struct abi_meta meta;
	int ret = registry_check(container, err);

	if (ret == 0)
		ret = registry_begin(dir, least, &meta, err);
	if (ret < 0)
		return ret;
	if (meta.restores == 0)
		return err_set(
			err, ENOTSUP, EXIT_GUARD,
			"this kernel does not let the guard see what a restore brings back (it needs BPF programs at __ptrace_unlink and dequeue_signal); create the container instead");
	return announce(dir, container, runtime, err);
}

int guard_restore_end(const char *dir, pid_t runtime, struct guard_restored *ret_restored,
		      struct err *err)
{
	struct abi_restore record;
	auto_close int fd = -1;
	__u32 key = (__u32)runtime;
	int ret = restores_open(dir, &fd, err);

	if (ret < 0)
		return ret;
	ret = bpf_map_lookup_elem(fd, &key, &record);
	if (ret < 0)
		return err_set_system(err, -ret, "the kernel guard has lost the restore");
	bpf_map_delete_elem(fd, &key);
	*ret_restored = (struct guard_restored){
		.released = record.released,
		.registered = record.init_pid != 0 && record.error == 0,
		.init = (pid_t)record.init_pid,
		.pid = (pid_t)record.pid,
		.reason = (enum abi_reason)record.reason,
		.difference = record.difference,
		.creds = record.creds,
	};
	return 0;
}
