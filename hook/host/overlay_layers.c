/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the layers of a mounted overlay; see overlay_layers.h. */
#include "overlay_layers.h"

#include <string.h>

#include "base/cleanup.h"

struct str mountinfo_unescape(struct arena *arena, struct str text)
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

/* Only the first names several directories, with colons. */
static const char *const layer_options[] = { "lowerdir=", "upperdir=", "lowerdir+=", "datadir+=" };

static struct str absolute(struct arena *arena, struct str name)
{
	name = mountinfo_unescape(arena, name);
	if (str_starts_with(name, "/"))
		return name;
	return str_from(arena_printf(arena, "/%.*s", (int)name.len, name.data));
}

static void not_known(struct overlay_layers *layers, const char *why, bool snapshot)
{
	layers->snapshots = snapshot && (layers->unknown == NULL || layers->snapshots);
	layers->unknown = why;
}

/* N/fs, below its snapshots: containerd mounts from there if the list of layers is long. */
static bool is_snapshot(struct str name)
{
	size_t digits = 0;

	while (digits < name.len && name.data[digits] >= '0' && name.data[digits] <= '9')
		digits++;
	return digits > 0 && str_is((struct str){ name.data + digits, name.len - digits }, "/fs");
}

/*
 * Adds the layers of one option. The kernel writes white space and commas in names as \ooo; since
 * Linux 6.5 colons, too. A backslash (\134) is an escape on some kernels and part of the name on
 * others.
 */
static void add_layers(struct overlay_layers *layers, struct str dirs, bool several)
{
	static const char backslash[] = "\\134";

	for (size_t start = 0, i = 0; i <= dirs.len; i++) {
		struct str part = { dirs.data + start, i - start };

		if (i < dirs.len && !(several && dirs.data[i] == ':'))
			continue;
		start = i + 1;
		if (part.len == 0)
			continue; /* "::" comes before a layer of data */
		if (memmem(part.data, part.len, backslash, strlen(backslash)) != NULL)
			not_known(layers,
				  "a layer of the overlay there has a backslash in its name",
				  false);
		else if (str_starts_with(part, "/") || layers->from_root)
			layers->add(layers->data, absolute(layers->arena, part));
		else
			not_known(
				layers,
				"a layer of the overlay there has a relative name, so that nothing tells where it is",
				is_snapshot(part));
	}
}

void overlay_layers_read(struct overlay_layers *layers, struct str options)
{
	for (size_t start = 0, i = 0; i <= options.len; i++) {
		struct str option = { options.data + start, i - start };

		if (i < options.len && options.data[i] != ',')
			continue;
		start = i + 1;
		for (size_t k = 0; k < ARRAY_SIZE(layer_options); k++) {
			size_t len = strlen(layer_options[k]);

			if (str_starts_with(option, layer_options[k]))
				add_layers(layers,
					   (struct str){ option.data + len, option.len - len },
					   k == 0);
		}
		layers->upper = layers->upper || str_starts_with(option, "upperdir=");
	}
}
