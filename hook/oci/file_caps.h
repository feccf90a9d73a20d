/* SPDX-License-Identifier: Apache-2.0 */
/* The capabilities of a file, as its attribute security.capability has them: capabilities(7). */
#ifndef ROOTFENCE_OCI_FILE_CAPS_H
#define ROOTFENCE_OCI_FILE_CAPS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

#define FILE_CAPS_MAX 24 /* bytes of the attribute: VFS_CAP_REVISION_3 */

struct file_caps {
	bool present;
	uint64_t permitted, inheritable;
	bool effective; /* the kernel refuses an execve that cannot give all of `permitted` */
	/* uid of the root of the user namespaces where they count, as the reader's namespace sees
	 * it; 0: the reader's own, and all below it */
	uint32_t root;
};

/*
 * file_caps_parse: reads the attribute. False, and nothing written, for anything that the kernel
 * does not take either: another revision or length.
 */
bool file_caps_parse(struct str attribute, struct file_caps *ret_caps);

#endif
