/* SPDX-License-Identifier: Apache-2.0 */
/* The seccomp profile that rule seccompProfile puts into a spec. */
#ifndef ROOTFENCE_POLICY_RULES_SHIPPED_PROFILE_H
#define ROOTFENCE_POLICY_RULES_SHIPPED_PROFILE_H

#include "base/arena.h"
#include "base/str.h"

/* For a profile of our own. Without them a call of another ABI would kill the process. */
#if defined(__x86_64__)
#define ARCHITECTURES "[\"SCMP_ARCH_X86_64\",\"SCMP_ARCH_X86\",\"SCMP_ARCH_X32\"]"
#elif defined(__aarch64__)
#define ARCHITECTURES "[\"SCMP_ARCH_AARCH64\",\"SCMP_ARCH_ARM\"]"
#elif defined(__s390x__)
#define ARCHITECTURES "[\"SCMP_ARCH_S390X\",\"SCMP_ARCH_S390\"]"
#else
#define ARCHITECTURES "[]" /* runtimes add the native one */
#endif

#ifdef __s390x__
#define CLONE_FLAGS 1 /* clone(2): on s390 the stack is the first argument */
#else
#define CLONE_FLAGS 0
#endif

/*
 * Returns linux.seccomp as JSON text in the arena, without the n calls of deny. The profile refuses
 * by default and allows no new namespace of any kind, so userns_seal.c has nothing to remove from
 * it.
 */
const char *seccomp_profile(struct arena *arena, const struct str *deny, size_t n);

#endif
