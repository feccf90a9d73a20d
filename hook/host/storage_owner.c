/* SPDX-License-Identifier: Apache-2.0 */
/* Whose root a directory in podman's storage is; see storage_owner.h. */
#include "storage_owner.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/io.h"

#define LIST_MAX (64 * 1024 * 1024) /* of containers: about 1 kB each */

/* Returns the last `word` in the text before `end`, or NULL. */
static const char *find_before(const char *text, const char *end, const char *word)
{
	size_t len = strlen(word);

	for (const char *at = end; at > text; at--)
		if ((size_t)(end - (at - 1)) >= len && memcmp(at - 1, word, len) == 0)
			return at - 1;
	return NULL;
}

/* containers/storage writes {"id":"...","names":[...],"image":"...","layer":"...", ... */
static bool names_other(struct lookup *lookup, const char *list, const char *layer, struct str id)
{
	static const char begin[] = "{\"id\":\"";
	const char *at, *start;
	struct err ignored;
	struct str text;
	int error = io_read_file(lookup->arena, AT_FDCWD, list, LIST_MAX, &text, &ignored);

	if (error < 0) {
		if (error != -ENOENT)
			lookup_note_own(lookup, -error, list);
		return false;
	}
	at = text.len > 0 ? memmem(text.data, text.len, layer, strlen(layer)) : NULL;
	start = at != NULL ? find_before(text.data, at, begin) : NULL;
	if (start == NULL)
		return false;
	start += strlen(begin);
	return (size_t)(text.data + text.len - start) <= id.len ||
	       memcmp(start, id.data, id.len) != 0 || start[id.len] != '"';
}

/* How the drivers name the directory of a layer. */
static const struct driver {
	const char *name, *middle, *end;
} drivers[] = {
	{ "overlay", "/overlay/", "/merged" }, { "vfs", "/vfs/dir/", "" },
	{ "btrfs", "/btrfs/subvolumes/", "" }, { "zfs", "/zfs/graph/", "" },
	{ "aufs", "/aufs/mnt/", "" },
};

static bool listed_as_others(struct lookup *lookup, const struct driver *driver, const char *text,
			     struct str id)
{
	static const char *const lists[] = { "containers.json", "volatile-containers.json" };
	const char *place = strstr(text, driver->middle);
	size_t around = strlen(driver->middle) + strlen(driver->end);
	size_t len = place != NULL ? strlen(place) : 0;
	const char *layer;

	if (len <= around)
		return false;
	layer = arena_printf(lookup->arena, "\"layer\":\"%.*s\"", (int)(len - around),
			     place + strlen(driver->middle));
	for (size_t i = 0; i < ARRAY_SIZE(lists); i++)
		if (names_other(lookup,
				arena_printf(lookup->arena, "%.*s/%s-containers/%s",
					     (int)(place - text), text, driver->name, lists[i]),
				layer, id))
			return true;
	return false;
}

bool storage_root_is_others(struct lookup *lookup, struct str path, struct str id)
{
	const char *text = arena_copy(lookup->arena, path.data, path.len);

	if (lookup->scope != FACTS_LIVE)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(drivers); i++)
		if (listed_as_others(lookup, &drivers[i], text, id))
			return true;
	return false;
}
