/* SPDX-License-Identifier: Apache-2.0 */
/* watch: prints denied and logged events as they happen, one line or one JSON object each. */
#include "cmd.h"

#include <errno.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "guard/guard.h"
#include "json/writer.h"
#include "oci/capability.h"
#include "watch_origin.h"

struct watch {
	enum format format;
	const char *container; /* an id or its beginning; NULL: all */
	struct err *err;
	/* The container of the last event: one that is told has more of them as a rule. */
	struct arena *known;
	char id[ABI_ID_MAX];
	struct origin origin;
};

static const struct origin *origin_of(struct watch *watch, const struct abi_event *event)
{
	if (watch->known != NULL && strcmp(watch->id, event->id) == 0)
		return &watch->origin;
	arena_free(watch->known);
	watch->known = arena_new();
	memcpy(watch->id, event->id, sizeof(watch->id));
	watch->origin = origin_find(watch->known, event->id);
	return &watch->origin;
}

static uint64_t clock_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * 1000000000U + (uint64_t)now.tv_nsec;
}

/* The container's id, and what its engine calls it as far as that is known. */
static const char *who(struct arena *arena, const struct abi_event *event,
		       const struct origin *origin)
{
	const char *const words[] = { origin->engine, origin->namespace, origin->pod, origin->name,
				      origin->image };
	const char *known = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (words[i] != NULL)
			known = arena_printf(arena, "%s%s%s", known == NULL ? "" : known,
					     known == NULL ? "" : " ",
					     str_show(arena, str_from(words[i])));
	return known == NULL ? str_show(arena, str_from(event->id))
			     : arena_printf(arena, "%s (%s)", str_show(arena, str_from(event->id)),
					    known);
}

/* Returns the event's time in UTC. Events carry the time since boot. */
static const char *event_time(struct arena *arena, const struct abi_event *event)
{
	uint64_t age = clock_ns(CLOCK_BOOTTIME) - event->time;
	uint64_t when = clock_ns(CLOCK_REALTIME) - age;
	time_t seconds = (time_t)(when / 1000000000U);
	struct tm tm = { 0 };
	char text[32];

	gmtime_r(&seconds, &tm);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
	return arena_printf(arena, "%s.%03uZ", text, (unsigned int)(when / 1000000U % 1000U));
}

static const char *outcome(__u32 action)
{
	return action == ABI_ERRNO ? "denied" : action == ABI_KILL ? "killed" : "logged";
}

/* Returns what the execve would have given that it must not. */
static const char *what(struct arena *arena, const struct abi_event *event)
{
	const struct abi_creds *old = &event->old_creds, *new = &event->new_creds;
	bool root = new->euid == new->root || new->euid == 0;

	switch (event->reason) {
	case ABI_REASON_USERNS:
		return "a new user namespace";
	case ABI_REASON_SET_ID:
		return arena_printf(arena, "uid %u and gid %u instead of %u and %u", new->euid,
				    new->egid, old->euid, old->egid);
	case ABI_REASON_ROOT:
		return "host root";
	default:
		break;
	}
	if (event->gained != 0)
		return arena_printf(arena, "%s%s", root ? "root and " : "",
				    cap_set_text(arena, event->gained));
	if ((new->permitted & ~event->ceiling) != 0)
		return arena_printf(arena, "%s; the ceiling is %s",
				    cap_set_text(arena, new->permitted & ~event->ceiling),
				    cap_set_text(arena, event->ceiling));
	if (event->reason == ABI_REASON_CEILING)
		return arena_printf(
			arena, "%s in the bounding or inheritable set; the ceiling is %s",
			cap_set_text(arena, (new->bounding | new->inheritable) & ~event->ceiling),
			cap_set_text(arena, event->ceiling));
	return "root";
}

/* Returns "NAME, NAME": the promises of the spec that the process does not keep. */
static const char *differences(struct arena *arena, const struct abi_event *event)
{
	const char *names = NULL;

	for (unsigned int i = 0; i < ABI_PROMISED_COUNT; i++)
		if ((event->difference >> i & 1U) != 0)
			names = names == NULL ? guard_promised_name(i)
					      : arena_printf(arena, "%s, %s", names,
							     guard_promised_name(i));
	return names;
}

