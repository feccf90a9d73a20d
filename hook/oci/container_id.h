/* SPDX-License-Identifier: Apache-2.0 */
/* What a spec tells of the container that it is for. */
#ifndef ROOTFENCE_OCI_CONTAINER_ID_H
#define ROOTFENCE_OCI_CONTAINER_ID_H

#include "oci/config.h"

/*
 * The id that the engine has put into the spec, or an empty string. The author of the spec chooses
 * it, so it is for messages and nothing else.
 */
struct str oci_container_id(const struct oci_config *config);

#endif
