/* SPDX-License-Identifier: Apache-2.0 */
/* Other places of a mounted file, from mount tables as the kernel writes them. */
#include "support.h"

#include <fcntl.h>
#include <unistd.h>

#include "host/mountinfo.h"

/* %u is the mount of the file; then its path, and its other places in order. */
static const struct {
	const char *table, *path, *origins;
} rows[] = {
	/* One mount of one file system: no other place. */
	{ "%u 1 8:1 / / rw - ext4 /dev/sda1 rw\n", "/etc", "" },
	/* A bind-mounted directory. */
	{ "22 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
	  "%u 22 8:1 /etc /srv/x rw shared:1 - ext4 /dev/sda1 rw\n",
	  "/srv/x/ssh", "/etc/ssh;" },
	{ "22 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
	  "%u 22 8:1 /a\\040b /m\\134n rw shared:1 master:2 - ext4 /dev/sda1 rw\n",
	  "/m\\n/x", "/a b/x;" },
	/* The mount that shows most of a file system that is not the host's root. */
	{ "22 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
	  "30 22 8:2 /deep/er /small rw - ext4 /dev/sdb1 rw\n"
	  "31 22 8:2 /deep /wide rw - ext4 /dev/sdb1 rw\n"
	  "%u 22 8:2 /deep/er/file /one rw - ext4 /dev/sdb1 rw\n",
	  "/one", "/wide/er/file;" },
	/* Layers of an overlay. */
	{ "22 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
	  "%u 22 0:40 / /merged rw - overlay overlay rw,lowerdir=/l1:/l2,upperdir=/u,workdir=/w\n",
	  "/merged/etc", "/l1/etc;/l2/etc;/u/etc;" },
	{ "%u 22 0:40 / /merged rw - overlay overlay ro,lowerdir+=/l1,lowerdir+=/etc,datadir+=/d\n",
	  "/merged", "/l1;/etc;/d;" },
	{ "%u 22 0:40 / /m rw - overlay overlay ro,lowerdir=/a\\040b::/d,metacopy=on\n", "/m/x",
	  "/a b/x;/d/x;" },
	{ "%u 22 0:40 / /m rw - overlay overlay ro,lowerdir=relative,upperdir=\n", "/m/x", "" },
	/* The host's own root may be an overlay. */
	{ "%u 22 0:40 / / rw - overlay overlay ro,lowerdir=/l1\n", "/etc", "" },
	/* Tables without the mount, or with another path of it. */
	{ "999999 22 0:40 / / rw - overlay overlay ro\n%.0u", "/etc", "" },
	{ "%u 22 0:40 / /elsewhere rw - ext4 x rw\n", "/etc", "" },
	{ "%u 22 0:40 / /else rw - ext4 x rw\n", "/elsewhere", "" },
	{ "%u", "/etc", "" },
	{ "%.0u\n\n", "/etc", "" },
	{ "%.0u", "/etc", "" },
};

static unsigned int mount_of(int fd)
{
	char path[64], line[128];
	unsigned int id = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	file = fopen(path, "re");
	assert_non_null(file);
	while (id == 0 && fgets(line, sizeof(line), file) != NULL)
		sscanf(line, "mnt_id: %u", &id);
	fclose(file);
	assert_true(id != 0);
	return id;
}

static void tables(void **state)
{
	auto_close int fd = open("/", O_PATH | O_CLOEXEC);

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct mountinfo mountinfo = { .arena = *state };
		auto_buf struct buf table = { 0 }, got = { 0 };
		const char *hole = strchr(rows[i].table, '%');
		struct str *paths = NULL;
		size_t n = 0;

		buf_add(&table, rows[i].table, (size_t)(hole - rows[i].table));
		if (hole[1] == 'u')
			buf_printf(&table, "%u", mount_of(fd));
		buf_printf(&table, "%s", hole + (hole[1] == 'u' ? 2 : 4));
		mountinfo_parse(&mountinfo, (struct str){ table.data, table.len });
		assert_int_equal(
			mountinfo_origins(*state, &mountinfo, fd, rows[i].path, &paths, &n), 0);
		buf_add(&got, "", 0);
		for (size_t k = 0; k < n; k++)
			buf_printf(&got, "%.*s;", (int)paths[k].len, paths[k].data);
		if (strcmp(got.data, rows[i].origins) != 0)
			fail_msg("row %zu: got '%s', want '%s'", i, got.data, rows[i].origins);
	}
}

/* A bad descriptor is an error: an unknown place is not the same as "no other place". */
static void no_descriptor(void **state)
{
	struct mountinfo mountinfo = { .arena = *state };
	struct str *paths;
	size_t n;

	assert_true(mountinfo_origins(*state, &mountinfo, -1, "/", &paths, &n) < 0);
	assert_true(mountinfo.read && mountinfo.n > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_ARENA(tables),
		WITH_ARENA(no_descriptor),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
