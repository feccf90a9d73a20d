/* SPDX-License-Identifier: Apache-2.0 */
/* See mount_fix.h. */
#include "policy/rules/mount_fix.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "policy/fix.h"
#include "policy/rules/engine_device.h"

static bool ends_with(struct str text, const char *end)
{
	size_t len = strlen(end);

	return text.len >= len && memcmp(text.data + text.len - len, end, len) == 0;
}

/* Offline only the name tells. */
static bool is_socket(const struct path_fact *path)
{
	return path->error == 0 ? S_ISSOCK(path->mode)
				: ends_with(path->path, "sock") || ends_with(path->path, "socket");
}

static bool is_device(const struct path_fact *path)
{
	return path->error == 0 ? S_ISCHR(path->mode) || S_ISBLK(path->mode)
				: str_starts_with(path->path, "/dev/") &&
					  !str_starts_with(path->path, "/dev/shm");
}

static bool is_at_or_below(struct str path, const char *directory)
{
	size_t len = strlen(directory);

	return str_starts_with(path, directory) && (path.len == len || path.data[len] == '/');
}

static bool is_kernel(struct str path)
{
	return is_at_or_below(path, "/proc") || is_at_or_below(path, "/sys") ||
	       is_at_or_below(path, "/dev");
}

/*
 * In a user namespace that has not its own network or processes, podman and Docker cannot mount a
 * sysfs or proc, and bind the host's. On cgroup v1 podman binds the hierarchy of systemd for a
 * container that runs it.
 */
enum fix host_shown_fix(const struct judge *judge, const struct oci_mount *mount, enum fix other)
{
	const enum namespace_fact *facts = judge->facts->namespaces;
	struct str source = mount->source.value;

	if (!mount->bind || !str_equal(source, mount->destination.value))
		return other;
	if (str_is(source, "/proc") && facts[NAMESPACE_PID] == NS_FACT_HOST)
		return FIX_PROC_OF_HOST;
	if ((str_is(source, "/sys") || str_is(source, "/sys/fs/cgroup")) &&
	    facts[NAMESPACE_NETWORK] == NS_FACT_HOST && judge_root_is_mapped(judge))
		return FIX_SYS_OF_HOST;
	if (judge->facts->engine.engine != ENGINE_PODMAN)
		return other;
	return str_is(source, "/sys/fs/cgroup/systemd") ? FIX_MOUNT_SYSTEMD : other;
}

static enum fix cause_of(const struct judge *judge, const struct source_fact *source,
			 bool listed_only)
{
	const struct oci_mount *mount = source->from.mount;
	const struct path_fact *path = &source->path;

	if (mount->remount)
		return FIX_MOUNT_REMOUNT;
	if (!mount->bind && !str_is(mount->type.value, "overlay"))
		return FIX_MOUNT_TYPE;
	if (fix_is_gpu(judge, source->from.path))
		return FIX_MOUNT_GPU;
	if (is_socket(path))
		return FIX_MOUNT_SOCKET;
	if (mount_is_engine_device(judge, source))
		return FIX_MOUNT_ENGINE_DEVICE;
	if (is_device(path))
		return FIX_MOUNT_DEVICE;
	if (is_kernel(source->from.path))
		return host_shown_fix(judge, mount, FIX_MOUNT_KERNEL);
	if (path->error == ENOENT && judge->facts->scope == FACTS_LIVE)
		return FIX_MOUNT_MISSING;
	return listed_only ? FIX_MOUNT_UNLISTED : FIX_MOUNT;
}

const char *host_mount_fix(const struct judge *judge, const struct source_fact *source,
			   bool may_be_read, bool listed_only)
{
	const char *shown = str_show(judge->arena, source->from.path);

	if (!may_be_read)
		return fix_about(judge, cause_of(judge, source, listed_only), shown);
	return fix_about(
		judge, FIX_MOUNT_READ_ONLY,
		arena_printf(judge->arena, "%s:%s", shown,
			     str_show(judge->arena, source->from.mount->destination.value)));
}
