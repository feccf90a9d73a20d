/* SPDX-License-Identifier: Apache-2.0 */
/* The layers of a mounted overlay, in the options of its line in the mount table. */
#ifndef ROOTFENCE_HOST_OVERLAY_LAYERS_H
#define ROOTFENCE_HOST_OVERLAY_LAYERS_H

#include "base/arena.h"
#include "base/str.h"

/* Decodes \040 and the like, which stand for white space and backslashes. */
struct str mountinfo_unescape(struct arena *arena, struct str text);

/* The caller sets the first four. */
struct overlay_layers {
	struct arena *arena;
	void (*add)(void *data, struct str path);
	void *data;
	bool from_root;	     /* relative names start at /, where most daemons are */
	bool upper;	     /* there is an upper directory */
	bool snapshots;	     /* all that is not known are layers as containerd names them: N/fs */
	const char *unknown; /* why some layers are not known, or NULL */
};

/* Calls add for every layer in the options. */
void overlay_layers_read(struct overlay_layers *layers, struct str options);

#endif
