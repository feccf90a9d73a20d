/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the user that an image was made for, as advice for a container that starts as root. */
#ifndef ROOTFENCE_HOST_IMAGE_USER_H
#define ROOTFENCE_HOST_IMAGE_USER_H

#include "oci/facts.h"

/*
 * Looks into the root of the container; offline only if that is a part of the bundle. What cannot
 * be seen is left out: nothing depends on it but the words of a finding. Needs facts->bundle and
 * facts->sources, and sets facts->image_user.
 */
void image_user_find(struct arena *arena, const struct oci_config *config, struct facts *facts);

#endif
