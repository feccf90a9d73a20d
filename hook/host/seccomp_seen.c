/* SPDX-License-Identifier: Apache-2.0 */
/* Remembers the answers for profiles; see seccomp_reach.h. */
#include "seccomp_reach.h"

#include <string.h>

/* Keeps a copy for the whole run. A profile above the limits is evaluated again each time. */
static void remember(struct seccomp_seen *seen, struct str source,
		     const enum seccomp_reach *reaches, size_t n)
{
	struct seccomp_answer *answer;

	if (seen->n == SECCOMP_SEEN_MAX || source.len > SECCOMP_SEEN_SIZE_MAX)
		return;
	answer = &seen->answers[seen->n++];
	answer->profile =
		(struct str){ arena_copy(seen->arena, source.data, source.len), source.len };
	answer->reaches = arena_array(seen->arena, n, sizeof(*reaches));
	memcpy(answer->reaches, reaches, n * sizeof(*reaches));
}

enum seccomp_reach *seccomp_reach_seen(struct arena *arena, const struct oci_seccomp *seccomp,
				       struct str source, const struct str *names, size_t n,
				       struct seccomp_seen *seen)
{
	enum seccomp_reach *reaches;

	if (seen == NULL || seccomp->node == NULL)
		return seccomp_reach(arena, seccomp, names, n);
	for (size_t i = 0; i < seen->n; i++)
		if (str_equal(seen->answers[i].profile, source))
			return seen->answers[i].reaches;
	reaches = seccomp_reach(arena, seccomp, names, n);
	remember(seen, source, reaches, n);
	return reaches;
}
