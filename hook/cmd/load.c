/* SPDX-License-Identifier: Apache-2.0 */
/* load: loads the kernel guard, called by hand or by the systemd unit. */
#include "cmd.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "guard/guard.h"
#include "policy_files.h"
#include "policy_to_guard.h"

static const char *const loaded_words[] = {
	[GUARD_LOADED] = "loaded",
	[GUARD_WAS_LOADED] = "was loaded already",
	[GUARD_REPLACED] = "replaced",
};

int command_load(const struct command *command, int argc, char **argv)
{
	const char *dir = GUARD_DIR, *hook = NULL, *policy_name = NULL;
	bool replace = false;
	const struct option options[] = { { "guard", &dir, NULL },
					  { "hook", &hook, NULL },
					  { "policy", &policy_name, NULL },
					  { "replace", NULL, &replace } };
	enum guard_loaded loaded = GUARD_LOADED;
	struct guard_status status = { 0 };
	struct arena *arena = arena_new();
	struct policy *policy;
	struct err err;
	int n, error;

	error = options_parse(command, options, ARRAY_SIZE(options), argc, argv, &n, &err);
	if (error == 0)
		error = options_no_arguments(command, n, &err);
	if (error == 0)
		error = policy_select(arena, policy_name, POLICY_FOR_HOOK, &policy, &err);
	if (error == 0)
		error = guard_load(dir, hook, replace ? GUARD_LOAD_REPLACE : GUARD_LOAD_ONCE,
				   &loaded, &err);
	/* Neither guard saw a container that ended while the programs were replaced. */
	if (error == 0 && loaded == GUARD_REPLACED)
		error = guard_reclaim(dir, NULL, &err);
	if (error == 0)
		error = guard_query(dir, &status, &err);
	if (error == 0 && hook != NULL && loaded == GUARD_WAS_LOADED)
		error = err_set(
			&err, EEXIST, EXIT_GUARD,
			"a guard is loaded already, at %s; --replace puts this one in its place",
			status.hook);
	if (error == 0 && status.n_differences > 0)
		error = err_set(
			&err, ESTALE, EXIT_GUARD,
			"the loaded guard is not as it was loaded: %s; --replace puts a new one in its place",
			status.differences[0]);
	if (error == 0)
		error = policy_to_guard_unregistered(dir, policy, &err);
	if (error == 0)
		error = io_write(STDOUT_FILENO, "standard output",
				 str_from(arena_printf(arena, "guard %s at %s: guarantee %s\n",
						       loaded_words[loaded], status.hook,
						       guard_level_name(status.level))),
				 &err);
	arena_free(arena);
	return error < 0 ? report_error(&err) : EXIT_ALLOWED;
}
