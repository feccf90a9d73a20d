/* SPDX-License-Identifier: Apache-2.0 */
/* Reading linux.seccomp: config-linux.md#seccomp. */
#ifndef ROOTFENCE_OCI_SECCOMP_H
#define ROOTFENCE_OCI_SECCOMP_H

#include "oci/config.h"

/* oci_seccomp_read: a field reader; target is a struct oci_seccomp. */
int oci_seccomp_read(const struct fields_reader *reader, struct json_node *value, void *target);

/*
 * oci_seccomp_lets_through: may the kernel carry out the call under this action? True also for
 * actions that leave the decision to another process.
 */
bool oci_seccomp_lets_through(struct str action);

/*
 * oci_seccomp_multiplexer: the call through which some architectures make this one: ipc or
 * socketcall; else NULL.
 */
const char *oci_seccomp_multiplexer(struct str name);

/* oci_seccomp_has_call: does libseccomp know the name, on any architecture? */
bool oci_seccomp_has_call(struct arena *arena, struct str name);

/* oci_seccomp_calls: the names of this architecture's calls, ended by NULL. */
const char *const *oci_seccomp_calls(struct arena *arena);

#endif
