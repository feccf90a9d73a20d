/* SPDX-License-Identifier: Apache-2.0 */
/* The capabilities that each engine gives a container which asks for none. */
#ifndef ROOTFENCE_OCI_ENGINE_CAPABILITIES_H
#define ROOTFENCE_OCI_ENGINE_CAPABILITIES_H

#include "oci/config.h"

/*
 * The default set of the engine that wrote the spec, as a set of capability.h. An engine that is
 * not recognized has the widest, Docker's. A mark that a user can set without being on that engine
 * only makes the set smaller, so it can be trusted.
 */
uint64_t engine_default_capabilities(const struct oci_config *config);

#endif
