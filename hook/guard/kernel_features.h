/* SPDX-License-Identifier: Apache-2.0 */
/* Questions about the running kernel that decide which programs are loaded. */
#ifndef ROOTFENCE_GUARD_KERNEL_FEATURES_H
#define ROOTFENCE_GUARD_KERNEL_FEATURES_H

#include <stdbool.h>

#include "abi.h"
#include "base/err.h"

#define KERNEL_BTF "/sys/kernel/btf/vmlinux"

/*
 * kernel_has_userns_hook: lsm/userns_create came with Linux 6.1; without it the rest still holds.
 * Error: EXIT_SYSTEM when the kernel's BTF is there and cannot be read.
 */
int kernel_has_userns_hook(bool *ret_has, struct err *err);

/*
 * kernel_has_kprobes: does it take programs for kprobes? Error: EXIT_SYSTEM when it had no memory or
 * descriptors to say so.
 */
int kernel_has_kprobes(bool *ret_has, struct err *err);

/*
 * kernel_error_passes: not that the kernel cannot, but that it could not now. No reason to take a
 * lesser hook, which would stay until the next boot.
 */
bool kernel_error_passes(int error);

/*
 * kernel_passes_over: can the kernel leave out a program at this hook, because the same program is
 * under way on the CPU and was preempted? Not known counts as yes.
 */
bool kernel_passes_over(enum abi_hook hook);

#endif
