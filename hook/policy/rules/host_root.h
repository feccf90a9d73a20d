/* SPDX-License-Identifier: Apache-2.0 */
/* Rule hostMounts: the root directory of a container must be nothing of the host's. */
#ifndef ROOTFENCE_POLICY_RULES_HOST_ROOT_H
#define ROOTFENCE_POLICY_RULES_HOST_ROOT_H

#include "policy/rules/host_paths.h"

/* root.path is a mount, too: runtimes bind it, with all that is mounted below. */
void host_root_check(struct judge *judge, const struct path_lists *entries,
		     const struct rule_arg *file_systems);

#endif
