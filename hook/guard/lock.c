/* SPDX-License-Identifier: Apache-2.0 */
/* Lock files below /run/rootfence, one for each guard directory and purpose: see lock.h. */
#include "guard/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "base/cleanup.h"

#define LOCK_DIR "/run/rootfence"

static int lock_dir_open(int *ret_fd, struct err *err)
{
	auto_close int fd = -1;
	struct stat st;

	if (mkdir(LOCK_DIR, 0700) < 0 && errno != EEXIST)
		return err_set_system(err, errno, "cannot make " LOCK_DIR);
	fd = open(LOCK_DIR, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return err_set_system(err, errno, "cannot open " LOCK_DIR);
	if (fstat(fd, &st) < 0)
		return err_set_system(err, errno, "cannot stat " LOCK_DIR);
	/* Anybody who can write there could hold the lock forever. */
	if (st.st_uid != geteuid() || (st.st_mode & 022) != 0)
		return err_set(
			err, EPERM, EXIT_SYSTEM,
			LOCK_DIR
			" is writable by users other than its owner: remove it and try again");
	*ret_fd = TAKE_FD(fd);
	return 0;
}

static uint64_t lock_hash(const char *text)
{
	uint64_t hash = 0xcbf29ce484222325; /* FNV-1a */

	for (; *text != '\0'; text++)
		hash = (hash ^ (unsigned char)*text) * 0x100000001b3;
	return hash;
}

int lock_take(const char *dir, const char *name, enum lock_mode mode, int *ret_fd, struct err *err)
{
	static const int operations[] = {
		[LOCK_SHARED] = LOCK_SH,
		[LOCK_EXCLUSIVE] = LOCK_EX,
		[LOCK_TRY] = LOCK_EX | LOCK_NB,
	};
	auto_close int dir_fd = -1;
	auto_close int fd = -1;
	char file[64];
	int ret;

	ret = lock_dir_open(&dir_fd, err);
	if (ret < 0)
		return ret;
	snprintf(file, sizeof(file), "%s-%016llx.lock", name, (unsigned long long)lock_hash(dir));
	/* Nothing is written to it, and a restrained process may not open files for writing. */
	fd = openat(dir_fd, file, O_RDONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return err_set_system(err, errno, "cannot open " LOCK_DIR "/%s", file);
	do
		ret = flock(fd, operations[mode]);
	while (ret < 0 && errno == EINTR);
	if (ret < 0)
		return err_set_system(err, errno, "cannot lock " LOCK_DIR "/%s", file);
	*ret_fd = TAKE_FD(fd);
	return 0;
}
