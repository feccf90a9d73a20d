/* SPDX-License-Identifier: Apache-2.0 */
/* System calls, and how each can fail according to its man page, where the program can notice. */
#ifndef ROOTFENCE_TESTS_FAULTS_CALLS_H
#define ROOTFENCE_TESTS_FAULTS_CALLS_H

#include <errno.h>
#include <stddef.h>
#include <sys/syscall.h>

#define MEMORY "ENOMEM+"
#define LOOKUP "EIO ENOMEM"

static const struct call {
	long number;
	const char *name;
	const char *faults; /* NULL: it cannot fail */
} calls[] = {
	{ SYS_brk, "brk", MEMORY },
	{ SYS_mmap, "mmap", MEMORY },
	{ SYS_mremap, "mremap", MEMORY },
	{ SYS_mprotect, "mprotect", "ENOMEM" },
	{ SYS_madvise, "madvise", "ENOMEM" },
	{ SYS_munmap, "munmap", NULL },
	{ SYS_read, "read", "EIO EINTR short" },
	{ SYS_pread64, "pread64", "EIO EINTR short" },
	{ SYS_write, "write", "EIO EINTR ENOSPC+ EPIPE short" },
	{ SYS_openat, "openat", "EMFILE+ EACCES" },
	{ SYS_openat2, "openat2", "EMFILE+ ENOMEM" },
	{ SYS_close, "close", "EIO" },
	{ SYS_fcntl, "fcntl", "EBADF" },
	{ SYS_fstat, "fstat", LOOKUP },
	{ SYS_newfstatat, "newfstatat", LOOKUP },
	{ SYS_statx, "statx", LOOKUP },
	{ SYS_statfs, "statfs", LOOKUP },
	{ SYS_fstatfs, "fstatfs", LOOKUP },
	{ SYS_readlinkat, "readlinkat", LOOKUP },
	{ SYS_faccessat, "faccessat", LOOKUP },
	{ SYS_faccessat2, "faccessat2", LOOKUP },
	{ SYS_getcwd, "getcwd", "ENOMEM" },
	{ SYS_getdents64, "getdents64", LOOKUP },
	{ SYS_lseek, "lseek", NULL },
	{ SYS_mkdirat, "mkdirat", "ENOSPC EROFS" },
	{ SYS_utimensat, "utimensat", "EIO EROFS" },
	{ SYS_unlinkat, "unlinkat", "EIO EROFS" },
	{ SYS_renameat2, "renameat2", "EIO ENOSPC" },
	{ SYS_fsync, "fsync", "EIO ENOSPC" },
	{ SYS_fchmod, "fchmod", "EIO EPERM" },
	{ SYS_fchown, "fchown", "EIO EPERM" },
	{ SYS_flock, "flock", "EINTR ENOLCK" },
	{ SYS_ioctl, "ioctl", "EIO" },
	{ SYS_bpf, "bpf", "EPERM E2BIG ENOMEM" },
	{ SYS_perf_event_open, "perf_event_open", "EMFILE EACCES" },
	{ SYS_execve, "execve", "ENOMEM EACCES E2BIG" },
	{ SYS_clone, "clone", "EAGAIN ENOMEM" },
	{ SYS_wait4, "wait4", "EINTR" },
	{ SYS_pipe2, "pipe2", "EMFILE" },
	{ SYS_setns, "setns", "EPERM ENOMEM" },
	{ SYS_prctl, "prctl", "EPERM" },
	{ SYS_sched_getaffinity, "sched_getaffinity", "EPERM" },
	{ SYS_prlimit64, "prlimit64", "EPERM" },
	{ SYS_seccomp, "seccomp", "ENOMEM" },
	{ SYS_close_range, "close_range", "ENOMEM" },
	{ SYS_socketpair, "socketpair", "EMFILE ENOMEM" },
	{ SYS_dup, "dup", "EMFILE" },
	{ SYS_memfd_create, "memfd_create", "EMFILE ENOMEM" },
	{ SYS_name_to_handle_at, "name_to_handle_at", "EOPNOTSUPP" },
	{ SYS_open_by_handle_at, "open_by_handle_at", "EMFILE ENOMEM" },
	{ SYS_getrandom, "getrandom", "EINTR ENOSYS" },
	{ SYS_socket, "socket", "EMFILE" },
	{ SYS_connect, "connect", "ECONNREFUSED EAGAIN" },
	{ SYS_sendto, "sendto", "EPIPE EAGAIN" },
	{ SYS_pidfd_open, "pidfd_open", "EMFILE" },
	{ SYS_kill, "kill", "EPERM" },
	{ SYS_renameat, "renameat", "EIO ENOSPC" },
	{ SYS_pidfd_getfd, "pidfd_getfd", "EPERM" },
	{ SYS_rt_sigaction, "rt_sigaction", NULL },
	{ SYS_rt_sigprocmask, "rt_sigprocmask", NULL },
	{ SYS_set_tid_address, "set_tid_address", NULL },
	{ SYS_set_robust_list, "set_robust_list", NULL },
	{ SYS_rseq, "rseq", NULL },
	{ SYS_getpid, "getpid", NULL },
	{ SYS_getppid, "getppid", NULL },
	{ SYS_gettid, "gettid", NULL },
	{ SYS_geteuid, "geteuid", NULL },
	{ SYS_getegid, "getegid", NULL },
	{ SYS_exit_group, "exit_group", NULL },
	{ SYS_ppoll, "ppoll", NULL },
	{ SYS_setitimer, "setitimer", "EPERM" },
	{ SYS_tee, "tee", "EMFILE ENOMEM" },
	{ SYS_recvfrom, "recvfrom", "ENOMEM" },
	{ SYS_uname, "uname", NULL },
	{ SYS_sysinfo, "sysinfo", NULL },
	{ SYS_unshare, "unshare", "ENOSPC" },
	{ SYS_execveat, "execveat", "ENOMEM EACCES" },
	{ SYS_dup3, "dup3", "EINTR" },
#if defined(__x86_64__)
	{ SYS_open, "open", "EMFILE+ EACCES" },
	{ SYS_access, "access", LOOKUP },
	{ SYS_readlink, "readlink", LOOKUP },
	{ SYS_mkdir, "mkdir", "ENOSPC EROFS" },
	{ SYS_rename, "rename", "EIO ENOSPC" },
	{ SYS_arch_prctl, "arch_prctl", NULL },
	{ SYS_pause, "pause", NULL },
	{ SYS_poll, "poll", "ENOMEM" },
	{ SYS_dup2, "dup2", "EINTR" },
#endif
};

static const struct call other_call = { -1, "other", "ENOMEM EPERM" };

static const struct {
	const char *name;
	int number;
} errors[] = {
	{ "EACCES", EACCES },
	{ "EAGAIN", EAGAIN },
	{ "EBADF", EBADF },
	{ "EINTR", EINTR },
	{ "ECONNREFUSED", ECONNREFUSED },
	{ "EIO", EIO },
	{ "EMFILE", EMFILE },
	{ "ENOLCK", ENOLCK },
	{ "ENOMEM", ENOMEM },
	{ "ENOSPC", ENOSPC },
	{ "ENOSYS", ENOSYS },
	{ "EOPNOTSUPP", EOPNOTSUPP },
	{ "EPERM", EPERM },
	{ "EPIPE", EPIPE },
	{ "EROFS", EROFS },
	{ "E2BIG", E2BIG },
};

#endif
