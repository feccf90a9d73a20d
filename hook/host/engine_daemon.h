/* SPDX-License-Identifier: Apache-2.0 */
/* The daemon of an engine that a hook of a spec calls back. */
#ifndef ROOTFENCE_HOST_ENGINE_DAEMON_H
#define ROOTFENCE_HOST_ENGINE_DAEMON_H

#include "host/lookup.h"

/*
 * Notes in facts->daemons which processes, of those whose program the spec's prestart hooks run as
 * /proc/PID/exe, are Docker's daemon. It needs facts->user_namespace_initial. Only for a container
 * that starts: a file says nothing about the processes of this moment.
 */
void engine_daemons(struct lookup *lookup, const struct oci_config *config, struct facts *facts);

#endif
