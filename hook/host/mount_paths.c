/* SPDX-License-Identifier: Apache-2.0 */
/* Lists the host paths that mounts give the container; see mount_paths.h. */
#include "mount_paths.h"

#include <string.h>

#include "base/cleanup.h"
#include "oci/overlay.h"

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
	const struct container_names *names;
	struct mount_path *items;
	size_t n, size;
};

static void list_add(struct path_list *list, struct mount_path path)
{
	if (list->n == list->size) {
		size_t size = list->size != 0 ? list->size * 2 : 16;
		struct mount_path *items = arena_array(list->arena, size, sizeof(*items));

		if (list->n > 0)
			memcpy(items, list->items, list->n * sizeof(*items));
		list->items = items;
		list->size = size;
	}
	list->items[list->n++] = path;
}

static void add_layer(void *data, const struct oci_mount *mount, struct str layer)
{
	struct path_list *list = data;
	enum engine_paths engine = engine_layer(layer, list->names);
	enum engine_paths mounted = engine_mounted_layer(engine_usual_name(list->names, layer));

	if (engine != ENGINE_ROOT)
		list_add(list, (struct mount_path){
				       .mount = mount,
				       .path = layer,
				       .layer = true,
				       .image = mounted == ENGINE_ROOT,
				       .rootless = engine == ENGINE_USER || mounted == ENGINE_USER,
				       .moved = engine == ENGINE_MOVED,
			       });
}

static void add_source(struct path_list *list, const struct oci_mount *mount,
		       struct engine_mount engine)
{
	if (engine.engine != ENGINE_ROOT || engine.made)
		list_add(list, (struct mount_path){ .mount = mount,
						    .path = mount->source.value,
						    .rootless = engine.engine == ENGINE_USER,
						    .moved = engine.engine == ENGINE_MOVED,
						    .made = engine.made });
}

struct mount_path *mount_paths(struct arena *arena, const struct oci_config *config,
			       const struct container_names *names, size_t *ret_n)
{
	struct path_list list = { .arena = arena, .names = names };

	for (size_t i = 0; i < config->mounts.n; i++) {
		const struct oci_mount *mount = oci_config_mount(config, i);

		if (mount->remount) {
			add_source(&list, mount, (struct engine_mount){ 0 });
		} else if (mount->bind) {
			add_source(
				&list, mount,
				engine_mount(mount->source.value, mount->destination.value, names));
		} else if (str_is(mount->type.value, "overlay")) {
			oci_overlay_layers(arena, mount, add_layer, &list);
		} else if (!type_is_virtual(mount->type.value)) {
			add_source(&list, mount, (struct engine_mount){ 0 });
		}
	}
	*ret_n = list.n;
	return list.items;
}
