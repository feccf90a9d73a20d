/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the table of mounts; see mountinfo.h. */
#include "mountinfo.h"

#include <fcntl.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "host/engine_paths.h"
#include "host/lookup.h"
#include "host/mount_table.h"
#include "host/overlay_layers.h"

#define MOUNTINFO_MAX (16U * 1024 * 1024) /* the kernel allows 100,000 mounts in a namespace */

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
	mount.root = mountinfo_unescape(arena, next_word(&line));
	mount.point = mountinfo_unescape(arena, next_word(&line));
	while (line.len > 0 && !str_is(next_word(&line), "-"))
		;
	mount.type = next_word(&line);
	mount.source = next_word(&line);
	mount.options = next_word(&line);
	return mount;
}

static void keep_name(struct mountinfo *mountinfo, struct str path)
{
	const struct mount_line *line = &mountinfo->lines[mountinfo->n - 1];

	if (str_is(path, "/"))
		return; /* what shows the whole host says nothing of a file */
	if (mountinfo->n_layers == mountinfo->size_layers) {
		size_t size = mountinfo->size_layers * 2 + 8;
		struct overlay_layer *layers = arena_array(mountinfo->arena, size, sizeof(*layers));

		if (mountinfo->n_layers > 0)
			memcpy(layers, mountinfo->layers, mountinfo->n_layers * sizeof(*layers));
		mountinfo->layers = layers;
		mountinfo->size_layers = size;
	}
	mountinfo->layers[mountinfo->n_layers++] = (struct overlay_layer){ path, line->point };
}

/*
 * Keeps a layer of somebody's own, under its name and after all links. Engines keep theirs, which
 * many containers share, in their storage.
 */
static void keep_layer(void *data, struct str path)
{
	struct mountinfo *mountinfo = data;
	const char *resolved;
	auto_close int fd = -1;

	if (engine_storage(path) && (engine_layer_by_name(path) || engine_layer_link(path)))
		return;
	keep_name(mountinfo, path);
	fd = lookup_open(mountinfo->arena, arena_copy(mountinfo->arena, path.data, path.len),
			 &resolved);
	if (fd < 0 && io_is_failure(-fd) && mountinfo->error == 0)
		mountinfo->error = fd;
	if (fd >= 0 && !str_is(path, resolved))
		keep_name(mountinfo, str_from(resolved));
}

void mountinfo_parse(struct mountinfo *mountinfo, struct str text)
{
	size_t lines = 1;

	for (size_t i = 0; i < text.len; i++)
		lines += text.data[i] == '\n';
	mountinfo->n = mountinfo->n_layers = 0;
	mountinfo->lines = arena_array(mountinfo->arena, lines, sizeof(*mountinfo->lines));
	while (text.len > 0) {
		struct mount_line line = next_mount(mountinfo->arena, &text);
		struct overlay_layers layers = { .arena = mountinfo->arena,
						 .add = keep_layer,
						 .data = mountinfo,
						 .from_root = true };

		mountinfo->lines[mountinfo->n++] = line;
		if (str_is(line.type, "overlay") && !engine_overlay(line.point))
			overlay_layers_read(&layers, line.options);
	}
	mountinfo->read = true;
}

int mountinfo_read(struct mountinfo *mountinfo)
{
	struct err ignored;
	struct str text;
	int error;

	if (mountinfo->read)
		return mountinfo->error;
	error = io_read_file(mountinfo->arena, AT_FDCWD, "/proc/self/mountinfo", MOUNTINFO_MAX,
			     &text, &ignored);
	if (error == 0)
		mountinfo_parse(mountinfo, text);
	return error < 0 ? error : mountinfo->error;
}
