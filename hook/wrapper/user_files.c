/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes a container's new passwd and group into its bundle. The container may read them with any
 * id, so they are readable for all. Only the runtime's own user may own their directory.
 */
#include "user_files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/io.h"

#define DIRECTORY "rootfence"

static int open_directory(int bundle_dir, int *ret_dir, struct err *err)
{
	auto_close int dir = -1;
	struct stat st;

	if (mkdirat(bundle_dir, DIRECTORY, 0755) < 0 && errno != EEXIST)
		return err_set_system(err, errno, "cannot make directory %s in the bundle",
				      DIRECTORY);
	dir = openat(bundle_dir, DIRECTORY, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (dir < 0 || fstat(dir, &st) < 0)
		return err_set_system(err, errno, "cannot open directory %s in the bundle",
				      DIRECTORY);
	if (st.st_uid != geteuid())
		return err_set(err, EPERM, EXIT_SYSTEM,
			       "directory %s in the bundle belongs to uid %u; remove it", DIRECTORY,
			       st.st_uid);
	/* The engine's umask must not matter. */
	if (fchmod(dir, 0755) < 0)
		return err_set_system(err, errno, "cannot change the mode of %s in the bundle",
				      DIRECTORY);
	*ret_dir = TAKE_FD(dir);
	return 0;
}

static int write_new(int dir, const char *name, const struct generated_file *file, struct err *err)
{
	auto_close int fd =
		openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	int error;

	if (fd < 0)
		return err_set_system(err, errno, "cannot make %s/%s in the bundle", DIRECTORY,
				      file->name);
	error = io_write(fd, file->name, file->text, err);
	if (error < 0)
		return error;
	if (fchmod(fd, 0644) < 0 || fsync(fd) < 0)
		return err_set_system(err, errno, "cannot finish %s/%s in the bundle", DIRECTORY,
				      file->name);
	if (renameat(dir, name, dir, file->name) < 0)
		return err_set_system(err, errno, "cannot rename to %s/%s in the bundle", DIRECTORY,
				      file->name);
	return 0;
}

static int write_file(int dir, const struct generated_file *file, struct err *err)
{
	char name[64];
	int error;

	/* The name is fixed, so that the next wrapper finds what a killed one left. The lock on the
	 * bundle keeps it ours. */
	snprintf(name, sizeof(name), ".%s.new", file->name);
	unlinkat(dir, name, 0);
	error = write_new(dir, name, file, err);
	if (error < 0)
		unlinkat(dir, name, 0);
	return error;
}

int user_files_write(int bundle_dir, const struct generated_file *files, size_t n, struct err *err)
{
	auto_close int dir = -1;
	int error = n > 0 ? open_directory(bundle_dir, &dir, err) : 0;

	for (size_t i = 0; error == 0 && i < n; i++)
		error = write_file(dir, &files[i], err);
	if (error == 0 && n > 0 && fsync(dir) < 0)
		error = err_set_system(err, errno, "cannot finish directory %s in the bundle",
				       DIRECTORY);
	return error;
}
