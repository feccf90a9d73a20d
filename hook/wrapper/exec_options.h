/* SPDX-License-Identifier: Apache-2.0 */
/* The options of exec that stand for a process document, where there is no --process. */
#ifndef ROOTFENCE_WRAPPER_EXEC_OPTIONS_H
#define ROOTFENCE_WRAPPER_EXEC_OPTIONS_H

#include "oci/config.h"
#include "wrapper/command_line.h"
#include "wrapper/real_runtime.h"

/*
 * exec_options_process: the process document that this runtime makes of the options: the container's
 * own process with what they change. crun starts root without noNewPrivileges where no option says
 * otherwise. container is NULL where nothing is known of it: its process is taken for root's. Error:
 * EXIT_USAGE for options that runtimes read differently.
 */
int exec_options_process(struct arena *arena, const struct oci_config *container,
			 enum runtime_kind kind, const struct runtime_args *args,
			 struct str *ret_text, struct err *err);

#endif
