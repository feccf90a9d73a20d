/* SPDX-License-Identifier: Apache-2.0 */
/* Text of passwd(5) and group(5), and the mounts that replace the files: see accounts.h. */
#include "accounts.h"

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "json/writer.h"

/* Returns the text before the separator and moves *rest after it; rest->data is NULL at the end. */
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
#define GID_FIELD 3

static bool read_entry(struct str line, size_t n_fields, struct account *ret_account)
{
	struct str fields[USER_FIELDS] = { { 0 } };
	uint64_t id, gid = 0;
	size_t n = 0;

	while (n < n_fields && line.data != NULL)
		fields[n++] = next_part(&line, ':');
	/* "+" and "-" at the start of a line are for NIS; "#" starts a comment. */
	if (n < n_fields || fields[0].len == 0 || strchr("+-#", fields[0].data[0]) != NULL ||
	    !str_to_uint(fields[ID_FIELD], UINT32_MAX, &id))
		return false;
	if (n_fields == USER_FIELDS && !str_to_uint(fields[GID_FIELD], UINT32_MAX, &gid))
		gid = 0;
	*ret_account = (struct account){
		.name = fields[0],
		.id = (uint32_t)id,
		.gid = (uint32_t)gid,
		.home = fields[HOME_FIELD],
	};
	return true;
}

static bool find_entry(struct str text, size_t n_fields, uint32_t id, struct account *ret_account)
{
	struct account account;

	while (text.len > 0) {
		if (!read_entry(next_part(&text, '\n'), n_fields, &account) || account.id != id)
			continue;
		*ret_account = account;
		return true;
	}
	return false;
}

bool accounts_next_user(struct str *passwd, struct account *ret_account)
{
	while (passwd->len > 0)
		if (read_entry(next_part(passwd, '\n'), USER_FIELDS, ret_account))
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

static const struct {
	const char *name, *path;
} account_files[ACCOUNTS_COUNT] = {
	[ACCOUNTS_PASSWD] = { "passwd", "/etc/passwd" },
	[ACCOUNTS_GROUP] = { "group", "/etc/group" },
};

/* A mount that differs in any option is not ours: rules judge it like any other. */
static const char *const mount_options[] = {
	"bind", "ro", "nosuid", "nodev", "noexec", "rprivate",
};

const char *account_file_name(enum account_file_kind kind)
{
	return account_files[kind].name;
}

const char *account_file_path(enum account_file_kind kind)
{
	return account_files[kind].path;
}

const char *account_mount_json(struct arena *arena, const char *bundle, enum account_file_kind kind)
{
	const char *source =
		arena_printf(arena, "%s/rootfence/%s", bundle, account_files[kind].name);
	auto_buf struct buf json = { 0 };

	buf_printf(&json, "{\"destination\":\"%s\",\"type\":\"bind\",\"source\":",
		   account_files[kind].path);
	json_quote(&json, str_from(source));
	for (size_t i = 0; i < ARRAY_SIZE(mount_options); i++)
		buf_printf(&json, "%s\"%s\"", i == 0 ? ",\"options\":[" : ",", mount_options[i]);
	buf_printf(&json, "]}");
	return arena_copy(arena, json.data, json.len);
}

bool account_mount_is(const struct oci_mount *mount, const char *bundle,
		      enum account_file_kind kind)
{
	const struct str source = mount->source.value;
	const char *name = account_files[kind].name;
	size_t len = strlen(bundle);

	if (!str_is(mount->destination.value, account_files[kind].path) ||
	    !str_is(mount->type.value, "bind") || mount->options.n != ARRAY_SIZE(mount_options) ||
	    mount->uid_mappings.n > 0 || mount->gid_mappings.n > 0)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(mount_options); i++)
		if (!str_is(mount->options.items[i].value, mount_options[i]))
			return false;
	return source.len == len + strlen("/rootfence/") + strlen(name) &&
	       str_starts_with(source, bundle) &&
	       memcmp(source.data + len, "/rootfence/", 11) == 0 &&
	       memcmp(source.data + len + 11, name, strlen(name)) == 0;
}
