/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kernel guard as the rest of the program sees it: load and unload it, register a container
 * with it, ask what it guarantees, read its events. hook/guard/ is the only user of libbpf, and
 * bpf/abi.h is all that it shares with the programs in the kernel.
 */
#ifndef ROOTFENCE_GUARD_GUARD_H
#define ROOTFENCE_GUARD_GUARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

#define GUARD_DIR "/sys/fs/bpf/rootfence" /* where maps and links are pinned by default */

/* Guarantee levels in rising order: a policy names the least that it accepts. */
enum guard_level {
	GUARD_NONE,
	GUARD_NNP,  /* noNewPrivileges alone */
	GUARD_KILL, /* tracepoint: the process is killed before its first instruction */
	GUARD_DENY, /* BPF LSM: execve fails, the caller lives on */
};

/* What happens to an execve that a predicate caught; ordered by severity. */
enum guard_action {
	GUARD_ALLOW, /* RF_ACT_ALLOW */
	GUARD_LOG,   /* RF_ACT_LOG: an event only */
	GUARD_ERRNO, /* RF_ACT_ERRNO; becomes a kill where only a tracepoint is attached */
	GUARD_KILL_PROCESS,
};

/* Why an execve was caught, or a user namespace refused. */
enum guard_reason {
	GUARD_REASON_NONE,
	GUARD_REASON_GAIN,    /* gained capabilities, or became the root of its user namespace */
	GUARD_REASON_CEILING, /* permitted capabilities outside the ceiling */
	GUARD_REASON_ROOT,    /* ends as host root */
	GUARD_REASON_SET_ID,  /* another identity that gains no capability and is not root */
	GUARD_REASON_RULE,    /* an exec rule says so */
	GUARD_REASON_USERNS,  /* a new user namespace */
};

#define GUARD_ID_MAX 128   /* container id, with its NUL byte */
#define GUARD_PATH_MAX 256 /* path of an exec rule, with its NUL byte */
#define GUARD_RULES_MAX 64 /* exec rules times paths of one policy */

struct guard_exec_rule {
	const char *path;	  /* absolute and without symbolic links, from the root of the
			    container's mount namespace */
	uint64_t capabilities;	  /* bit n: capability n may be gained */
	enum guard_action action; /* ALLOW and LOG let through what capabilities covers, no more */
};

/* What the policy lets one container do at execve. */
struct guard_limits {
	uint64_t ceiling;		  /* permitted capabilities that any execve may end with */
	uint64_t bounding;		  /* what any execve may leave in the bounding set */
	enum guard_action exec_action;	  /* on a gain: exec.defaultAction */
	enum guard_action ceiling_action; /* on permitted capabilities outside the ceiling */
	enum guard_action root_action;	  /* on an execve that ends as host root (global uid 0) */
	enum guard_action set_ids_action; /* exec.setIds */
	enum guard_action userns_action;  /* exec.userNamespaces */
	unsigned int errno_ret;		  /* 1 to 4095: what a denied execve returns */
	const struct guard_exec_rule *rules;
	size_t n_rules;
};

struct guard_container {
	const char *id;
	pid_t init_pid; /* the container's init, as this process's pid namespace numbers it */
	struct guard_limits limits;
};

enum guard_load_mode {
	GUARD_LOAD_ONCE,    /* a guard of the same ABI that is there is left alone */
	GUARD_LOAD_REPLACE, /* this binary's programs take its place, and its containers with it */
};

enum guard_loaded {
	GUARD_LOADED,
	GUARD_WAS_LOADED,
	GUARD_REPLACED,
};

/*
 * guard_load: loads, attaches and pins the guard below dir, under a lock. Where one is replaced,
 * there is no moment without a guard, and one that gives less than it is an error. hook picks the attach point:
 * NULL for the best that this kernel gives, or "lsm", "prepare" (sched_prepare_exec), "commit"
 * (security_bprm_committing_creds by fentry), "exec" (sched_process_exec). Mounts bpffs when it is
 * not mounted. Errors: EXIT_GUARD when the kernel gives no level, with the system call that said no
 * and what to do; EXIT_SYSTEM otherwise.
 */
int guard_load(const char *dir, const char *hook, enum guard_load_mode mode,
	       enum guard_loaded *ret_loaded, struct err *err);

/* guard_unload: detaches and unpins all. Not loaded is success (*ret_unloaded false). */
int guard_unload(const char *dir, bool *ret_unloaded, struct err *err);

/*
 * guard_register: puts one container under the guard, by its pid namespace or, if it shares that
 * with others, by its cgroup v2 id. -ENOENT with EXIT_GUARD when no guard is loaded. Fails with
 * EXIT_GUARD when the level in force is below `least`, or when nothing tells the container from the
 * host. Registering again under the same id replaces the entry. Where `least` is GUARD_NNP or less,
 * a container that cannot be guarded is success without an entry. If the init process is dead by
 * the end, no entry stays and -ESRCH is returned.
 */
int guard_register(const char *dir, const struct guard_container *container, enum guard_level least,
		   struct err *err);

/*
 * guard_unregister: removes the entries of the container id of which no process lives. What lives
 * stays: it may be a container of the same id under another runtime, or one whose end is on its
 * way, and whose entry goes with it. None is success.
 */
int guard_unregister(const char *dir, const char *id, struct err *err);

