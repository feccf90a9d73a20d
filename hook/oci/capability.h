/* SPDX-License-Identifier: Apache-2.0 */
/* Linux capabilities, their names and sets: capabilities(7), linux/capability.h. */
#ifndef ROOTFENCE_OCI_CAPABILITY_H
#define ROOTFENCE_OCI_CAPABILITY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/str.h"

#define CAP_LAST 40 /* CAP_CHECKPOINT_RESTORE, the newest capability of the kernel */
#define CAP_ALL ((UINT64_C(1) << (CAP_LAST + 1)) - 1)

enum capability {
	CAPABILITY_NET_BIND_SERVICE = 10,
	CAPABILITY_SYS_ADMIN = 21,
};

/*
 * The union of what Docker, containerd, CRI-O and podman give a container by default: AUDIT_WRITE,
 * CHOWN, DAC_OVERRIDE, FOWNER, FSETID, KILL, MKNOD, NET_BIND_SERVICE, NET_RAW, SETFCAP, SETGID,
 * SETPCAP, SETUID, SYS_CHROOT.
 */
#define CAP_ENGINE_DEFAULT UINT64_C(0xa80425fb)

/* What the baseline of the Pod Security Standards lets a pod add: all of these but NET_RAW. */
#define CAP_POD_MAY_ADD (CAP_ENGINE_DEFAULT & ~(UINT64_C(1) << 13))

/* A set of capabilities: bit n stands for capability number n. */
static inline bool cap_set_has(uint64_t set, unsigned int capability)
{
	return (set >> capability & 1) != 0;
}

/*
 * Stands in a set for capabilities that a newer kernel may have. No policy allows it, since policies
 * name capabilities of the table only. Runtimes that do not know such a name either ignore it.
 */
#define CAPABILITY_NEWER 63

/* cap_from_name: the number of an exact name such as "CAP_CHOWN"; -1 for any other spelling. */
int cap_from_name(struct str name);

/*
 * cap_is_newer: a name of the right form, CAP_ and then capital letters, digits and underscores, that
 * the table does not have. libcap reads a name only up to its first digit, so one that then has the
 * name of a known capability is not newer: to crun it is that capability.
 */
bool cap_is_newer(struct str name);

/* cap_name: the name of a capability number up to CAP_LAST. */
const char *cap_name(unsigned int capability);

/* cap_set_text: "CAP_KILL, CAP_NET_RAW", "none", or only their number if there are many. Newer ones
 * are "capabilities that rootfence does not know". */
char *cap_set_text(struct arena *arena, uint64_t set);

/* cap_set_json: the set as a JSON array of names. */
char *cap_set_json(struct arena *arena, uint64_t set);

/* cap_names: all names, ended by NULL, for suggestions. */
const char *const *cap_names(void);

#endif
