/* SPDX-License-Identifier: Apache-2.0 */
/* Looks up paths of this host; see lookup.h. */
#include "lookup.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/io.h"

static void note_failure(struct lookup *lookup, int error, const char *path)
{
	if (lookup->failure == 0) {
		lookup->failure = error;
		lookup->failed_at = arena_copy(lookup->arena, path, strlen(path));
	}
}

int lookup_note(struct lookup *lookup, int error, const char *path)
{
	if (io_is_failure(error))
		note_failure(lookup, error, path);
	return error;
}

void lookup_note_own(struct lookup *lookup, int error, const char *path)
{
	if (error != 0 && lookup->scope == FACTS_LIVE)
		note_failure(lookup, error, path);
	else
		lookup_note(lookup, error, path);
}

#define KNOWN_DIRS_MAX 64 /* directories that are remembered; others are looked up each time */

/* Identifies the directory of a resolved path; most are looked up once. Returns 0 or an errno. */
static int directory_id(struct lookup *lookup, struct str path, struct file_id *ret_id)
{
	struct known_dir *dir = lookup->dirs;
	struct stat st;

	while (dir != NULL && !str_equal(dir->path, path))
		dir = dir->next;
	if (dir != NULL) {
		*ret_id = dir->id;
		return 0;
	}
	if (lstat(arena_copy(lookup->arena, path.data, path.len), &st) < 0)
		return errno;
	if (!S_ISDIR(st.st_mode))
		return ENOTDIR; /* it was one when the path was resolved */
	*ret_id = (struct file_id){ st.st_dev, st.st_ino };
	if (lookup->n_dirs == KNOWN_DIRS_MAX)
		return 0;
	dir = arena_new_object(lookup->arena, struct known_dir);
	*dir = (struct known_dir){ path, *ret_id, lookup->dirs };
	lookup->dirs = dir;
	lookup->n_dirs++;
	return 0;
}

/* Notes the identities of the file of fd and of every directory above it, the root's last. */
static int walk_up(struct lookup *lookup, int fd, struct path_fact *fact)
{
	struct file_id chain[FACTS_CHAIN_MAX];
	struct str path = str_from(fact->resolved);
	struct stat st;
	int error = 0;

	if (fstat(fd, &st) < 0)
		return errno;
	fact->mode = st.st_mode;
	chain[fact->n_chain++] = (struct file_id){ st.st_dev, st.st_ino };
	while (path.len > 1 && error == 0) {
		while (path.data[--path.len] != '/')
			;
		if (path.len == 0)
			path.len = 1; /* the root directory */
		if (fact->n_chain == FACTS_CHAIN_MAX)
			return ENAMETOOLONG;
		error = directory_id(lookup, path, &chain[fact->n_chain++]);
	}
	fact->chain = arena_array(lookup->arena, fact->n_chain, sizeof(*chain));
	memcpy(fact->chain, chain, fact->n_chain * sizeof(*chain));
	return error;
}

static int open_how(const char *name, uint64_t resolve)
{
	const struct open_how how = { .flags = O_PATH | O_CLOEXEC, .resolve = resolve };

	return (int)syscall(SYS_openat2, AT_FDCWD, name, &how, sizeof(how));
}

/* Is it an absolute path without double slashes, dot components and a final slash? */
static bool is_plain(const char *name)
{
	return name[0] == '/' && strstr(name, "//") == NULL && strstr(name, "/.") == NULL &&
	       (name[1] == '\0' || name[strlen(name) - 1] != '/');
}

/* Returns the current path of the file. Error: -errno. */
static int name_of(struct arena *arena, int fd, const char **ret_name)
{
	char link[64], name[4096];
	ssize_t len;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	len = readlink(link, name, sizeof(name));
	if (len <= 0 || (size_t)len == sizeof(name) || name[0] != '/')
		return len < 0 ? -errno : -ENAMETOOLONG;
	*ret_name = arena_copy(arena, name, (size_t)len);
	return 0;
}

/*
 * Follows no magic links: /proc/self/cwd, root and fd/N lead to other files in the runtime than
 * here. Kernels before 5.6 cannot be told so. Most paths have no link at all, so they are the
 * resolved path.
 */
