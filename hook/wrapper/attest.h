/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Is a container what was approved? Compares what its first process shows before it starts with the
 * approved spec. The comparison is pure; attest() collects what it needs. What runtimes set only
 * after `start` (crun: the seccomp profile), and what /proc does not tell of another process
 * (AppArmor's next profile), is left to the guard, which looks at each execve.
 */
#ifndef ROOTFENCE_WRAPPER_ATTEST_H
#define ROOTFENCE_WRAPPER_ATTEST_H

#include "host/init_facts.h"
#include "wrapper/promise.h"

/* The host's side of the mounts. */
struct attest_host {
	const struct init_mount *mounts;
	size_t n_mounts;
	/* Read only when the spec does not explain a mount by itself; NULL until then. */
	const char **sources; /* of each mount of the spec, without links; NULL: not a bind mount */
	const char *root;     /* root.path without links, or NULL */
};

struct attest {
	struct arena *arena;
	const char *id;			     /* of the container */
	const struct init_container *others; /* that run, as far as is known */
	size_t n_others;
	const struct promise *promise;
	const struct init_facts *facts;
	const struct attest_host *host;
	bool wants_sources; /* set: call again with them */
};

/* Each returns the first difference in words, or NULL. */
const char *attest_process(const struct attest *attest);
const char *attest_settings(const struct attest *attest);
const char *attest_namespaces(const struct attest *attest);
const char *attest_files(const struct attest *attest);
const char *attest_devices(const struct attest *attest);
const char *attest_mounts(struct attest *attest);

/* One mount of the spec: the options of what was found in its place, and the mount itself. */
const char *attest_options(const struct attest *attest, size_t i, const struct init_mount *found);

/* A mount of cgroups that is a part of one of the spec. */
const char *attest_cgroup_mount(const struct attest *attest, const struct oci_mount *cgroup,
				const struct init_mount *mount);

/* Is the mount of a kind that a runtime makes anew, but the host has it, too? */
bool attest_is_of_host(const struct attest *attest, const struct init_mount *found);

/* Does the mount give to the host what the container mounts, though the spec asks for that nowhere? */
bool attest_is_shared(const struct attest *attest, const struct init_mount *found);

bool attest_is_cgroup(const struct oci_mount *mount);

/* Returns what follows `parent` in path, "" for itself, or NULL if path is not below it. */
const char *attest_rest_of(struct str path, const char *parent);

/* The mount that a file is on; NULL: it is not among those of the container. */
const struct init_mount *attest_mount_of(const struct attest *attest, const struct init_file *file);

/* Does the list, of words between commas, have the word? */
bool attest_has_word(struct str list, const char *word);

bool attest_is_device(const struct init_file *file, mode_t type, unsigned int major,
		      unsigned int minor);

/* Does the spec's terminal lie at this path? */
bool attest_has_console(const struct attest *attest, const char *path);

bool attest_ends_with(struct str text, const char *end);

/* Is a path masked, or below one that is; or does the spec mount something there, or above it but not at `except`? */
bool attest_is_masked(const struct attest *attest, const char *path);
bool attest_is_covered(const struct attest *attest, const char *path, const char *except);

/* What the spec mounts at a path, or NULL. */
const struct oci_mount *attest_mount_at(const struct attest *attest, const char *path);

/*
 * Compares the container of the record. *ret_difference is NULL if there is none, or if nothing was
 * approved by this wrapper; else the first process has been killed (*ret_killed), unless the policy
 * is in mode "audit". *ret_lock is kept until the runtime takes over. Error: EXIT_SYSTEM; the process
 * has been killed then, too.
 */
int attest(struct arena *arena, const char *record, const char *id,
	   const struct init_container *others, size_t n_others, int *ret_lock,
	   const char **ret_difference, bool *ret_killed, struct err *err);

#endif
