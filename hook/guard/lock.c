/* SPDX-License-Identifier: Apache-2.0 */
/* Lock files below /run/rootfence, one for each guard directory and purpose: see lock.h. */
#include "guard/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>

#include "base/cleanup.h"
#include "guard/run_dir.h"

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

	ret = run_dir_open(&dir_fd, err);
	if (ret < 0)
		return ret;
	snprintf(file, sizeof(file), "%s-%016llx.lock", name,
		 (unsigned long long)run_dir_hash(dir));
	/* Nothing is written to it, and a restrained process may not open files for writing. */
	fd = openat(dir_fd, file, O_RDONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return err_set_system(err, errno, "cannot open " RUN_DIR "/%s", file);
	do
		ret = flock(fd, operations[mode]);
	while (ret < 0 && errno == EINTR);
	if (ret < 0)
		return err_set_system(err, errno, "cannot lock " RUN_DIR "/%s", file);
	*ret_fd = TAKE_FD(fd);
	return 0;
}
