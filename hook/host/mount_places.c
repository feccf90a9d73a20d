/* SPDX-License-Identifier: Apache-2.0 */
/* Finds what is mounted where a file lies, and its other places; see mountinfo.h. */
#include "mountinfo.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "host/mount_table.h"
#include "host/overlay_layers.h"

#define LOOP_MAJOR "7:"

/* Returns what follows directory in path: "" or "/..."; data is NULL if path does not lie there. */
static struct str path_below(struct str path, struct str directory)
{
	if (str_is(directory, "/"))
		directory.len = 0;
	if (str_is(path, "/"))
		path.len = 0;
	if (path.len < directory.len || memcmp(path.data, directory.data, directory.len) != 0 ||
	    (path.len > directory.len && path.data[directory.len] != '/'))
		return (struct str){ 0 };
	return (struct str){ path.data + directory.len, path.len - directory.len };
}

static struct str join(struct arena *arena, struct str directory, struct str rest)
{
	if (str_is(directory, "/") && rest.len > 0)
		directory.len = 0;
	return str_from(arena_printf(arena, "%.*s%.*s", (int)directory.len, directory.data,
				     (int)rest.len, rest.data));
}

static int mount_id(int fd, unsigned int *ret_id)
{
	char path[64], line[64];
	unsigned int id = 0;
	struct statx stx;
	int error = 0;
	FILE *file;

	if (statx(fd, "", AT_EMPTY_PATH, STATX_MNT_ID, &stx) == 0 &&
	    (stx.stx_mask & STATX_MNT_ID) != 0) {
		*ret_id = (unsigned int)stx.stx_mnt_id;
		return 0;
	}
	/* before Linux 5.8 */
	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	file = fopen(path, "re");
	if (file == NULL)
		return -errno;
	while (id == 0 && fgets(line, sizeof(line), file) != NULL)
		sscanf(line, "mnt_id: %u", &id);
	if (ferror(file))
		error = -EIO;
	fclose(file);
	*ret_id = id;
	return error;
}

static const struct mount_line *find_mount(const struct mountinfo *mountinfo, unsigned int id)
{
	for (size_t i = 0; i < mountinfo->n; i++)
		if (mountinfo->lines[i].id == id)
			return &mountinfo->lines[i];
	return NULL;
}

/* What is found of one file, while the table is gone through. */
struct search {
	struct arena *arena;
	struct mountinfo *mountinfo;
	struct mount_view *view;
	size_t size; /* room in view->places */
};

static void add_place(struct search *search, enum mount_place_kind kind, struct str path)
{
	struct mount_view *view = search->view;

	if (search->mountinfo->n_places == MOUNT_PLACES_MAX) {
		view->unknown = "there are too many mounts to look at each";
		return;
	}
	search->mountinfo->n_places++;
	if (view->n_places == search->size) {
		size_t size = search->size != 0 ? search->size * 2 : 8;
		struct mount_place *places = arena_array(search->arena, size, sizeof(*places));

		if (view->n_places > 0)
			memcpy(places, view->places, view->n_places * sizeof(*places));
		view->places = places;
		search->size = size;
	}
	view->places[view->n_places++] = (struct mount_place){ .kind = kind, .path = path };
}

/* The file under this name may be a layer's, or above one, that an overlay shows elsewhere. */
static void add_shown(struct search *search, const struct mountinfo *mountinfo, struct str name)
{
	for (size_t i = 0; i < mountinfo->n_layers; i++) {
		const struct overlay_layer *layer = &mountinfo->layers[i];
		struct str rest = path_below(name, layer->path);

		if (rest.data != NULL)
			add_place(search, PLACE_SAME, join(search->arena, layer->point, rest));
		else if (path_below(layer->path, name).data != NULL)
			add_place(search, PLACE_INSIDE, layer->point);
	}
}

/* The host's root directory. */
static const struct mount_line *root_mount(const struct mountinfo *mountinfo)
{
	const struct mount_line *root = NULL;

	for (size_t i = 0; i < mountinfo->n; i++)
		if (str_is(mountinfo->lines[i].point, "/"))
			root = &mountinfo->lines[i]; /* the last one is on top */
	return root;
}

