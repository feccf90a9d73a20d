/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which directories an overlay takes from the options of a spec, as kernels and runtimes read them:
 * fs/overlayfs of Linux, and the option parsers of runc and crun.
 */
#ifndef ROOTFENCE_TESTS_FUZZ_MOUNT_OPTIONS_H
#define ROOTFENCE_TESTS_FUZZ_MOUNT_OPTIONS_H

#include "base/arena.h"
#include "base/str.h"

#define OVERLAY_LAYERS_MAX 256

enum overlay_reading {
	/* mount(2), all options joined by commas: runc, crun until 1.27. A backslash keeps the next
	 * comma. Linux until 6.4, and from 6.6. */
	OVERLAY_JOINED,
	/* Split at every comma: crun from 1.28 (fsopen(2)), and mount(2) of Linux 6.5. */
	OVERLAY_SPLIT,
	OVERLAY_READINGS,
};

struct overlay_layers {
	struct str items[OVERLAY_LAYERS_MAX];
	size_t n;
};

/*
 * Finds all directories that the options name, also those that a later option replaces, and those
 * of options that this kernel refuses and another one may not. Returns false if there are too many.
 */
bool overlay_read(struct arena *arena, const struct str *options, size_t n,
		  enum overlay_reading reading, struct overlay_layers *ret_layers);

#endif
