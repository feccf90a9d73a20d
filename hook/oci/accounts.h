/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The container's users and groups: passwd(5) and group(5). The text comes from the image and can
 * be trusted only as much as the image. This file works on text: it finds an id, adds one, and
 * writes the two mounts that show the container a copy with its new id. host/account_files.h reads
 * the files.
 */
#ifndef ROOTFENCE_OCI_ACCOUNTS_H
#define ROOTFENCE_OCI_ACCOUNTS_H

#include <stdbool.h>
#include <stdint.h>

#include "oci/config.h"

#define ACCOUNT_FILE_MAX (1024U * 1024) /* bytes; images have a few kB */

enum account_file_kind {
	ACCOUNTS_PASSWD,
	ACCOUNTS_GROUP,
	ACCOUNTS_COUNT,
};

/* One file as the container will see it. */
struct account_file {
	bool present; /* the container has the file, and text is its content */
	struct str text;
	const char *error; /* why the file must not count as absent, or NULL */
};

struct accounts {
	struct account_file files[ACCOUNTS_COUNT];
};

struct account {
	struct str name;
	uint32_t id;
	uint32_t gid;	 /* of a user: the primary group; 0 if it is not a number */
	struct str home; /* of a user; may be empty */
};

/*
 * accounts_find_user, accounts_find_group: find the first entry of that id. Malformed lines are
 * skipped, as in libc.
 */
bool accounts_find_user(struct str passwd, uint32_t uid, struct account *ret_account);
bool accounts_find_group(struct str group, uint32_t gid, struct account *ret_account);

/* accounts_next_user: reads the next entry and moves *passwd after it. False at the end. */
bool accounts_next_user(struct str *passwd, struct account *ret_account);

/* accounts_add_user, accounts_add_group: return the text with an entry for the id at its end. */
struct str accounts_add_user(struct arena *arena, struct str passwd, uint32_t uid, uint32_t gid,
			     const char *home);
struct str accounts_add_group(struct arena *arena, struct str group, uint32_t gid);

/* account_file_name: "passwd", "group": the name in <bundle>/rootfence/. */
const char *account_file_name(enum account_file_kind kind);

/* account_file_path: "/etc/passwd", "/etc/group": the name in the container. */
const char *account_file_path(enum account_file_kind kind);

/* account_mount_json: the mount that puts <bundle>/rootfence/NAME over the container's file. */
const char *account_mount_json(struct arena *arena, const char *bundle,
			       enum account_file_kind kind);

/*
 * account_mount_is: is this exactly a mount that account_mount_json() wrote? bundle is an absolute
 * path.
 */
bool account_mount_is(const struct oci_mount *mount, const char *bundle,
		      enum account_file_kind kind);

#endif
