/* SPDX-License-Identifier: Apache-2.0 */
/* The user namespace that this process is in: that of the engine which runs it. */
#ifndef ROOTFENCE_HOST_OWN_USERNS_H
#define ROOTFENCE_HOST_OWN_USERNS_H

enum own_userns {
	OWN_USERNS_UNKNOWN, /* no /proc, say */
	OWN_USERNS_INITIAL, /* the host's */
	OWN_USERNS_OTHER,   /* a rootless engine's */
};

/*
 * own_userns: which of them it is, looked up until it is known: this process changes it never. errno
 * says why it is OWN_USERNS_UNKNOWN.
 */
enum own_userns own_userns(void);

#endif
