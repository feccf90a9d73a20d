/* SPDX-License-Identifier: Apache-2.0 */
/* status: prints the guarantee in force, why it is no higher, and the containers under guard. */
#include "cmd.h"

#include <errno.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "guard/guard.h"
#include "json/writer.h"
#include "oci/capability.h"

struct listing {
	struct arena *arena;
	struct buf *text;	    /* --format text */
	struct json_writer *writer; /* --format json */
};

static const char *kind_name(const struct abi_key *key, const char *cgroup, const char *pidns)
{
	return key->kind == ABI_KIND_CGROUP ? cgroup : pidns;
}

/* Returns a cgroup id, or the inode of a pid namespace. */
static unsigned long long kind_id(const struct abi_key *key)
{
	return key->kind == ABI_KIND_PIDNS ? abi_pidns_inode(key->id) : key->id;
}

static int list_text(const struct abi_key *key, const struct abi_entry *entry, void *data)
{
	struct listing *listing = data;

	buf_printf(listing->text,
		   "  %s  pid %d, by %s %llu, ceiling %s, denied %llu, logged %llu\n",
		   str_show(listing->arena, str_from(entry->id)), (int)entry->init_pid,
		   kind_name(key, "cgroup", "pid namespace"), kind_id(key),
		   cap_set_text(listing->arena, entry->limits.ceiling),
		   (unsigned long long)entry->denied, (unsigned long long)entry->logged);
	return 0;
}

static int list_json(const struct abi_key *key, const struct abi_entry *entry, void *data)
{
	struct listing *listing = data;
	struct json_writer *writer = listing->writer;

	json_begin_object(writer);
	json_member_text(writer, "id", entry->id);
	json_member_integer(writer, "pid", entry->init_pid);
	json_member_integer(writer, kind_name(key, "cgroup", "pidNamespace"),
			    (long long)kind_id(key));
	json_key(writer, "ceiling");
	json_raw(writer, str_from(cap_set_json(listing->arena, entry->limits.ceiling)));
	json_member_integer(writer, "denied", (long long)entry->denied);
	json_member_integer(writer, "logged", (long long)entry->logged);
	json_end_object(writer);
	return 0;
}

struct latest {
	size_t n;
	struct abi_unregistered seen;
};

static int latest_visit(const struct abi_key *key, const struct abi_unregistered *seen, void *data)
{
	struct latest *latest = data;

	(void)key;
	if (latest->n++ == 0 || seen->time > latest->seen.time)
		latest->seen = *seen;
	return 0;
}

/* Nothing is said of it where the map cannot be read: something else will be. */
static struct latest latest_find(const char *dir, const struct guard_status *status)
{
	struct latest latest = { 0 };
	struct err ignored;

	if (status->loaded && status->n_differences == 0 &&
	    guard_each_unregistered(dir, latest_visit, &latest, &ignored) < 0)
		latest.n = 0;
	return latest;
}

static const char *cgroup_path(struct arena *arena, uint64_t id)
{
	char room[4096];
	const char *path = guard_cgroup_path(id, room, sizeof(room));

	return path == NULL ? "gone" : path[0] == '\0' ? "/" : arena_printf(arena, "%s", path);
}

static void unregistered_text(struct arena *arena, struct buf *text, const char *dir,
			      const struct guard_status *status)
{
	struct latest latest = latest_find(dir, status);

	buf_printf(text, "unregistered  %llu containers seen, %llu execves stopped (%s)\n",
		   (unsigned long long)status->unregistered_seen,
		   (unsigned long long)status->unregistered_stopped,
		   guard_action_name(status->unregistered));
	if (latest.n > 0)
		buf_printf(
			text,
			"              the latest: pid %u (%s), namespace %u, started by %s (pid %u), cgroup %s\n",
			latest.seen.pid, str_show(arena, str_from(latest.seen.comm)),
			latest.seen.namespace, str_show(arena, str_from(latest.seen.starter_comm)),
			latest.seen.starter,
			str_show(arena, str_from(cgroup_path(arena, latest.seen.cgroup))));
}

static void unregistered_json(struct arena *arena, struct json_writer *writer, const char *dir,
			      const struct guard_status *status)
{
	struct latest latest = latest_find(dir, status);

	json_key(writer, "unregistered");
	json_begin_object(writer);
	json_member_text(writer, "action", guard_action_name(status->unregistered));
	json_member_integer(writer, "namespaces", (long long)status->unregistered_seen);
	json_member_integer(writer, "stopped", (long long)status->unregistered_stopped);
	if (latest.n > 0) {
		json_key(writer, "latest");
		json_begin_object(writer);
		json_member_integer(writer, "pid", latest.seen.pid);
		json_member_text(writer, "comm", latest.seen.comm);
		json_member_integer(writer, "namespace", latest.seen.namespace);
		json_member_text(writer, "cgroup", cgroup_path(arena, latest.seen.cgroup));
		json_key(writer, "startedBy");
		json_begin_object(writer);
		json_member_integer(writer, "pid", latest.seen.starter);
		json_member_text(writer, "comm", latest.seen.starter_comm);
		json_end_object(writer);
		json_end_object(writer);
	}
	json_end_object(writer);
}

static size_t differences_told(const struct guard_status *status)
{
	return status->n_differences < GUARD_DIFFERENCES_MAX ? status->n_differences
							     : GUARD_DIFFERENCES_MAX;
}

