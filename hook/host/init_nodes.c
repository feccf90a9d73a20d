/* SPDX-License-Identifier: Apache-2.0 */
/* Lists the devices in a container's /dev: see init_root.h. */
#include "init_root.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"

/* A privileged container has the devices of the host: some hundreds, in /dev/disk and the like. */
#define DEPTH_MAX 8
#define NODES_MAX 16384U

struct search {
	struct arena *arena;
	struct init_facts *facts;
	size_t seen, allocated;
};

static void keep(struct search *search, const struct init_file *file)
{
	struct init_facts *facts = search->facts;

	if (facts->n_nodes == search->allocated) {
		const size_t n = search->allocated * 2 + 64;
		struct init_file *more = arena_array(search->arena, n, sizeof(*more));

		if (facts->n_nodes > 0)
			memcpy(more, facts->nodes, facts->n_nodes * sizeof(*more));
		facts->nodes = more;
		search->allocated = n;
	}
	facts->nodes[facts->n_nodes++] = *file;
}

static int walk(struct search *search, int dir, const char *path, int depth, struct err *err);

static int visit(struct search *search, int dir, const char *name, const char *parent, int depth,
		 struct err *err)
{
	const char *path = arena_printf(search->arena, "%s/%s", parent, name);
	struct init_file file = { .path = path };
	auto_close int fd = openat(dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return errno == ENOENT ? 0 : err_set_system(err, errno, "cannot open %s", path);
	init_describe(fd, &file);
	if (++search->seen > NODES_MAX || depth > DEPTH_MAX)
		return err_set(err, E2BIG, EXIT_SYSTEM, "the container's /dev has too many files");
	if (file.error != 0 || file.mount != search->facts->dev.mount)
		return 0; /* another mount, which is looked at as such */
	if (S_ISCHR(file.mode) || S_ISBLK(file.mode))
		keep(search, &file);
	return S_ISDIR(file.mode) ? walk(search, fd, path, depth + 1, err) : 0;
}

static int walk(struct search *search, int dir, const char *path, int depth, struct err *err)
{
	int copy = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), error = 0;
	DIR *all = copy >= 0 ? fdopendir(copy) : NULL;
	const struct dirent *entry;

	if (all == NULL) {
		error = err_set_system(err, errno, "cannot list %s of the container", path);
		if (copy >= 0)
			close(copy);
		return error;
	}
	while (error == 0 && (entry = readdir(all)) != NULL)
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			error = visit(search, dirfd(all), entry->d_name, path, depth, err);
	closedir(all);
	return error;
}

/* Is /dev what a runtime fills: a tmpfs of the container? */
static bool is_filled(const struct init_facts *facts)
{
	for (size_t i = 0; i < facts->n_mounts; i++)
		if (facts->mounts[i].id == facts->dev.mount)
			return facts->dev.mount_root && str_is(facts->mounts[i].type, "tmpfs");
	return false;
}

int init_nodes_look(struct arena *arena, int root, struct init_facts *facts, struct err *err)
{
	struct search search = { .arena = arena, .facts = facts };
	auto_close int dev = -1;

	if (facts->dev.error != 0 || !is_filled(facts))
		return 0;
	dev = init_open_in(root, "/dev", O_PATH | O_DIRECTORY | O_NOFOLLOW,
			   RESOLVE_IN_ROOT | RESOLVE_NO_SYMLINKS);
	return dev < 0 ? err_set_system(err, errno, "cannot open /dev of the container")
		       : walk(&search, dev, "/dev", 0, err);
}
