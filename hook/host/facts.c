/* SPDX-License-Identifier: Apache-2.0 */
/* Facts of the host for a spec: namespaces, id maps, mount sources. See facts.h. */
#include "facts.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "base/own_namespaces.h"
#include "host/build_step.h"
#include "host/engine_daemon.h"
#include "host/engine_paths.h"
#include "host/first_program.h"
#include "host/lookup.h"
#include "host/source_facts.h"
#include "host/storage_owner.h"
#include "host/storage_places.h"
#include "host/userns_member.h"

#define ID_MAP_MAX (64 * 1024) /* the kernel accepts 340 ranges of at most 36 bytes */

static const char *const namespace_files[NAMESPACE_COUNT] = {
	[NAMESPACE_PID] = "pid",       [NAMESPACE_NETWORK] = "net", [NAMESPACE_IPC] = "ipc",
	[NAMESPACE_UTS] = "uts",       [NAMESPACE_MOUNT] = "mnt",   [NAMESPACE_USER] = "user",
	[NAMESPACE_CGROUP] = "cgroup", [NAMESPACE_TIME] = "time",
};

static int look(struct lookup *lookup, const char *path, struct stat *st)
{
	return stat(path, st) < 0 ? lookup_note(lookup, errno, path) : 0;
}

static bool same_file(struct lookup *lookup, const char *path, const struct stat *st)
{
	struct stat other;

	return look(lookup, path, &other) == 0 && other.st_dev == st->st_dev &&
	       other.st_ino == st->st_ino;
}

/* Docker's names for the host's network namespace. */
static bool is_dockers_default(const char *path, enum oci_namespace_type type)
{
	return type == NAMESPACE_NETWORK && (strcmp(path, "/var/run/docker/netns/default") == 0 ||
					     strcmp(path, "/run/docker/netns/default") == 0);
}

static const char *const processes[] = { "1", "self", "thread-self", "1/task/[0-9]*",
					 "self/task/[0-9]*" };

/* /proc/1/root leads to the host's root directory. */
static const char *without_root(const char *path)
{
	struct str ignored;

	for (size_t i = 0; i < ARRAY_SIZE(processes); i++) {
		char pattern[64];
		const char *rest = path;

		snprintf(pattern, sizeof(pattern), "/proc/%s/root", processes[i]);
		if (!engine_path_starts(pattern, str_from(path), &ignored))
			continue;
		for (const char *p = pattern; *p != '\0'; p++)
			rest = *p == '/' ? rest + 1 + strcspn(rest + 1, "/") : rest;
		return without_root(rest);
	}
	return path;
}

/* Is it a name of this process's namespace, or of pid 1's? Each thread has one, too. */
static bool is_hosts_name(const char *path, enum oci_namespace_type type)
{
	char pattern[64];

	for (size_t i = 0; i < ARRAY_SIZE(processes); i++) {
		snprintf(pattern, sizeof(pattern), "/proc/%s/ns/%s", processes[i],
			 namespace_files[type]);
		if (engine_path_matches(pattern, str_from(path)))
			return true;
	}
	return false;
}

/*
 * Judges a path by its name alone. Engines write paths to other namespaces than the host's. What a
 * user namespace maps is told by the mappings beside it, if there are any.
 */
static enum namespace_fact namespace_by_name(const char *path, enum oci_namespace_type type)
{
	path = without_root(path);
	if (is_hosts_name(path, type) || is_dockers_default(path, type))
		return NS_FACT_HOST;
	return type == NAMESPACE_USER ? NS_FACT_UNKNOWN : NS_FACT_OTHER;
}

/* This process runs in the runtime's namespaces. Those and pid 1's are the host's. */
static enum namespace_fact namespace_fact(struct lookup *lookup,
					  const struct oci_namespace *namespace,
					  enum oci_namespace_type type)
{
	char own[64], first[64];
	const char *path;
	struct stat st;
	int error;

	if (namespace->node == NULL)
		return NS_FACT_HOST;
	if (namespace->path.node == NULL)
		return NS_FACT_NEW;
	/* Readers of specs take absolute paths only, so normalizing works. */
	if (lookup->scope == FACTS_OFFLINE)
		return namespace_by_name(str_path_normalize(lookup->arena, namespace->path.value),
					 type);
	snprintf(own, sizeof(own), "/proc/self/ns/%s", namespace_files[type]);
	snprintf(first, sizeof(first), "/proc/1/ns/%s", namespace_files[type]);
	path = arena_copy(lookup->arena, namespace->path.value.data, namespace->path.value.len);
	error = look(lookup, path, &st);
	/* Without permission to follow /proc/1/ns, only the name tells what the path is. */
	if (is_hosts_name(path, type) ||
	    (error == 0 && (same_file(lookup, own, &st) || same_file(lookup, first, &st))))
		return NS_FACT_HOST;
	/* In a spec of another machine. */
	if (error != 0 && is_dockers_default(path, type))
		return NS_FACT_HOST;
	return error == 0 ? NS_FACT_OTHER : NS_FACT_UNKNOWN;
}

