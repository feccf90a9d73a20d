/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Shared by the BPF programs and the rootfence binary: map keys, map values and events. Fixed
 * width, no padding, each size asserted. A change of anything in here changes GUARD_ABI.
 *
 * The pinned maps, by name: containers (abi_key -> abi_entry), roster (a copy of it), restores (pid
 * of a runtime -> abi_restore), rules (abi_rule_key -> abi_rule), readers (slot -> ring buffer of
 * abi_event), lost (slot -> events lost to a full ring buffer), recent (number -> abi_event), stats
 * (one abi_stats), host (one abi_host), exempt (abi_exempt_key -> abi_exempt), unregistered
 * (abi_key -> abi_unregistered), meta (one abi_meta).
 */
#ifndef ROOTFENCE_BPF_ABI_H
#define ROOTFENCE_BPF_ABI_H

#ifdef __bpf__
#include "kernel_types.h"
#else
#include <linux/types.h>
#endif

#define GUARD_ABI 5

#define ABI_ID_MAX 128	      /* container id, with its NUL byte */
#define ABI_PATH_MAX 256      /* path of an exec rule, with its NUL byte */
#define ABI_COMM_MAX 16	      /* TASK_COMM_LEN */
#define ABI_ERRNO_MAX 4095    /* MAX_ERRNO: the limit for LSM hooks */
#define ABI_CGROUP_LEVELS 32  /* a container's cgroup is at most this deep */
#define ABI_PIDNS_LEVELS 32   /* MAX_PID_NS_LEVEL */
#define ABI_NO_ID 0xffffffffu /* a uid that does not map: INVALID_UID */

enum abi_kind {
	ABI_KIND_CGROUP = 1,  /* id: cgroup v2 id */
	ABI_KIND_PIDNS = 2,   /* id: abi_pidns_id() */
	ABI_KIND_WITNESS = 3, /* id 0: of no container, and in the map roster only */
	ABI_KIND_MNTNS = 4,   /* id: of a mount namespace; in the map unregistered only */
};

/* The action on an execve that a predicate caught, ordered by severity. */
enum abi_action {
	ABI_ALLOW, /* RF_ACT_ALLOW */
	ABI_LOG,   /* RF_ACT_LOG: only an event */
	ABI_ERRNO, /* RF_ACT_ERRNO; a kill where only a tracepoint is attached */
	ABI_KILL,  /* RF_ACT_KILL_PROCESS */
};

/* Why an execve was caught, or a user namespace was refused. */
enum abi_reason {
	ABI_REASON_NONE,
	ABI_REASON_GAIN,    /* capabilities, or the root of the user namespace, gained at execve */
	ABI_REASON_CEILING, /* capabilities, other than ambient ones, outside the ceiling */
	ABI_REASON_ROOT,    /* host root (global uid 0) */
	ABI_REASON_SET_ID,  /* another identity that is not root and gains no capability */
	ABI_REASON_RULE,    /* an exec rule says so */
	ABI_REASON_USERNS,  /* a new user namespace */
	ABI_REASON_PROMISE, /* not what the approved spec promised; difference says what */
	ABI_REASON_UNREGISTERED, /* a container that nobody registered */
	ABI_REASON_COUNT,
};

/* Where the guard is attached, or the program that wrote an event. Best first. */
enum abi_hook {
	ABI_HOOK_NONE,
	ABI_HOOK_LSM,	  /* lsm/bprm_creds_from_file: old and new credentials, can refuse */
	ABI_HOOK_PREPARE, /* tp_btf/sched_prepare_exec: old and new credentials, can kill */
	ABI_HOOK_COMMIT,  /* fentry/security_bprm_committing_creds: the same, on older kernels */
	ABI_HOOK_EXEC,	  /* tp_btf/sched_process_exec: new credentials only, can kill */
	ABI_HOOK_USERNS,  /* lsm/userns_create */
	ABI_HOOK_CATCH,	  /* kprobe/security_bprm_committing_creds: what another hook missed */
	ABI_HOOK_RESTORE, /* fentry/__ptrace_unlink: a process as a checkpoint brought it back */
	ABI_HOOK_COUNT,
};

struct abi_key {
	__u64 id;
	__u32 kind; /* enum abi_kind */
	__u32 zero;
};

