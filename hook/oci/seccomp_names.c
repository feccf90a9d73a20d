/* SPDX-License-Identifier: Apache-2.0 */
/* Names of system calls, from libseccomp: see seccomp.h. */
#include "seccomp.h"

#include <seccomp.h>
#include <stdlib.h>
#include <string.h>

#define NUMBERS_MAX 1024 /* far above the highest number where numbers start at 0 */

bool oci_seccomp_has_call(struct arena *arena, struct str name)
{
	return seccomp_syscall_resolve_name(arena_copy(arena, name.data, name.len)) !=
	       __NR_SCMP_ERROR;
}

const char *const *oci_seccomp_calls(struct arena *arena)
{
	const char **names = arena_array(arena, NUMBERS_MAX + 1, sizeof(*names));
	size_t n = 0;

	for (int number = 0; number < NUMBERS_MAX; number++) {
		char *name = seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, number);

		if (name != NULL)
			names[n++] = arena_copy(arena, name, strlen(name));
		free(name);
	}
	return names;
}
