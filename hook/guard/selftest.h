/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Proof that an attached program is called and does what it says. A program can be attached and
 * yet never run: an LSM that is not in the active list loads and attaches without any complaint.
 */
#ifndef ROOTFENCE_GUARD_SELFTEST_H
#define ROOTFENCE_GUARD_SELFTEST_H

#include <linux/types.h>
#include <stdbool.h>

#include "base/err.h"

struct selftest_result {
	bool exec_refused;   /* execve failed with the error that only the program gives */
	bool exec_killed;    /* the child was killed at its execve */
	bool userns_refused; /* a new user namespace failed with that error */
};

/*
 * selftest_run: a child process writes its pid to *tgid, memory that the programs share, tries to
 * make a user namespace and to execute a program that does nothing. *tgid is 0 again afterwards.
 */
int selftest_run(volatile __u32 *tgid, struct selftest_result *ret_result, struct err *err);

#endif
