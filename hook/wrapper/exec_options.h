/* SPDX-License-Identifier: Apache-2.0 */
/* Turns options of exec into a process document, for exec without --process. */
#ifndef ROOTFENCE_WRAPPER_EXEC_OPTIONS_H
#define ROOTFENCE_WRAPPER_EXEC_OPTIONS_H

#include "oci/config.h"
#include "wrapper/command_line.h"
#include "wrapper/real_runtime.h"

/*
 * Builds the process document that this runtime makes of the options: the container's own process,
 * changed by them. crun starts root without noNewPrivileges unless an option says otherwise.
 * container is NULL if it is unknown; its process then counts as root's. Error: EXIT_USAGE for
 * options that runtimes read differently.
 */
int exec_options_process(struct arena *arena, const struct oci_config *container,
			 enum runtime_kind kind, const struct runtime_args *args,
			 struct str *ret_text, struct err *err);

#endif
