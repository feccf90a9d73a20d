/* SPDX-License-Identifier: Apache-2.0 */
/* Lists the host paths that mounts give the container; see mount_paths.h. */
#include "mount_paths.h"

#include <string.h>

#include "base/cleanup.h"
#include "host/engine_paths.h"

/* Does a file system of this type show nothing of the host? */
static bool type_is_virtual(struct str type)
{
	static const char *const types[] = {
		"proc",	  "sysfs",  "tmpfs",   "ramfs",	    "devpts",
		"mqueue", "cgroup", "cgroup2", "hugetlbfs",
	};

	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if (str_is(type, types[i]))
			return true;
	return false;
}

struct path_list {
	struct arena *arena;
	struct mount_path *items;
	size_t n, size;
};

static void list_add(struct path_list *list, const struct oci_mount *mount, struct str path,
		     enum engine_paths engine, bool layer)
{
	if (engine == ENGINE_ROOT)
		return;
	if (list->n == list->size) {
		size_t size = list->size != 0 ? list->size * 2 : 16;
		struct mount_path *items = arena_array(list->arena, size, sizeof(*items));

		if (list->n > 0)
			memcpy(items, list->items, list->n * sizeof(*items));
		list->items = items;
		list->size = size;
	}
	list->items[list->n++] = (struct mount_path){ mount, path, layer, engine == ENGINE_USER };
}

/*
 * Adds the directories in an option's value: A:B, or with `whole` a single one that may have
 * colons. A backslash escapes the next character.
 */
static void add_layers(struct path_list *list, const struct oci_mount *mount, struct str dirs,
		       bool whole)
{
	char *path = arena_alloc(list->arena, dirs.len + 1);
	size_t len = 0;

	for (size_t i = 0; i <= dirs.len; i++) {
		if (i == dirs.len || (dirs.data[i] == ':' && !whole)) {
			struct str layer = { path, len };

			if (len > 0)
				list_add(list, mount, layer, engine_layer(layer), true);
			path += len;
			len = 0;
		} else {
			if (dirs.data[i] == '\\' && i + 1 < dirs.len)
				i++;
			path[len++] = dirs.data[i];
		}
	}
}

/* Adds the layers of one key=value of overlay. The kernel takes layers from these keys. */
static void add_overlay_key(struct path_list *list, const struct oci_mount *mount,
			    struct str option)
{
	static const char *const keys[] = { "lowerdir=", "upperdir=", "workdir=", "lowerdir+=",
					    "datadir+=" };

	for (size_t k = 0; k < ARRAY_SIZE(keys); k++) {
		size_t len = strlen(keys[k]);

		if (str_starts_with(option, keys[k]))
			add_layers(list, mount, (struct str){ option.data + len, option.len - len },
				   keys[k][len - 2] == '+');
	}
}

/* Runtimes join the options with commas, so one string of the spec may hold several. */
static void add_overlay(struct path_list *list, const struct oci_mount *mount)
{
	for (size_t i = 0; i < mount->options.n; i++) {
		struct str all = mount->options.items[i].value;
		size_t start = 0;

		for (size_t end = 0; end <= all.len; end++) {
			if (end + 1 < all.len && all.data[end] == '\\') {
				end++;
			} else if (end == all.len || all.data[end] == ',') {
				add_overlay_key(list, mount,
						(struct str){ all.data + start, end - start });
				start = end + 1;
			}
		}
	}
}

struct mount_path *mount_paths(struct arena *arena, const struct oci_config *config, size_t *ret_n)
{
	struct path_list list = { .arena = arena };

	for (size_t i = 0; i < config->mounts.n; i++) {
		const struct oci_mount *mount = oci_config_mount(config, i);

		if (mount->remount) {
			list_add(&list, mount, mount->source.value, ENGINE_NONE, false);
		} else if (mount->bind) {
			list_add(&list, mount, mount->source.value, engine_mount(mount), false);
		} else if (str_is(mount->type.value, "overlay")) {
			add_overlay(&list, mount);
		} else if (!type_is_virtual(mount->type.value)) {
			list_add(&list, mount, mount->source.value, ENGINE_NONE, false);
		}
	}
	*ret_n = list.n;
	return list.items;
}