static struct str difference_text(struct arena *arena, const struct abi_event *event,
				  const struct origin *origin)
{
	return str_from(arena_printf(
		arena,
		"%s %s %s pid %d (%s) of %d: execve of %s without what the spec says: %s; rule %s\n",
		event_time(arena, event), outcome(event->action), who(arena, event, origin),
		(int)event->tgid, str_show(arena, str_from(event->comm)), (int)event->ppid,
		str_quote(arena, str_from(event->path)), differences(arena, event),
		guard_reason_name(event->reason)));
}

static const char *cgroup_of_event(struct arena *arena, const struct abi_event *event)
{
	char room[4096];
	const char *path = guard_cgroup_path(event->cgroup, room, sizeof(room));

	return path == NULL	 ? arena_printf(arena, "%llu", (unsigned long long)event->cgroup)
	       : path[0] == '\0' ? "/"
				 : arena_printf(arena, "%s", path);
}

static struct str unregistered_text(struct arena *arena, const struct abi_event *event)
{
	return str_from(arena_printf(
		arena,
		"%s %s - pid %d (%s) of %d: execve of %s in a container that nobody registered: namespace %u, started by %s (pid %d), cgroup %s; rule %s\n",
		event_time(arena, event), outcome(event->action), (int)event->tgid,
		str_show(arena, str_from(event->comm)), (int)event->ppid,
		str_quote(arena, str_from(event->path)), event->namespace,
		str_show(arena, str_from(event->starter_comm)), (int)event->starter,
		str_show(arena, str_from(cgroup_of_event(arena, event))),
		guard_reason_name(event->reason)));
}

static struct str event_text(struct arena *arena, const struct abi_event *event,
			     const struct origin *origin)
{
	if (event->reason == ABI_REASON_PROMISE)
		return difference_text(arena, event, origin);
	if (event->reason == ABI_REASON_UNREGISTERED)
		return unregistered_text(arena, event);
	return str_from(arena_printf(
		arena, "%s %s %s pid %d (%s) of %d: %s%s would give %s; rule %s%s\n",
		event_time(arena, event), outcome(event->action), who(arena, event, origin),
		(int)event->tgid, str_show(arena, str_from(event->comm)), (int)event->ppid,
		event->reason == ABI_REASON_USERNS ? "it" : "execve of ",
		event->reason == ABI_REASON_USERNS ? "" : str_quote(arena, str_from(event->path)),
		what(arena, event), guard_reason_name(event->reason),
		event->difference == 0 ? ""
				       : arena_printf(arena, "; and without what the spec says: %s",
						      differences(arena, event))));
}

static void write_capabilities(struct arena *arena, struct json_writer *writer, const char *key,
			       uint64_t set)
{
	json_key(writer, key);
	json_raw(writer, str_from(cap_set_json(arena, set)));
}

static void write_creds(struct arena *arena, struct json_writer *writer, const char *key,
			const struct abi_creds *creds)
{
	json_key(writer, key);
	json_begin_object(writer);
	json_member_integer(writer, "uid", creds->uid);
	json_member_integer(writer, "euid", creds->euid);
	json_member_integer(writer, "suid", creds->suid);
	json_member_integer(writer, "gid", creds->gid);
	json_member_integer(writer, "egid", creds->egid);
	write_capabilities(arena, writer, "permitted", creds->permitted);
	write_capabilities(arena, writer, "effective", creds->effective);
	write_capabilities(arena, writer, "inheritable", creds->inheritable);
	write_capabilities(arena, writer, "bounding", creds->bounding);
	write_capabilities(arena, writer, "ambient", creds->ambient);
	json_end_object(writer);
}

static void write_differences(struct json_writer *writer, const struct abi_event *event)
{
	json_key(writer, "differences");
	json_begin_array(writer);
	for (unsigned int i = 0; i < ABI_PROMISED_COUNT; i++)
		if ((event->difference >> i & 1U) != 0)
			json_string(writer, str_from(guard_promised_name(i)));
	json_end_array(writer);
}

