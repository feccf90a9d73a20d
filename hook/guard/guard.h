/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kernel guard as the rest of the program sees it: load and unload it, register a container,
 * ask for its guarantee, read its events. hook/guard/ is the only user of libbpf. bpf/abi.h and
 * bpf/decide.h have what it shares with the programs in the kernel, types included.
 */
#ifndef ROOTFENCE_GUARD_GUARD_H
#define ROOTFENCE_GUARD_GUARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "abi.h"
#include "attest.h"
#include "decide.h"
#include "base/err.h"

#define GUARD_DIR "/sys/fs/bpf/rootfence" /* where maps and links are pinned by default */

/* Guarantee levels in rising order. A policy names the lowest level that it accepts. */
enum guard_level {
	GUARD_NONE,
	GUARD_NNP,  /* noNewPrivileges alone */
	GUARD_KILL, /* tracepoint: the process is killed before its first instruction */
	GUARD_DENY, /* BPF LSM: execve fails, the caller goes on */
};

/*
 * An exec rule. The path is absolute and without symbolic links, from the root of the container's
 * mount namespace. With ABI_ALLOW and ABI_LOG, it lets through only what rule.capabilities covers.
 */
struct guard_rule {
	const char *path;
	struct abi_rule rule;
};

struct guard_rules {
	const struct guard_rule *items;
	size_t n;
};

#define GUARD_RULES_MAX 64 /* paths in all exec rules of one policy */

struct guard_container {
	const char *id;
	pid_t init_pid; /* the container's init, in this process's pid namespace */
	struct abi_limits limits;
	struct guard_rules rules;
	/* What the spec says; host_ns, and the filters that init inherits, are added. */
	struct abi_promise promise;
	bool has_hooks; /* the spec has createContainer hooks */
};

enum guard_load_mode {
	GUARD_LOAD_ONCE,    /* keeps a loaded guard of the same ABI */
	GUARD_LOAD_REPLACE, /* this binary's programs replace it and take over its containers */
};

enum guard_loaded {
	GUARD_LOADED,
	GUARD_WAS_LOADED,
	GUARD_REPLACED,
};

/*
 * guard_load: loads, attaches and pins the guard below dir, under a lock. A guard that is replaced
 * stays in force until the new one is, and a new one of a lower level is an error. hook picks the
 * attach point: NULL for the best one of this kernel, or "lsm", "prepare" (sched_prepare_exec),
 * "commit" (security_bprm_committing_creds by fentry), "exec" (sched_process_exec). Mounts bpffs if
 * it is not mounted. Errors: EXIT_USAGE for another hook; EXIT_GUARD if the kernel gives no level,
 * with the system call that failed and what to do; EXIT_SYSTEM otherwise.
 */
int guard_load(const char *dir, const char *hook, enum guard_load_mode mode,
	       enum guard_loaded *ret_loaded, struct err *err);

/* guard_unload: detaches and unpins everything. Not loaded is success (*ret_unloaded false). */
int guard_unload(const char *dir, bool *ret_unloaded, struct err *err);

/*
 * guard_register: puts one container under the guard: by its pid namespace or, if it shares that
 * with others, by its cgroup v2 id. Registering the same container again replaces the entry, if the
 * new limits are within the registered ones (limits.h). Errors: -ENOENT with EXIT_GUARD if no guard
 * is loaded; EXIT_GUARD if the level in force is below `least`, if nothing tells the container from
 * the host, or for wider limits; -ESRCH if the init process is dead at the end: no entry stays.
 */
int guard_register(const char *dir, const struct guard_container *container, enum guard_level least,
		   struct err *err);

/*
 * guard_expect_restore: announces that `runtime`, or a child of it, is about to restore this
 * container, whose init_pid is not known yet. The programs register it when CRIU lets its first
 * task go, and kill each thread whose credentials the limits do not allow, before it runs. If a
 * parent of runtime has announced it with the same limits, nothing changes. Errors as in
 * guard_register(); EXIT_GUARD where the kernel does not show what a restore brings back.
 */
int guard_expect_restore(const char *dir, const struct guard_container *container, pid_t runtime,
			 enum guard_level least, struct err *err);

/* guard_expects_restore: has runtime, or a parent of it, announced the container of that id? */
bool guard_expects_restore(const char *dir, const char *id, pid_t runtime);

struct guard_restored {
	unsigned int released; /* threads that CRIU has let go */
	bool registered;       /* the container has its entry, and no thread was missed */
	pid_t init;	       /* 0: not seen */
	pid_t pid;	       /* of the first thread that was killed; 0: none */
	enum abi_reason reason;
	unsigned int difference; /* enum abi_promised, with ABI_REASON_PROMISE */
	struct abi_creds creds;	 /* of that thread */
};

/* guard_restore_end: tells what came back, and forgets the announcement. */
int guard_restore_end(const char *dir, pid_t runtime, struct guard_restored *ret_restored,
		      struct err *err);

/*
 * guard_unregister: removes the entries of the container id that have no live process. The others
 * stay: they may be of a container with the same id under another runtime, or of one that is about
 * to end and takes its entry with it. No entry at all is success.
 */
int guard_unregister(const char *dir, const char *id, struct err *err);

/* guard_reclaim: removes the entries of containers that are gone; ret_removed may be NULL. */
int guard_reclaim(const char *dir, size_t *ret_removed, struct err *err);

#define GUARD_DIFFERENCES_MAX 8

