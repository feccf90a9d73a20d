/* SPDX-License-Identifier: Apache-2.0 */
/* The directory of locks and records: see run_dir.h. */
#include "guard/run_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/cleanup.h"

int run_dir_open(int *ret_fd, struct err *err)
{
	auto_close int fd = -1;
	struct stat st;

	if (mkdir(RUN_DIR, 0700) < 0 && errno != EEXIST)
		return err_set_system(err, errno, "cannot make " RUN_DIR);
	fd = open(RUN_DIR, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return err_set_system(err, errno, "cannot open " RUN_DIR);
	if (fstat(fd, &st) < 0)
		return err_set_system(err, errno, "cannot stat " RUN_DIR);
	/* Anybody who can write there could hold the lock forever. */
	if (st.st_uid != geteuid() || (st.st_mode & 022) != 0)
		return err_set(
			err, EPERM, EXIT_SYSTEM,
			RUN_DIR
			" is writable by users other than its owner: remove it and try again");
	*ret_fd = TAKE_FD(fd);
	return 0;
}

uint64_t run_dir_hash(const char *dir)
{
	uint64_t hash = 0xcbf29ce484222325; /* FNV-1a */

	for (; *dir != '\0'; dir++)
		hash = (hash ^ (unsigned char)*dir) * 0x100000001b3;
	return hash;
}