/* Does the mount show the host's root directory once more? That says nothing of a file in it. */
static bool shows_root(const struct mount_line *line, const struct mount_line *root)
{
	return root != NULL && line != root && str_equal(line->device, root->device) &&
	       path_below(root->root, line->root).data != NULL;
}

/*
 * runc and crun mount the root of a container that they restore a second time, for CRIU. Only they
 * use that place, and what the directory itself is gets judged under its own name.
 */
static bool is_for_restore(const struct mount_line *line, struct str inside)
{
	static const char end[] = "/criu-root";
	const size_t len = sizeof(end) - 1;

	return str_equal(line->root, inside) && line->point.len > len &&
	       memcmp(line->point.data + line->point.len - len, end, len) == 0;
}

/*
 * Compares the file with every mount of its file system, whichever part that shows. `inside` is the
 * file's path in its file system.
 */
static void add_other_mounts(struct search *search, const struct mountinfo *mountinfo,
			     const struct mount_line *own, struct str inside, const char *path)
{
	const struct mount_line *root = root_mount(mountinfo);
	bool whole = str_is(own->root, "/");

	for (size_t i = 0; i < mountinfo->n; i++) {
		const struct mount_line *line = &mountinfo->lines[i];
		struct str rest, same;

		if (!str_equal(line->device, own->device) || is_for_restore(line, inside))
			continue;
		rest = path_below(inside, line->root);
		if (rest.data == NULL) {
			if (path_below(line->root, inside).data != NULL)
				add_place(search, PLACE_INSIDE, line->point);
			continue;
		}
		whole = whole || line->root.len < own->root.len;
		same = join(search->arena, line->point, rest);
		if (!str_is(same, path) && !shows_root(line, root))
			add_place(search, PLACE_SAME, same);
	}
	search->view->part = !whole;
	add_shown(search, mountinfo, str_from(path));
	for (size_t i = 0, n = search->view->n_places; i < n; i++)
		if (search->view->places[i].kind == PLACE_SAME)
			add_shown(search, mountinfo, search->view->places[i].path);
}

struct layer_search {
	struct search *search;
	const struct mount_line *own;
	struct str below; /* the overlay's mount point */
};

/* The mount that was at the path before `own` covered it. */
static const struct mount_line *covered_mount(const struct mountinfo *mountinfo,
					      const struct mount_line *own)
{
	const struct mount_line *best = NULL;

	for (size_t i = 0; i < mountinfo->n; i++) {
		const struct mount_line *line = &mountinfo->lines[i];

		if (line != own && path_below(own->point, line->point).data != NULL &&
		    (best == NULL || line->point.len >= best->point.len))
			best = line;
	}
	return best;
}

/*
 * An overlay is often mounted over one of its own layers, as at /home. Nothing can be looked up
 * below it, but the table tells which directory it covers.
 */
static void add_own_layer(struct search *search, const struct mount_line *own, struct str below)
{
	const struct mount_line *covered = covered_mount(search->mountinfo, own);
	struct str name = join(search->arena, own->point, below);

	if (covered == NULL || str_is(covered->type, "overlay")) {
		search->view->unknown = "the overlay there covers one of its layers";
		return;
	}
	add_other_mounts(search, search->mountinfo, covered,
			 join(search->arena, covered->root, path_below(name, covered->point)),
			 arena_copy(search->arena, name.data, name.len));
}

/*
 * Is the name in a mount with another one under it? Then the layer may be the covered one's. autofs
 * lies under every mount that it waits for.
 */
static bool is_covered(const struct mountinfo *mountinfo, struct str path)
{
	for (size_t i = 0; i < mountinfo->n; i++) {
		const struct mount_line *line = &mountinfo->lines[i];

		if (line->point.len < 2 || str_is(line->type, "autofs") ||
		    path_below(path, line->point).data == NULL)
			continue;
		for (size_t k = i + 1; k < mountinfo->n; k++)
			if (str_equal(mountinfo->lines[k].point, line->point))
				return true;
	}
	return false;
}

