/* SPDX-License-Identifier: Apache-2.0 */
/* Looks at the descriptors that a container's first program will inherit: see init_root.h. */
#include "init_root.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/stat.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/io.h"

#define FDINFO_MAX 4096 /* bytes; what is used is in the first lines */

/* The number after a name in fdinfo: proc_pid_fdinfo(5). */
static unsigned long long value_of(const char *text, const char *name, int base)
{
	const char *at = strstr(text, name);

	return at != NULL ? strtoull(at + strlen(name), NULL, base) : 0;
}

/* Keeps a descriptor that stays open at execve. */
static void look_at(struct arena *arena, int dir, const char *number, struct init_facts *facts,
		    size_t *allocated)
{
	const char *link = arena_printf(arena, "/proc/%d/fd/%s", (int)facts->pid, number);
	auto_close int fd = openat(dir, number, O_RDONLY | O_CLOEXEC);
	char text[FDINFO_MAX];
	ssize_t len = fd >= 0 ? read(fd, text, sizeof(text) - 1) : -1;
	struct statx stx = { 0 };

	if (len <= 0)
		return; /* closed since */
	text[len] = '\0';
	if ((value_of(text, "flags:", 8) & O_CLOEXEC) != 0)
		return;
	syscall(SYS_statx, AT_FDCWD, link, AT_NO_AUTOMOUNT | AT_STATX_DONT_SYNC, STATX_TYPE, &stx);
	if (facts->n_fds == *allocated) {
		const size_t n = *allocated * 2 + 16;
		struct init_fd *more = arena_array(arena, n, sizeof(*more));

		if (facts->n_fds > 0)
			memcpy(more, facts->fds, facts->n_fds * sizeof(*more));
		facts->fds = more;
		*allocated = n;
	}
	facts->fds[facts->n_fds++] = (struct init_fd){
		.number = (unsigned int)strtoul(number, NULL, 10),
		.directory = S_ISDIR(stx.stx_mode),
		.mount = value_of(text, "mnt_id:", 10),
	};
}

int init_fds_look(struct arena *arena, struct init_facts *facts, struct err *err)
{
	const char *path = arena_printf(arena, "/proc/%d/fdinfo", (int)facts->pid);
	auto_close int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	const struct dirent *entry;
	int copy = dir >= 0 ? dup(dir) : -1;
	DIR *all = copy >= 0 ? fdopendir(copy) : NULL;
	size_t allocated = 0;

	if (all == NULL) {
		if (copy >= 0)
			close(copy);
		return err_set_system(err, errno, "cannot open %s", path);
	}
	while ((entry = readdir(all)) != NULL)
		if (entry->d_name[0] != '.')
			look_at(arena, dir, entry->d_name, facts, &allocated);
	closedir(all);
	return 0;
}
