/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Looks for a process that shares a namespace with a container's first process though that should be
 * new: see init_root.h. A new one has nobody who is older. Processes with the mounts of the host
 * are left out, as engines enter a namespace to set it up, but for the pid namespace.
 */
#include "init_root.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"

static bool is_new(const struct oci_config *config, unsigned int type)
{
	const struct oci_namespace *entry = &config->linux_.namespaces.types[type];

	return entry->node != NULL && entry->path.node == NULL && type != NAMESPACE_TIME;
}

static bool is_older(struct arena *arena, pid_t pid, uint64_t than)
{
	uint64_t start = 0;
	struct err ignored;

	return init_start_time(arena, pid, &start, &ignored) == 0 && start < than;
}

static bool shares(struct arena *arena, const struct init_facts *facts, const char *process,
		   unsigned int type)
{
	return facts->namespaces[type] != 0 &&
	       init_namespace(arena, process, type) == facts->namespaces[type];
}

/* Does this process share what should be new? */
static bool look_at(struct arena *arena, const struct oci_config *config, struct init_facts *facts,
		    const char *process, uint64_t start)
{
	const pid_t pid = (pid_t)strtol(process, NULL, 10);
	const uint64_t mounts = init_namespace(arena, process, NAMESPACE_MOUNT);

	if (pid == facts->pid || mounts == 0)
		return false;
	facts->other.of_host =
		mounts == facts->own[NAMESPACE_MOUNT] || mounts == facts->first[NAMESPACE_MOUNT];
	for (unsigned int i = 0; i < NAMESPACE_COUNT; i++) {
		if (!is_new(config, i) || facts->other.of_host != (i == NAMESPACE_PID) ||
		    !shares(arena, facts, process, i))
			continue;
		facts->other.type = i;
		if (i == NAMESPACE_PID || is_older(arena, pid, start)) {
			facts->other.pid = pid;
			return true;
		}
	}
	return false;
}

int init_others_look(struct arena *arena, const struct oci_config *config, struct init_facts *facts,
		     struct err *err)
{
	DIR *all = opendir("/proc");
	const struct dirent *entry;
	uint64_t start = 0;
	bool found = false;
	int error;

	if (all == NULL)
		return err_set_system(err, errno, "cannot open /proc");
	error = init_start_time(arena, facts->pid, &start, err);
	while (error == 0 && !found && (entry = readdir(all)) != NULL)
		if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9')
			found = look_at(arena, config, facts, entry->d_name, start);
	closedir(all);
	return error;
}
