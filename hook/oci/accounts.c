/* SPDX-License-Identifier: Apache-2.0 */
/* passwd(5) and group(5) as text: see accounts.h. */
#include "accounts.h"

#include <stdio.h>
#include <string.h>

/* The text up to the separator; *rest starts behind it, with data NULL when there is none. */
static struct str next_part(struct str *rest, char separator)
{
	const char *end = rest->len > 0 ? memchr(rest->data, separator, rest->len) : NULL;
	struct str part = *rest;

	if (end == NULL) {
		*rest = (struct str){ 0 };
		return part;
	}
	part.len = (size_t)(end - part.data);
	rest->data = end + 1;
	rest->len -= part.len + 1;
	return part;
}

#define USER_FIELDS 7  /* name:password:uid:gid:comment:home:shell */
#define GROUP_FIELDS 4 /* name:password:gid:members */
#define HOME_FIELD 5
#define ID_FIELD 2

static bool read_entry(struct str line, size_t n_fields, uint32_t id, struct account *account)
{
	struct str fields[USER_FIELDS] = { { 0 } };
	uint64_t number;
	size_t n = 0;

	while (n < n_fields && line.data != NULL)
		fields[n++] = next_part(&line, ':');
	/* "+" and "-" at the start of a line are NIS, "#" a comment. */
	if (n < n_fields || fields[0].len == 0 || strchr("+-#", fields[0].data[0]) != NULL ||
	    !str_to_uint(fields[ID_FIELD], UINT32_MAX, &number) || number != id)
		return false;
	*account = (struct account){ fields[0], fields[HOME_FIELD] };
	return true;
}

static bool find_entry(struct str text, size_t n_fields, uint32_t id, struct account *ret_account)
{
	while (text.len > 0)
		if (read_entry(next_part(&text, '\n'), n_fields, id, ret_account))
			return true;
	return false;
}

bool accounts_find_user(struct str passwd, uint32_t uid, struct account *ret_account)
{
	return find_entry(passwd, USER_FIELDS, uid, ret_account);
}

bool accounts_find_group(struct str group, uint32_t gid, struct account *ret_account)
{
	return find_entry(group, GROUP_FIELDS, gid, ret_account);
}

static struct str add_line(struct arena *arena, struct str text, const char *line)
{
	size_t len = strlen(line);
	bool open = text.len > 0 && text.data[text.len - 1] != '\n';
	char *whole = arena_alloc(arena, text.len + len + 2);
	size_t at = text.len;

	if (text.len > 0)
		memcpy(whole, text.data, text.len);
	if (open)
		whole[at++] = '\n';
	memcpy(whole + at, line, len);
	return (struct str){ whole, at + len };
}

struct str accounts_add_user(struct arena *arena, struct str passwd, uint32_t uid, uint32_t gid,
			     const char *home)
{
	return add_line(arena, passwd,
			arena_printf(arena, "%u:x:%u:%u:rootfence user:%s:/sbin/nologin\n", uid,
				     uid, gid, home));
}

struct str accounts_add_group(struct arena *arena, struct str group, uint32_t gid)
{
	return add_line(arena, group, arena_printf(arena, "%u:x:%u:\n", gid, gid));
}
