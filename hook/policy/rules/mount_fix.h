/* SPDX-License-Identifier: Apache-2.0 */
/* Rules hostMounts and procMount: what to do about a mount, by what its source is. */
#ifndef ROOTFENCE_POLICY_RULES_MOUNT_FIX_H
#define ROOTFENCE_POLICY_RULES_MOUNT_FIX_H

#include "policy/fix.h"

/*
 * may_be_read: the policy allows the same mount read-only. listed_only: it allows no directory of
 * the host that it does not list.
 */
const char *host_mount_fix(const struct judge *judge, const struct source_fact *source,
			   bool may_be_read, bool listed_only);

/* What to do about a bind of the host's /proc or /sys that an engine made by itself; else `other`. */
enum fix host_shown_fix(const struct judge *judge, const struct oci_mount *mount, enum fix other);

#endif
