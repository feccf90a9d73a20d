/* SPDX-License-Identifier: Apache-2.0 */
/* Loaded programs with their links, for attach.c and attach_restore.c, which make them, and
 * attach_pin.c. */
#ifndef ROOTFENCE_GUARD_ATTACHMENT_H
#define ROOTFENCE_GUARD_ATTACHMENT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "guard/pins.h"

struct guard_bpf;
struct bpf_link;
struct bpf_map;
struct bpf_program;

#define LINKS_MAX 9

struct link_slot {
	const char *name; /* of the pin */
	struct bpf_link *link;
};

struct attachment {
	struct guard_bpf *skeleton;
	struct bpf_map *maps[PIN_MAPS];
	struct link_slot links[LINKS_MAX];
	size_t n_links;
	bool catches;  /* every execve is seen, if need be by the second look */
	bool restores; /* restored containers are held */
};

/* link_add: attaches a program; `name` is that of the pin. EXIT_SYSTEM: it may succeed later. */
int link_add(struct attachment *attachment, struct bpf_program *program, const char *name,
	     struct err *err);

/* restore_choose: the programs that hold restored containers are loaded, or none of them is. */
void restore_choose(struct guard_bpf *skeleton, bool load);

/*
 * restore_add: attaches them. Without them nothing else is lost: restoring is refused where the
 * policy asks for the guard. The error is EXIT_SYSTEM.
 */
int restore_add(struct attachment *attachment, struct err *err);

#endif