/* guard_reclaim: removes entries of containers that are gone; *ret_removed may be NULL. */
int guard_reclaim(const char *dir, size_t *ret_removed, struct err *err);

struct guard_entry {
	char id[GUARD_ID_MAX];
	bool by_cgroup; /* key is a cgroup id; else the inode of a pid namespace */
	uint64_t key;
	pid_t init_pid;
	uint64_t ceiling;
	uint64_t denied; /* events since registration that ended in ERRNO or KILL */
	uint64_t logged;
};

struct guard_status {
	bool loaded;
	unsigned int abi; /* of what is pinned; 0 when nothing is */
	enum guard_level level;
	char hook[64]; /* where it is attached: "lsm/bprm_creds_from_file", ... */
	/* Why no higher level is available and what to do; "" at GUARD_DENY. */
	char reason[ERR_TEXT_MAX];
	bool userns; /* new user namespaces are guarded; else that is the seccomp profile's part */
	uint64_t loaded_at; /* seconds since 1970; 0 when not loaded */
	uint64_t lost;	    /* events that found the ring buffer full */
	/* Execves that went by unseen: the kernel skips a tracing program while the same one is
	 * preempted on that CPU (LSM programs before Linux 6.2 too). 0 before Linux 5.12. */
	uint64_t missed;
	size_t n_entries;
};

/* guard_query: the state of the guard. A guard that is not loaded is success, loaded = false, with
 * level and reason telling what loading would give. */
int guard_query(const char *dir, struct guard_status *ret_status, struct err *err);

/* guard_is_missing: is none pinned at dir, of whatever version, on a host whose root this is? */
bool guard_is_missing(const char *dir);

/*
 * guard_refuses_userns: does the guard that is pinned at dir refuse new user namespaces? One look
 * at a file, for hooks that must not load anything.
 */
bool guard_refuses_userns(const char *dir);

/* guard_each_entry: calls visit for every registered container; a non-zero return ends the walk
 * and is returned. */
int guard_each_entry(const char *dir, int (*visit)(const struct guard_entry *entry, void *data),
		     void *data, struct err *err);

/* Credentials as the kernel holds them: ids are those of the initial user namespace. */
struct guard_creds {
	uint64_t permitted;
	uint64_t effective;
	uint64_t bounding;
	uint64_t ambient;
	uint32_t uid;
	uint32_t euid;
	uint32_t suid;
	uint32_t gid;
	uint32_t egid;
	uint32_t root; /* the root of the user namespace; UINT32_MAX when it has none */
};

struct guard_event {
	uint64_t time;		  /* CLOCK_BOOTTIME, nanoseconds */
	enum guard_action action; /* what was done */
	enum guard_reason reason;
	const char *hook; /* "lsm/bprm_creds_from_file", ...; static */
	pid_t pid;	  /* the thread; all pids are the host's */
	pid_t tgid;	  /* the process */
	pid_t ppid;
	unsigned int errno_ret;	   /* what execve returned; 0 when it was not refused */
	char comm[16];		   /* who called execve */
	char id[GUARD_ID_MAX];	   /* of the container */
	char path[GUARD_PATH_MAX]; /* of the file, or as execve was given it; "" for userns */
	bool path_resolved; /* path is the file's own, from the root of its mount namespace */
	bool rule_matched;  /* an exec rule names that path */
	bool old_implied;   /* old_creds are concluded from the new ones, not read */
	struct guard_creds old_creds;
	struct guard_creds new_creds;
	uint64_t gained; /* capabilities */
	uint64_t ceiling;
	uint64_t rule_capabilities; /* of the matched rule */
};

struct guard_decision {
	enum guard_action action;
	enum guard_reason reason;
	uint64_t gained; /* capabilities */
};

/*
 * guard_decide: what the guard does with one execve of the file at path in a container with these
 * limits: the programs' own decision, without a kernel. Where the guard can only kill, an action
 * GUARD_ERRNO is a kill there.
 */
void guard_decide(const struct guard_limits *limits, const char *path,
		  const struct guard_creds *old_creds, const struct guard_creds *new_creds,
		  struct guard_decision *ret_decision);

/*
 * guard_event_decode: checks and copies one record of the ring buffer. Pure. -EPROTO with
 * EXIT_GUARD when data is not an event of this ABI. Strings come from containers: comm, path and id
 * may hold any byte but NUL.
 */
int guard_event_decode(const void *data, size_t size, struct guard_event *ret_event,
		       struct err *err);

/*
 * guard_watch: calls on_event for each event, oldest first, until it returns non-zero (returned),
 * until timeout_ms have passed without an event (0; negative: no limit), or until SIGINT or SIGTERM
 * (0; both are blocked meanwhile and not delivered). An event that cannot be decoded ends the
 * watch. -EBUSY with EXIT_GUARD when another process watches already: an event can be read once.
 * -ENODEV with EXIT_GUARD when the guard is unloaded meanwhile.
 */
int guard_watch(const char *dir, int (*on_event)(const struct guard_event *event, void *data),
		void *data, int timeout_ms, struct err *err);

const char *guard_level_name(enum guard_level level);	 /* "none" "nnp" "kill" "deny" */
const char *guard_action_name(enum guard_action action); /* "RF_ACT_ALLOW", ... */
const char *guard_reason_name(enum guard_reason reason); /* "gain" "ceiling" "root" "setId" ... */
const char *guard_hook_name(unsigned int hook);		 /* of enum abi_hook */

#endif
