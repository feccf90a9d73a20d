/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rules hostMounts and procMount: the sysfs of the host in a container whose root is mapped.
 *
 * podman binds /sys and /sys/fs/cgroup where it expects that the container cannot mount its own: in a
 * user namespace, with any network but a new one. So in every member of a pod, and with --network
 * container:NAME.
 */
#ifndef ROOTFENCE_POLICY_RULES_BOUND_SYSFS_H
#define ROOTFENCE_POLICY_RULES_BOUND_SYSFS_H

#include "policy/judge.h"

/*
 * Is it a mount as podman makes it, in a container that has no power over what it shows? Files
 * of sysfs and cgroups belong to root of the host, which the container has not. It reads what every
 * user of the host can read.
 */
bool bound_sysfs(const struct judge *judge, const struct oci_mount *mount);

/*
 * Returns why such a mount shows something else than the kernel's own file systems, or NULL.
 */
const char *bound_sysfs_reason(const struct judge *judge, const struct source_fact *source);

#endif
