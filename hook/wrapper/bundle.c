/* SPDX-License-Identifier: Apache-2.0 */
/* Opens the bundle and replaces files in it: see bundle.h. */
#include "bundle.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "writable_by_others.h"

#define LOCK_TRIES 500 /* of 10 ms; another wrapper holds the lock for about 1 ms */
#define TEMP_SUFFIX ".rootfence"

/*
 * Removes "/" and "/." from the end of a path. With them, open() follows a symbolic link despite
 * O_NOFOLLOW.
 */
static const char *plain_path(struct arena *arena, const char *path)
{
	size_t len = strlen(path);

	for (;;) {
		if (len > 1 && path[len - 1] == '/')
			len--;
		else if (len > 2 && path[len - 1] == '.' && path[len - 2] == '/')
			len--;
		else
			return arena_copy(arena, path, len);
	}
}

static int open_directory(const char *path, int *ret_fd, struct err *err)
{
	struct stat st;
	int fd;

	if (lstat(path, &st) == 0 && S_ISLNK(st.st_mode))
		return err_set(
			err, ELOOP, EXIT_SYSTEM,
			"bundle %s is a symbolic link, which can change before the runtime reads it; give the directory itself",
			path);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return err_set_system(err, errno, "cannot open bundle %s", path);
	*ret_fd = fd;
	return 0;
}

/* Waiting has a limit, because anybody who can read the directory can lock it. */
static int lock(int fd, const char *path, struct err *err)
{
	const struct timespec pause = { .tv_nsec = 10 * 1000 * 1000 };

	for (int tries = 0; tries < LOCK_TRIES; tries++) {
		if (flock(fd, LOCK_EX | LOCK_NB) == 0)
			return 0;
		if (errno != EWOULDBLOCK && errno != EINTR)
			return err_set_system(err, errno, "cannot lock bundle %s", path);
		nanosleep(&pause, NULL);
	}
	return err_set(err, EBUSY, EXIT_SYSTEM,
		       "bundle %s is locked by another process; each container needs its own",
		       path);
}

int bundle_open(struct arena *arena, const char *path, enum bundle_use use, int *ret_fd,
		const char **ret_path, struct err *err)
{
	char link[64], real[4096];
	auto_close int fd = -1;
	ssize_t len;
	int error;

	path = plain_path(arena, path != NULL ? path : ".");
	error = open_directory(path, &fd, err);
	if (error == 0 && use == BUNDLE_LOCK)
		error = lock(fd, path, err);
	if (error < 0)
		return error;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	len = readlink(link, real, sizeof(real));
	if (len < 0 || (size_t)len >= sizeof(real))
		return err_set_system(err, len < 0 ? errno : ENAMETOOLONG,
				      "cannot tell where bundle %s is", path);
	*ret_path = arena_copy(arena, real, (size_t)len);
	*ret_fd = TAKE_FD(fd);
	return 0;
}

/*
 * The runtime reads the file again after it was judged here, so others must not be able to change
 * it.
 */
static int check_owners(const struct bundle_file *file, struct err *err)
{
	bool of_others, in_others;
	struct stat dir;
	int error;

	if (fstat(file->dir, &dir) < 0)
		return err_set_system(err, errno, "cannot stat the directory of %s", file->name);
	error = others_can_write(&file->st, &of_others, err);
	if (error == 0)
		error = others_can_write(&dir, &in_others, err);
	if (error < 0 || (!of_others && !in_others) || !others_can_enter(file->dir))
		return error;
	return err_set(
		err, EPERM, EXIT_SYSTEM,
		"%s can be changed by users other than root before the runtime reads it; chown root and chmod go-w it and its directory",
		file->name);
}

int bundle_file_read(struct arena *arena, int dir, const char *name, size_t max,
		     struct bundle_file *ret_file, struct err *err)
{
	/* O_NONBLOCK: opening a FIFO in the file's place must not block the engine. */
	auto_close int fd =
		openat(dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct bundle_file file = { .dir = dir, .name = name };
	int error;

	if (fd < 0 && errno == ELOOP)
		return err_set(
			err, ELOOP, EXIT_SYSTEM,
			"%s is a symbolic link, which can change before the runtime reads it; write the file itself",
			name);
	if (fd < 0)
		return err_set_system(err, errno, "cannot open %s", name);
	if (fstat(fd, &file.st) < 0)
		return err_set_system(err, errno, "cannot stat %s", name);
	if (!S_ISREG(file.st.st_mode))
		return err_set(err, EINVAL, EXIT_SYSTEM, "%s is not a regular file", name);
	error = check_owners(&file, err);
	if (error == 0)
		error = io_read(arena, fd, name, max, &file.text, err);
	if (error < 0)
		return error;
	*ret_file = file;
	return 0;
}

/*
 * The name is fixed, so that the next wrapper finds what a killed one left. The lock on the bundle
 * keeps it ours.
 */
static void temp_name(const struct bundle_file *file, char *name, size_t size)
{
	snprintf(name, size, ".%.200s" TEMP_SUFFIX, file->name);
}

void bundle_file_clean(const struct bundle_file *file)
{
	char temp[256];

	temp_name(file, temp, sizeof(temp));
	unlinkat(file->dir, temp, 0);
}

/*
 * In a directory that anybody can write to, such as /tmp with --process, the name may be taken.
 * Then a random name is tried.
 */
static int make_temp(const struct bundle_file *file, char *name, size_t size)
{
	int fd = -1;

	for (int tries = 0; tries < 16; tries++) {
		unsigned int random = 0;

		fd = openat(file->dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
			    0600);
		if (fd >= 0 || errno != EEXIST ||
		    getrandom(&random, sizeof(random), GRND_NONBLOCK) < 0)
			break;
		snprintf(name, size, ".%.200s.%08x" TEMP_SUFFIX, file->name, random);
	}
	return fd;
}

static int write_temp(const struct bundle_file *file, char *temp, size_t size, struct str text,
		      struct err *err)
{
	auto_close int fd = make_temp(file, temp, size);
	struct stat st;
	int error;

	if (fd < 0)
		return err_set_system(err, errno, "cannot write beside %s", file->name);
	if (fstat(fd, &st) < 0)
		return err_set_system(err, errno, "cannot stat %s", temp);
	if ((st.st_uid != file->st.st_uid || st.st_gid != file->st.st_gid) &&
	    fchown(fd, file->st.st_uid, file->st.st_gid) < 0)
		return err_set_system(err, errno, "cannot give %s the owner of %s", temp,
				      file->name);
	if (fchmod(fd, file->st.st_mode & 07777) < 0)
		return err_set_system(err, errno, "cannot give %s the mode of %s", temp,
				      file->name);
	error = io_write(fd, temp, text, err);
	if (error == 0 && fsync(fd) < 0)
		error = err_set_system(err, errno, "cannot write to %s", temp);
	return error;
}

int bundle_file_replace(const struct bundle_file *file, struct str text, struct err *err)
{
	char temp[256];
	int error;

	temp_name(file, temp, sizeof(temp));
	bundle_file_clean(file);
	error = write_temp(file, temp, sizeof(temp), text, err);
	if (error == 0 && renameat(file->dir, temp, file->dir, file->name) < 0)
		error = err_set_system(err, errno, "cannot replace %s", file->name);
	if (error < 0) {
		unlinkat(file->dir, temp, 0);
		return error;
	}
	/* The directory is not synced. After a power failure the old file may be back, which is
	 * whole too, and no container that was made with the new file runs. */
	return 0;
}
