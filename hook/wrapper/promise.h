/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What was approved of a container, kept for `start`. createRuntime writes it once it has judged the
 * bundle and registered the process: that is the last judgement before the container starts, and the
 * process that the guard knows. It is kept beside the record, in BASE/ROOT/ID%approved:
 *
 *	3
 *	{ "version": 1, "pid": N, "startTime": N, "seccomp": BOOL, "hooks": BOOL, "terminal": BOOL,
 *	  "bundle": PATH, "cgroup": TEXT, "root": FILE, "sources": [ FILE... ], "namespaces": [ INODE... ],
 *	  "brought": [ [ NUMBER, DEVICE, ROOT, REST ]... ], "spec": { ... } }
 *
 * FILE is [ DEVICE, INODE ]. "brought" is what was mounted below the source of mount NUMBER, at REST
 * from there: the host may have unmounted it when the container starts. "spec" is the part of the
 * config that `start` compares, as the runtime reads it. The wrapper's create writes the first line:
 * how many descriptors the caller hands to the container. A file with nothing more means that
 * createRuntime did not approve the container.
 */
#ifndef ROOTFENCE_WRAPPER_PROMISE_H
#define ROOTFENCE_WRAPPER_PROMISE_H

#include <sys/types.h>

#include "base/arena.h"
#include "oci/config.h"
#include "oci/facts.h"

/* What was mounted below a source of the spec. */
struct promise_brought {
	uint64_t number; /* of the spec's mount */
	struct str device, root, rest;
};

struct promise {
	pid_t pid;
	uint64_t start_time; /* of the process, in clock ticks since boot */
	bool seccomp;	     /* the spec has a profile */
	bool hooks;	     /* hooks other than ours may have mounted something */
	bool terminal;
	int descriptors; /* that the runtime was told to hand on, from 0 */
	const char *bundle;
	const char *cgroup;	 /* /proc/PID/cgroup at createRuntime, as this host saw it */
	struct file_id root;	 /* root.path; inode 0: could not be looked up */
	struct file_id *sources; /* of each mount; inode 0: not a bind mount, or not looked up */
	struct promise_brought *brought;
	size_t n_brought;
	/* inode of each that is joined by path, or that is not in the spec: the runtime's; else 0 */
	uint64_t namespaces[NAMESPACE_COUNT];
	struct oci_config config;
};

/* Makes the file of a new container, which nobody approved yet. Error: EXIT_SYSTEM. */
int promise_begin(struct arena *arena, const char *record, int descriptors, struct err *err);

/*
 * Opens the file of the container of that record to write to, before this process is restrained.
 * *ret_fd is -1 if there is none: another front end created the container. Error: EXIT_SYSTEM.
 */
int promise_open(struct arena *arena, const char *record, int *ret_fd, struct err *err);

/* Writes what was approved: the config of the bundle, for the process pid. Error: EXIT_SYSTEM. */
int promise_write(struct arena *arena, int fd, const struct oci_config *config, const char *bundle,
		  pid_t pid, struct err *err);

/* Returns where a path of the spec leads after all links, or NULL. */
const char *promise_resolve(struct arena *arena, const char *bundle, struct str path);

/*
 * Reads it, and locks it until *ret_fd is closed, so that two starts of a container take turns.
 * *ret_fd is -1 if there is none, or if another start was first. Error: EXIT_SYSTEM; -ENODATA if
 * createRuntime did not approve the container.
 */
int promise_read(struct arena *arena, const char *record, int *ret_fd, struct promise *ret_promise,
		 struct err *err);

/* Parses the text of a promise. Error: EXIT_SYSTEM; -ENODATA as above. */
int promise_parse(struct arena *arena, struct str text, struct promise *ret_promise,
		  struct err *err);

/* Removes it: the container has started. */
void promise_end(struct arena *arena, const char *record);

#endif
