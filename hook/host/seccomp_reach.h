/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Evaluates what a container's seccomp profile does with a system call, by this machine's
 * libseccomp.
 */
#ifndef ROOTFENCE_HOST_SECCOMP_REACH_H
#define ROOTFENCE_HOST_SECCOMP_REACH_H

#include "oci/facts.h"

/* Answers for profiles seen before: most specs have their engine's profile, byte for byte. */
#define SECCOMP_SEEN_MAX 16
#define SECCOMP_SEEN_SIZE_MAX \
	(64U * 1024) /* bytes of one profile; those of engines have 10 to 20 kB */
struct seccomp_seen {
	struct arena *arena; /* outlives the profiles */
	struct seccomp_answer {
		struct str profile;
		enum seccomp_reach *reaches;
	} answers[SECCOMP_SEEN_MAX];
	size_t n;
};

/*
 * Like seccomp_reach(), but asks once per profile. seen is kept between calls with the same names,
 * or NULL. source is the profile's text.
 */
enum seccomp_reach *seccomp_reach_seen(struct arena *arena, const struct oci_seccomp *seccomp,
				       struct str source, const struct str *names, size_t n,
				       struct seccomp_seen *seen);

/*
 * Returns what the profile does with each of the n system calls; the array is in the arena. A spec
 * without a profile blocks nothing.
 */
enum seccomp_reach *seccomp_reach(struct arena *arena, const struct oci_seccomp *seccomp,
				  const struct str *names, size_t n);

#endif
