/* SPDX-License-Identifier: Apache-2.0 */
/* Questions about the running kernel that decide which programs are loaded. */
#ifndef ROOTFENCE_GUARD_KERNEL_H
#define ROOTFENCE_GUARD_KERNEL_H

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
 * kernel_passes_over: can the kernel leave out a program at this hook, because the same program is
 * under way on the CPU and was preempted? Not known counts as yes.
 */
bool kernel_passes_over(enum abi_hook hook);

#endif
