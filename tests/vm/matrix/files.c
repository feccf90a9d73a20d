/* SPDX-License-Identifier: Apache-2.0 */
/* Files to execve: the table, and how they are made. Each one executes this program in the end. */
#include "matrix.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#define RAW CAP_BIT_NET_RAW
#define NS NAMESPACE_ROOT
#define EFF FILE_CAPS_EFFECTIVE

/* name, owner, group, mode, flags, permitted, inheritable */
const struct file files[] = {
	{ "plain", 0, 0, 0755, 0, 0, 0 },
	{ "set-user-ID root", 0, 0, 04755, 0, 0, 0 },
	{ "set-user-ID other", OTHER, OTHER, 04755, 0, 0, 0 },
	{ "set-group-ID other", 0, OTHER, 02755, 0, 0, 0 },
	{ "set-user-ID and set-group-ID root", 0, 0, 06755, 0, 0, 0 },
	{ "set-user-ID root of the user namespace", NS, NS, 04755, 0, 0, 0 },
	{ "capabilities", 0, 0, 0755, EFF, RAW, 0 },
	{ "capabilities, not effective", 0, 0, 0755, 0, RAW, 0 },
	{ "capabilities, inheritable", 0, 0, 0755, EFF, 0, RAW },
	{ "capabilities v3", 0, 0, 0755, EFF | FILE_CAPS_V3, RAW, 0 },
	{ "capabilities v3, not effective", 0, 0, 0755, FILE_CAPS_V3, RAW, 0 },
	{ "set-user-ID root and capabilities", 0, 0, 04755, EFF, RAW, 0 },
	{ "set-user-ID other and capabilities", OTHER, OTHER, 04755, EFF, RAW, 0 },
	{ "script, interpreter set-user-ID root", 0, 0, 04755, FILE_SCRIPT, 0, 0 },
	{ "script, interpreter with capabilities", 0, 0, 0755, FILE_SCRIPT | EFF, RAW, 0 },
	{ "script, set-user-ID root", 0, 0, 04755, FILE_SCRIPT_SET_ID, 0, 0 },
	{ "set-user-ID root, by descriptor", 0, 0, 04755, FILE_BY_FD, 0, 0 },
	{ "capabilities, by descriptor", 0, 0, 0755, FILE_BY_FD | EFF, RAW, 0 },
	{ "set-user-ID root, deleted", 0, 0, 04755, FILE_DELETED, 0, 0 },
	{ "capabilities, deleted", 0, 0, 0755, FILE_DELETED | EFF, RAW, 0 },
	{ "memfd, set-user-ID root", 0, 0, 04755, FILE_MEMFD, 0, 0 },
	{ "set-user-ID root, nosuid mount", 0, 0, 04755, FILE_NOSUID, 0, 0 },
	{ "capabilities, nosuid mount", 0, 0, 0755, FILE_NOSUID | EFF, RAW, 0 },
	{ "binfmt_misc, set-user-ID root", 0, 0, 04755, FILE_BINFMT, 0, 0 },
	{ "binfmt_misc C, set-user-ID root", 0, 0, 04755, FILE_BINFMT_CREDENTIALS, 0, 0 },
	{ "binfmt_misc C, capabilities", 0, 0, 0755, FILE_BINFMT_CREDENTIALS | EFF, RAW, 0 },
};
const unsigned int n_files = sizeof(files) / sizeof(files[0]);

void file_path(const char *dir, unsigned int index, char *path, size_t size)
{
	const char *nosuid = (files[index].flags & FILE_NOSUID) != 0 ? "nosuid/" : "";

	snprintf(path, size, "%s/%sfile%u", dir, nosuid, index);
}

static int copy_payload(const char *dir, int to)
{
	char path[256];
	struct stat st;
	int from, ret = -1;

	snprintf(path, sizeof(path), "%s/payload", dir);
	from = open(path, O_RDONLY | O_CLOEXEC);
	if (from < 0)
		return -1;
	if (fstat(from, &st) == 0 && sendfile(to, from, NULL, (size_t)st.st_size) == st.st_size)
		ret = 0;
	close(from);
	return ret;
}

