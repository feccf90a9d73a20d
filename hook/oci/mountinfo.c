/* SPDX-License-Identifier: Apache-2.0 */
/* Where a mounted file comes from: see mountinfo.h. */
#include "mountinfo.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/io.h"

#define MOUNTINFO_MAX (16U * 1024 * 1024) /* the kernel allows 100,000 mounts in a namespace */
#define ORIGINS_MAX 512			  /* overlay takes at most 500 layers */

/* One line. Paths are still escaped as the kernel wrote them. */
struct mount_line {
	unsigned int id;
	struct str device; /* major:minor */
	struct str root;   /* of the mount in its file system */
	struct str point;
	struct str type;
	struct str options; /* of the file system */
};

static struct str next_word(struct str *text)
{
	const char *end = text->len > 0 ? memchr(text->data, ' ', text->len) : NULL;
	size_t len = end != NULL ? (size_t)(end - text->data) : text->len;
	struct str word = { text->data, len };
	size_t step = len + (len < text->len ? 1 : 0);

	text->data += step;
	text->len -= step;
	return word;
}

/* The next line of the table, which is moved on; false at its end. */
static bool next_mount(struct str *text, struct mount_line *ret_line)
{
	const char *end = text->len > 0 ? memchr(text->data, '\n', text->len) : NULL;
	struct str line = { text->data, end != NULL ? (size_t)(end - text->data) : text->len };
	uint64_t id = 0;

	if (text->len == 0)
		return false;
	text->len -= line.len + (end != NULL ? 1 : 0);
	text->data += line.len + (end != NULL ? 1 : 0);
	str_to_uint(next_word(&line), UINT32_MAX, &id);
	next_word(&line); /* parent */
	ret_line->id = (unsigned int)id;
	ret_line->device = next_word(&line);
	ret_line->root = next_word(&line);
	ret_line->point = next_word(&line);
	while (line.len > 0 && !str_is(next_word(&line), "-"))
		;
	ret_line->type = next_word(&line);
	next_word(&line); /* source */
	ret_line->options = next_word(&line);
	return true;
}

/* \040 and the like, for white space and backslashes. */
static struct str unescape(struct arena *arena, struct str text)
{
	char *out = arena_alloc(arena, text.len + 1);
	size_t len = 0;

	for (size_t i = 0; i < text.len; i++) {
		const char *p = text.data + i;

		if (*p == '\\' && text.len - i > 3 && p[1] >= '0' && p[1] <= '3') {
			out[len++] = (char)((p[1] - '0') << 6 | (p[2] - '0') << 3 | (p[3] - '0'));
			i += 3;
		} else {
			out[len++] = *p;
		}
	}
	return (struct str){ out, len };
}

/* What follows directory in path: "" or "/..."; data NULL when path does not lie there. */
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

static unsigned int mount_id(int fd)
{
	char path[64], line[64];
	unsigned int id = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	file = fopen(path, "re");
	if (file == NULL)
		return 0;
	while (id == 0 && fgets(line, sizeof(line), file) != NULL)
		sscanf(line, "mnt_id: %u", &id);
	fclose(file);
	return id;
}

static bool find_mount(const struct mountinfo *mountinfo, unsigned int id,
		       struct mount_line *ret_line)
{
	struct str rest = mountinfo->text;

	while (next_mount(&rest, ret_line))
		if (ret_line->id == id)
			return true;
	return false;
}

/* The first of the mounts that show the file system from nearest to its root, and the path there. */
static struct str widest_path(struct arena *arena, const struct mountinfo *mountinfo,
			      const struct mount_line *own, struct str inside)
{
	struct str rest = mountinfo->text, best = { 0 };
	struct mount_line line;
	size_t shortest = SIZE_MAX;

	while (next_mount(&rest, &line)) {
		struct str root = unescape(arena, line.root);
		struct str below = path_below(inside, root);

		if (!str_equal(line.device, own->device) || below.data == NULL ||
		    root.len >= shortest)
			continue;
		shortest = root.len;
		best = join(arena, unescape(arena, line.point), below);
	}
	return best;
}

/* What a layer's directory stands behind; the kernel writes "+" where layers were added one by one. */
static const char *const layer_options[] = { "lowerdir=", "lowerdir+=", "datadir+=", "upperdir=" };

/* The directories of the layers, with what lies below the overlay's mount point. */
static size_t layer_paths(struct arena *arena, const struct mount_line *own, struct str below,
			  struct str *paths, size_t n)
{
	struct str options = unescape(arena, own->options);

	for (size_t start = 0, i = 0; i <= options.len; i++) {
		struct str part = { options.data + start, i - start };

		if (i < options.len && options.data[i] != ',' && options.data[i] != ':')
			continue;
		start = i + 1;
		for (size_t k = 0; k < ARRAY_SIZE(layer_options); k++) {
			size_t len = strlen(layer_options[k]);

			if (str_starts_with(part, layer_options[k]))
				part = (struct str){ part.data + len, part.len - len };
		}
		if (str_starts_with(part, "/") && n < ORIGINS_MAX)
			paths[n++] = join(arena, part, below);
	}
	return n;
}

size_t mountinfo_origins(struct arena *arena, struct mountinfo *mountinfo, int fd, const char *path,
			 struct str **ret_paths)
{
	struct str *paths = arena_array(arena, ORIGINS_MAX, sizeof(*paths));
	struct str point, below, widest;
	struct mount_line own;
	struct err ignored;
	size_t n = 0;

	if (!mountinfo->read && io_read_file(mountinfo->arena, AT_FDCWD, "/proc/self/mountinfo",
					     MOUNTINFO_MAX, &mountinfo->text, &ignored) < 0)
		mountinfo->text = (struct str){ 0 };
	mountinfo->read = true;
	if (!find_mount(mountinfo, mount_id(fd), &own))
		return 0;
	point = unescape(arena, own.point);
	below = path_below(str_from(path), point);
	if (below.data == NULL)
		return 0;
	widest = widest_path(arena, mountinfo, &own, join(arena, unescape(arena, own.root), below));
	if (widest.data != NULL && !str_is(widest, path))
		paths[n++] = widest;
	/* The host's own root may be an overlay as well: its layers are no other place of the host. */
	if (str_is(own.type, "overlay") && !str_is(point, "/"))
		n = layer_paths(arena, &own, below, paths, n);
	*ret_paths = paths;
	return n;
}