static void add_layer(void *data, struct str path)
{
	const struct layer_search *layers = data;
	struct mount_view *view = layers->search->view;
	size_t n = view->n_places;

	if (str_equal(path, layers->own->point)) {
		add_own_layer(layers->search, layers->own, layers->below);
		return;
	}
	if (is_covered(layers->search->mountinfo, path))
		view->unknown = "a layer of the overlay there is covered by another mount";
	add_place(layers->search, PLACE_LAYER, join(layers->search->arena, path, layers->below));
	if (view->n_places > n)
		view->places[n].layer = path;
}

static void add_overlay(struct search *search, const struct mount_line *own, struct str below)
{
	struct layer_search data = { search, own, below };
	struct overlay_layers layers = { .arena = search->arena, .add = add_layer, .data = &data };

	overlay_layers_read(&layers, own->options);
	search->view->upper = layers.upper;
	search->view->snapshots = layers.snapshots;
	if (layers.unknown != NULL)
		search->view->unknown = layers.unknown;
}

/*
 * A loop device shows its file, or another device, under a device number of its own: nothing then
 * tells which mounts show the same. Engines make one for a volume with the option loop.
 */
static bool is_loop_over_device(struct str device)
{
	char path[128], file[16];
	auto_close int fd = -1;
	ssize_t len;

	if (!str_starts_with(device, LOOP_MAJOR))
		return false;
	snprintf(path, sizeof(path), "/sys/dev/block/%.*s/loop/backing_file", (int)device.len,
		 device.data);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	len = fd >= 0 ? read(fd, file, sizeof(file)) : -1;
	return len < 5 || memcmp(file, "/dev/", 5) == 0;
}

/* Some file systems show another directory, which they name as their source: bindfs, ecryptfs. */
static void add_stacked(struct search *search, const struct mount_line *own)
{
	struct str source = mountinfo_unescape(search->arena, own->source);
	bool stacked = str_is(own->type, "ecryptfs") || str_is(own->type, "shiftfs") ||
		       str_is(own->type, "fuse") || str_starts_with(own->type, "fuse.");

	if (stacked && str_starts_with(source, "/"))
		add_place(search, PLACE_SAME, source);
}

/* A recursive bind mount brings along what is mounted below its source. */
static void add_mounts_below(struct search *search, const struct mountinfo *mountinfo,
			     const char *path)
{
	for (size_t i = 0; i < mountinfo->n; i++) {
		struct str point = mountinfo->lines[i].point;

		if (!str_is(point, path) && path_below(point, str_from(path)).data != NULL)
			add_place(search, PLACE_BELOW, point);
	}
}

int mountinfo_look(struct arena *arena, struct mountinfo *mountinfo, int fd, const char *path,
		   bool recursive, struct mount_view *ret_view)
{
	struct mount_view view = { 0 };
	struct search search = { .arena = arena, .mountinfo = mountinfo, .view = &view };
	const struct mount_line *own;
	struct str below = { 0 };
	unsigned int id = 0;
	int error = mountinfo_read(mountinfo);

	if (error == 0)
		error = mount_id(fd, &id);
	if (error < 0)
		return error;
	own = find_mount(mountinfo, id);
	if (own != NULL && own->type.len > 0)
		below = path_below(str_from(path), own->point);
	if (below.data == NULL) {
		view.unknown = "the mount table does not tell what is mounted there";
		*ret_view = view;
		return 0;
	}
	view.type = own->type;
	view.point = own->point;
	if (mountinfo->n_places == MOUNT_PLACES_MAX) {
		view.unknown = "there are too many mounts to look at each";
		*ret_view = view;
		return 0;
	}
	add_other_mounts(&search, mountinfo, own, join(arena, own->root, below), path);
	/* The host's own root may be an overlay, too. Its layers are not another place of the
	 * host. */
	if (str_is(own->type, "overlay") && !str_is(own->point, "/"))
		add_overlay(&search, own, below);
	add_stacked(&search, own);
	if (is_loop_over_device(own->device))
		view.unknown = "a loop device over another device is mounted there";
	if (recursive)
		add_mounts_below(&search, mountinfo, path);
	*ret_view = view;
	return 0;
}
