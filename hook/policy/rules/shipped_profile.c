/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The shipped seccomp profile of rule seccompProfile: a list of the calls that ordinary programs
 * use. Any other call fails as if the kernel lacked it (ENOSYS), which programs know from older
 * kernels. Not on the list: modules, kexec, mounts, namespaces, keys, bpf, perf, userfaultfd,
 * io_uring, clocks, swap, ports, files by handle, the memory of other processes by process_vm_*.
 * ptrace stays, for debuggers: since Linux 4.8 it cannot bypass a filter. Runtimes ignore names
 * that an architecture lacks.
 */
#include "shipped_profile.h"

#include <string.h>

#include "base/cleanup.h"
#include "oci/seccomp.h"

/* CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET. Only clone3 has NEWTIME. */
#define NEW_NAMESPACES 0x7e020000U

/* Values of personality(2) that start no old executable: PER_LINUX, PER_LINUX32, and the query. */
static const unsigned int personalities[] = { 0x0, 0x8, 0x20000, 0x20008, 0xffffffff };

/* Stored in place, since pointers would be relocated whenever a container starts. */
/* clang-format off */
static const char allowed[][32] = {
	/* Files and directories. */
	"access", "arm_fadvise64_64", "arm_sync_file_range", "cachestat", "chdir", "chmod",
	"chown", "chown32", "close", "close_range", "copy_file_range", "creat", "dup", "dup2",
	"dup3", "faccessat", "faccessat2", "fadvise64", "fadvise64_64", "fallocate", "fchdir",
	"fchmod", "fchmodat", "fchmodat2", "fchown", "fchown32", "fchownat", "fcntl", "fcntl64",
	"fdatasync", "fgetxattr", "flistxattr", "flock", "fremovexattr", "fsetxattr", "fstat",
	"fstat64", "fstatat64", "fstatfs", "fstatfs64", "fsync", "ftruncate", "ftruncate64",
	"futimesat", "getcwd", "getdents", "getdents64", "getxattr", "inotify_add_watch",
	"inotify_init", "inotify_init1", "inotify_rm_watch", "ioctl", "lchown", "lchown32",
	"lgetxattr", "link", "linkat", "listxattr", "llistxattr", "_llseek", "lremovexattr",
	"lseek", "lsetxattr", "lstat", "lstat64", "mkdir", "mkdirat", "mknod", "mknodat",
	"newfstatat", "open", "openat", "openat2", "pipe", "pipe2", "pread64", "preadv",
	"preadv2", "pwrite64", "pwritev", "pwritev2", "read", "readahead", "readdir", "readlink",
	"readlinkat", "readv", "removexattr", "rename", "renameat", "renameat2", "rmdir",
	"sendfile", "sendfile64", "setxattr", "splice", "stat", "stat64", "statfs", "statfs64",
	"statx", "symlink", "symlinkat", "sync", "sync_file_range", "sync_file_range2", "syncfs",
	"tee", "truncate", "truncate64", "umask", "unlink", "unlinkat", "utime", "utimensat",
	"utimensat_time64", "utimes", "write", "writev",
	/* Memory. */
	"brk", "get_mempolicy", "madvise", "map_shadow_stack", "membarrier", "memfd_create",
	"mincore", "mlock", "mlock2", "mlockall", "mmap", "mmap2", "mprotect", "mremap", "mseal",
	"msync", "munlock", "munlockall", "munmap", "pkey_alloc", "pkey_free", "pkey_mprotect",
	"remap_file_pages",
	/* Processes and threads. */
	"arch_prctl", "cacheflush", "capget", "capset", "chroot", "execve", "execveat", "exit",
	"exit_group", "fork", "futex", "futex_requeue", "futex_time64", "futex_wait",
	"futex_waitv", "futex_wake", "get_robust_list", "get_thread_area", "getcpu", "getpgid",
	"getpgrp", "getpid", "getppid", "getpriority", "getrlimit", "getrusage", "getsid",
	"gettid", "kill", "pause", "pidfd_open", "pidfd_send_signal", "prctl", "prlimit64",
	"process_mrelease", "ptrace", "restart_syscall", "riscv_flush_icache", "riscv_hwprobe",
	"rseq", "rt_sigaction", "rt_sigpending", "rt_sigprocmask", "rt_sigqueueinfo",
	"rt_sigreturn", "rt_sigsuspend", "rt_sigtimedwait", "rt_sigtimedwait_time64",
	"rt_tgsigqueueinfo", "sched_get_priority_max", "sched_get_priority_min",
	"sched_getaffinity", "sched_getattr", "sched_getparam", "sched_getscheduler",
	"sched_rr_get_interval", "sched_rr_get_interval_time64", "sched_setaffinity",
	"sched_setattr", "sched_setparam", "sched_setscheduler", "sched_yield",
	"set_robust_list", "set_thread_area", "set_tid_address", "set_tls", "setpgid",
	"setpriority", "setrlimit", "setsid", "sigaction", "sigaltstack", "signal", "signalfd",
	"signalfd4", "sigpending", "sigprocmask", "sigreturn", "sigsuspend", "tgkill", "tkill",
	"ugetrlimit", "vfork", "wait4", "waitid", "waitpid",
	/* Identity. */
	"getegid", "getegid32", "geteuid", "geteuid32", "getgid", "getgid32", "getgroups",
	"getgroups32", "getresgid", "getresgid32", "getresuid", "getresuid32", "getuid",
	"getuid32", "setfsgid", "setfsgid32", "setfsuid", "setfsuid32", "setgid", "setgid32",
	"setgroups", "setgroups32", "setregid", "setregid32", "setresgid", "setresgid32",
	"setresuid", "setresuid32", "setreuid", "setreuid32", "setuid", "setuid32",
	/* Time, waiting and other queries. */
	"alarm", "clock_getres", "clock_getres_time64", "clock_gettime", "clock_gettime64",
	"clock_nanosleep", "clock_nanosleep_time64", "epoll_create", "epoll_create1",
	"epoll_ctl", "epoll_pwait", "epoll_pwait2", "epoll_wait", "eventfd", "eventfd2",
	"getitimer", "getrandom", "gettimeofday", "nanosleep", "_newselect", "oldolduname",
	"olduname", "poll", "ppoll", "ppoll_time64", "pselect6", "pselect6_time64", "select",
	"setitimer", "sysinfo", "time", "timer_create", "timer_delete", "timer_getoverrun",
	"timer_gettime", "timer_gettime64", "timer_settime", "timer_settime64", "timerfd_create",
	"timerfd_gettime", "timerfd_gettime64", "timerfd_settime", "timerfd_settime64", "times",
	"uname",
	/* Asynchronous input and output. */
	"io_cancel", "io_destroy", "io_getevents", "io_pgetevents", "io_pgetevents_time64",
	"io_setup", "io_submit", "ioprio_get", "ioprio_set",
	/* Sockets and IPC. */
	"accept", "accept4", "bind", "connect", "getpeername", "getsockname", "getsockopt",
	"ipc", "listen", "mq_getsetattr", "mq_notify", "mq_open", "mq_timedreceive",
	"mq_timedreceive_time64", "mq_timedsend", "mq_timedsend_time64", "mq_unlink", "msgctl",
	"msgget", "msgrcv", "msgsnd", "recv", "recvfrom", "recvmmsg", "recvmmsg_time64",
	"recvmsg", "semctl", "semget", "semop", "semtimedop", "semtimedop_time64", "send",
	"sendmmsg", "sendmsg", "sendto", "setsockopt", "shmat", "shmctl", "shmdt", "shmget",
	"shutdown", "socket", "socketcall", "socketpair",
	/* Giving up rights. */
	"landlock_add_rule", "landlock_create_ruleset", "landlock_restrict_self", "seccomp",
};
/* clang-format on */