static int print_json(struct arena *arena, const char *dir, const struct guard_status *status,
		      struct err *err)
{
	struct listing listing = { .arena = arena, .writer = json_writer_new(arena, true) };
	struct json_writer *writer = listing.writer;
	int error;

	json_begin_object(writer);
	json_member_text(writer, "rootfence", ROOTFENCE_VERSION);
	json_member_boolean(writer, "loaded", status->loaded);
	json_member_text(writer, "guarantee", guard_level_name(status->level));
	json_member_text(writer, "hook", status->hook);
	json_member_boolean(writer, "userNamespaces", status->userns);
	json_member_boolean(writer, "restores", status->restores);
	json_member_text(writer, "reason", status->reason);
	json_member_boolean(writer, "intact", status->n_differences == 0);
	json_key(writer, "differences");
	json_begin_array(writer);
	for (size_t i = 0; i < differences_told(status); i++)
		json_text(writer, status->differences[i]);
	json_end_array(writer);
	json_member_integer(writer, "lost", (long long)status->lost);
	json_member_integer(writer, "readers", (long long)status->n_readers);
	json_member_integer(writer, "events", (long long)status->events);
	unregistered_json(arena, writer, dir, status);
	json_member_integer(writer, "missed", (long long)status->missed);
	json_member_integer(writer, "unheld", (long long)status->unheld);
	json_key(writer, "containers");
	json_begin_array(writer);
	error = status->loaded ? guard_each_entry(dir, list_json, &listing, err) : 0;
	if (error < 0 && status->n_differences == 0)
		return error;
	json_end_array(writer);
	json_end_object(writer);
	return io_write_shown(STDOUT_FILENO, "standard output", json_writer_finish(writer), err);
}

/* A guard whose pins are gone has no hook that could be named. */
static void state_text(struct buf *text, const struct guard_status *status)
{
	const bool found = status->loaded && status->hook[0] != '\0';

	if (found)
		buf_printf(text, "guard         loaded at %s\n", status->hook);
	else if (status->loaded)
		buf_printf(text, "guard         was loaded, and is not where it was pinned\n");
	else
		buf_printf(text, "guard         not loaded; `rootfence load` would give %s\n",
			   guard_level_name(status->level));
	buf_printf(text, "guarantee     %s\n",
		   guard_level_name(found ? status->level : GUARD_NONE));
	if (status->reason[0] != '\0')
		buf_printf(text, "no higher     %s\n", status->reason);
	if (found && !status->userns)
		buf_printf(
			text,
			"user ns       closed in the seccomp profile, by precreate or the wrapper: no hook for them is attached\n");
	if (found && !status->restores)
		buf_printf(
			text,
			"restores      refused: this kernel does not show what CRIU brings back\n");
}

static void counters_text(struct buf *text, const struct guard_status *status)
{
	if (status->missed > 0)
		buf_printf(text,
			   "missed        %llu times the kernel skipped a program of the guard\n",
			   (unsigned long long)status->missed);
	if (status->unheld > 0)
		buf_printf(
			text,
			"unheld        %llu restored threads could not be stopped: kill the containers that were restored\n",
			(unsigned long long)status->unheld);
	buf_printf(text, "events        %llu, read by %zu processes, which lost %llu\n",
		   (unsigned long long)status->events, status->n_readers,
		   (unsigned long long)status->lost);
}

static int print_text(struct arena *arena, const char *dir, const struct guard_status *status,
		      struct err *err)
{
	auto_buf struct buf text = { 0 };
	struct listing listing = { .arena = arena, .text = &text };
	int error = 0;

	state_text(&text, status);
	for (size_t i = 0; i < differences_told(status); i++)
		buf_printf(&text, "changed       %s\n",
			   str_show(arena, str_from(status->differences[i])));
	if (status->n_differences > 0)
		buf_printf(
			&text,
			"              no container starts until `rootfence load --replace` has put it right\n");
	if (status->loaded && status->n_differences == 0) {
		counters_text(&text, status);
		unregistered_text(arena, &text, dir, status);
		buf_printf(&text, "containers    %zu\n", status->n_entries);
		error = guard_each_entry(dir, list_text, &listing, err);
	}
	if (error < 0)
		return error;
	return io_write_shown(STDOUT_FILENO, "standard output", (struct str){ text.data, text.len },
			      err);
}

int command_status(const struct command *command, int argc, char **argv)
{
	const char *dir = GUARD_DIR, *format_name = NULL;
	const struct option options[] = { { "guard", &dir, NULL },
					  { "format", &format_name, NULL } };
	struct guard_status status = { 0 };
	enum format format;
	struct arena *arena;
	struct err err;
	int n, error;

	error = options_parse(command, options, ARRAY_SIZE(options), argc, argv, &n, &err);
	if (error == 0)
		error = format_parse(format_name, &format, &err);
	if (error == 0)
		error = options_no_arguments(command, n, &err);
	if (error == 0)
		error = guard_query(dir, &status, &err);
	/* Containers whose runtime was killed ran no poststop. Their entries are removed here. */
	if (error == 0 && status.loaded && status.n_differences == 0) {
		error = guard_reclaim(dir, NULL, &err);
		if (error == 0)
			error = guard_query(dir, &status, &err);
	}
	if (error < 0)
		return report_error(&err);
	arena = arena_new();
	error = format == FORMAT_JSON ? print_json(arena, dir, &status, &err)
				      : print_text(arena, dir, &status, &err);
	arena_free(arena);
	if (error < 0)
		return report_error(&err);
	return status.n_differences > 0 ? EXIT_GUARD : EXIT_ALLOWED;
}
