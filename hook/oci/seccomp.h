/* SPDX-License-Identifier: Apache-2.0 */
/* Reading linux.seccomp: config-linux.md#seccomp. */
#ifndef ROOTFENCE_OCI_SECCOMP_H
#define ROOTFENCE_OCI_SECCOMP_H

#include "json/fields.h"

/* oci_seccomp_read: a field reader; target is a struct oci_seccomp. */
int oci_seccomp_read(const struct fields_reader *reader, struct json_node *value, void *target);

/*
 * oci_seccomp_lets_through: is it an action under which the kernel carries the call out, or
 * somebody else may tell it to?
 */
bool oci_seccomp_lets_through(struct str action);

enum seccomp_reach {
	SECCOMP_BLOCKED, /* whatever its arguments are, on every architecture of the profile */
	SECCOMP_OPEN,	 /* for some arguments the kernel carries it out */
	SECCOMP_UNKNOWN, /* libseccomp makes no filter of the profile */
};

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
 * oci_seccomp_reach_seen: oci_seccomp_reach, asked once for each profile; seen is kept from call to
 * call, with the same names, or NULL. source is the profile's text.
 */
enum seccomp_reach *oci_seccomp_reach_seen(struct arena *arena, const struct oci_seccomp *seccomp,
					   struct str source, const struct str *names, size_t n,
					   struct seccomp_seen *seen);

/*
 * oci_seccomp_reach: for each of the n names, what the profile does with that system call; the
 * array is in the arena. A spec without a profile blocks nothing.
 */
enum seccomp_reach *oci_seccomp_reach(struct arena *arena, const struct oci_seccomp *seccomp,
				      const struct str *names, size_t n);

/* oci_seccomp_multiplexer: the call by which some architectures make that one: ipc, socketcall; or NULL. */
const char *oci_seccomp_multiplexer(struct str name);

/* oci_seccomp_has_call: does libseccomp know the name, on any architecture? */
bool oci_seccomp_has_call(struct arena *arena, struct str name);

/* oci_seccomp_calls: the names that this architecture has, and a final NULL. */
const char *const *oci_seccomp_calls(struct arena *arena);

#endif
