/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finds where a mounted file comes from: proc_pid_mountinfo(5). A directory that is bind-mounted,
 * or that is a layer of an overlay, is the same directory under another name, and ".." does not
 * lead back to it.
 */
#ifndef ROOTFENCE_HOST_MOUNTINFO_H
#define ROOTFENCE_HOST_MOUNTINFO_H

#include "base/arena.h"
#include "base/str.h"
#include "oci/facts.h"

struct mount_line;
struct overlay_layer;

/* The mount table of this process, read into the arena when it is first needed. */
struct mountinfo {
	struct arena *arena;
	bool read;
	struct mount_line *lines;
	size_t n;
	struct overlay_layer *layers; /* of overlays that no engine made */
	size_t n_layers, size_layers;
	int error;	 /* -errno of resolving the name of a layer */
	size_t n_places; /* of all files so far; the caller sets it to 0 for each spec */
};

/* Parses text as the mount table; paths point into it. */
void mountinfo_parse(struct mountinfo *mountinfo, struct str text);

/* Another place of a file. */
struct mount_place {
	enum mount_place_kind kind;
	struct str path;
	struct str layer; /* PLACE_LAYER: its directory, which may not have the file */
};

#define MOUNT_PLACES_MAX 50000 /* of all files of a spec; each is looked up */

/* What the mount table tells of a file. */
struct mount_view {
	struct str type;  /* of the file system that shows it; empty: unknown */
	struct str point; /* where that is mounted */
	bool part;	  /* the mount shows a part of its file system, and no other shows more */
	bool upper;	  /* an overlay that can be written */
	const char *unknown; /* why some places are not known, or NULL */
	bool snapshots;	     /* all that is not known are layers as containerd names them: N/fs */
	struct mount_place *places;
	size_t n_places;
};

/*
 * Tells what is mounted where fd is open and `path` names, and the file's other places. recursive:
 * also the mounts below it. *ret_view is in the arena. Error: -errno if the kernel's mount table
 * cannot be read.
 */
int mountinfo_look(struct arena *arena, struct mountinfo *mountinfo, int fd, const char *path,
		   bool recursive, struct mount_view *ret_view);

#endif
