/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The layers in the options of a mount of type overlay. Runtimes join the options with commas into
 * the data of mount(2); crun since 1.28 splits that string at every comma again, for fsconfig(2).
 */
#ifndef ROOTFENCE_OCI_OVERLAY_H
#define ROOTFENCE_OCI_OVERLAY_H

#include "oci/config.h"

#define OCI_LAYERS_MAX 1000U	  /* layers and options of a mount; the kernel allows 500 layers */
#define OCI_LAYERS_ALL_MAX 10000U /* of all mounts: each layer is looked up on the host */

/*
 * Refuses layers that are read in different ways, and more than the limits. *n_layers: those of all
 * mounts so far.
 */
int oci_overlay_check(const struct fields_reader *reader, const struct oci_mount *mount,
		      size_t *n_layers);

/* Calls add for the path of each layer, upper and work directory. */
void oci_overlay_layers(struct arena *arena, const struct oci_mount *mount,
			void (*add)(void *data, const struct oci_mount *mount, struct str layer),
			void *data);

#endif