/*
 * A pid namespace is identified by its inode and the global pid of its init. The kernel reuses
 * inode numbers as soon as a namespace is gone. With the pid, an entry that outlived its namespace
 * matches no later one.
 */
static inline __u64 abi_pidns_id(__u32 inode, __u32 init_pid)
{
	return (__u64)init_pid << 32 | inode;
}

static inline __u32 abi_pidns_inode(__u64 id)
{
	return (__u32)id;
}

/* The policy's limits for one container at execve; actions are enum abi_action. */
struct abi_limits {
	__u64 ceiling;	      /* permitted capabilities that any execve may end with */
	__u64 bounding;	      /* the ceiling, plus what exec rules let some binary gain; also for
			       * the inheritable set */
	__u32 exec_action;    /* on a gain: exec.defaultAction */
	__u32 ceiling_action; /* on permitted or bounding capabilities outside the ceiling */
	__u32 root_action;    /* on an execve that ends as host root */
	__u32 set_ids_action; /* exec.setIds */
	__u32 userns_action;  /* exec.userNamespaces */
	__u32 errno_ret;      /* 1 to ABI_ERRNO_MAX: the error of a denied execve */
};

/*
 * What the approved spec promises of the processes of a container, as bits. A process that lacks
 * one was made otherwise than it was approved. "Not the host's" is all that a namespace promises:
 * programs in a container make namespaces of their own. What the runtime made of init shows at its
 * first execve; later init is a process like others.
 */
enum abi_promised {
	ABI_PROMISED_NNP = 1u << 0,	/* no_new_privs */
	ABI_PROMISED_SECCOMP = 1u << 1, /* a seccomp filter; at init's first execve, so many */
	ABI_PROMISED_USERNS = 1u << 2,	/* the registered user namespace, or one made in it */
	ABI_PROMISED_UID_MAP = 1u << 3, /* the first extent of its uid_map */
	ABI_PROMISED_MNTNS = 1u << 4,
	ABI_PROMISED_PIDNS = 1u << 5,
	ABI_PROMISED_IPCNS = 1u << 6,
	ABI_PROMISED_UTSNS = 1u << 7,
	ABI_PROMISED_NETNS = 1u << 8,
	ABI_PROMISED_CGROUPNS = 1u << 9,
	ABI_PROMISED_CWD = 1u << 10, /* a working directory on a mount of the container */
};

#define ABI_PROMISED_COUNT 11

/* Namespaces that are compared by inode. Those of pids and users have levels. */
enum abi_host_ns {
	ABI_HOST_NS_MNT,
	ABI_HOST_NS_IPC,
	ABI_HOST_NS_UTS,
	ABI_HOST_NS_NET,
	ABI_HOST_NS_CGROUP,
	ABI_HOST_NS_COUNT,
};

#define ABI_UID_MAP_UNSORTED 5 /* extents that the kernel keeps in the given order */

struct abi_promise {
	__u32 flags;			  /* enum abi_promised: of init, at its first execve */
	__u32 others;			  /* enum abi_promised: of init later, and all others */
	__u32 action;			  /* enum abi_action: on a difference */
	__u32 filters;			  /* seccomp filters at init's first execve, at least */
	__u32 uid_map[3];		  /* first, lower_first, count */
	__u32 host_ns[ABI_HOST_NS_COUNT]; /* inodes; 0: the kernel has no such namespaces */
};

#define ABI_HOST_MNTNS 2

/* The spec has createContainer hooks: the runtime runs programs of the host in the container. */
#define ABI_ENTRY_HOOKS 1u
/* Init runs its own program: the first execve, which shows what the runtime made, was let pass. */
#define ABI_ENTRY_STARTED 2u

struct abi_entry {
	char id[ABI_ID_MAX];
	struct abi_limits limits;
	struct abi_promise promise;
	__u64 rules_id;	  /* 0: no exec rules */
	__u64 init_start; /* start time of init, as in /proc/PID/stat: clock ticks since boot */
	__u64 init_exe;	  /* inode of the program that init runs until its first execve */
	__u64 denied;	  /* counted in the kernel */
	__u64 logged;	  /* counted in the kernel */
	__u32 init_pid;	  /* global pid */
	__u32 armed;	  /* init has called execve: no task is the runtime's any more */
	__u32 own_ns[ABI_HOST_NS_COUNT];  /* inodes of init's; exec rules hold in its mounts only */
	__u32 host_mntns[ABI_HOST_MNTNS]; /* of the runtime and of the host; 0: not exempt */
	__u32 userns;			  /* inode of the container's user namespace */
	__u32 pidns; /* inode of the pid namespace that the container is in; 0: the host's */
	__u32 flags; /* ABI_ENTRY_* */
};

