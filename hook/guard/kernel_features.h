/* SPDX-License-Identifier: Apache-2.0 */
/* Features of the running kernel that decide which programs are loaded. */
#ifndef ROOTFENCE_GUARD_KERNEL_FEATURES_H
#define ROOTFENCE_GUARD_KERNEL_FEATURES_H

#include <stdbool.h>

#include "abi.h"
#include "base/err.h"

#define KERNEL_BTF "/sys/kernel/btf/vmlinux"

/*
 * kernel_has_userns_hook: lsm/userns_create exists since Linux 6.1; without it the rest still
 * works. Error: EXIT_SYSTEM if the kernel's BTF exists and cannot be read.
 */
int kernel_has_userns_hook(bool *ret_has, struct err *err);

/*
 * kernel_shows_release: are the functions there at which a tracer lets a task go, and at which the
 * task takes its next step? Error: as above.
 */
int kernel_shows_release(bool *ret_shows, struct err *err);

/*
 * kernel_has_kprobes: does the kernel accept programs for kprobes? Error: EXIT_SYSTEM if it had no
 * memory or descriptors to tell.
 */
int kernel_has_kprobes(bool *ret_has, struct err *err);

/*
 * kernel_error_passes: true for transient errors (EAGAIN, ENOMEM): fail, do not fall back. A lesser
 * hook would stay until the next boot.
 */
bool kernel_error_passes(int error);

/*
 * kernel_passes_over: can the kernel skip a program at this hook, because the same program was
 * preempted on that CPU? True if not known.
 */
bool kernel_passes_over(enum abi_hook hook);

#endif
