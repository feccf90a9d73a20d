/* SPDX-License-Identifier: Apache-2.0 */
/* The file with what was loaded: see seal.h. It has a fixed size and no strings to parse. */
#include "guard/seal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "guard/run_dir.h"

#define SEAL_MAGIC 0x46524c53u /* changes with the layout of this file */
#define BOOT_ID "/proc/sys/kernel/random/boot_id"
#define BOOT_ID_SIZE 36

struct seal_file {
	uint32_t magic;
	uint32_t abi;
	char boot[40]; /* a file that outlived the host's last boot counts for nothing */
	struct seals seals;
};

static void file_name(char name[64], const char *dir, const char *suffix)
{
	snprintf(name, 64, "guard-%016llx.seal%s", (unsigned long long)run_dir_hash(dir), suffix);
}

static int boot_read(char boot[40], struct err *err)
{
	auto_close int fd = open(BOOT_ID, O_RDONLY | O_CLOEXEC);

	memset(boot, 0, 40);
	if (fd < 0 || read(fd, boot, BOOT_ID_SIZE) != BOOT_ID_SIZE)
		return err_set_system(err, errno, "cannot read " BOOT_ID);
	return 0;
}

int seals_read(const char *dir, struct seals *ret_seals, struct err *err)
{
	auto_close int dir_fd = -1;
	auto_close int fd = -1;
	struct seal_file file;
	char boot[40], name[64];
	ssize_t len;
	int ret;

	ret_seals->n = 0;
	ret = run_dir_open(&dir_fd, err);
	if (ret < 0)
		return ret;
	file_name(name, dir, "");
	fd = openat(dir_fd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return 0;
	len = fd < 0 ? -1 : read(fd, &file, sizeof(file));
	if (len < 0)
		return err_set_system(err, errno, "cannot read " RUN_DIR "/%s", name);
	ret = boot_read(boot, err);
	if (ret < 0)
		return ret;
	if (len != sizeof(file) || file.magic != SEAL_MAGIC || file.abi != GUARD_ABI ||
	    file.seals.n > SEALS_MAX)
		return err_set(err, EPROTO, EXIT_GUARD,
			       RUN_DIR "/%s was not written by this version of rootfence", name);
	if (memcmp(file.boot, boot, sizeof(boot)) == 0)
		*ret_seals = file.seals;
	return 0;
}

int seals_write(const char *dir, const struct seals *seals, struct err *err)
{
	struct seal_file file = { .magic = SEAL_MAGIC, .abi = GUARD_ABI, .seals = *seals };
	auto_close int dir_fd = -1;
	auto_close int fd = -1;
	char name[64], new[64];
	int ret;

	ret = boot_read(file.boot, err);
	if (ret == 0)
		ret = run_dir_open(&dir_fd, err);
	if (ret < 0)
		return ret;
	file_name(name, dir, "");
	file_name(new, dir, "-new");
	fd = openat(dir_fd, new, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0 || write(fd, &file, sizeof(file)) != sizeof(file) ||
	    renameat(dir_fd, new, dir_fd, name) < 0)
		return err_set_system(err, errno, "cannot write " RUN_DIR "/%s", name);
	return 0;
}

void seals_remove(const char *dir)
{
	auto_close int dir_fd = -1;
	struct err ignored;
	char name[64];

	if (run_dir_open(&dir_fd, &ignored) < 0)
		return;
	file_name(name, dir, "");
	unlinkat(dir_fd, name, 0);
}

const struct seal *seals_find(const struct seals *seals, uint32_t meta_id)
{
	for (size_t i = 0; i < seals->n; i++)
		if (seals->items[i].maps[PIN_META] == meta_id)
			return &seals->items[i];
	return NULL;
}

bool seals_published(const struct seals *seals)
{
	for (size_t i = 0; i < seals->n; i++)
		if (seals->items[i].published)
			return true;
	return false;
}