static void write_unregistered(struct arena *arena, struct json_writer *writer,
			       const struct abi_event *event)
{
	json_member_integer(writer, "namespace", event->namespace);
	json_member_text(writer, "cgroup", cgroup_of_event(arena, event));
	json_key(writer, "startedBy");
	json_begin_object(writer);
	json_member_integer(writer, "pid", event->starter);
	json_member_text(writer, "comm", event->starter_comm);
	json_end_object(writer);
}

static void write_origin(struct json_writer *writer, const struct origin *found)
{
	const struct origin origin = *found;
	const struct {
		const char *key, *text;
	} members[] = {
		{ "engine", origin.engine },
		{ "name", origin.name },
		{ "image", origin.image },
		{ "pod", origin.pod },
		{ "podNamespace", origin.namespace },
	};

	for (size_t i = 0; i < ARRAY_SIZE(members); i++)
		if (members[i].text != NULL)
			json_member_text(writer, members[i].key, members[i].text);
}

static struct str event_json(struct arena *arena, const struct abi_event *event,
			     const struct origin *origin)
{
	struct json_writer *writer = json_writer_new(arena, false);
	struct str text;

	json_begin_object(writer);
	json_member_text(writer, "time", event_time(arena, event));
	json_member_text(writer, "outcome", outcome(event->action));
	json_member_text(writer, "action", guard_action_name(event->action));
	json_member_text(writer, "rule", guard_reason_name(event->reason));
	json_member_text(writer, "hook", guard_hook_name(event->hook));
	json_member_text(writer, "container", event->id);
	write_origin(writer, origin);
	json_member_integer(writer, "pid", event->tgid);
	json_member_integer(writer, "thread", event->pid);
	json_member_integer(writer, "ppid", event->ppid);
	json_member_text(writer, "comm", event->comm);
	json_member_text(writer, "path", event->path);
	if (event->reason == ABI_REASON_UNREGISTERED)
		write_unregistered(arena, writer, event);
	write_creds(arena, writer, "old", &event->old_creds);
	write_creds(arena, writer, "new", &event->new_creds);
	write_capabilities(arena, writer, "gained", event->gained);
	write_capabilities(arena, writer, "ceiling", event->ceiling);
	write_differences(writer, event);
	json_end_object(writer);
	text = json_writer_finish(writer);
	return str_from(arena_printf(arena, "%s\n", text.data));
}

static int on_event(const struct abi_event *event, void *data)
{
	struct watch *watch = data;
	const struct origin *origin;
	struct arena *arena;
	int error;

	if (watch->container != NULL &&
	    strncmp(event->id, watch->container, strlen(watch->container)) != 0)
		return 0;
	origin = origin_of(watch, event);
	arena = arena_new();
	error = io_write_shown(STDOUT_FILENO, "standard output",
			       watch->format == FORMAT_JSON ? event_json(arena, event, origin)
							    : event_text(arena, event, origin),
			       watch->err);
	arena_free(arena);
	return error;
}

/* On standard error: standard output has events only. */
static int on_lost(uint64_t n, void *data)
{
	struct watch *watch = data;
	struct arena *arena = arena_new();
	int error = io_write(
		STDERR_FILENO, "standard error",
		str_from(arena_printf(
			arena,
			"rootfence: %llu events were lost here: they came faster than they could be printed\n",
			(unsigned long long)n)),
		watch->err);

	arena_free(arena);
	return error;
}

int command_watch(const struct command *command, int argc, char **argv)
{
	const char *dir = GUARD_DIR, *format_name = NULL;
	struct err err;
	struct watch watch = { .err = &err };
	const struct option options[] = { { "guard", &dir, NULL },
					  { "format", &format_name, NULL },
					  { "container", &watch.container, NULL } };
	int n, error;

	error = options_parse(command, options, ARRAY_SIZE(options), argc, argv, &n, &err);
	if (error == 0)
		error = format_parse(format_name, &watch.format, &err);
	if (error == 0)
		error = options_no_arguments(command, n, &err);
	if (error == 0)
		error = guard_watch(dir, &(struct guard_watcher){ on_event, on_lost, &watch }, -1,
				    &err);
	arena_free(watch.known);
	return error < 0 ? report_error(&err) : EXIT_ALLOWED;
}
