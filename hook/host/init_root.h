/* SPDX-License-Identifier: Apache-2.0 */
/* Parts of init_facts.h: the root directory of a container's first process, and its descriptors. */
#ifndef ROOTFENCE_HOST_INIT_ROOT_H
#define ROOTFENCE_HOST_INIT_ROOT_H

#include "host/init_facts.h"

/*
 * Fills in root, above, cwd, dev, console, ptmx, devices, nodes and the at_ fields. What is there
 * but cannot be looked at is an error: EXIT_SYSTEM. No file system is asked for attributes that the
 * kernel knows, so that one that does not answer does not stop this process.
 */
int init_root_look(struct arena *arena, const struct oci_config *config, struct init_facts *facts,
		   struct err *err);

/* Fills in nodes from /dev; root: the container's. Error: EXIT_SYSTEM. */
int init_nodes_look(struct arena *arena, int root, struct init_facts *facts, struct err *err);

/* Describes an open file: all but path. */
void init_describe(int fd, struct init_file *file);

/* Opens in a container's root. Returns a descriptor, or -1 with errno. resolve: openat2(2). */
int init_open_in(int root, const char *path, uint64_t flags, uint64_t resolve);

/* Fills in fds. Error: EXIT_SYSTEM. */
int init_fds_look(struct arena *arena, struct init_facts *facts, struct err *err);

#endif