struct abi_rule_key {
	__u64 rules_id;
	char path[ABI_PATH_MAX]; /* "" is the record of the set itself; zero after the NUL byte */
};

/* For the path "": capabilities is the number of rules, action is ABI_RULES_COMPLETE or 0. */
struct abi_rule {
	__u64 capabilities;
	__u32 action; /* enum abi_action */
	__u32 zero;
};

#define ABI_RULES_COMPLETE 1

struct abi_stats {
	__u64 events;
	__u64 unwritten;    /* events for which the programs had no room */
	__u64 unregistered; /* namespaces that were reported */
	__u64 stopped;	    /* execves in them that were stopped */
	__u64 unheld;	    /* restored threads for which the programs had no room */
};

#define ABI_READERS 8	      /* processes that read events at the same time */
#define ABI_RING_SIZE 1048576 /* bytes of the ring buffer of each */
#define ABI_RECENT 256	      /* events that are kept for a reader that begins */

/* What the host's own policy says. */
struct abi_host {
	__u32 unregistered; /* enum abi_action: on an execve in a container that nobody registered */
	__u32 errno_ret;
	__u32 mntns;  /* inode of the host's: that of init, which is never used again */
	__u32 exempt; /* number of names in the map exempt */
};

/* The paths of cgroups that are exempt, as a tree of names. */
#define ABI_CGROUP_NAME_MAX 60 /* that are compared, with the NUL byte */
#define ABI_EXEMPT_NAME_MAX \
	55		    /* shorter, so that a longer name that was cut matches none but "*" */
#define ABI_EXEMPT_LEVELS 8 /* names in such a path */
#define ABI_EXEMPT_NODES 512

struct abi_exempt_key {
	__u32 node;			/* 0: the root */
	char name[ABI_CGROUP_NAME_MAX]; /* "*" is any other; zero after the NUL byte */
};

struct abi_exempt {
	__u32 node; /* that the name leads to */
	__u32 end;  /* 1: this cgroup and those below it are exempt */
};

#define ABI_EXEMPT_CGROUP 1u /* below a cgroup that is exempt */
#define ABI_EXEMPT_HOOK 2u   /* a hook let it pass */

/* A namespace that no entry covers, at its first execve. */
struct abi_unregistered {
	__u64 time;	 /* as in abi_event */
	__u64 start;	 /* of a pid namespace: start time of its init, as in /proc/PID/stat */
	__u64 cgroup;	 /* id */
	__u32 exempt;	 /* ABI_EXEMPT_*, or 0 */
	__u32 namespace; /* inode */
	__u32 pid;
	__u32 starter; /* pid of what started it */
	char comm[ABI_COMM_MAX];
	char starter_comm[ABI_COMM_MAX];
};

/* Written before the guard is pinned, except in_use. In every version, abi is the first field. */
struct abi_meta {
	__u32 abi;
	__u32 level;	  /* enum guard_level */
	__u32 hook;	  /* enum abi_hook */
	__u32 userns;	  /* 1: new user namespaces are guarded */
	__u64 loaded;	  /* CLOCK_REALTIME, seconds */
	__u32 in_use;	  /* 0: nothing has been registered yet; never 0 again afterwards */
	__u32 restores;	  /* 1: restored containers are held */
	char name[64];	  /* of the hook, for people */
	char reason[512]; /* why no higher level */
};

#define ABI_EVENT_PATH 1u /* path is that of the file, from the root of the mount namespace */
#define ABI_EVENT_RULE 2u /* an exec rule matched */
#define ABI_EVENT_OLD_IMPLIED 4u /* the old credentials are derived from the new, not read */

