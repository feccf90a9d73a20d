/* SPDX-License-Identifier: Apache-2.0 */
/* Rule hostMounts: the devices that rootless podman and buildah bind, since they cannot make nodes. */
#ifndef ROOTFENCE_POLICY_RULES_ENGINE_DEVICE_H
#define ROOTFENCE_POLICY_RULES_ENGINE_DEVICE_H

#include "policy/judge.h"

/* Is it what a rootless engine makes of --device? */
bool mount_is_engine_device(const struct judge *judge, const struct source_fact *source);

/* And does the policy not check devices, as deviceAccess does? */
bool mount_is_allowed_device(const struct judge *judge, const struct source_fact *source);

#endif
