/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Proves that an attached program is called and does what it says. A program can be attached and
 * never run: if bpf is not in the list of active LSMs, an LSM program loads and attaches without an
 * error.
 */
#ifndef ROOTFENCE_GUARD_SELFTEST_H
#define ROOTFENCE_GUARD_SELFTEST_H

#include <linux/types.h>
#include <stdbool.h>

#include "base/err.h"

struct selftest_result {
	bool exec_refused;   /* execve failed with the error that only the program returns */
	bool exec_killed;    /* the child was killed at its execve */
	bool userns_refused; /* a new user namespace failed with the same error */
};

/*
 * selftest_run: starts a child that writes its pid to *tgid, which is memory of the programs, and
 * tries to make a user namespace and to execute a program that does nothing. *tgid is 0 again
 * afterwards.
 */
int selftest_run(volatile __u32 *tgid, struct selftest_result *ret_result, struct err *err);

#endif
