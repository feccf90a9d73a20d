/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A container that is made in the cgroup of another one has an entry of its own, and the programs
 * ask no other. So that it is held by both, its limits are made at least as strict when it is
 * registered. A container that joins the pid namespace of another one is beside it, not in it.
 */
#ifndef ROOTFENCE_GUARD_NESTING_H
#define ROOTFENCE_GUARD_NESTING_H

#include "base/err.h"
#include "guard/container.h"
#include "guard/guard.h"

/* What one container is registered with. items is the caller's, of GUARD_RULES_MAX. */
struct nesting {
	struct abi_limits limits;
	struct guard_rules rules;
	struct guard_rule items[GUARD_RULES_MAX];
};

/* nesting_read: limits and rules of the container, as the entries above it in containers_fd leave
 * them. The result refers to itself: do not copy it. */
int nesting_read(int containers_fd, int proc_fd, const struct guard_container *container,
		 const struct identity *identity, struct nesting *ret_nesting, struct err *err);

#endif
