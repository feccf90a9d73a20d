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
static struct str owner_in(struct lookup *lookup, const char *list, const char *layer)
{
	static const char begin[] = "{\"id\":\"";
	const char *at, *start, *end;
	struct err ignored;
	struct str text;
	int error = io_read_file(lookup->arena, AT_FDCWD, list, LIST_MAX, &text, &ignored);

	if (error < 0) {
		if (error != -ENOENT)
			lookup_note_own(lookup, -error, list);
		return (struct str){ 0 };
	}
	at = text.len > 0 ? memmem(text.data, text.len, layer, strlen(layer)) : NULL;
	start = at != NULL ? find_before(text.data, at, begin) : NULL;
	if (start == NULL)
		return (struct str){ 0 };
	start += strlen(begin);
	end = memchr(start, '"', (size_t)(text.data + text.len - start));
	return end != NULL ? (struct str){ start, (size_t)(end - start) } : (struct str){ 0 };
}

/* How the drivers name the directory of a layer. */
static const struct driver {
	const char *name, *middle, *end;
} drivers[] = {
	{ "overlay", "/overlay/", "/merged" }, { "vfs", "/vfs/dir/", "" },
	{ "btrfs", "/btrfs/subvolumes/", "" }, { "zfs", "/zfs/graph/", "" },
	{ "aufs", "/aufs/mnt/", "" },
};

static struct str listed_owner(struct lookup *lookup, const struct driver *driver, const char *text)
{
	static const char *const lists[] = { "containers.json", "volatile-containers.json" };
	const char *place = strstr(text, driver->middle);
	size_t around = strlen(driver->middle) + strlen(driver->end);
	size_t len = place != NULL ? strlen(place) : 0;
	struct str owner = { 0 };
	const char *layer;

	if (len <= around)
		return owner;
	layer = arena_printf(lookup->arena, "\"layer\":\"%.*s\"", (int)(len - around),
			     place + strlen(driver->middle));
	for (size_t i = 0; i < ARRAY_SIZE(lists) && owner.len == 0; i++)
		owner = owner_in(lookup,
				 arena_printf(lookup->arena, "%.*s/%s-containers/%s",
					      (int)(place - text), text, driver->name, lists[i]),
				 layer);
	return owner;
}

struct str storage_root_owner(struct lookup *lookup, struct str path)
{
	const char *text = arena_copy(lookup->arena, path.data, path.len);
	struct str owner = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(drivers) && lookup->scope == FACTS_LIVE; i++)
		if (owner.len == 0)
			owner = listed_owner(lookup, &drivers[i], text);
	return owner;
}

bool storage_root_is_others(struct lookup *lookup, struct str path, struct str id)
{
	struct str owner = storage_root_owner(lookup, path);

	return owner.len > 0 && !str_equal(owner, id);
}
