/* SPDX-License-Identifier: Apache-2.0 */
/* The table of commands. */
#include "cmd.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"

#define POLICY_OPTION "  --policy P       a policy file, or a name: see rootfence policy names\n"
#define HOST_OPTION \
	"  --host           judge as the hooks would here: by this host's mounts, namespaces and ids\n"
#define GUARD_OPTION \
	"  --guard DIR      where the guard is pinned (default /sys/fs/bpf/rootfence)\n"
#define RECORD_OPTION                                                                    \
	"  --record FILE    the wrapper's record of the container; its policy applies\n" \
	"  --except-builds  lets the RUN steps of podman build and buildah pass\n"
#define FORMAT_OPTION "  --format F       text (default) or json\n"
#define EXITS_VERDICT                                           \
	"  0 allowed, or allowed after rewriting   1 refused\n" \
	"  3 malformed or ambiguous spec           4 missing or invalid policy\n"
#define EXITS_COMMON "  2 usage   6 system error\n"

const struct command commands[] = {
	{ "check", "Judges OCI specs and says what a policy finds in them", "[OPTIONS] PATH...|-",
	  "  PATH             a config.json, a bundle, or a directory tree of specs\n" POLICY_OPTION
	  "  --format F       text (default), json, sarif or junit\n" HOST_OPTION
	  "  --no-rewrite     count what would be rewritten as refused\n",
	  "  rootfence check config.json\n  rootfence check --policy strict --format json specs/\n",
	  EXITS_VERDICT EXITS_COMMON, command_check },
	{ "rewrite", "Prints a spec as the policy would rewrite it", "[OPTIONS] PATH|-",
	  POLICY_OPTION HOST_OPTION "  --patch          an RFC 6902 patch instead\n",
	  "  rootfence rewrite config.json >safe.json\n  rootfence rewrite --patch /run/bundle >changes.json\n",
	  EXITS_VERDICT EXITS_COMMON, command_rewrite },
	{ "explain", "Shows what every rule saw, what it wants, and how to fix it",
	  "[OPTIONS] PATH|-", POLICY_OPTION FORMAT_OPTION HOST_OPTION,
	  "  rootfence explain config.json\n  rootfence explain --policy strict --format json .\n",
	  EXITS_VERDICT EXITS_COMMON, command_explain },
	{ "policy", "Checks, shows, compares policies and lists the rules",
	  "lint P... | show [P] | list | diff A B | names | schema",
	  "  lint P...        errors, and warnings of what is valid but probably unintended\n"
	  "  show [P]         the policy in force, with what it extends, as one file\n"
	  "  list             every rule; takes --format\n"
	  "  diff A B         what B lets pass and A refuses, and the other way round\n"
	  "  names            the names that --policy takes, and where each comes from\n"
	  "  schema           the JSON schema of policies, for editors\n"
	  "  --format F       text (default) or json\n",
	  "  rootfence policy lint web.json\n  rootfence policy diff default web.json\n",
	  "  0 valid, also with warnings; diff: B lets nothing pass that A refuses\n"
	  "  1 diff: B lets something pass that A refuses\n"
	  "  4 missing or invalid policy\n" EXITS_COMMON,
	  command_policy },
	{ "test", "Runs the test cases beside policies, and names rules without a case",
	  "[OPTIONS] DIR...",
	  "  DIR              a directory of policies, with their cases in tests/POLICY; or the cases\n"
	  "                   of one policy\n"
	  "  --format F       text (default), junit or tap\n" HOST_OPTION,
	  "  rootfence test policies/\n  rootfence test --format junit policies/tests/web >report.xml\n",
	  "  0 all cases hold   1 a case does not hold\n"
	  "  3 a case cannot be read   4 missing or invalid policy\n" EXITS_COMMON,
	  command_test },
	{ "precreate",
	  "podman's precreate hook: a config on standard input, rewritten to standard output",
	  "[OPTIONS]", POLICY_OPTION GUARD_OPTION,
	  "  rootfence precreate <config.json\n  rootfence precreate --policy strict <config.json\n",
	  EXITS_VERDICT EXITS_COMMON, command_precreate },
	{ "createRuntime", "OCI hook: judges the container and puts it under the guard",
	  "[OPTIONS]", POLICY_OPTION GUARD_OPTION RECORD_OPTION,
	  "  rootfence createRuntime <state.json\n  rootfence createRuntime --policy strict <config.json\n",
	  EXITS_VERDICT "  5 guard cannot give what the policy asks for\n" EXITS_COMMON,
	  command_create_runtime },
	{ "prestart", "OCI hook: the same as createRuntime, for engines that only have this stage",
	  "[OPTIONS]", POLICY_OPTION GUARD_OPTION RECORD_OPTION,
	  "  rootfence prestart <state.json\n  rootfence prestart --policy strict <config.json\n",
	  EXITS_VERDICT "  5 guard cannot give what the policy asks for\n" EXITS_COMMON,
	  command_create_runtime },
	{ "poststop", "OCI hook: takes the container out of the guard; never fails a removal",
	  "[OPTIONS]",
	  GUARD_OPTION "  --record FILE    the wrapper's record of the container, to remove\n",
	  "  rootfence poststop <state.json\n  rootfence poststop --guard DIR <state.json\n",
	  "  0 always, but 2 for wrong options\n", command_poststop },
	{ "runtime", "Stands in front of runc or crun: judges what they start, then becomes them",
	  "ARGS...", "  ARGS             the command line of runc or crun\n",
	  "  rootfence runtime create --bundle /run/b c1\n  rootfence runtime state c1\n",
	  EXITS_VERDICT EXITS_COMMON "  otherwise the real runtime's own\n", command_runtime },
	{ "load", "Loads the kernel guard and pins it", "[OPTIONS]",
	  GUARD_OPTION
	  "  --hook HOOK      attach to lsm, prepare, commit or exec (default: the best there is)\n"
	  "  --policy P       the host's policy, for containers that nobody registered\n"
	  "  --replace        put this version's guard in the place of a loaded one, without a gap\n",
	  "  rootfence load\n  rootfence load --replace\n",
	  "  0 loaded   4 the policy is invalid   5 the kernel cannot, or the loaded guard was changed\n" EXITS_COMMON,
	  command_load },
	{ "unload", "Detaches the kernel guard; guarded containers keep running, without the guard",
	  "[OPTIONS]", GUARD_OPTION, "  rootfence unload\n  rootfence unload --guard DIR\n",
	  "  0 no guard is loaded\n" EXITS_COMMON, command_unload },
	{ "status", "Shows what the guard guarantees, whether it was changed, and its containers",
	  "[OPTIONS]", GUARD_OPTION FORMAT_OPTION,
	  "  rootfence status\n  rootfence status --format json\n",
	  "  0 status was printed   5 a guard of another version is pinned, or it was changed\n" EXITS_COMMON,
	  command_status },
	{ "watch", "Prints denied and logged events as they happen", "[OPTIONS]",
	  GUARD_OPTION FORMAT_OPTION "  --container ID   of this container only\n",
	  "  rootfence watch\n  rootfence watch --format json --container 4b854702f05a\n",
	  "  0 ended by a signal   5 no guard is loaded, or eight processes read its events already\n" EXITS_COMMON,
	  command_watch },
	{ "help", "Prints the commands, or what one of them takes", "[COMMAND]", NULL,
	  "  rootfence help\n  rootfence help check\n", "  0 help was printed\n" EXITS_COMMON,
	  command_help },
	{ "version", "Prints the version", "", NULL,
	  "  rootfence version\n  rootfence version | cut -d' ' -f2\n",
	  "  0 the version was printed\n" EXITS_COMMON, command_version },
	{ 0 },
};

