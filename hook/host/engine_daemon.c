/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See engine_daemon.h. A container can run a program of any name, as uid 0 and without a user
 * namespace; but not one in the host's mount namespace whose file only root can write.
 */
#include "engine_daemon.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "oci/hooks.h"

#define STATUS_MAX (64 * 1024) /* of /proc/PID/status; the kernel writes some 1,500 bytes */
#define OVERFLOW_ID 65534      /* in a user namespace, the owner of what belongs to the host */

static const char daemon_name[] = "dockerd";

static bool same_namespace(struct lookup *lookup, pid_t pid, const char *of, const char *type)
{
	char theirs[64], ours[64];
	struct stat a, b;

	snprintf(theirs, sizeof(theirs), "/proc/%d/ns/%s", (int)pid, type);
	snprintf(ours, sizeof(ours), "/proc/%s/ns/%s", of, type);
	if (stat(theirs, &a) < 0 || stat(ours, &b) < 0) {
		lookup_note(lookup, errno, theirs);
		return false;
	}
	return a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

/* Is it root with each of its four user ids? The owner of /proc/PID says less. */
static bool is_root(struct lookup *lookup, pid_t pid)
{
	const char *path = arena_printf(lookup->arena, "/proc/%d/status", (int)pid), *line;
	unsigned int real, effective, saved, fs;
	struct err ignored;
	struct str text;
	int error = io_read_file(lookup->arena, AT_FDCWD, path, STATUS_MAX, &text, &ignored);

	if (error < 0) {
		lookup_note(lookup, -error, path);
		return false;
	}
	line = memmem(text.data, text.len, "\nUid:", 5);
	return line != NULL &&
	       sscanf(line, "\nUid: %u %u %u %u", &real, &effective, &saved, &fs) == 4 &&
	       (real | effective | saved | fs) == 0;
}

/* Returns the name of the file, also of one that an upgrade has replaced while it runs. */
static const char *program_name(struct arena *arena, const char *link)
{
	static const char gone[] = " (deleted)";
	char path[4096];
	ssize_t len = readlink(link, path, sizeof(path) - 1);
	const char *slash;

	if (len <= 0 || path[0] != '/')
		return "";
	if ((size_t)len > strlen(gone) &&
	    memcmp(path + len - strlen(gone), gone, strlen(gone)) == 0)
		len -= (ssize_t)strlen(gone);
	path[len] = '\0';
	slash = strrchr(path, '/');
	return arena_copy(arena, slash + 1, strlen(slash + 1));
}

static bool is_safe_program(struct lookup *lookup, pid_t pid, bool initial)
{
	const char *link = arena_printf(lookup->arena, "/proc/%d/exe", (int)pid);
	auto_close int fd = open(link, O_PATH | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0) {
		lookup_note(lookup, errno, link);
		return false;
	}
	return S_ISREG(st.st_mode) && (st.st_mode & 022) == 0 &&
	       (st.st_uid == 0 || (!initial && st.st_uid == OVERFLOW_ID)) &&
	       strcmp(program_name(lookup->arena, link), daemon_name) == 0;
}

/* This process runs in the runtime's namespaces. Those and, for mounts, pid 1's are the host's. */
static bool is_daemon(struct lookup *lookup, pid_t pid, bool initial)
{
	return is_safe_program(lookup, pid, initial) && is_root(lookup, pid) &&
	       same_namespace(lookup, pid, "self", "user") &&
	       (same_namespace(lookup, pid, "self", "mnt") ||
		same_namespace(lookup, pid, "1", "mnt"));
}

void engine_daemons(struct lookup *lookup, const struct oci_config *config, struct facts *facts)
{
	const struct oci_list *list = &config->hooks.stages[HOOK_PRESTART];
	const struct oci_hook *hooks = list->items;

	if (facts->scope != FACTS_LIVE || list->n == 0)
		return;
	facts->daemons = arena_array(lookup->arena, list->n, sizeof(*facts->daemons));
	for (size_t i = 0; i < list->n; i++) {
		pid_t pid;

		if (oci_hook_process(&hooks[i], &pid) &&
		    is_daemon(lookup, pid, facts->user_namespace_initial))
			facts->daemons[facts->n_daemons++] = pid;
	}
}
