/* SPDX-License-Identifier: Apache-2.0 */
/* Looks at a container's first process: see init_facts.h. */
#include "init_facts.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "host/init_root.h"

#define STATUS_MAX (1024U * 1024)	  /* bytes; most of it are 65,536 groups */
#define MOUNTINFO_MAX (16U * 1024 * 1024) /* the kernel allows 100,000 mounts in a namespace */
#define MAP_MAX (64U * 1024)		  /* the kernel takes 340 lines */
#define END_MS 5000			  /* for a killed process to end */

static const char *const namespace_names[NAMESPACE_COUNT] = {
	[NAMESPACE_PID] = "pid",       [NAMESPACE_NETWORK] = "net", [NAMESPACE_IPC] = "ipc",
	[NAMESPACE_UTS] = "uts",       [NAMESPACE_MOUNT] = "mnt",   [NAMESPACE_USER] = "user",
	[NAMESPACE_CGROUP] = "cgroup", [NAMESPACE_TIME] = "time",
};

/* Reads a file of /proc, which has no size. */
static int read_proc(struct arena *arena, const char *path, size_t max, struct str *ret_text,
		     struct err *err)
{
	auto_close int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

	if (fd < 0)
		return err_set_system(err, errno, "cannot open %s", path);
	return io_read(arena, fd, path, max, ret_text, err);
}

static int read_of(struct arena *arena, pid_t pid, const char *name, size_t max,
		   struct str *ret_text, struct err *err)
{
	return read_proc(arena, arena_printf(arena, "/proc/%d/%s", (int)pid, name), max, ret_text,
			 err);
}

int init_start_time(struct arena *arena, pid_t pid, uint64_t *ret_start_time, struct err *err)
{
	const char *name, *at;
	struct str text;
	int error = read_of(arena, pid, "stat", STATUS_MAX, &text, err);

	if (error < 0)
		return error;
	/* Field 22: proc_pid_stat(5). The second, the name, may have blanks and brackets. */
	name = memrchr(text.data, ')', text.len);
	at = name;
	for (int field = 2; at != NULL && field < 22; field++)
		at = strchr(at + 1, ' ');
	if (at == NULL)
		return err_set(err, EIO, EXIT_SYSTEM, "/proc/%d/stat has too few fields", (int)pid);
	*ret_start_time = strtoull(at + 1, NULL, 10);
	return 0;
}

int init_cgroup(struct arena *arena, pid_t pid, const char **ret_text, struct err *err)
{
	struct str text;
	int error = read_of(arena, pid, "cgroup", STATUS_MAX, &text, err);

	if (error == 0)
		*ret_text = arena_copy(arena, text.data, text.len);
	return error;
}

int init_open(struct arena *arena, pid_t pid, uint64_t start_time, int *ret_pidfd, bool *ret_is,
	      struct err *err)
{
	auto_close int fd = (int)syscall(SYS_pidfd_open, pid, 0);
	uint64_t found = 0;
	int error;

	*ret_is = false;
	if (fd < 0 && errno == ESRCH)
		return 0;
	if (fd < 0)
		return err_set_system(err, errno, "cannot hold process %d", (int)pid);
	error = init_start_time(arena, pid, &found, err);
	if (error == -ENOENT || error == -ESRCH)
		return 0;
	if (error < 0)
		return error;
	*ret_is = found == start_time;
	*ret_pidfd = TAKE_FD(fd);
	return 0;
}

int init_kill(int pidfd, struct err *err)
{
	struct pollfd ended = { .fd = pidfd, .events = POLLIN };
	int n;

	if (syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, NULL, 0) < 0 && errno != ESRCH)
		return err_set_system(err, errno, "cannot kill the container's first process");
	do
		n = poll(&ended, 1, END_MS);
	while (n < 0 && errno == EINTR);
	return 0;
}

uint64_t init_namespace(struct arena *arena, const char *process, enum oci_namespace_type type)
{
	struct stat st;

	return stat(arena_printf(arena, "/proc/%s/ns/%s", process, namespace_names[type]), &st) == 0
		       ? st.st_ino
		       : 0;
}