/* Reads /proc/PID/uid_map or gid_map: lines of "inside outside count". Returns 0 on any error. */
static size_t read_id_map(struct lookup *lookup, struct arena *arena, const char *path,
			  struct id_range **ret_ranges)
{
	struct id_range *ranges;
	size_t lines = 0, n = 0;
	struct str text;
	struct err ignored;
	int error = io_read_file(arena, AT_FDCWD, path, ID_MAP_MAX, &text, &ignored);

	if (error < 0) {
		lookup_note(lookup, -error, path);
		return 0;
	}
	for (size_t i = 0; i < text.len; i++)
		lines += text.data[i] == '\n';
	ranges = arena_array(arena, lines, sizeof(*ranges));
	for (const char *line = text.data; n < lines; line = strchr(line, '\n') + 1, n++)
		if (sscanf(line, "%" SCNu64 " %" SCNu64 " %" SCNu64, &ranges[n].inside,
			   &ranges[n].outside, &ranges[n].count) != 3)
			return 0;
	*ret_ranges = ranges;
	return n;
}

static void read_maps_of(struct lookup *lookup, pid_t pid, struct facts *facts)
{
	struct arena *arena = lookup->arena;

	facts->n_joined_uids =
		read_id_map(lookup, arena, arena_printf(arena, "/proc/%d/uid_map", (int)pid),
			    &facts->joined_uids);
	facts->n_joined_gids =
		read_id_map(lookup, arena, arena_printf(arena, "/proc/%d/gid_map", (int)pid),
			    &facts->joined_gids);
}

/*
 * Reads the id maps of a joined user namespace through a process in it. If the path is not that of
 * a process, a new process joins it, but only for a container that is about to do the same.
 */
static void read_joined_maps(struct lookup *lookup, const struct oci_namespace *namespace,
			     struct facts *facts)
{
	struct str path = namespace->path.value;
	int pid = 0, end = 0;
	const char *text = arena_copy(lookup->arena, path.data, path.len);
	pid_t member;

	if (sscanf(text, "/proc/%d/ns/user%n", &pid, &end) == 1 && (size_t)end == path.len) {
		read_maps_of(lookup, pid, facts);
		return;
	}
	member = userns_member_start(text);
	if (member < 0)
		return;
	read_maps_of(lookup, member, facts);
	userns_member_end(member);
}

enum root_part {
	ROOT_ITSELF, /* or another name of it */
	ROOT_LAYER,  /* a layer of it, or another name of one */
	ROOT_NOT,    /* what is mounted below it, or shows it */
};

static enum root_part part_of(enum root_part parent, enum mount_place_kind how)
{
	if (parent == ROOT_NOT || how == PLACE_BELOW || how == PLACE_INSIDE)
		return ROOT_NOT;
	return how == PLACE_LAYER ? ROOT_LAYER : parent;
}

/*
 * Notes whose place a root directory is, by the name that the rule uses for it. containerd binds a
 * snapshot if it has but one layer.
 */
static void note_root_place(struct arena *arena, struct path_fact *fact, enum root_part part)
{
	const char *path =
		fact->error == 0 ? fact->resolved : str_path_normalize(arena, fact->path);

	fact->engine_root = path != NULL && engine_root_by_name(str_from(path));
	fact->engine_layer =
		path != NULL && engine_layer_by_name(str_from(path)) && part != ROOT_NOT &&
		(part == ROOT_LAYER || strstr(path, "/io.containerd.snapshotter.v1.") != NULL);
	for (size_t i = 0; i < fact->n_origins; i++)
		note_root_place(arena, &fact->origins[i], part_of(part, fact->origins[i].how));
}

/* The bundle as text: an absolute path, from here if it was given as a relative one. */
static const char *bundle_by_name(struct arena *arena, const char *bundle)
{
	char here[4096];

	if (bundle == NULL || (bundle[0] != '/' && getcwd(here, sizeof(here)) == NULL))
		return NULL;
	if (bundle[0] != '/')
		bundle = arena_printf(arena, "%s/%s", here, bundle);
	return str_path_normalize(arena, str_from(bundle));
}

/* Returns the name under which a rewritten spec mounts files of the bundle. */
static const char *bundle_path(struct lookup *lookup, const char *bundle)
{
	const char *path = NULL;
	auto_close int fd = -1;

	if (lookup->scope == FACTS_OFFLINE)
		return bundle_by_name(lookup->arena, bundle);
	fd = bundle != NULL ? lookup_open(lookup->arena, bundle, &path) : -1;

	if (bundle != NULL && fd < 0)
		lookup_note_own(lookup, -fd, bundle);
	return fd >= 0 ? path : NULL;
}

