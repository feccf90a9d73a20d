/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See cgroup.h. Paths in /proc/PID/cgroup are relative to the reader's cgroup namespace, and a
 * mount can show any part of the tree. So a directory counts only if it lists the process.
 */
#include "guard/cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "abi.h"
#include "base/cleanup.h"
#include "base/own_namespaces.h"
#include "guard/guard.h"
#include "guard/procfs.h"

#define CGROUP_TEXT_MAX 16384 /* /proc/PID/cgroup: twelve v1 hierarchies, and paths of PATH_MAX */
#define HANDLE_KERNFS 0xfe    /* FILEID_KERNFS: the handle is the 64-bit id */

struct kernfs_handle {
	struct file_handle head;
	unsigned char room[sizeof(uint64_t)];
};

int cgroup_mount_open(void)
{
	static const char *const mounts[] = { "/sys/fs/cgroup", "/sys/fs/cgroup/unified" };

	for (size_t i = 0; i < ARRAY_SIZE(mounts); i++) {
		auto_close int fd = open(mounts[i], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		struct statfs fs;

		if (fd < 0 || fstatfs(fd, &fs) < 0 ||
		    (unsigned long)fs.f_type != CGROUP2_SUPER_MAGIC)
			continue;
		return TAKE_FD(fd);
	}
	return -ENOENT;
}

/* Returns the path after "0::", which always starts with a slash; NULL without cgroup v2. */
static const char *v2_path(char *text)
{
	char *line = strncmp(text, "0::", 3) == 0 ? text : strstr(text, "\n0::");

	if (line == NULL)
		return NULL;
	line += line == text ? 3 : 4;
	line[strcspn(line, "\n")] = '\0';
	return line;
}

/* True if inner is outer, or below it. */
static bool path_contains(const char *outer, const char *inner)
{
	size_t len = strlen(outer);

	return strncmp(outer, inner, len) == 0 && (inner[len] == '\0' || inner[len] == '/');
}

/* Is proc in this cgroup? Registering a cgroup guards all that is in it, so neither the host's
 * init nor this hook may be in it. True if this cannot be read. */
static bool holds_host(const char *path, const char *proc)
{
	auto_close int fd = open(proc, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	char text[CGROUP_TEXT_MAX];
	const char *host;
	struct err ignored;

	if (fd < 0 || procfs_read(fd, "cgroup", text, sizeof(text), &ignored) < 0)
		return true;
	host = v2_path(text);
	return host == NULL || path_contains(path, host);
}

/* Reads a list of a container that is being created: it has a handful of processes at most. */
static bool list_has(int cgroup_fd, const char *name, pid_t pid)
{
	char text[16384];
	struct err ignored;
	char *next = text;

	if (procfs_read(cgroup_fd, name, text, sizeof(text), &ignored) < 0)
		return false;
	while (*next != '\0') {
		long listed = strtol(next, &next, 10);

		if (listed == (long)pid)
			return true;
		next += strcspn(next, "\n");
		next += strspn(next, "\n");
	}
	return false;
}

/*
 * The processes of a threaded cgroup cannot be read, only its threads. Runtimes make one when they
 * put a container below a cgroup that has processes and controllers.
 */
static bool lists_process(int cgroup_fd, pid_t pid)
{
	return list_has(cgroup_fd, "cgroup.procs", pid) ||
	       list_has(cgroup_fd, "cgroup.threads", pid);
}

static bool cgroup_id(int cgroup_fd, uint64_t *ret_id)
{
	struct kernfs_handle handle = { .head.handle_bytes = sizeof(handle.room) };
	int mount_id;

	if (name_to_handle_at(cgroup_fd, "", &handle.head, &mount_id, AT_EMPTY_PATH) < 0 ||
	    handle.head.handle_bytes != sizeof(*ret_id))
		return false;
	memcpy(ret_id, handle.head.f_handle, sizeof(*ret_id));
	return true;
}

static unsigned int path_depth(const char *path)
{
	unsigned int depth = 0;

	for (; *path != '\0'; path++)
		depth += *path == '/';
	return depth;
}

/* Could a cgroup be above all those that this process sees? */
static bool view_is_partial(void)
{
	struct err ignored;
	bool hosts;
	int ret = own_namespace_is_hosts(OWN_CGROUP, &hosts, &ignored);

	return ret < 0 ? ret != -ENOENT : !hosts;
}

/*
 * Opens the process's cgroup. *ret_fd is -1 if nothing is above it: it is in the root, or there is
 * no cgroup v2. -EXDEV if it cannot be seen from here.
 */
static int cgroup_open(int proc_fd, pid_t pid, unsigned int *ret_depth, int *ret_fd,
		       struct err *err)
{
	auto_close int mount_fd = -1;
	auto_close int fd = -1;
	char text[CGROUP_TEXT_MAX];
	const char *path;
	int ret = procfs_read(proc_fd, "cgroup", text, sizeof(text), err);

	if (ret < 0)
		return ret;
	*ret_fd = -1;
	path = v2_path(text);
	if (path == NULL)
		return 0;
	if (view_is_partial())
		return -EXDEV;
	if (strcmp(path, "/") == 0)
		return 0;
	mount_fd = cgroup_mount_open();
	fd = mount_fd < 0
		     ? -1
		     : openat(mount_fd, path + 1, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || !lists_process(fd, pid))
		return -EXDEV;
	*ret_depth = path_depth(path);
	*ret_fd = TAKE_FD(fd);
	return 0;
}

int cgroup_line(int proc_fd, pid_t pid, uint64_t ret_ids[ABI_CGROUP_LEVELS], size_t *ret_n,
		struct err *err)
{
	auto_close int fd = -1;
	unsigned int level = 0;
	int ret = cgroup_open(proc_fd, pid, &level, &fd, err);

	*ret_n = 0;
	if (ret < 0 || fd < 0)
		return ret;
	for (;;) {
		int above;

		if (level <= ABI_CGROUP_LEVELS && !cgroup_id(fd, &ret_ids[(*ret_n)++]))
			return err_set_system(err, errno, "cannot read the id of a cgroup");
		if (--level == 0)
			return 0;
		above = openat(fd, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (above < 0)
			return err_set_system(err, errno, "cannot open a cgroup");
		close(fd);
		fd = above;
	}
}

int cgroup_of(int proc_fd, pid_t pid, uint64_t *ret_id, bool *ret_own, struct err *err)
{
	auto_close int mount_fd = -1;
	auto_close int fd = -1;
	char text[CGROUP_TEXT_MAX];
	const char *path;
	int ret;

	ret = procfs_read(proc_fd, "cgroup", text, sizeof(text), err);
	if (ret < 0)
		return ret;
	*ret_own = false;
	path = v2_path(text);
	mount_fd = cgroup_mount_open();
	if (path == NULL || mount_fd < 0)
		return 0; /* no cgroup v2 here */
	if (strcmp(path, "/") == 0 || strncmp(path, "/..", 3) == 0 ||
	    path_depth(path) > ABI_CGROUP_LEVELS)
		return 0; /* the root, outside of our view, or deeper than the programs look */
	if (holds_host(path, "/proc/self") || holds_host(path, "/proc/1"))
		return 0;
	fd = openat(mount_fd, path + 1, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || !lists_process(fd, pid))
		return 0; /* the mount shows another part of the tree */
	*ret_own = cgroup_id(fd, ret_id);
	return 0;
}

static ssize_t fd_path(int fd, char *room, size_t size)
{
	char link[32];
	ssize_t len;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	len = readlink(link, room, size - 1);
	if (len >= 0)
		room[len] = '\0';
	return len;
}

char *guard_cgroup_path(uint64_t id, char *room, size_t size)
{
	struct kernfs_handle handle = { .head.handle_bytes = sizeof(id),
					.head.handle_type = HANDLE_KERNFS };
	auto_close int mount_fd = cgroup_mount_open();
	auto_close int fd = -1;
	char mount[64];
	ssize_t len;

	memcpy(handle.head.f_handle, &id, sizeof(id));
	fd = mount_fd < 0 ? -1 : open_by_handle_at(mount_fd, &handle.head, O_PATH | O_CLOEXEC);
	if (fd < 0)
		return NULL;
	len = fd_path(mount_fd, mount, sizeof(mount));
	if (len < 0 || fd_path(fd, room, size) < 0)
		return NULL;
	return strncmp(room, mount, (size_t)len) == 0 ? room + len : room;
}

bool cgroup_is_populated(int mount_fd, uint64_t id)
{
	struct kernfs_handle handle = { .head.handle_bytes = sizeof(id),
					.head.handle_type = HANDLE_KERNFS };
	auto_close int fd = -1;
	char text[512];
	struct err ignored;

	memcpy(handle.head.f_handle, &id, sizeof(id));
	fd = open_by_handle_at(mount_fd, &handle.head, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return errno != ESTALE && errno != ENOENT;
	if (procfs_read(fd, "cgroup.events", text, sizeof(text), &ignored) < 0)
		return true;
	return strstr(text, "populated 0") == NULL;
}
