/* SPDX-License-Identifier: Apache-2.0 */
/* What rule seccompProfile takes out of a container's own profile, and what it keeps of it. */
#ifndef ROOTFENCE_POLICY_RULES_NARROWED_PROFILE_H
#define ROOTFENCE_POLICY_RULES_NARROWED_PROFILE_H

#include "policy/judge.h"

/*
 * narrow_profile: adds edits that take the n calls out of every entry that lets them through, and
 * out of no other. The profile must refuse by default, so the calls are refused afterwards, on
 * every architecture. An entry without other names is removed.
 */
void narrow_profile(struct judge *judge, struct finding *finding, const struct str *calls,
		    size_t n);

/*
 * refused_calls: the n calls of deny, and those that the profile refuses for all arguments. The
 * array is in the arena.
 */
const struct str *refused_calls(struct arena *arena, const struct oci_seccomp *seccomp,
				const struct str *deny, size_t n, size_t *ret_n);

#endif