struct guard_status {
	bool loaded;
	unsigned int abi; /* of the pinned guard; 0 without one */
	enum guard_level level;
	char hook[64]; /* where it is attached: "lsm/bprm_creds_from_file", ... */
	/* Why no higher level is available and what to do; "" at GUARD_DENY. */
	char reason[ERR_TEXT_MAX];
	bool restores; /* holds restored containers; else they are refused */
	bool userns;   /* guards new user namespaces; else the seccomp profile must refuse them */
	uint64_t loaded_at;	       /* seconds since 1970; 0 when not loaded */
	size_t n_readers;	       /* processes that read events now */
	uint64_t lost;		       /* events that these lost, because they read too slowly */
	uint64_t events;	       /* since loading */
	enum abi_action unregistered;  /* on an execve in a container that nobody registered */
	uint64_t unregistered_seen;    /* namespaces that were reported */
	uint64_t unregistered_stopped; /* execves in them */
	/* Execves that no program saw: the kernel skips a tracing program while the same program
	 * is preempted on that CPU (LSM programs too before Linux 6.2). 0 before Linux 5.12. */
	uint64_t missed;
	uint64_t unheld; /* restored threads that could not be stopped */
	size_t n_entries;
	/*
	 * What is not as it was loaded, the first ones. Then nothing new is registered, and lost,
	 * missed and n_entries are not read.
	 */
	size_t n_differences;
	char differences[GUARD_DIFFERENCES_MAX][ERR_TEXT_MAX];
};

/* guard_query: the state of the guard. Not loaded is success, with loaded = false; level and
 * reason then tell what loading would give. */
int guard_query(const char *dir, struct guard_status *ret_status, struct err *err);

/* guard_is_missing: true if dir has no guard, of any version, and this is the host's root. */
bool guard_is_missing(const char *dir);

/*
 * guard_refuses_userns: does the guard that is pinned at dir refuse new user namespaces? It only
 * looks for one file, for hooks that must not load anything.
 */
bool guard_refuses_userns(const char *dir);

/*
 * guard_each_entry: calls visit for every registered container. A non-zero return ends the walk and
 * is returned. The id ends in a NUL byte.
 */
int guard_each_entry(const char *dir,
		     int (*visit)(const struct abi_key *key, const struct abi_entry *entry,
				  void *data),
		     void *data, struct err *err);

/*
 * guard_decide: what the guard does with one execve of the file at path, in a container with these
 * limits and rules. It is the programs' own decision, without a kernel. Where the guard can only
 * kill, ABI_ERRNO means a kill.
 */
void guard_decide(const struct abi_limits *limits, const struct guard_rules *rules,
		  const char *path, const struct abi_creds *old_creds,
		  const struct abi_creds *new_creds, struct decide_verdict *ret_verdict);

/*
 * guard_attest: adds to the decision what the guard does with a process that is not as promised.
 * Returns the differences, as enum abi_promised.
 */
__u32 guard_attest(const struct abi_promise *promise, const struct attest_seen *seen,
		   struct decide_verdict *verdict);

/*
 * guard_event_read: checks and copies one record of the ring buffer. Pure. -EPROTO with EXIT_GUARD
 * if data is not an event of this ABI. Strings come from containers: comm, path and id may have any
 * byte but NUL. In the copy they end in NUL bytes.
 */
int guard_event_read(const void *data, size_t size, struct abi_event *ret_event, struct err *err);

struct guard_watcher {
	/* A result other than 0 ends the watch and is returned. */
	int (*on_event)(const struct abi_event *event, void *data);
	int (*on_lost)(uint64_t n, void *data); /* this reader lost n events; may be NULL */
	void *data;
};

/*
 * guard_watch: calls on_event for each event, first for the latest ones that are kept, oldest first,
 * until it returns non-zero, until timeout_ms have passed without an event (0; negative: no limit),
 * or until SIGINT or SIGTERM (0; both are blocked meanwhile and not delivered). Each of ABI_READERS
 * processes at once gets every event. An event that cannot be decoded ends the watch. -EBUSY with
 * EXIT_GUARD if there are as many readers already. -ENODEV with EXIT_GUARD if the guard is unloaded
 * meanwhile.
 */
int guard_watch(const char *dir, const struct guard_watcher *watcher, int timeout_ms,
		struct err *err);

#define GUARD_EXEMPT_MAX 64

/* What the host's own policy says about containers that nobody registered. */
struct guard_unregistered {
	enum abi_action action; /* ABI_ALLOW, ABI_LOG or ABI_ERRNO */
	uint32_t errno_ret;
	const char *const *exempt; /* paths of cgroups; a name "*" is any */
	size_t n_exempt;
};

/*
 * guard_set_unregistered: from now on. If it changes anything, the namespaces that were reported
 * before are reported again. EXIT_POLICY for a path that the programs cannot hold.
 */
int guard_set_unregistered(const char *dir, const struct guard_unregistered *unregistered,
			   struct err *err);

/* guard_exempt: this process's container is known, and not registered on purpose. */
int guard_exempt(const char *dir, pid_t pid, struct err *err);

/* guard_each_unregistered: like guard_each_entry(), for containers that nobody registered. */
int guard_each_unregistered(const char *dir,
			    int (*visit)(const struct abi_key *key,
					 const struct abi_unregistered *seen, void *data),
			    void *data, struct err *err);

/* guard_cgroup_path: the path of a cgroup from the root of its mount, or NULL if it has gone. */
char *guard_cgroup_path(uint64_t id, char *room, size_t size);

const char *guard_level_name(enum guard_level level);  /* "none" "nnp" "kill" "deny" */
const char *guard_action_name(enum abi_action action); /* "RF_ACT_ALLOW", ... */
const char *guard_reason_name(enum abi_reason reason); /* "gain" "ceiling" "root" "setId" ... */

/* guard_promised_name: "noNewPrivileges" ... of the bit i < ABI_PROMISED_COUNT. */
const char *guard_promised_name(unsigned int i);

const char *guard_hook_name(enum abi_hook hook); /* "lsm/bprm_creds_from_file", ... */

#endif
