/* SPDX-License-Identifier: Apache-2.0 */
/* The settings of the kernel that each namespace has for itself. */
#ifndef ROOTFENCE_POLICY_RULES_NAMESPACED_SYSCTLS_H
#define ROOTFENCE_POLICY_RULES_NAMESPACED_SYSCTLS_H

#include "oci/config.h"

/*
 * True if the key is a setting that is kept for each namespace of one type, which is *ret_type. A
 * process can change it for its own namespace only. False for settings of the whole kernel, also
 * for those that only some kernels keep for each namespace.
 */
bool sysctl_is_namespaced(struct str key, enum oci_namespace_type *ret_type);

#endif
