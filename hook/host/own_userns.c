/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the user namespace of this process; see own_userns.h. */
#include "own_userns.h"

#include <sys/stat.h>

#define PROC_USER_INIT_INO 0xEFFFFFFDU /* linux/proc_ns.h: inode of the initial user namespace */

static enum own_userns look_up(void)
{
	struct stat st;

	if (stat("/proc/self/ns/user", &st) < 0)
		return OWN_USERNS_UNKNOWN;
	return st.st_ino == PROC_USER_INIT_INO ? OWN_USERNS_INITIAL : OWN_USERNS_OTHER;
}

enum own_userns own_userns(void)
{
	static enum own_userns known = OWN_USERNS_UNKNOWN;

	if (known == OWN_USERNS_UNKNOWN)
		known = look_up();
	return known;
}
