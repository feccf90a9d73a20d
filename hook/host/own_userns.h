/* SPDX-License-Identifier: Apache-2.0 */
/* The user namespace of this process, which is that of the engine that runs it. */
#ifndef ROOTFENCE_HOST_OWN_USERNS_H
#define ROOTFENCE_HOST_OWN_USERNS_H

enum own_userns {
	OWN_USERNS_UNKNOWN, /* without /proc, for example */
	OWN_USERNS_INITIAL, /* the host's */
	OWN_USERNS_OTHER,   /* a rootless engine's */
};

/*
 * Returns which one it is. It is looked up until it is known, since this process never changes
 * it. For OWN_USERNS_UNKNOWN, errno says why.
 */
enum own_userns own_userns(void);

#endif
