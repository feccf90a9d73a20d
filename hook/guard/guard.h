/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kernel guard as the rest of the program sees it: load and unload it, register a container
 * with it, ask what it guarantees, read its events. hook/guard/ is the only user of libbpf. What it
 * shares with the programs in the kernel, types included, is bpf/abi.h and bpf/decide.h.
 */
#ifndef ROOTFENCE_GUARD_GUARD_H
#define ROOTFENCE_GUARD_GUARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "abi.h"
#include "decide.h"
#include "base/err.h"

#define GUARD_DIR "/sys/fs/bpf/rootfence" /* where maps and links are pinned by default */

/* Guarantee levels in rising order: a policy names the least that it accepts. */
enum guard_level {
	GUARD_NONE,
	GUARD_NNP,  /* noNewPrivileges alone */
	GUARD_KILL, /* tracepoint: the process is killed before its first instruction */
	GUARD_DENY, /* BPF LSM: execve fails, the caller lives on */
};

/*
 * An exec rule. The path is absolute and without symbolic links, from the root of the container's
 * mount namespace. ABI_ALLOW and ABI_LOG let through what rule.capabilities covers, and no more.
 */
struct guard_rule {
	const char *path;
	struct abi_rule rule;
};

struct guard_rules {
	const struct guard_rule *items;
	size_t n;
};

#define GUARD_RULES_MAX 64 /* exec rules times paths of one policy */

struct guard_container {
	const char *id;
	pid_t init_pid; /* the container's init, as this process's pid namespace numbers it */
	struct abi_limits limits;
	struct guard_rules rules;
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

/*
 * guard_each_entry: calls visit for every registered container; a non-zero return ends the walk and
 * is returned. The id ends in a NUL byte.
 */
int guard_each_entry(const char *dir,
		     int (*visit)(const struct abi_key *key, const struct abi_entry *entry,
				  void *data),
		     void *data, struct err *err);

/*
 * guard_decide: what the guard does with one execve of the file at path in a container with these
 * limits and rules: the programs' own decision, without a kernel. Where the guard can only kill, an
 * action ABI_ERRNO is a kill there.
 */
void guard_decide(const struct abi_limits *limits, const struct guard_rules *rules,
		  const char *path, const struct abi_creds *old_creds,
		  const struct abi_creds *new_creds, struct decide_verdict *ret_verdict);

/*
 * guard_event_read: checks and copies one record of the ring buffer. Pure. -EPROTO with EXIT_GUARD
 * when data is not an event of this ABI. Strings come from containers: comm, path and id may hold
 * any byte but NUL; in the copy they end in NUL bytes.
 */
int guard_event_read(const void *data, size_t size, struct abi_event *ret_event, struct err *err);

/*
 * guard_watch: calls on_event for each event, oldest first, until it returns non-zero (returned),
 * until timeout_ms have passed without an event (0; negative: no limit), or until SIGINT or SIGTERM
 * (0; both are blocked meanwhile and not delivered). An event that cannot be decoded ends the
 * watch. -EBUSY with EXIT_GUARD when another process watches already: an event can be read once.
 * -ENODEV with EXIT_GUARD when the guard is unloaded meanwhile.
 */
int guard_watch(const char *dir, int (*on_event)(const struct abi_event *event, void *data),
		void *data, int timeout_ms, struct err *err);

const char *guard_level_name(enum guard_level level);  /* "none" "nnp" "kill" "deny" */
const char *guard_action_name(enum abi_action action); /* "RF_ACT_ALLOW", ... */
const char *guard_reason_name(enum abi_reason reason); /* "gain" "ceiling" "root" "setId" ... */
const char *guard_hook_name(enum abi_hook hook);       /* "lsm/bprm_creds_from_file", ... */

#endif
