/* SPDX-License-Identifier: Apache-2.0 */
/* Containers that nobody registered, as guard.h has them; this is for the loader. */
#ifndef ROOTFENCE_GUARD_UNREGISTERED_H
#define ROOTFENCE_GUARD_UNREGISTERED_H

#include "abi.h"
#include "base/err.h"

/* unregistered_fill_host: what holds until a policy is read: they are logged, none is exempt. */
int unregistered_fill_host(struct abi_host *host, struct err *err);

#endif
