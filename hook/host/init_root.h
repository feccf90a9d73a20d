/* SPDX-License-Identifier: Apache-2.0 */
/* Parts of init_facts.h: the root directory of a container's first process, and its descriptors. */
#ifndef ROOTFENCE_HOST_INIT_ROOT_H
#define ROOTFENCE_HOST_INIT_ROOT_H

#include "host/init_facts.h"

/* Fills in root, cwd, dev, console, devices and the at_ fields. Error: EXIT_SYSTEM. */
int init_root_look(struct arena *arena, const struct oci_config *config, struct init_facts *facts,
		   struct err *err);

/* Fills in fds. Error: EXIT_SYSTEM. */
int init_fds_look(struct arena *arena, struct init_facts *facts, struct err *err);

#endif