int lookup_open(struct arena *arena, const char *name, const char **ret_resolved)
{
	auto_close int fd = is_plain(name) ? open_how(name, RESOLVE_NO_SYMLINKS) : -1;
	int error;

	*ret_resolved = name;
	if (fd >= 0)
		return TAKE_FD(fd);
	if (is_plain(name) && errno != ELOOP && errno != ENOSYS)
		return -errno; /* following links would give the same error */
	fd = open_how(name, RESOLVE_NO_MAGICLINKS);
	if (fd < 0 && errno == ENOSYS)
		fd = open(name, O_PATH | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	error = name_of(arena, fd, ret_resolved);
	return error < 0 ? error : TAKE_FD(fd);
}

/* Opens the path: an absolute one, or one that starts in the bundle. Error: -errno. */
static int open_path(struct lookup *lookup, struct path_fact *fact, const char *bundle)
{
	const char *name = arena_copy(lookup->arena, fact->path.data, fact->path.len);
	int fd;

	if (name[0] != '/') {
		if (bundle == NULL)
			return -EINVAL; /* no failure of the look-up */
		name = arena_printf(lookup->arena, "%s/%s", bundle, name);
	}
	fd = lookup_open(lookup->arena, name, &fact->resolved);
	if (fd < 0) {
		lookup_note(lookup, -fd, name);
		fact->resolved = NULL;
	}
	return fd;
}

#define DEPTH_MAX 4 /* of overlays over overlays, of which the kernel allows two */

static struct path_fact look_up(struct lookup *lookup, struct str path, const char *bundle,
				enum origins wanted, unsigned int depth);

/* Is the layer there, without a file of the name? Most files are in some of the layers only. */
static bool layer_lacks(struct lookup *lookup, const struct mount_place *place, int error)
{
	return (error == ENOENT || error == ENOTDIR) && place->layer.len < place->path.len &&
	       look_up(lookup, place->layer, NULL, ORIGINS_IGNORED, 0).error == 0;
}

bool lookup_is_loose(struct lookup *lookup, struct str path)
{
	bool sticky = true;

	for (size_t len = 1; len <= path.len; len++) {
		const char *name;
		struct stat st;

		if (len < path.len && len > 1 && path.data[len] != '/')
			continue;
		name = arena_copy(lookup->arena, path.data, len);
		if (lstat(name, &st) < 0) {
			lookup_note(lookup, errno, name);
			return true;
		}
		if (st.st_uid != 0 || !sticky)
			return true;
		sticky = S_ISLNK(st.st_mode) || (st.st_mode & 022) == 0 ||
			 (st.st_mode & S_ISVTX) != 0;
	}
	return false;
}

/* Looks up the other places of a file. The layers of its overlay may have other places in turn. */
static void look_up_origins(struct lookup *lookup, const struct mount_view *view,
			    struct path_fact *fact, unsigned int depth)
{
	size_t n = 0;

	fact->unknown = view->unknown;
	fact->snapshots = view->snapshots;
	if (view->n_places > 0 && depth == DEPTH_MAX)
		fact->unknown = "what is mounted there is nested too deeply";
	else
		n = view->n_places;
	fact->origins = arena_array(lookup->arena, n, sizeof(*fact->origins));
	for (size_t i = 0; i < n; i++) {
		const struct mount_place *place = &view->places[i];
		enum origins wanted = place->kind == PLACE_LAYER || place->kind == PLACE_BELOW
					      ? ORIGINS_WANTED
					      : ORIGINS_IGNORED;
		struct path_fact origin = look_up(lookup, place->path, NULL, wanted, depth + 1);

		if (place->kind == PLACE_LAYER && layer_lacks(lookup, place, origin.error))
			continue;
		origin.loose = place->kind == PLACE_LAYER && origin.resolved != NULL &&
			       (lookup_is_loose(lookup, place->layer) ||
				lookup_is_loose(lookup, str_from(origin.resolved)));
		fact->origins[fact->n_origins] = origin;
		fact->origins[fact->n_origins++].how = place->kind;
	}
}

/*
 * Asks the mount table. Nothing is mounted yet where autofs waits for somebody to look: a name that
 * ends in a slash looks.
 */
static void look_at_mounts(struct lookup *lookup, int fd, enum origins wanted,
			   struct path_fact *fact, unsigned int depth)
{
	bool recursive = wanted == ORIGINS_AND_MOUNTS;
	struct mount_view view = { 0 };
	const char *ignored;
	auto_close int mounted = -1;
	int error = mountinfo_look(lookup->arena, lookup->mountinfo, fd, fact->resolved, recursive,
				   &view);

	if (error == 0 && str_is(view.type, "autofs")) {
		mounted = lookup_open(lookup->arena,
				      arena_printf(lookup->arena, "%s/", fact->resolved), &ignored);
		lookup->mountinfo->read = false;
		if (mounted >= 0)
			error = mountinfo_look(lookup->arena, lookup->mountinfo, mounted,
					       fact->resolved, recursive, &view);
	}
	lookup_note_own(lookup, -error, "the mount table");
	fact->type = view.type;
	fact->point = view.point;
	fact->part = view.part;
	fact->upper = view.upper;
	look_up_origins(lookup, &view, fact, depth);
}

static struct path_fact look_up(struct lookup *lookup, struct str path, const char *bundle,
				enum origins wanted, unsigned int depth)
{
	struct path_fact fact = { .path = path };
	auto_close int fd = open_path(lookup, &fact, bundle);

	if (fd < 0) {
		fact.error = -fd;
		return fact;
	}
	fact.error = lookup_note(lookup, walk_up(lookup, fd, &fact), fact.resolved);
	if (wanted != ORIGINS_IGNORED && fact.error == 0)
		look_at_mounts(lookup, fd, wanted, &fact, depth);
	return fact;
}

/* Returns the part of the path below the bundle, or NULL. */
static const char *name_in_bundle(struct arena *arena, const char *bundle, struct str path)
{
	size_t len = bundle != NULL ? strlen(bundle) : 0;
	const char *name = str_path_normalize(arena, path);

	if (!str_starts_with(path, "/"))
		return path.len > 0 ? arena_copy(arena, path.data, path.len) : NULL;
	return len > 1 && name != NULL && strncmp(name, bundle, len) == 0 && name[len] == '/'
		       ? name + len + 1
		       : NULL;
}

int lookup_open_in_bundle(struct arena *arena, const char *bundle, struct str path, uint64_t flags)
{
	const char *name = name_in_bundle(arena, bundle, path);
	const struct open_how how = {
		.flags = O_CLOEXEC | flags,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS,
	};
	auto_close int dir = -1;
	long fd;

	if (name == NULL)
		return -EXDEV;
	if (bundle == NULL)
		return -EINVAL;
	dir = open(bundle, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return -errno;
	fd = syscall(SYS_openat2, dir, name, &how, sizeof(how));
	if (fd < 0 && errno == ENOSYS) /* before 5.6 links out of the bundle are not noticed */
		fd = openat(dir, name, (int)flags | O_CLOEXEC);
	return fd < 0 ? -errno : (int)fd;
}

/* Where the bundle lies is left out: the verdict must not depend on it. */
static struct path_fact look_into_bundle(struct lookup *lookup, struct str path)
{
	struct path_fact fact = { .path = path, .error = ENOENT };
	auto_close int fd = -1;
	struct stat st;

	if (name_in_bundle(lookup->arena, lookup->bundle, path) == NULL)
		return fact;
	fd = lookup_open_in_bundle(lookup->arena, lookup->bundle, path, O_PATH);
	if (fd < 0) {
		fact.error = lookup_note(lookup, -fd, "the bundle");
	} else if (fstat(fd, &st) == 0) {
		fact.mode = st.st_mode;
		fact.in_bundle = true;
	}
	return fact;
}

struct path_fact lookup_path(struct lookup *lookup, struct str path, const char *bundle,
			     enum origins wanted)
{
	if (lookup->scope == FACTS_OFFLINE)
		return look_into_bundle(lookup, path);
	return look_up(lookup, path, bundle, wanted, 0);
}