/* A word that a command line of a runtime begins with, and none of ours. */
static bool is_of_runtime(const char *name)
{
	static const char *const words[] = {
		"create",
		"run",
		"start",
		"state",
		"exec",
		"kill",
		"delete",
		"list",
		"ps",
		"pause",
		"resume",
		"events",
		"update",
		"spec",
		"checkpoint",
		"restore",
		"features",
		"mounts",
		"--root",
		"--log",
		"--log-format",
		"--debug",
		"--rootless",
		"--systemd-cgroup",
		"--cgroup-manager",
		"--criu",
		"--log-level",
	};
	size_t len = strcspn(name, "=");

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (strlen(words[i]) == len && strncmp(words[i], name, len) == 0)
			return true;
	return false;
}

static int unknown_command(const char *name, struct err *err)
{
	const char *words[ARRAY_SIZE(commands)] = { NULL };
	struct str_hint hint;

	for (size_t i = 0; commands[i].name != NULL; i++)
		words[i] = commands[i].name;
	if (is_of_runtime(name))
		return err_set(
			err, EINVAL, EXIT_USAGE,
			"'%.64s' is for a runtime, and this program stands in front of one only when its file is called rootfence-runtime, runc or crun: call a link of such a name, or 'rootfence runtime %.64s ...'",
			name, name);
	hint = str_hint(str_from(name), words, "'", "'?");
	if (name[0] == '-')
		return err_set(
			err, EINVAL, EXIT_USAGE,
			"unknown option '%.64s' before a command; there are --help and --version",
			name);
	return err_set(err, EINVAL, EXIT_USAGE, "unknown command '%.64s'%s", name,
		       hint.text[0] != '\0' ? hint.text : "; see rootfence --help");
}

int command_find(const char *name, const struct command **ret_command, struct err *err)
{
	for (const struct command *command = commands; command->name != NULL; command++)
		if (strcmp(name, command->name) == 0) {
			*ret_command = command;
			return 0;
		}
	return unknown_command(name, err);
}