static void look_at_namespaces(struct arena *arena, struct init_facts *facts)
{
	const char *pid = arena_printf(arena, "%d", (int)facts->pid);

	for (unsigned int i = 0; i < NAMESPACE_COUNT; i++) {
		facts->namespaces[i] = init_namespace(arena, pid, i);
		facts->own[i] = init_namespace(arena, "self", i);
		facts->first[i] = init_namespace(arena, "1", i);
	}
}

static int read_maps(struct arena *arena, struct init_facts *facts, struct err *err)
{
	struct str text;
	int error = read_of(arena, facts->pid, "uid_map", MAP_MAX, &text, err);

	if (error < 0)
		return error;
	facts->n_uid_map = init_map_parse(arena, text, &facts->uid_map);
	error = read_of(arena, facts->pid, "gid_map", MAP_MAX, &text, err);
	if (error < 0)
		return error;
	facts->n_gid_map = init_map_parse(arena, text, &facts->gid_map);
	error = read_of(arena, facts->pid, "setgroups", MAP_MAX, &text, err);
	facts->setgroups = error == 0 && geteuid() == 0 && str_starts_with(text, "allow");
	return error;
}

/* What only a caller with enough privileges may see is left as it is without limits. */
static void read_settings(struct arena *arena, struct init_facts *facts)
{
	struct init_facts own = { 0 };
	struct err ignored;
	struct str text;

	if (read_proc(arena, "/proc/self/status", STATUS_MAX, &text, &ignored) == 0)
		init_status_parse(arena, text, &own);
	facts->own_tracer = own.tracer;
	facts->oom_score_adj = INT_MAX;
	if (read_of(arena, facts->pid, "oom_score_adj", STATUS_MAX, &text, &ignored) == 0)
		facts->oom_score_adj = (int)strtol(text.data, NULL, 10);
	facts->personality = -1;
	if (read_of(arena, facts->pid, "personality", STATUS_MAX, &text, &ignored) == 0)
		facts->personality = strtol(text.data, NULL, 16);
	facts->own_personality = personality(0xffffffff);
	facts->scheduler = sched_getscheduler(facts->pid);
	facts->own_scheduler = sched_getscheduler(0);
	if (read_of(arena, facts->pid, "limits", STATUS_MAX, &text, &ignored) == 0)
		init_limits_parse(text, facts->limits);
}

static int read_process(struct arena *arena, struct init_facts *facts, struct err *err)
{
	struct str text;
	struct err ignored;
	int error = read_of(arena, facts->pid, "status", STATUS_MAX, &text, err);

	if (error < 0)
		return error;
	init_status_parse(arena, text, facts);
	read_settings(arena, facts);
	error = init_cgroup(arena, facts->pid, &facts->cgroup, err);
	if (error < 0)
		return error;
	error = read_of(arena, facts->pid, "mountinfo", MOUNTINFO_MAX, &text, err);
	if (error < 0)
		return error;
	init_mounts_parse(arena, text, &facts->mounts, &facts->n_mounts);
	/* AppArmor answers for the process that reads, SELinux for the one that is asked about. */
	if (access("/sys/fs/selinux/enforce", F_OK) == 0 &&
	    read_of(arena, facts->pid, "attr/exec", STATUS_MAX, &text, &ignored) == 0)
		facts->exec_label = arena_copy(arena, text.data, strcspn(text.data, "\n"));
	return 0;
}

int init_facts_collect(struct arena *arena, pid_t pid, const struct oci_config *config,
		       struct init_facts *ret_facts, struct err *err)
{
	struct init_facts facts = { .pid = pid };
	int error = read_process(arena, &facts, err);

	if (error == 0)
		error = read_maps(arena, &facts, err);
	if (error < 0)
		return error;
	look_at_namespaces(arena, &facts);
	error = init_root_look(arena, config, &facts, err);
	if (error == 0)
		error = init_fds_look(arena, &facts, err);
	if (error == -ENOSYS || ((error == -EACCES || error == -EPERM) && geteuid() != 0)) {
		facts.unseen = true;
		error = 0;
	}
	if (error == 0)
		*ret_facts = facts;
	return error;
}

int init_own_mounts(struct arena *arena, struct init_mount **ret_mounts, size_t *ret_n,
		    struct err *err)
{
	struct str text;
	int error = read_proc(arena, "/proc/self/mountinfo", MOUNTINFO_MAX, &text, err);

	if (error == 0)
		init_mounts_parse(arena, text, ret_mounts, ret_n);
	return error;
}