static int write_text(int fd, const char *text)
{
	size_t len = strlen(text);

	return write(fd, text, len) == (ssize_t)len ? 0 : -1;
}

/* Owner first: chown removes set-id bits and capabilities. */
static int privileges_give(int fd, const struct file *file)
{
	struct vfs_ns_cap_data caps = { 0 };
	int v3 = (file->flags & FILE_CAPS_V3) != 0;
	size_t size = v3 ? XATTR_CAPS_SZ_3 : XATTR_CAPS_SZ_2;

	if (fchown(fd, file->owner, file->group) < 0 || fchmod(fd, file->mode) < 0)
		return -1;
	if (file->permitted == 0 && file->inheritable == 0)
		return 0;
	caps.magic_etc = v3 ? VFS_CAP_REVISION_3 : VFS_CAP_REVISION_2;
	if ((file->flags & FILE_CAPS_EFFECTIVE) != 0)
		caps.magic_etc |= VFS_CAP_FLAGS_EFFECTIVE;
	caps.data[0].permitted = (uint32_t)file->permitted;
	caps.data[0].inheritable = (uint32_t)file->inheritable;
	caps.rootid = NAMESPACE_ROOT;
	return fsetxattr(fd, "security.capability", &caps, size, 0);
}

/* Makes the file that the kernel starts; interpreters of scripts are separate files. */
static int content_write(const char *dir, unsigned int index, int fd)
{
	const struct file *file = &files[index];
	char line[256];

	if ((file->flags & FILE_BINFMT) != 0)
		return write_text(fd, "RFMATRIX plain\n");
	if ((file->flags & FILE_BINFMT_CREDENTIALS) != 0)
		return write_text(fd, "RFMATRIC credentials\n");
	if ((file->flags & FILE_SCRIPT) != 0)
		snprintf(line, sizeof(line), "#!%s/interpreter%u\n", dir, index);
	else if ((file->flags & FILE_SCRIPT_SET_ID) != 0)
		snprintf(line, sizeof(line), "#!%s/payload\n", dir);
	else
		return copy_payload(dir, fd);
	return write_text(fd, line);
}

static int interpreter_make(const char *dir, unsigned int index)
{
	char path[256];
	int fd, ret = -1;

	snprintf(path, sizeof(path), "%s/interpreter%u", dir, index);
	fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);
	if (fd < 0)
		return -1;
	if (copy_payload(dir, fd) == 0)
		ret = privileges_give(fd, &files[index]);
	close(fd);
	return ret;
}

static int file_make(const char *dir, unsigned int index)
{
	const struct file *file = &files[index];
	char path[256];
	int fd, ret;

	file_path(dir, index, path, sizeof(path));
	fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);
	if (fd < 0)
		return -1;
	ret = content_write(dir, index, fd);
	if (ret == 0 && (file->flags & FILE_SCRIPT) != 0)
		ret = interpreter_make(dir, index);
	else if (ret == 0)
		ret = privileges_give(fd, file);
	close(fd);
	return ret;
}

int files_make(const char *dir)
{
	for (unsigned int i = 0; i < n_files; i++) {
		if (file_make(dir, i) < 0)
			return -1;
	}
	return 0;
}

int file_open(const char *dir, unsigned int index)
{
	unsigned int flags = files[index].flags;
	char path[256];
	int fd;

	if ((flags & FILE_MEMFD) != 0) {
		fd = memfd_create("matrix", MFD_CLOEXEC);
		if (fd >= 0 && copy_payload(dir, fd) == 0 && fchmod(fd, files[index].mode) == 0)
			return fd;
		return -1;
	}
	if ((flags & (FILE_BY_FD | FILE_DELETED)) == 0)
		return -1;
	file_path(dir, index, path, sizeof(path));
	if ((flags & FILE_DELETED) != 0 && file_make(dir, index) < 0)
		return -1;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if ((flags & FILE_DELETED) != 0)
		unlink(path);
	return fd;
}
