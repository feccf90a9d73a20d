/* SPDX-License-Identifier: Apache-2.0 */
/* Other places of a mounted file, from mount tables as the kernel writes them. */
#include "support.h"

#include <fcntl.h>
#include <unistd.h>

#include "host/mountinfo.h"

/*
 * %u is the mount of the file; then its path; then its type, + if the overlay can be written, ~ if
 * only a part of the file system is shown anywhere, its other places, and ! if some are unknown.
 * Places: = another name, < what lies in it, @ a layer, > mounted below.
 */
static const struct {
	const char *table, *path, *view;
} rows[] = {
	/* One mount of one file system: no other place. */
	{ "%u 1 8:1 / / rw - ext4 /dev/sda1 rw\n", "/etc", "ext4 " },
	/* A bind-mounted directory. */
	{ "22 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
	  "%u 22 8:1 /etc /srv/x rw shared:1 - ext4 /dev/sda1 rw\n",
	  "/srv/x/ssh", "ext4 =/etc/ssh;" },
	{ "22 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
	  "%u 22 8:1 /a\\040b /m\\134n rw shared:1 master:2 - ext4 /dev/sda1 rw\n",
	  "/m\\n/x", "ext4 =/a b/x;" },
	/* Every mount of its file system is another name, or shows what lies in the file. */
	{ "22 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
	  "30 22 8:2 /deep/er /small rw - ext4 /dev/sdb1 rw\n"
	  "31 22 8:2 /deep /wide rw - ext4 /dev/sdb1 rw\n"
	  "%u 22 8:2 /deep/er/file /one rw - ext4 /dev/sdb1 rw\n",
	  "/one", "ext4 =/small/file;=/wide/er/file;" },
	{ "22 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
	  "30 22 8:2 /etc /etc/app rw - ext4 /dev/sdb1 rw\n"
	  "31 22 8:2 /etcetera /x rw - ext4 /dev/sdb1 rw\n"
	  "%u 22 8:2 / /disk rw - ext4 /dev/sdb1 rw\n",
	  "/disk", "ext4 </etc/app;</x;" },
	{ "22 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
	  "30 22 8:2 /a/b /etc/app rw - ext4 /dev/sdb1 rw\n"
	  "%u 22 8:2 /a /disk rw - ext4 /dev/sdb1 rw\n",
	  "/disk/c", "ext4~ " },
	/* The subvolume that is the host's root, in the mount of the whole volume. */
	{ "22 1 0:30 /@ / rw - btrfs /dev/sda1 rw,subvol=/@\n"
	  "%u 22 0:30 / /mnt rw - btrfs /dev/sda1 rw,subvol=/\n",
	  "/mnt", "btrfs </;" },
	{ "%u 1 0:30 /@ / rw - btrfs /dev/sda1 rw,subvol=/@\n"
	  "30 22 0:30 / /mnt rw - btrfs /dev/sda1 rw,subvol=/\n",
	  "/etc", "btrfs " }, /* the whole volume shows the host's root once more */
	{ "22 1 0:30 /@ / rw - btrfs /dev/sda1 rw,subvol=/@\n"
	  "%u 22 0:30 / /mnt rw - btrfs /dev/sda1 rw,subvol=/\n",
	  "/mnt/@/etc", "btrfs =/etc;" },
	{ "22 1 8:1 / / rw - ext4 /dev/sda1 rw\n30 22 0:5 / /run/x rw - overlay o rw,lowerdir=/\n"
	  "31 22 8:1 / /run/y rw - ext4 /dev/sda1 rw\n%u 22 8:1 / / rw - ext4 /dev/sda1 rw\n",
	  "/srv/x", "ext4 " },
	/* Layers of an overlay. */
	{ "22 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
	  "%u 22 0:40 / /merged rw - overlay overlay rw,lowerdir=/l1:/l2,upperdir=/u,workdir=/w\n",
	  "/merged/etc", "overlay+ @/l1/etc;@/l2/etc;@/u/etc;" },
	{ "%u 22 0:40 / /merged rw - overlay overlay ro,lowerdir+=/l1,lowerdir+=/etc,datadir+=/d\n",
	  "/merged", "overlay @/l1;@/etc;@/d;" },
	{ "%u 22 0:40 / /m rw - overlay overlay ro,lowerdir=/a\\040b::/d,metacopy=on\n", "/m/x",
	  "overlay @/a b/x;@/d/x;" },
	/* As Linux 6.5 writes colons and commas in names; an upper directory has them as they are. */
	{ "%u 22 0:40 / /m rw - overlay overlay ro,lowerdir=/a\\072b:/c\\054d,upperdir=/e:/f\n",
	  "/m", "overlay+ @/a:b;@/c,d;@/e:/f;" },
	{ "%u 22 0:40 / /m rw - overlay overlay ro,lowerdir+=/a:/b\n", "/m", "overlay @/a:/b;" },
	/* As kernels before it write "\:": those after it write the same for a name with a backslash. */
	{ "%u 22 0:40 / /m rw - overlay overlay ro,lowerdir=/a\\134:b:/c\n", "/m",
	  "overlay @/c;!" },
	{ "%u 22 0:40 / /m rw - overlay overlay ro,lowerdir=relative:/l,upperdir=\n", "/m/x",
	  "overlay+ @/l/x;!" },
	/* The host's own root may be an overlay. */
	{ "%u 22 0:40 / / rw - overlay overlay ro,lowerdir=/l1\n", "/etc", "overlay " },
	/* What a recursive bind mount brings along. */
	{ "%u 1 8:1 / / rw - ext4 /dev/sda1 rw\n30 22 0:5 / /srv/x/proc rw - proc proc rw\n"
	  "31 22 0:6 / /srv/xy rw - tmpfs none rw\n32 22 0:7 / /srv/x rw - tmpfs none rw\n",
	  "/srv/x", "ext4 >/srv/x/proc;" },
	/* What an overlay elsewhere shows of it; an engine's own overlays show nothing to the host. */
	{ "%u 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
	  "30 22 0:5 / /etc rw - overlay o rw,lowerdir=/l,upperdir=/var/up/etc,workdir=/w\n",
	  "/var/up", "ext4 </etc;" },
	{ "%u 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
	  "30 22 0:5 / /etc rw - overlay o rw,lowerdir=/l,upperdir=/var/up/etc,workdir=/w\n",
	  "/l/ssh", "ext4 =/etc/ssh;" },
	{ "%u 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
	  "30 22 0:5 / /var/lib/docker/overlay2/0a/merged rw - overlay o rw,lowerdir=/l\n",
	  "/l/ssh", "ext4 " },
	/* dockerd shows the layers of images at many places of its own; a volume is nobody's layer. */
	{ "%u 1 8:1 / / rw - ext4 /dev/sda1 rw\n30 22 0:5 / /var/lib/docker/buildkit/x rw - overlay "
	  "o rw,lowerdir=/var/lib/docker/overlay2/l/A:/var/lib/docker/overlay2/0b/diff\n",
	  "/var/lib/docker/overlay2/0b/diff", "ext4 " },
	{ "%u 1 8:1 / / rw - ext4 /dev/sda1 rw\n30 22 0:5 / /etc rw - overlay "
	  "o rw,lowerdir=/var/lib/docker/volumes/v/_data:/l\n",
	  "/var/lib/docker/volumes/v/_data", "ext4 =/etc;" },
	{ "%u 1 8:1 / / rw - ext4 /dev/sda1 rw\n30 22 0:5 / /etc rw - overlay "
	  "o rw,lowerdir=/l,upperdir=/var/lib/overlay/1/diff\n",
	  "/var/lib/overlay/1/diff", "ext4 =/etc;" },
	/* Relative layers of an overlay elsewhere, of a mounter that was in the root directory. */
	{ "%u 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
	  "30 22 0:5 / /etc/x rw - overlay o rw,lowerdir=mnt/d:l\n",
	  "/mnt/d/y", "ext4 =/etc/x/y;" },
	/* Tables without the mount, or with another path of it. */
	{ "999999 22 0:40 / / rw - overlay overlay ro\n%.0u", "/etc", " !" },
	{ "%u 22 0:40 / /elsewhere rw - ext4 x rw\n", "/etc", " !" },
	{ "%u 22 0:40 / /else rw - ext4 x rw\n", "/elsewhere", " !" },
	{ "%u", "/etc", " !" },
	{ "%.0u\n\n", "/etc", " !" },
	{ "%.0u", "/etc", " !" },
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
		struct mount_view view;

		buf_add(&table, rows[i].table, (size_t)(hole - rows[i].table));
		if (hole[1] == 'u')
			buf_printf(&table, "%u", mount_of(fd));
		buf_printf(&table, "%s", hole + (hole[1] == 'u' ? 2 : 4));
		mountinfo_parse(&mountinfo, (struct str){ table.data, table.len });
		assert_int_equal(mountinfo_look(*state, &mountinfo, fd, rows[i].path, true, &view),
				 0);
		buf_printf(&got, "%.*s%s%s ", (int)view.type.len,
			   view.type.len > 0 ? view.type.data : "", view.upper ? "+" : "",
			   view.part ? "~" : "");
		for (size_t k = 0; k < view.n_places; k++)
			buf_printf(&got, "%c%.*s;", "=<@>"[view.places[k].kind],
				   (int)view.places[k].path.len, view.places[k].path.data);
		buf_printf(&got, "%s", view.unknown != NULL ? "!" : "");
		if (strcmp(got.data, rows[i].view) != 0)
			fail_msg("row %zu: got '%s', want '%s'", i, got.data, rows[i].view);
	}
}

/* A bad descriptor is an error: an unknown place is not the same as "no other place". */
static void no_descriptor(void **state)
{
	struct mountinfo mountinfo = { .arena = *state };
	struct mount_view view;

	assert_true(mountinfo_look(*state, &mountinfo, -1, "/", true, &view) < 0);
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
