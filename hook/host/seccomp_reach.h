/* SPDX-License-Identifier: Apache-2.0 */
/* What a container's seccomp profile does with a system call, on this machine's libseccomp. */
#ifndef ROOTFENCE_HOST_SECCOMP_REACH_H
#define ROOTFENCE_HOST_SECCOMP_REACH_H

#include "oci/facts.h"

/* Answers for profiles that were seen: most specs have the one of their engine, byte for byte. */
#define SECCOMP_SEEN_MAX 16
struct seccomp_seen {
	struct arena *arena; /* outlives the profiles */
	struct seccomp_answer {
		struct str profile;
		enum seccomp_reach *reaches;
	} answers[SECCOMP_SEEN_MAX];
	size_t n;
};

/*
 * seccomp_reach_seen: seccomp_reach, asked once for each profile; seen is kept from call to
 * call, with the same names, or NULL. source is the profile's text.
 */
enum seccomp_reach *seccomp_reach_seen(struct arena *arena, const struct oci_seccomp *seccomp,
				       struct str source, const struct str *names, size_t n,
				       struct seccomp_seen *seen);

/*
 * seccomp_reach: for each of the n names, what the profile does with that system call; the
 * array is in the arena. A spec without a profile blocks nothing.
 */
enum seccomp_reach *seccomp_reach(struct arena *arena, const struct oci_seccomp *seccomp,
				  const struct str *names, size_t n);

#endif
