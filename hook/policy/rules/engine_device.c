/* SPDX-License-Identifier: Apache-2.0 */
/* See engine_device.h. */
#include "policy/rules/engine_device.h"

#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"

/*
 * podman 2 to 6 and buildah write exactly these. With -v and --mount they add nodev, unless the
 * user has written dev; Docker has neither slave nor noexec for -v.
 */
static bool has_options(const struct oci_mount *mount)
{
	static const char *const options[] = { "slave", "nosuid", "noexec", NULL, "rbind" };

	if (mount->options.n != ARRAY_SIZE(options))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(options); i++) {
		struct str value = mount->options.items[i].value;

		if (options[i] != NULL ? !str_is(value, options[i])
				       : !str_is(value, "ro") && !str_is(value, "rw"))
			return false;
	}
	return true;
}

/* Offline, the name alone tells: what is in these directories is no device. */
static bool is_node(const struct path_fact *path)
{
	static const char *const others[] = { "/dev/shm", "/dev/mqueue", "/dev/hugepages",
					      "/dev/pts" };

	if (path->error == 0)
		return (S_ISCHR(path->mode) || S_ISBLK(path->mode)) &&
		       strncmp(path->resolved, "/dev/", 5) == 0;
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		if (str_starts_with(path->path, others[i]))
			return false;
	return true;
}

bool mount_is_engine_device(const struct judge *judge, const struct source_fact *source)
{
	struct str name = source->from.path;

	/* Below root's engine it is no engine's. A user's may bind what the user may open. */
	if (judge->facts->scope == FACTS_LIVE && judge->facts->user_namespace_initial)
		return false;
	return !source->from.layer && source->from.mount->bind && has_options(source->from.mount) &&
	       str_starts_with(name, "/dev/") && !str_path_climbs(name) && is_node(&source->path);
}

bool mount_is_allowed_device(const struct judge *judge, const struct source_fact *source)
{
	return judge->states[rule_row(&rule_device_access)].action < RULE_REWRITE &&
	       mount_is_engine_device(judge, source);
}
