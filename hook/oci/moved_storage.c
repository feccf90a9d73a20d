/* SPDX-License-Identifier: Apache-2.0 */
/* Storages of engines that are not in their usual place; see moved_storage.h. */
#include "moved_storage.h"

struct str moved_storage_usual(struct arena *arena, const struct moved_storages *storages,
			       struct str path)
{
	for (size_t i = 0; i < storages->n; i++) {
		const struct moved_storage *storage = &storages->items[i];
		size_t len = storage->name.len;

		if (path.len < len || !str_equal((struct str){ path.data, len }, storage->name) ||
		    (path.len > len && path.data[len] != '/'))
			continue;
		return str_from(arena_printf(arena, "%s%.*s", storage->usual, (int)(path.len - len),
					     path.data + len));
	}
	return path;
}
