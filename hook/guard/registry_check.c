/* SPDX-License-Identifier: Apache-2.0 */
/* Checks what is to be registered, before anything is written: see registry.h. */
#include <errno.h>
#include <string.h>

#include "guard/guard.h"
#include "guard/registry.h"

static int rules_check(const struct guard_rules *rules, struct err *err)
{
	if (rules->n > GUARD_RULES_MAX)
		return err_set(err, E2BIG, EXIT_POLICY,
			       "a policy can have %d exec rules at most, one for each path",
			       GUARD_RULES_MAX);
	for (size_t i = 0; i < rules->n; i++) {
		const char *path = rules->items[i].path;

		if (path[0] != '/' || path[1] == '\0')
			return err_set(err, EINVAL, EXIT_POLICY,
				       "the path of an exec rule must be absolute: '%s'", path);
		if (strlen(path) >= ABI_PATH_MAX)
			return err_set(err, ENAMETOOLONG, EXIT_POLICY,
				       "the path of an exec rule is longer than %d bytes: '%s'",
				       ABI_PATH_MAX - 1, path);
		if (rules->items[i].rule.action > ABI_KILL)
			return err_set(err, EINVAL, EXIT_POLICY,
				       "unknown action of an exec rule for '%s'", path);
		for (size_t j = 0; j < i; j++)
			if (strcmp(rules->items[j].path, path) == 0)
				return err_set(err, EINVAL, EXIT_POLICY, "two exec rules for '%s'",
					       path);
	}
	return 0;
}

int registry_check(const struct guard_container *container, struct err *err)
{
	const struct abi_limits *limits = &container->limits;

	if (container->id[0] == '\0' || strlen(container->id) >= ABI_ID_MAX)
		return err_set(err, EINVAL, EXIT_SPEC, "a container id has 1 to %d bytes",
			       ABI_ID_MAX - 1);
	if (limits->exec_action > ABI_KILL || limits->ceiling_action > ABI_KILL ||
	    limits->root_action > ABI_KILL || limits->set_ids_action > ABI_KILL ||
	    limits->userns_action > ABI_KILL || container->promise.action > ABI_KILL)
		return err_set(err, EINVAL, EXIT_POLICY, "unknown exec action");
	if (limits->errno_ret < 1 || limits->errno_ret > ABI_ERRNO_MAX)
		return err_set(err, EINVAL, EXIT_POLICY, "errnoRet must be from 1 to %d",
			       ABI_ERRNO_MAX);
	return rules_check(&container->rules, err);
}