/* Is the call denied, or does it multiplex a denied call on some architecture? */
static bool is_denied(const char *call, const struct str *deny, size_t n)
{
	size_t len = strlen(call);

	for (size_t i = 0; i < n; i++)
		if (deny[i].len == len && memcmp(deny[i].data, call, len) == 0)
			return true;
	if (strcmp(call, "ipc") != 0 && strcmp(call, "socketcall") != 0)
		return false;
	for (size_t i = 0; i < n; i++) {
		const char *by = oci_seccomp_multiplexer(deny[i]);

		if (by != NULL && strcmp(by, call) == 0)
			return true;
	}
	return false;
}

static void add_allowed(struct buf *text, const struct str *deny, size_t n)
{
	bool any = false;

	for (size_t i = 0; i < ARRAY_SIZE(allowed); i++) {
		if (is_denied(allowed[i], deny, n))
			continue;
		buf_add(text, any ? ",\"" : "{\"names\":[\"", any ? 2 : strlen("{\"names\":[\""));
		buf_add(text, allowed[i], strlen(allowed[i]));
		buf_add(text, "\"", 1);
		any = true;
	}
	if (any)
		buf_printf(text, "],\"action\":\"SCMP_ACT_ALLOW\"}");
}

/* Separates two entries. */
static void add_comma(struct buf *text)
{
	if (text->data[text->len - 1] == '}')
		buf_add(text, ",", 1);
}

const char *seccomp_profile(struct arena *arena, const struct str *deny, size_t n)
{
	auto_buf struct buf text = { 0 };

	buf_printf(
		&text,
		"{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"defaultErrnoRet\":38,\"architectures\":" ARCHITECTURES
		",\"syscalls\":[");
	add_allowed(&text, deny, n);
	if (!is_denied("clone", deny, n)) {
		add_comma(&text);
		buf_printf(
			&text,
			"{\"names\":[\"clone\"],\"action\":\"SCMP_ACT_ALLOW\",\"args\":[{\"index\":%u,\"value\":%u,\"valueTwo\":0,\"op\":\"SCMP_CMP_MASKED_EQ\"}]}",
			(unsigned int)CLONE_FLAGS, NEW_NAMESPACES);
	}
	for (size_t i = 0; i < ARRAY_SIZE(personalities) && !is_denied("personality", deny, n);
	     i++) {
		add_comma(&text);
		buf_printf(
			&text,
			"{\"names\":[\"personality\"],\"action\":\"SCMP_ACT_ALLOW\",\"args\":[{\"index\":0,\"value\":%u,\"op\":\"SCMP_CMP_EQ\"}]}",
			personalities[i]);
	}
	buf_printf(&text, "]}");
	return arena_copy(arena, text.data, text.len);
}
