/* SPDX-License-Identifier: Apache-2.0 */
/* How kernels and runtimes read the options of an overlay; see mount_options.h. */
#include "mount_options.h"

#include <string.h>

#include "base/cleanup.h"

/* Words that runtimes turn into flags of the mount, so they are not in its data. */
static bool is_flag(struct str option)
{
	static const char *const flags[] = {
		"ro",	    "rw",      "suid",	     "nosuid",	"dev",	    "nodev",   "exec",
		"noexec",   "sync",    "async",	     "dirsync", "atime",    "noatime", "diratime",
		"relatime", "remount", "nodiratime", "private", "rprivate", "slave",   "rslave",
	};

	for (size_t i = 0; i < ARRAY_SIZE(flags); i++)
		if (str_is(option, flags[i]))
			return true;
	return false;
}

static struct str join(struct arena *arena, const struct str *options, size_t n)
{
	struct buf joined = { 0 };
	struct str text;

	for (size_t i = 0; i < n; i++) {
		if (is_flag(options[i]))
			continue;
		if (joined.len > 0)
			buf_add(&joined, ",", 1);
		buf_add(&joined, options[i].data, options[i].len);
	}
	text = (struct str){ arena_copy(arena, joined.data, joined.len), joined.len };
	cleanup_buf(&joined);
	return text;
}

/*
 * Takes the bytes up to the separator off *rest, or all. With `escapes` a backslash and the byte
 * after it are not separators.
 */
static struct str take(struct str *rest, char separator, bool escapes)
{
	struct str part = { rest->data, 0 };
	size_t skip;

	while (part.len < rest->len && rest->data[part.len] != separator)
		part.len +=
			escapes && rest->data[part.len] == '\\' && part.len + 1 < rest->len ? 2 : 1;
	skip = part.len + (part.len < rest->len ? 1 : 0);
	*rest = (struct str){ rest->data + skip, rest->len - skip };
	return part;
}

/* A backslash goes, and the byte after it stays; one at the end goes, too. */
static struct str unescape(struct arena *arena, struct str text)
{
	char *out = arena_alloc(arena, text.len + 1);
	size_t len = 0;

	for (size_t i = 0; i < text.len; i++) {
		if (text.data[i] == '\\' && ++i == text.len)
			break;
		out[len++] = text.data[i];
	}
	return (struct str){ out, len };
}

static bool add(struct overlay_layers *layers, struct str path)
{
	if (path.len == 0)
		return true;
	if (layers->n == OVERLAY_LAYERS_MAX)
		return false;
	layers->items[layers->n++] = path;
	return true;
}

static bool read_option(struct arena *arena, struct str option, struct overlay_layers *layers)
{
	struct str value = option, key = take(&value, '=', false);

	if (key.len == option.len)
		return true; /* a flag */
	if (str_is(key, "lowerdir+") || str_is(key, "datadir+"))
		return add(layers, value); /* as it is */
	if (str_is(key, "upperdir") || str_is(key, "workdir"))
		return add(layers, unescape(arena, value));
	while (str_is(key, "lowerdir") && value.len > 0)
		if (!add(layers, unescape(arena, take(&value, ':', true))))
			return false;
	return true;
}

bool overlay_read(struct arena *arena, const struct str *options, size_t n,
		  enum overlay_reading reading, struct overlay_layers *ret_layers)
{
	struct str rest = join(arena, options, n);

	ret_layers->n = 0;
	while (rest.len > 0)
		if (!read_option(arena, take(&rest, ',', reading == OVERLAY_JOINED), ret_layers))
			return false;
	return true;
}