struct abi_creds {
	__u64 permitted;
	__u64 effective;
	__u64 inheritable;
	__u64 bounding;
	__u64 ambient;
	__u32 uid; /* ids are global: those of the initial user namespace */
	__u32 euid;
	__u32 suid;
	__u32 gid;
	__u32 egid;
	__u32 root; /* uid of the user namespace's root, or ABI_NO_ID */
};

/*
 * A container that a runtime is about to restore. Neither its pid namespace nor its tasks exist
 * yet. The programs register it when CRIU, a child of that runtime, lets the first task go. The key
 * is the global pid of the runtime.
 */
struct abi_restore {
	struct abi_entry entry; /* without what only the restored tasks can tell */
	__u64 start;		/* start time of the runtime, as in /proc/PID/stat */
	struct abi_creds creds; /* of the first task that may not live */
	__u32 pid;		/* of that task, global; 0: none */
	__u32 reason;		/* enum abi_reason: why it may not */
	__u32 difference;	/* enum abi_promised: with ABI_REASON_PROMISE */
	__u32 released;		/* tasks that CRIU has let go */
	__u32 init_pid;		/* global; 0: not registered yet */
	__u32 error; /* 1: the container could not be registered, or a task not stopped */
};

struct abi_event {
	__u32 abi;
	__u32 size;
	__u64 time; /* CLOCK_BOOTTIME, nanoseconds; 0 on kernels without bpf_ktime_get_boot_ns */
	struct abi_creds old_creds;
	struct abi_creds new_creds;
	__u64 gained;
	__u64 ceiling;
	__u64 rule_capabilities;
	__u32 action; /* what was done */
	__u32 reason;
	__u32 hook;
	__u32 flags; /* ABI_EVENT_* */
	__u32 pid;   /* global pid of the thread */
	__u32 tgid;  /* global pid of the process */
	__u32 ppid;
	__u32 errno_ret;  /* the error of execve, or 0 */
	__u32 difference; /* enum abi_promised: all that differs; with ABI_REASON_PROMISE */
	__u32 namespace;  /* inode; this and the next three with ABI_REASON_UNREGISTERED */
	__u64 cgroup;	  /* id */
	__u32 starter;	  /* pid of what started it */
	__u32 zero;
	char starter_comm[ABI_COMM_MAX];
	char comm[ABI_COMM_MAX];
	char id[ABI_ID_MAX];
	char path[ABI_PATH_MAX]; /* without ABI_EVENT_PATH: the name given to execve */
};

_Static_assert(sizeof(struct abi_key) == 16, "abi_key has padding");
_Static_assert(sizeof(struct abi_limits) == 40, "abi_limits has padding");
_Static_assert(sizeof(struct abi_promise) == 48, "abi_promise has padding");
_Static_assert(sizeof(struct abi_entry) == ABI_ID_MAX + 40 + 48 + 40 + 48, "abi_entry has padding");
_Static_assert(sizeof(struct abi_restore) == sizeof(struct abi_entry) + 8 + 64 + 24,
	       "abi_restore has padding");
_Static_assert(sizeof(struct abi_rule_key) == 8 + ABI_PATH_MAX, "abi_rule_key has padding");
_Static_assert(sizeof(struct abi_rule) == 16, "abi_rule has padding");
_Static_assert(sizeof(struct abi_stats) == 40, "abi_stats has padding");
_Static_assert(sizeof(struct abi_host) == 16, "abi_host has padding");
_Static_assert(sizeof(struct abi_exempt_key) == 4 + ABI_CGROUP_NAME_MAX,
	       "abi_exempt_key has padding");
_Static_assert(sizeof(struct abi_exempt) == 8, "abi_exempt has padding");
_Static_assert(sizeof(struct abi_unregistered) == 72, "abi_unregistered has padding");
_Static_assert(sizeof(struct abi_meta) == 32 + 64 + 512, "abi_meta has padding");
_Static_assert(sizeof(struct abi_creds) == 64, "abi_creds has padding");
_Static_assert(sizeof(struct abi_event) == 16 + 128 + 24 + 40 + 16 + 32 + ABI_ID_MAX + ABI_PATH_MAX,
	       "abi_event has padding");
_Static_assert(__builtin_offsetof(struct abi_meta, abi) == 0, "abi comes first");
_Static_assert(__builtin_offsetof(struct abi_event, abi) == 0, "abi comes first");

#endif
