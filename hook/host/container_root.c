/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Follows paths in the root directory of a container: see container_root.h. openat2(2) could do so
 * with RESOLVE_IN_ROOT. But what the container mounts is not mounted yet, and so all directories
 * on the way have to be known.
 */
#include "container_root.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"

#define LINKS_MAX 40	/* as in the kernel: MAXSYMLINKS */
#define LENGTH_MAX 4096 /* PATH_MAX, also for what is left of a path after a link */
#define STEPS_MAX 256	/* components, with those of links; the image may have any */

/* What is left of a path, and how far it was followed. */
struct walk {
	struct container_root *root;
	const char *rest; /* the components to follow */
	const char *here; /* where that has led: "" is the root, "/usr" */
	int fd;		  /* of here; -1: the root's */
	unsigned int links, steps;
	const char *missing; /* where the path would lead, if something on the way is not there */
};

static void walk_go(struct walk *walk, const char *here, int fd)
{
	if (walk->fd >= 0)
		close(walk->fd);
	walk->here = here;
	walk->fd = fd;
}

static void note_passed(struct container_root *root, const char *path, bool missing)
{
	struct passed_path *passed = arena_new_object(root->arena, struct passed_path);

	*passed = (struct passed_path){ path, missing, root->passed };
	root->passed = passed;
}

bool container_root_depends(const struct container_root *root, const char *path)
{
	for (const struct passed_path *passed = root->passed; passed; passed = passed->next) {
		size_t len = strlen(passed->path);

		if (strncmp(path, passed->path, len) == 0 &&
		    (path[len] == '\0' || (passed->missing && path[len] == '/')))
			return true;
	}
	return false;
}

static int open_entry(const struct walk *walk, const char *name)
{
	return openat(walk->fd >= 0 ? walk->fd : walk->root->fd, name,
		      O_PATH | O_NOFOLLOW | O_CLOEXEC);
}

/* Goes on with what the link names, and then with the rest. Error: -errno. */
static int follow_link(struct walk *walk, int link)
{
	char target[LENGTH_MAX];
	ssize_t len = readlinkat(link, "", target, sizeof(target));

	if (len < 0)
		return -errno;
	if (len == 0 || len == sizeof(target) || ++walk->links > LINKS_MAX)
		return -ELOOP;
	if ((size_t)len + strlen(walk->rest) >= LENGTH_MAX)
		return -ENAMETOOLONG;
	walk->rest = arena_printf(walk->root->arena, "%.*s/%s", (int)len, target, walk->rest);
	if (target[0] == '/')
		walk_go(walk, "", -1);
	return 0;
}

/* Starts again at the root, with the directory above this one, and goes on with the rest. */
static void go_up(struct walk *walk)
{
	const char *slash = strrchr(walk->here, '/');

	if (slash != NULL)
		walk->rest = arena_printf(walk->root->arena, "%.*s/%s", (int)(slash - walk->here),
					  walk->here, walk->rest);
	walk_go(walk, "", -1);
}

/* Enters one component. Error: -errno. */
static int enter(struct walk *walk, const char *name)
{
	const char *path = arena_printf(walk->root->arena, "%s/%s", walk->here, name);
	auto_close int fd = open_entry(walk, name);
	struct stat st;

	if (fd < 0 && errno == ENOENT) {
		note_passed(walk->root, path, true);
		walk->missing = arena_printf(walk->root->arena, "%s%s", path, walk->rest);
		return -ENOENT;
	}
	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	note_passed(walk->root, path, false);
	if (S_ISLNK(st.st_mode))
		return follow_link(walk, fd);
	walk_go(walk, path, TAKE_FD(fd));
	return 0;
}

static int walk_on(struct walk *walk)
{
	int error = 0;

	while (error == 0) {
		const char *name = walk->rest + strspn(walk->rest, "/");
		size_t len = strcspn(name, "/");

		if (len == 0)
			return 0;
		if (++walk->steps > STEPS_MAX)
			return -ELOOP;
		walk->rest = name + len;
		if (len == 1 && name[0] == '.')
			continue;
		if (len == 2 && memcmp(name, "..", 2) == 0)
			go_up(walk);
		else
			error = enter(walk, arena_copy(walk->root->arena, name, len));
	}
	return error;
}

int container_root_open(struct container_root *root, const char *cwd, const char *path,
			const char **ret_path)
{
	struct walk walk = { .root = root, .here = "", .fd = -1 };
	int error;

	walk.rest = path[0] == '/' ? path : arena_printf(root->arena, "%s/%s", cwd, path);
	if (strlen(walk.rest) >= LENGTH_MAX)
		return -ENAMETOOLONG;
	note_passed(root, "/", false);
	error = walk_on(&walk);
	if (error == 0 && walk.fd < 0)
		error = -EISDIR; /* the root itself */
	if (error == 0) {
		*ret_path = walk.here;
		return walk.fd;
	}
	if (error == -ENOENT)
		*ret_path = walk.missing;
	walk_go(&walk, "", -1);
	return error;
}
