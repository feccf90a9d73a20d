/* SPDX-License-Identifier: Apache-2.0 */
/* Reading hooks: config.md#posix-platform-hooks. */
#ifndef ROOTFENCE_OCI_HOOKS_H
#define ROOTFENCE_OCI_HOOKS_H

#include <stdbool.h>
#include <sys/types.h>

#include "oci/config.h"

/* oci_hooks_read: a field reader; target is a struct oci_hooks. */
int oci_hooks_read(const struct fields_reader *reader, struct json_node *value, void *target);

/* Sets *ret_pid if the hook's program is /proc/PID/exe: what a running process was started from. */
bool oci_hook_process(const struct oci_hook *hook, pid_t *ret_pid);

#endif
