/* SPDX-License-Identifier: Apache-2.0 */
/*
 * poststop, an OCI hook: takes the container out of the guard and removes its record. It never
 * makes a container's removal fail.
 */
#include "cmd.h"

#include <unistd.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "base/own_namespaces.h"
#include "base/restrain.h"
#include "guard/guard.h"
#include "json/json.h"
#include "oci/state.h"
#include "report/report.h"
#include "wrapper/record.h"

struct poststop {
	struct arena *arena;
	const char *guard_dir;
	const char *record;    /* made by the wrapper, or NULL */
	const char *container; /* id, once it is known */
};

static int read_state(struct poststop *hook, struct oci_state *ret_state, struct err *err)
{
	struct json_doc *doc;
	struct str text;
	int error = io_read(hook->arena, STDIN_FILENO, "standard input", JSON_SIZE_MAX, &text, err);

	if (error < 0)
		return error;
	error = json_read(hook->arena, "standard input", text, JSON_NO_COMMENTS, &doc, err);
	return error < 0 ? error : oci_state_read(doc, ret_state, err);
}

/* Only root of the host can have put a container under the guard. */
static int unregister(const struct poststop *hook, const char *id, struct err *err)
{
	bool host_root = false;
	int error = is_host_root(&host_root, err);

	return error == 0 && host_root ? guard_unregister(hook->guard_dir, id, err) : error;
}

static int poststop(struct poststop *hook, struct err *err)
{
	struct err record_err = { 0 };
	struct oci_state state;
	int removed = 0, error = restrain(RESTRAIN_POSTSTOP, err);

	if (error == 0)
		error = read_state(hook, &state, err);
	if (error < 0)
		return error;
	hook->container = state.id;
	error = unregister(hook, state.id, err);
	/* The record is removed even if the guard failed, because the container is gone. */
	if (hook->record != NULL)
		removed = record_remove(hook->arena, hook->record, state.id, &record_err);
	if (error == 0 && removed < 0)
		*err = record_err;
	return error < 0 ? error : removed;
}

int command_poststop(const struct command *command, int argc, char **argv)
{
	struct poststop hook = { .guard_dir = GUARD_DIR };
	const struct option options[] = { { "guard", &hook.guard_dir, NULL },
					  { "record", &hook.record, NULL } };
	struct err err;
	int n;

	report_begin_hook();
	if (options_parse(command, options, ARRAY_SIZE(options), argc, argv, &n, &err) < 0)
		return report_error(&err);
	hook.arena = arena_new();
	/* Errors are reported and ignored: blocking the removal of a container helps nobody. */
	if (poststop(&hook, &err) < 0)
		report_from_hook(hook.container, err.text);
	arena_free(hook.arena);
	return EXIT_ALLOWED;
}
