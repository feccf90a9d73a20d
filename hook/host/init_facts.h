/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a runtime has made of a container whose first process has not started: the files of that
 * process in /proc (proc_pid_status(5), proc_pid_mountinfo(5), namespaces(7)), and what is in its
 * root directory. It compares nothing.
 */
#ifndef ROOTFENCE_HOST_INIT_FACTS_H
#define ROOTFENCE_HOST_INIT_FACTS_H

#include <sys/resource.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/err.h"
#include "oci/config.h"
#include "oci/facts.h"

/* Of crun: the process keeps the groups that the runtime was called with. */
#define KEEP_GROUPS "run.oci.keep_original_groups"

enum init_id {
	INIT_ID_REAL,
	INIT_ID_EFFECTIVE,
	INIT_ID_SAVED,
	INIT_ID_FS,
	INIT_ID_COUNT,
};

/* A row of the process's table of mounts. Paths are those of the container. */
struct init_mount {
	uint64_t id, parent;
	struct str device, root, point, flags, type, options;
	struct str tags; /* propagation: "shared:1 master:2" */
};

/* A file in the container, or one that a link of /proc/PID leads to. */
struct init_file {
	int error; /* 0, or the errno of the look-up */
	mode_t mode;
	struct file_id id;
	unsigned int major, minor; /* of a device */
	uint64_t mount;
	bool mount_root;  /* it is the root of that mount */
	bool empty;	  /* a directory without entries */
	uint64_t pidns;	  /* of a proc file system: inode of its pid namespace; 0: cannot be told */
	const char *path; /* in the container, after all links */
};

/* A descriptor that stays open at execve. */
struct init_fd {
	unsigned int number;
	bool directory;
	uint64_t mount;
};

/* Files that every runtime makes in /dev. */
#define INIT_DEVICES 6
extern const struct init_device {
	const char *path;
	unsigned int major, minor;
} init_devices[INIT_DEVICES];

/* The first process of another container, and its namespaces; 0: cannot be told. */
struct init_container {
	const char *id;
	pid_t pid;
	uint64_t namespaces[NAMESPACE_COUNT];
};

struct init_facts {
	pid_t pid;
	const char *comm;
	/* Namespaces and files cannot be looked at: the caller is not root, and the process has another
	 * identity; or the kernel is too old (before 5.8). What is after setgroups is then empty. */
	bool unseen;
	uint32_t uids[INIT_ID_COUNT], gids[INIT_ID_COUNT]; /* as this process sees them */
	uint32_t *groups;
	size_t n_groups;
	uint64_t capabilities[CAP_SET_COUNT];
	bool no_new_privs;
	unsigned int seccomp; /* prctl(2): 2 is a filter */
	unsigned int umask;
	/* ptrace(2); own: of this process */
	uint32_t tracer, own_tracer;
	int oom_score_adj;
	/* sched(7), personality(2); -1: cannot be told. own: of this process */
	int scheduler, own_scheduler;
	long personality, own_personality;
	struct rlimit limits[RLIM_NLIMITS]; /* 0 where they cannot be told */
	const char *cgroup;		    /* the text of /proc/PID/cgroup */
	struct id_range *uid_map, *gid_map;
	size_t n_uid_map, n_gid_map;
	bool setgroups; /* runtimes can set the groups of the process */
	/* inodes; 0: cannot be told. own: of this process; first: of process 1 of this host. */
	uint64_t namespaces[NAMESPACE_COUNT], own[NAMESPACE_COUNT], first[NAMESPACE_COUNT];
	const char *exec_label; /* SELinux: of the next execve, "" for none; else NULL */
	struct init_mount *mounts;
	size_t n_mounts;
	struct init_fd *fds;
	size_t n_fds;
	const struct init_container *other; /* that has the namespace other_type too, or NULL */
	unsigned int other_type;
	/* above: what ".." of the root leads to from outside. at_cwd: what process.cwd leads to. */
	struct init_file root, above, cwd, at_cwd, dev, console, ptmx;
	/* devices in /dev, and below it on the same mount; links are not followed */
	struct init_file *nodes;
	size_t n_nodes;
	struct init_file devices[INIT_DEVICES]; /* links are not followed */
	/* in the order of the config */
	struct init_file *at_mounts, *at_masked, *at_readonly, *at_devices;
};

/*
 * A descriptor that keeps the process, so that its number cannot become another's, and that signals
 * can be sent to. *ret_is is false if it has ended, or started at another time. Error: EXIT_SYSTEM.
 */
int init_open(struct arena *arena, pid_t pid, uint64_t start_time, int *ret_pidfd, bool *ret_is,
	      struct err *err);

/* Kills it, and waits until it has ended. Error: EXIT_SYSTEM. */
int init_kill(int pidfd, struct err *err);

/* Returns when the process started, in clock ticks since boot. Error: EXIT_SYSTEM. */
int init_start_time(struct arena *arena, pid_t pid, uint64_t *ret_start_time, struct err *err);

/* Returns the text of /proc/PID/cgroup. Error: EXIT_SYSTEM. */
int init_cgroup(struct arena *arena, pid_t pid, const char **ret_text, struct err *err);

/* The inode of a namespace of a process, "self" or a number; 0: it cannot be told. */
uint64_t init_namespace(struct arena *arena, const char *process, enum oci_namespace_type type);

/* Looks at the process, and in its root at what the config names. Error: EXIT_SYSTEM. */
int init_facts_collect(struct arena *arena, pid_t pid, const struct oci_config *config,
		       struct init_facts *ret_facts, struct err *err);

/* Fills in other and other_type. */
void init_others_look(struct arena *arena, const struct oci_config *config,
		      const struct init_container *others, size_t n, struct init_facts *facts);

/* Parses tables of mounts, maps of ids, /proc/PID/limits and status; text must end with a NUL byte. */
void init_mounts_parse(struct arena *arena, struct str text, struct init_mount **ret_mounts,
		       size_t *ret_n);
size_t init_map_parse(struct arena *arena, struct str text, struct id_range **ret_ranges);
void init_limits_parse(struct str text, struct rlimit limits[RLIM_NLIMITS]);
void init_status_parse(struct arena *arena, struct str text, struct init_facts *facts);

/* Reads the table of mounts of this process. Error: EXIT_SYSTEM. */
int init_own_mounts(struct arena *arena, struct init_mount **ret_mounts, size_t *ret_n,
		    struct err *err);

#endif