static void collect_own(struct lookup *lookup, struct host_facts *host, struct facts *facts)
{
	if (!host->known) {
		struct err ignored; /* the path says as much */
		int error;

		host->user_namespace_initial = false;
		error = own_namespace_is_hosts(OWN_USER, &host->user_namespace_initial, &ignored);
		lookup_note_own(lookup, -error, "/proc/self/ns/user");
		/* Ids of the initial user namespace are the host's. */
		if (!host->user_namespace_initial) {
			host->n_own_uids = read_id_map(lookup, host->arena, "/proc/self/uid_map",
						       &host->own_uids);
			host->n_own_gids = read_id_map(lookup, host->arena, "/proc/self/gid_map",
						       &host->own_gids);
		}
		host->known = lookup->failure == 0;
	}
	facts->user_namespace_initial = host->user_namespace_initial;
	facts->own_uids = host->own_uids;
	facts->n_own_uids = host->n_own_uids;
	facts->own_gids = host->own_gids;
	facts->n_own_gids = host->n_own_gids;
}

static void collect_paths(struct lookup *caller, struct host_facts *host, const struct str *paths,
			  size_t n_paths, struct facts *facts)
{
	struct lookup lookup = { .arena = host->arena,
				 .scope = caller->scope,
				 .mountinfo = &host->mountinfo };

	if (!host->paths_known) {
		host->paths = arena_array(host->arena, n_paths, sizeof(*host->paths));
		for (size_t i = 0; i < n_paths; i++)
			host->paths[i] = lookup_path(&lookup, paths[i], NULL, ORIGINS_IGNORED);
		host->paths_known = lookup.failure == 0;
		if (lookup.failed_at != NULL)
			lookup_note(caller, lookup.failure, lookup.failed_at);
	}
	facts->paths = host->paths;
	facts->n_paths = n_paths;
}

static void collect_host_again(const struct facts *before, struct facts *facts)
{
	facts->user_namespace_initial = before->user_namespace_initial;
	facts->bundle = before->bundle;
	facts->storages = before->storages;
	facts->own_uids = before->own_uids;
	facts->n_own_uids = before->n_own_uids;
	facts->own_gids = before->own_gids;
	facts->n_own_gids = before->n_own_gids;
	facts->paths = before->paths;
	facts->n_paths = before->n_paths;
}

static void collect_root(struct lookup *lookup, const struct oci_config *config,
			 const struct facts_query *query, struct container_names *names,
			 struct facts *facts)
{
	struct str root = config->root.path.value;
	const struct facts *before = query->before;

	if (config->root.path.node != NULL) {
		facts->root =
			source_path_fact(lookup, root, query->bundle,
					 engine_root(root) ? ORIGINS_IGNORED : ORIGINS_AND_MOUNTS,
					 before != NULL ? &before->root : NULL);
		note_root_place(lookup->arena, &facts->root, ROOT_ITSELF);
	}
	/* A step of buildah has no id of its own, but its root has an owner. */
	if (names->id.len == 0 && facts->root.resolved != NULL)
		names->id = build_step_owner(lookup, &facts->root);
	if (before == NULL)
		facts->storages = storage_places(lookup, config, names, facts);
	names->storages = facts->storages;
	if (facts->root.resolved == NULL || before != NULL || names->id.len == 0)
		return;
	root = str_from(facts->root.resolved);
	if (engine_mounted_layer(engine_usual_name(names, root)) == ENGINE_ROOT)
		facts->root.foreign = storage_root_is_others(lookup, root, names->id);
}

int facts_collect(struct arena *arena, const struct oci_config *config,
		  const struct facts_query *query, struct facts *ret_facts, struct err *err)
{
	const struct oci_namespace *namespaces = config->linux_.namespaces.types;
	const struct facts *before = query->before;
	struct host_facts only_once = { .arena = arena };
	struct host_facts *host = query->host != NULL ? query->host : &only_once;
	struct facts facts = { .scope = query->scope };
	struct lookup lookup = { .arena = arena,
				 .scope = query->scope,
				 .mountinfo = &host->mountinfo };
	struct container_names names = container_names(
		&lookup, config, query->id != NULL ? str_from(query->id) : (struct str){ 0 });

	host->mountinfo.arena = host->arena;
	host->mountinfo.n_places = 0;
	if (before != NULL) {
		collect_host_again(before, &facts);
	} else {
		if (facts.scope == FACTS_LIVE)
			collect_own(&lookup, host, &facts);
		facts.bundle = bundle_path(&lookup, query->bundle);
	}
	lookup.bundle = facts.bundle;
	for (unsigned int i = 0; i < NAMESPACE_COUNT; i++)
		facts.namespaces[i] = namespace_fact(&lookup, &namespaces[i], i);
	if (facts.scope == FACTS_LIVE && namespaces[NAMESPACE_USER].path.node != NULL)
		read_joined_maps(&lookup, &namespaces[NAMESPACE_USER], &facts);
	collect_root(&lookup, config, query, &names, &facts);
	facts.first = before != NULL ? before->first : first_program_look(&lookup, config, &facts);
	source_facts(&lookup, config, query, &names, &facts);
	engine_daemons(&lookup, config, &facts);
	if (facts.paths == NULL && (facts.n_sources > 0 || config->root.path.node != NULL))
		collect_paths(&lookup, host, query->paths, query->n_paths, &facts);
	if (lookup.failure != 0)
		return err_set_system(err, lookup.failure, "cannot look up %s", lookup.failed_at);
	*ret_facts = facts;
	return 0;
}
