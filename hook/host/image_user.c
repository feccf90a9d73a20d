/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See image_user.h. Images that start as root and drop it later have an account for their service,
 * and directories that belong to it: volumes, the working directory, its home.
 */
#include "image_user.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "host/account_files.h"

#define MOUNTS_MAX 64U	  /* an image has a few volumes */
#define ACCOUNTS_MAX 256U /* an image has about twenty */
#define NAME_LENGTH 32U	  /* useradd(8) */
#define BASE_MAX 100U	  /* ids below belong to the distribution: www-data, games */
#define NOBODY 65534U

struct search {
	struct arena *arena;
	const struct oci_config *config;
	const struct facts *facts;
	struct str passwd;
	int root; /* of the container */
};

static bool is_word(struct str name)
{
	static const char letters[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";

	for (size_t i = 0; i < name.len; i++)
		if (memchr(letters, name.data[i], sizeof(letters) - 1) == NULL)
			return false;
	return name.len > 0 && name.len <= NAME_LENGTH;
}

static bool is_service(const struct account *account)
{
	return account->id != 0 && account->id < NOBODY && is_word(account->name);
}

static bool choose(const struct search *search, const struct account *account, const char *owns,
		   struct image_user *ret_user)
{
	*ret_user = (struct image_user){
		.known = true,
		.uid = account->id,
		.gid = account->gid != 0 ? account->gid : account->id,
		.name = arena_copy(search->arena, account->name.data, account->name.len),
		.owns = owns,
	};
	return true;
}

/* True if the directory belongs to a service of the image. */
static bool try_directory(const struct search *search, struct str path, struct image_user *ret_user)
{
	const char *name = str_path_normalize(search->arena, path);
	auto_close int fd = -1;
	struct account account;
	struct stat st;

	if (name == NULL || strcmp(name, "/") == 0)
		return false;
	fd = account_root_look(search->root, name);
	return fd >= 0 && fstat(fd, &st) == 0 && S_ISDIR(st.st_mode) &&
	       accounts_find_user(search->passwd, st.st_uid, &account) && is_service(&account) &&
	       choose(search, &account, name, ret_user);
}

/* A volume's directory in the image, or what is mounted there: data that an older one has left. */
static bool try_mount(const struct search *search, const struct oci_mount *mount,
		      struct image_user *ret_user)
{
	const struct facts *facts = search->facts;
	struct account account;
	struct stat st;

	if (try_directory(search, mount->destination.value, ret_user))
		return true;
	for (size_t i = 0; i < facts->n_sources && facts->scope == FACTS_LIVE; i++) {
		const struct source_fact *source = &facts->sources[i];

		if (source->from.mount == mount && source->path.error == 0 &&
		    stat(source->path.resolved, &st) == 0 && S_ISDIR(st.st_mode) &&
		    accounts_find_user(search->passwd, st.st_uid, &account) && is_service(&account))
			return choose(search, &account,
				      str_path_normalize(search->arena, mount->destination.value),
				      ret_user);
	}
	return false;
}

/* A service has a home of its own. Those of the distribution are shared or missing. */
static bool try_homes(const struct search *search, struct image_user *ret_user)
{
	struct str rest = search->passwd;
	struct image_user user;
	struct account account;

	for (unsigned int i = 0; i < ACCOUNTS_MAX && accounts_next_user(&rest, &account); i++) {
		if (!is_service(&account) || !try_directory(search, account.home, &user) ||
		    user.uid != account.id || str_starts_with(account.home, "/var/cache/") ||
		    str_starts_with(account.home, "/var/spool/"))
			continue;
		*ret_user = user;
		return true;
	}
	return false;
}

/* The only account that the distribution did not bring. */
static bool try_accounts(const struct search *search, struct image_user *ret_user)
{
	struct account account, found = { 0 };
	struct str rest = search->passwd;

	for (unsigned int i = 0; i < ACCOUNTS_MAX && accounts_next_user(&rest, &account); i++) {
		if (!is_service(&account) || account.id < BASE_MAX ||
		    str_is(account.name, "_apt") || str_starts_with(account.name, "systemd-"))
			continue;
		if (found.id != 0)
			return false;
		found = account;
	}
	return found.id != 0 && choose(search, &found, NULL, ret_user);
}

static void find(const struct search *search, struct image_user *ret_user)
{
	const struct oci_config *config = search->config;

	for (size_t i = 0; i < config->mounts.n && i < MOUNTS_MAX; i++) {
		const struct oci_mount *mount = oci_config_mount(config, i);

		if (mount->bind && try_mount(search, mount, ret_user))
			return;
	}
	if (try_directory(search, config->process.cwd.value, ret_user) ||
	    try_homes(search, ret_user) || try_accounts(search, ret_user))
		return;
	*ret_user = (struct image_user){ 0 };
}

void image_user_find(struct arena *arena, const struct oci_config *config, struct facts *facts)
{
	struct str root = config->root.path.value;
	struct accounts accounts = facts->accounts;
	struct search search = { .arena = arena, .config = config, .facts = facts };
	auto_close int dir = -1;

	if (config->process.user.uid.value != 0 || config->root.path.node == NULL ||
	    (facts->scope == FACTS_OFFLINE &&
	     (facts->bundle == NULL || str_starts_with(root, "/") || str_path_climbs(root))))
		return;
	if (!accounts.files[ACCOUNTS_PASSWD].present)
		accounts_collect(arena, config, facts->bundle, facts->scope, false, &accounts);
	dir = account_root_open(arena, &config->root, facts->bundle, facts->scope);
	if (dir < 0 || !accounts.files[ACCOUNTS_PASSWD].present)
		return;
	search.passwd = accounts.files[ACCOUNTS_PASSWD].text;
	search.root = dir;
	find(&search, &facts->image_user);
}
