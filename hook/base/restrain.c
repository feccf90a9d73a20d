/* SPDX-License-Identifier: Apache-2.0 */
/* See restrain.h. restrain_filters.c makes the filters when rootfence is built. */
#include "restrain.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/cleanup.h"

#include "restrain_filters.h"

#define FILTER_MAX 256 /* instructions */

static const struct {
	const struct sock_filter *filter;
	unsigned short len;
	rlim_t seconds;
} roles[] = {
	[RESTRAIN_FILES] = { filter_files, ARRAY_SIZE(filter_files), RESTRAIN_FILES_SECONDS },
	[RESTRAIN_HOST] = { filter_host, ARRAY_SIZE(filter_host), RESTRAIN_FILES_SECONDS },
	[RESTRAIN_PRECREATE] = { filter_precreate, ARRAY_SIZE(filter_precreate),
				 RESTRAIN_HOOK_SECONDS },
	[RESTRAIN_CREATE_RUNTIME] = { filter_create_runtime, ARRAY_SIZE(filter_create_runtime),
				      RESTRAIN_HOOK_SECONDS },
	[RESTRAIN_POSTSTOP] = { filter_poststop, ARRAY_SIZE(filter_poststop),
				RESTRAIN_HOOK_SECONDS },
};

_Static_assert(ARRAY_SIZE(filter_files) <= FILTER_MAX && ARRAY_SIZE(filter_host) <= FILTER_MAX &&
		       ARRAY_SIZE(filter_precreate) <= FILTER_MAX &&
		       ARRAY_SIZE(filter_create_runtime) <= FILTER_MAX &&
		       ARRAY_SIZE(filter_poststop) <= FILTER_MAX,
	       "there is room for each filter");

static int scratch = -1;

int restrain_scratch(void)
{
	return scratch;
}

static int failed(const char *what, struct err *err)
{
	return err_set_system(err, errno, "cannot restrain this process: %s", what);
}

/* Only lowers a limit, since an existing lower one may have its reason. */
static int limit(int resource, rlim_t most)
{
	struct rlimit now;

	if (getrlimit(resource, &now) < 0)
		return -1;
	if (now.rlim_cur <= most)
		return 0;
	now.rlim_cur = most;
	return setrlimit(resource, &now);
}

static _Noreturn void out_of_time(int signal)
{
	static const char text[] = "rootfence: out of processor time; nothing was started\n";
	ssize_t ignored = write(STDERR_FILENO, text, sizeof(text) - 1);

	(void)signal;
	(void)ignored;
	_exit(EXIT_SYSTEM);
}

static int set_limits(rlim_t seconds)
{
	if (limit(RLIMIT_CORE, 0) < 0 || limit(RLIMIT_NOFILE, RESTRAIN_FDS_MAX) < 0 ||
	    limit(RLIMIT_AS, RESTRAIN_MEMORY_MAX) < 0 || limit(RLIMIT_CPU, seconds) < 0)
		return -1;
	return signal(SIGXCPU, out_of_time) == SIG_ERR ? -1 : 0;
}

static int set_filter(const struct sock_filter *filter, unsigned short len, int last_fd)
{
	struct sock_filter own[FILTER_MAX];
	const struct sock_fprog program = { len, own };

	memcpy(own, filter, len * sizeof(*own));
	for (unsigned short i = 0; i < len; i++)
		if (own[i].k == RESTRAIN_LAST_FD)
			own[i].k = (__u32)last_fd;
	return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program);
}

/*
 * The scratch file takes the lowest free number. All descriptors below it are open already, and
 * later ones get higher numbers.
 */
int restrain(enum restrain_role role, struct err *err)
{
	scratch = memfd_create("rootfence", MFD_CLOEXEC);
	if (scratch < 0)
		return failed("memfd_create", err);
#ifdef ROOTFENCE_SANITIZED
	return 0; /* sanitizers need more calls and memory than the program */
#endif
	if (set_limits(roles[role].seconds) < 0)
		return failed("setrlimit", err);
	if (prctl(PR_SET_DUMPABLE, 0) < 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return failed("prctl", err);
	if (set_filter(roles[role].filter, roles[role].len, scratch) < 0)
		return failed("seccomp", err);
	return 0;
}

/* The engine's signal mask and dispositions are inherited, and could disarm the limits. */
static int arm_signals(void)
{
	const struct itimerval end = { .it_value.tv_sec = RESTRAIN_CHILD_SECONDS };
	sigset_t limits;

	sigemptyset(&limits);
	sigaddset(&limits, SIGXCPU);
	sigaddset(&limits, SIGALRM);
	if (signal(SIGALRM, SIG_DFL) == SIG_ERR || sigprocmask(SIG_UNBLOCK, &limits, NULL) < 0)
		return -1;
	return setitimer(ITIMER_REAL, &end, NULL);
}

int restrain_child(pid_t parent, struct err *err)
{
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
		return failed("prctl", err);
	if (getppid() != parent)
		return err_set(err, ESRCH, EXIT_SYSTEM,
			       "the process that judges for this one ended");
#ifdef ROOTFENCE_SANITIZED
	return 0; /* sanitizers need more memory than the program */
#endif
	if (arm_signals() < 0)
		return failed("setitimer", err);
	if (limit(RLIMIT_CORE, 0) < 0 || limit(RLIMIT_AS, RESTRAIN_MEMORY_MAX) < 0 ||
	    limit(RLIMIT_CPU, RESTRAIN_HOOK_SECONDS) < 0 || signal(SIGXCPU, out_of_time) == SIG_ERR)
		return failed("setrlimit", err);
	if (prctl(PR_SET_DUMPABLE, 0) < 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return failed("prctl", err);
	return 0;
}
