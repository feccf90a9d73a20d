/* SPDX-License-Identifier: Apache-2.0 */
/* Finds where a mounted file comes from; see mountinfo.h. */
#include "mountinfo.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/io.h"

#define MOUNTINFO_MAX (16U * 1024 * 1024) /* the kernel allows 100,000 mounts in a namespace */
#define ORIGINS_MAX 512			  /* overlay accepts at most 500 layers */

struct mount_line {
	unsigned int id;
	struct str device; /* major:minor */
	struct str root;   /* of the mount in its file system */
	struct str point;
	struct str type;
	struct str options; /* of the file system, as the kernel escapes them */
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

/* Decodes \040 and the like, which stand for white space and backslashes. */
static struct str unescape(struct arena *arena, struct str text)
{
	size_t len = 0;
	char *out;

	if (text.len == 0 || memchr(text.data, '\\', text.len) == NULL)
		return text;
	out = arena_alloc(arena, text.len + 1);
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

/* Reads the next line of the table and moves *text to the one after it. */
static struct mount_line next_mount(struct arena *arena, struct str *text)
{
	const char *end = memchr(text->data, '\n', text->len);
	struct str line = { text->data, end != NULL ? (size_t)(end - text->data) : text->len };
	struct mount_line mount = { 0 };
	uint64_t id = 0;

	text->len -= line.len + (end != NULL ? 1 : 0);
	text->data += line.len + (end != NULL ? 1 : 0);
	str_to_uint(next_word(&line), UINT32_MAX, &id);
	next_word(&line); /* parent */
	mount.id = (unsigned int)id;
	mount.device = next_word(&line);
	mount.root = unescape(arena, next_word(&line));
	mount.point = unescape(arena, next_word(&line));
	while (line.len > 0 && !str_is(next_word(&line), "-"))
		;
	mount.type = next_word(&line);
	next_word(&line); /* source */
	mount.options = next_word(&line);
	return mount;
}

void mountinfo_parse(struct mountinfo *mountinfo, struct str text)
{
	size_t lines = 1;

	for (size_t i = 0; i < text.len; i++)
		lines += text.data[i] == '\n';
	mountinfo->lines = arena_array(mountinfo->arena, lines, sizeof(*mountinfo->lines));
	while (text.len > 0)
		mountinfo->lines[mountinfo->n++] = next_mount(mountinfo->arena, &text);
	mountinfo->read = true;
}

/* Returns 0 or -errno. Callers have their own messages. */
static int read_table(struct mountinfo *mountinfo)
{
	struct err ignored;
	struct str text;
	int error;

	if (mountinfo->read)
		return 0;
	error = io_read_file(mountinfo->arena, AT_FDCWD, "/proc/self/mountinfo", MOUNTINFO_MAX,
			     &text, &ignored);
	if (error == 0)
		mountinfo_parse(mountinfo, text);
	return error;
}

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

/* Returns the file's path in the mount that shows most of its file system, the first of several. */
static struct str widest_path(struct arena *arena, const struct mountinfo *mountinfo,
			      const struct mount_line *own, struct str inside)
{
	const struct mount_line *best = NULL;

	for (size_t i = 0; i < mountinfo->n; i++) {
		const struct mount_line *line = &mountinfo->lines[i];

		if (str_equal(line->device, own->device) &&
		    (best == NULL || line->root.len < best->root.len) &&
		    path_below(inside, line->root).data != NULL)
			best = line;
	}
	if (best == NULL)
		return (struct str){ 0 };
	return join(arena, best->point, path_below(inside, best->root));
}

/* The prefixes of a layer's directory. The kernel writes "+" if layers were added one by one. */
static const char *const layer_options[] = { "lowerdir=", "lowerdir+=", "datadir+=", "upperdir=" };

/* Adds the directories of the layers, with the path below the overlay's mount point. */
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

int mountinfo_origins(struct arena *arena, struct mountinfo *mountinfo, int fd, const char *path,
		      struct str **ret_paths, size_t *ret_n)
{
	struct str paths[ORIGINS_MAX], below, widest;
	const struct mount_line *own;
	unsigned int id = 0;
	size_t n = 0;
	int error = read_table(mountinfo);

	if (error == 0)
		error = mount_id(fd, &id);
	if (error < 0)
		return error;
	*ret_n = 0;
	own = find_mount(mountinfo, id);
	if (own == NULL)
		return 0;
	below = path_below(str_from(path), own->point);
	if (below.data == NULL)
		return 0;
	widest = widest_path(arena, mountinfo, own, join(arena, own->root, below));
	if (widest.data != NULL && !str_is(widest, path))
		paths[n++] = widest;
	/* The host's own root may be an overlay, too. Its layers are not another place of the
	 * host. */
	if (str_is(own->type, "overlay") && !str_is(own->point, "/"))
		n = layer_paths(arena, own, below, paths, n);
	*ret_paths = arena_array(arena, n, sizeof(**ret_paths));
	if (n > 0)
		memcpy(*ret_paths, paths, n * sizeof(**ret_paths));
	*ret_n = n;
	return 0;
}
