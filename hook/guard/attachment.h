/* SPDX-License-Identifier: Apache-2.0 */
/* Loaded programs with their links, for attach.c, which makes them, and attach_pin.c. */
#ifndef ROOTFENCE_GUARD_ATTACHMENT_H
#define ROOTFENCE_GUARD_ATTACHMENT_H

#include <stdbool.h>
#include <stddef.h>

#include "guard/pins.h"

struct guard_bpf;
struct bpf_link;
struct bpf_map;

#define LINKS_MAX 6

struct link_slot {
	const char *name; /* of the pin */
	struct bpf_link *link;
};

struct attachment {
	struct guard_bpf *skeleton;
	struct bpf_map *maps[PIN_MAPS];
	struct link_slot links[LINKS_MAX];
	size_t n_links;
	bool catches; /* every execve is seen, if need be by the second look */
};

#endif
