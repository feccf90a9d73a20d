/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the layers of overlay mounts: see overlay.h. */
#include "oci/overlay.h"

#include <string.h>

#include "base/cleanup.h"

/* The keys from which the kernel takes directories. Only the first takes several, with colons. */
static const char *const keys[] = { "lowerdir=", "upperdir=", "workdir=", "lowerdir+=",
				    "datadir+=" };

/* Returns the value of a part of the options, and its key in *ret_key; empty for other parts. */
static struct str value_of(struct str part, const char **ret_key)
{
	for (size_t k = 0; k < ARRAY_SIZE(keys); k++) {
		size_t len = strlen(keys[k]);

		*ret_key = keys[k];
		if (str_starts_with(part, keys[k]))
			return (struct str){ part.data + len, part.len - len };
	}
	return (struct str){ 0 };
}

/* Returns the part of the options that starts at *start, and moves *start after its comma. */
static struct str next_part(struct str option, size_t *start)
{
	const char *comma = memchr(option.data + *start, ',', option.len - *start);
	size_t end = comma != NULL ? (size_t)(comma - option.data) : option.len;
	struct str part = { option.data + *start, end - *start };

	*start = end + 1;
	return part;
}

static bool is_overlay(const struct oci_mount *mount)
{
	return !mount->bind && str_is(mount->type.value, "overlay");
}

/*
 * The kernel takes a backslash off the next character: before a comma when it splits the joined
 * string, before any when it splits lowerdir. lowerdir+ keeps it, and crun's split ignores it. All
 * agree on "\\:" in the older keys alone, which podman writes.
 */
static bool is_read_differently(struct str part)
{
	const char *key;
	struct str value = value_of(part, &key);
	const char *slash = part.len > 0 ? memchr(part.data, '\\', part.len) : NULL;

	if (slash == NULL)
		return false;
	if (value.data == NULL || slash < value.data || key[strlen(key) - 2] == '+')
		return true;
	for (size_t i = 0; i < value.len; i++)
		if (value.data[i] == '\\' && (i + 1 == value.len || value.data[++i] != ':'))
			return true;
	return false;
}

static int check_option(const struct fields_reader *reader, const struct oci_string *option,
			size_t *n)
{
	for (size_t start = 0; start <= option->value.len;) {
		struct str part = next_part(option->value, &start);

		if (is_read_differently(part))
			return fields_fail(
				reader, option->node,
				"kernels and runtimes differ in how they read the backslash here; rename the directory");
		for (size_t i = 0; i < part.len; i++)
			*n += part.data[i] == ':';
		*n += 1;
	}
	return 0;
}

int oci_overlay_check(const struct fields_reader *reader, const struct oci_mount *mount,
		      size_t *n_layers)
{
	size_t n = 0;

	if (!is_overlay(mount))
		return 0;
	for (size_t i = 0; i < mount->options.n; i++) {
		int error = check_option(reader, &mount->options.items[i], &n);

		if (error < 0)
			return error;
	}
	if (n > OCI_LAYERS_MAX)
		return fields_fail(reader, mount->options.node,
				   "more than %u layers and options, which no kernel takes",
				   OCI_LAYERS_MAX);
	*n_layers += n;
	if (*n_layers > OCI_LAYERS_ALL_MAX)
		return fields_fail(reader, mount->options.node,
				   "more than %u layers and options in all overlays",
				   OCI_LAYERS_ALL_MAX);
	return 0;
}

/* Adds the directories in a value: A:B, or with `whole` a single one. */
static void add_value(struct arena *arena, const struct oci_mount *mount, struct str value,
		      bool whole,
		      void (*add)(void *data, const struct oci_mount *mount, struct str layer),
		      void *data)
{
	char *path = arena_alloc(arena, value.len + 1);
	size_t len = 0;

	for (size_t i = 0; i <= value.len; i++) {
		if (i == value.len || (value.data[i] == ':' && !whole)) {
			if (len > 0)
				add(data, mount, (struct str){ path, len });
			path += len;
			len = 0;
			continue;
		}
		if (value.data[i] == '\\' && i + 1 < value.len)
			i++;
		path[len++] = value.data[i];
	}
}

void oci_overlay_layers(struct arena *arena, const struct oci_mount *mount,
			void (*add)(void *data, const struct oci_mount *mount, struct str layer),
			void *data)
{
	for (size_t i = 0; i < mount->options.n; i++) {
		struct str option = mount->options.items[i].value;

		for (size_t start = 0; start <= option.len;) {
			const char *key;
			struct str value = value_of(next_part(option, &start), &key);

			if (value.data != NULL)
				add_value(arena, mount, value, key != keys[0], add, data);
		}
	}
}
