/* SPDX-License-Identifier: Apache-2.0 */
/*
 * inject plan COMMAND...      lists the command's system calls, and how each can fail
 * inject N FAULT COMMAND...   runs it and makes the Nth call fail with FAULT
 * inject under HOW COMMAND... runs it with at most as=BYTES of address space, at most nofile=N
 *                             descriptors, or standard files closed: closed=012
 *
 * The command is static, so nothing can be preloaded into it; it is traced with ptrace(2) instead.
 * A call that must fail is replaced by one that does nothing, and its result by the error. FAULT is
 * an errno as in calls.h, `short` (a read or write of one byte; N 0: each one), or KILL (SIGKILL
 * instead of the call). With a + at its end, every later call that can fails the same way. The
 * calls of children count too. Tracing ends at a successful execve(2).
 *
 * The report goes to descriptor 3. plan: a line "N CALL ARG START FAULT..." for each call, where
 * START is 1 for calls that the C library makes before main(). Otherwise one line
 * "HIT CALL ARG START HOW CODE LEFT": HIT is 1 when the Nth call was reached; HOW and CODE are
 * "exit" and the status, "signal" and its number, or "hang" and 0; LEFT is the number of children
 * that outlive the command.
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include "calls.h"

#define REPORT_FD 3
#define SECONDS_MAX 60 /* enough on a busy machine, also when one byte is read at a time */
#define TRACEES_MAX 16

#if defined(__x86_64__)
#define ARG(regs, i) (*(i == 0 ? &(regs).rdi : i == 1 ? &(regs).rsi : &(regs).rdx))
#define RESULT(regs) ((regs).rax)
#elif defined(__aarch64__)
#define ARG(regs, i) ((regs).regs[i])
#define RESULT(regs) ((regs).regs[0])
#else
#error "tell where this machine keeps a system call's arguments"
#endif

/* A traced process. Between the two stops of a changed call it keeps the original registers. */
struct tracee {
	pid_t pid;
	const struct call *call; /* changed call, to restore at its end, or NULL */
	long result;		 /* replaces the result of the call; 1: keep it */
	struct user_regs_struct before;
};

static struct {
	bool plan;
	const char *under;    /* the condition, or NULL */
	unsigned long wanted; /* number of the call; 0: each one */
	char fault[32];
	bool lasting; /* fault ended in + */
	int error;    /* errno of the fault, or 0 */

	pid_t main_pid;
	struct tracee tracees[TRACEES_MAX];
	unsigned long n; /* calls so far */
	bool started;	 /* main() was reached */
	bool hit;
	char where[64];	   /* "CALL ARG START" of the call that failed */
	unsigned long top; /* last result of brk(2) */
	FILE *report;
} run;

static volatile sig_atomic_t timed_out;

static _Noreturn void die(const char *what)
{
	perror(what);
	exit(125);
}

static void on_alarm(int number)
{
	(void)number;
	timed_out = 1;
	kill(run.main_pid, SIGKILL);
}

static const struct call *find_call(uint64_t number)
{
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		if ((uint64_t)calls[i].number == number)
			return &calls[i];
	return &other_call;
}

static bool can_fail_so(const struct call *call, const char *fault)
{
	size_t len = strlen(fault);

	for (const char *p = call->faults; p != NULL && *p != '\0';
	     p += strcspn(p, " "), p += *p == ' ')
		if (strncmp(p, fault, len) == 0 && strchr(" +", p[len]) != NULL)
			return true;
	return false;
}

static void parse_fault(const char *text)
{
	size_t len = strcspn(text, "+");

	snprintf(run.fault, sizeof(run.fault), "%.*s", (int)len, text);
	run.lasting = text[len] == '+';
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
		if (strcmp(run.fault, errors[i].name) == 0)
			run.error = errors[i].number;
	if (run.error == 0 && strcmp(run.fault, "short") != 0 && strcmp(run.fault, "KILL") != 0) {
		fprintf(stderr, "inject: unknown fault %s\n", text);
		exit(125);
	}
}

static void get_regs(pid_t pid, struct user_regs_struct *regs)
{
	struct iovec iov = { regs, sizeof(*regs) };

	if (ptrace(PTRACE_GETREGSET, pid, NT_PRSTATUS, &iov) < 0 && errno != ESRCH)
		die("PTRACE_GETREGSET");
}

static void set_regs(pid_t pid, struct user_regs_struct *regs)
{
	struct iovec iov = { regs, sizeof(*regs) };

	if (ptrace(PTRACE_SETREGSET, pid, NT_PRSTATUS, &iov) < 0 && errno != ESRCH)
		die("PTRACE_SETREGSET");
}

/* Replaces the call by read(2) from descriptor -1: every filter allows it, and it does nothing. */
static void make_nothing(pid_t pid, struct user_regs_struct regs)
{
#if defined(__x86_64__)
	regs.orig_rax = SYS_read;
#else
	int number = SYS_read;
	struct iovec iov = { &number, sizeof(number) };

	ptrace(PTRACE_SETREGSET, pid, NT_ARM_SYSTEM_CALL, &iov);
#endif
	ARG(regs, 0) = (unsigned long)-1;
	set_regs(pid, &regs);
}

static bool is_wanted(const struct call *call)
{
	if (run.plan || run.under != NULL)
		return false;
	if (run.wanted == 0 || (run.lasting && run.n > run.wanted))
		return can_fail_so(call, run.fault);
	/* With a child running in parallel, the nth call may differ from the plan's. */
	return run.n == run.wanted &&
	       (strcmp(run.fault, "KILL") == 0 || can_fail_so(call, run.fault));
}

/* On failure brk(2) returns the current break, no error. */
static long failed_result(const struct call *call)
{
	return call->number == SYS_brk ? (long)run.top : -run.error;
}

static void fail_call(struct tracee *tracee, const struct call *call, const uint64_t args[6])
{
	struct user_regs_struct regs;

	if (call->number == SYS_brk && args[0] == 0)
		return;
	if (strcmp(run.fault, "KILL") == 0) {
		kill(tracee->pid, SIGKILL);
		return;
	}
	get_regs(tracee->pid, &tracee->before);
	tracee->call = call;
	if (run.error != 0) {
		tracee->result = failed_result(call);
		if (call->number != SYS_close) /* close(2) closes even when it returns an error */
			make_nothing(tracee->pid, tracee->before);
		return;
	}
	tracee->result = 1;
	regs = tracee->before;
	if (ARG(regs, 2) > 1)
		ARG(regs, 2) = 1;
	set_regs(tracee->pid, &regs);
}

static void call_begins(struct tracee *tracee, uint64_t number, const uint64_t args[6])
{
	const struct call *call = find_call(number);

	/* main() calls this first. */
	if (call->number == SYS_fcntl && args[0] == 0 && args[1] == F_GETFD)
		run.started = true;
	run.n++;
	if (run.plan) {
		fprintf(run.report, "%lu %s%s%.0lu %d %d %s\n", run.n, call->name,
			call == &other_call ? "-" : "",
			call == &other_call ? (unsigned long)number : 0, (int)args[0], !run.started,
			call->faults != NULL ? call->faults : "");
		return;
	}
	if (!is_wanted(call))
		return;
	if (!run.hit)
		snprintf(run.where, sizeof(run.where), "%s %d %d", call->name, (int)args[0],
			 !run.started);
	run.hit = true;
	fail_call(tracee, call, args);
}

/* Restores all registers except the result, since the program relies on them. */
static void call_ends(struct tracee *tracee, long result)
{
	if (tracee->call != NULL) {
		struct user_regs_struct regs = { 0 };

		get_regs(tracee->pid, &regs);
		for (int i = 0; i < 3; i++)
			ARG(regs, i) = ARG(tracee->before, i);
		RESULT(regs) =
			tracee->result == 1 ? (unsigned long)result : (unsigned long)tracee->result;
		set_regs(tracee->pid, &regs);
		tracee->call = NULL;
	}
}

static void at_call(struct tracee *tracee)
{
	struct __ptrace_syscall_info info = { 0 };
	static uint64_t number[TRACEES_MAX];
	uint64_t *own = &number[tracee - run.tracees];

	if (ptrace(PTRACE_GET_SYSCALL_INFO, tracee->pid, sizeof(info), &info) <= 0)
		return; /* killed meanwhile */
	if (info.op == PTRACE_SYSCALL_INFO_ENTRY) {
		*own = info.entry.nr;
		call_begins(tracee, info.entry.nr, (const uint64_t *)info.entry.args);
	} else if (info.op == PTRACE_SYSCALL_INFO_EXIT) {
		if (*own == SYS_brk && tracee->call == NULL)
			run.top = (unsigned long)info.exit.rval;
		call_ends(tracee, (long)info.exit.rval);
	}
}

static struct tracee *find_tracee(pid_t pid)
{
	struct tracee *room = NULL;

	for (size_t i = 0; i < TRACEES_MAX; i++) {
		if (run.tracees[i].pid == pid)
			return &run.tracees[i];
		if (run.tracees[i].pid == 0 && room == NULL)
			room = &run.tracees[i];
	}
	if (room == NULL)
		die("too many processes");
	*room = (struct tracee){ .pid = pid };
	return room;
}

/* Handles a stop of one process and resumes it. */
static void go_on(pid_t pid, int status)
{
	int number = WSTOPSIG(status), event = status >> 16;
	struct tracee *tracee = find_tracee(pid);

	if (number == (SIGTRAP | 0x80)) {
		at_call(tracee);
		number = 0;
	} else if (event == PTRACE_EVENT_EXEC) {
		ptrace(PTRACE_DETACH, pid, NULL, NULL);
		tracee->pid = 0;
		return;
	} else if (event != 0 || number == SIGSTOP) {
		number = 0;
	}
	ptrace(PTRACE_SYSCALL, pid, NULL, (long)number);
}

/* Returns how many processes do not end by themselves, once none did anything for a second. */
static unsigned int n_left(void)
{
	unsigned int n = 1;

	for (int idle = 0; n > 0 && idle < 5000 && !timed_out; idle++) {
		pid_t pid;
		int status;

		while ((pid = waitpid(-1, &status, __WALL | WNOHANG)) > 0) {
			idle = 0;
			if (WIFSTOPPED(status))
				go_on(pid, status);
			else
				find_tracee(pid)->pid = 0;
		}
		n = 0;
		for (size_t i = 0; i < TRACEES_MAX; i++)
			n += run.tracees[i].pid != 0;
		if (n > 0)
			usleep(200);
	}
	return n;
}

static int follow(void)
{
	int status = 0;
	pid_t pid;

	for (;;) {
		pid = waitpid(-1, &status, __WALL);
		if (pid < 0 && errno == EINTR)
			continue;
		if (pid < 0)
			die("waitpid");
		if (WIFSTOPPED(status)) {
			go_on(pid, status);
			continue;
		}
		find_tracee(pid)->pid = 0;
		if (pid == run.main_pid)
			return status;
	}
}

/* Runs in the process that becomes the command. */
static void set_condition(void)
{
	const char *value = strchr(run.under, '=') + 1;
	struct rlimit limit = { strtoul(value, NULL, 10), strtoul(value, NULL, 10) };

	if (strncmp(run.under, "closed=", 7) == 0)
		for (; *value != '\0'; value++)
			close(*value - '0');
	else if (setrlimit(run.under[0] == 'a' ? RLIMIT_AS : RLIMIT_NOFILE, &limit) < 0)
		_exit(125);
}

static void start(char **argv)
{
	int status;

	run.main_pid = fork();
	if (run.main_pid < 0)
		die("fork");
	if (run.main_pid == 0) {
		personality(ADDR_NO_RANDOMIZE); /* the same calls each time */
		fcntl(REPORT_FD, F_SETFD, FD_CLOEXEC);
		if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0 || raise(SIGSTOP) != 0)
			_exit(125);
		if (run.under != NULL)
			set_condition();
		execv(argv[0], argv);
		_exit(125);
	}
	if (waitpid(run.main_pid, &status, 0) < 0 || !WIFSTOPPED(status))
		die("waitpid");
	ptrace(PTRACE_SETOPTIONS, run.main_pid, NULL,
	       (long)(PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL | PTRACE_O_TRACEEXEC |
		      PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE));
	ptrace(PTRACE_CONT, run.main_pid, NULL, NULL);
	if (waitpid(run.main_pid, &status, 0) < 0 || !WIFSTOPPED(status)) {
		if (run.under != NULL) {
			fprintf(run.report, "1 under 0 1 exit 125 0\n"); /* no execve(2) */
			exit(0);
		}
		fprintf(stderr, "inject: cannot start %s\n", argv[0]);
		exit(125);
	}
	find_tracee(run.main_pid);
	ptrace(PTRACE_SYSCALL, run.main_pid, NULL, NULL);
}

int main(int argc, char **argv)
{
	int skip, status;

	run.plan = argc > 2 && strcmp(argv[1], "plan") == 0;
	skip = run.plan ? 2 : 3;
	run.report = fdopen(REPORT_FD, "w");
	if (argc <= skip || run.report == NULL) {
		fprintf(stderr, "usage: inject plan|N FAULT COMMAND... 3>REPORT\n");
		return 125;
	}
	if (strcmp(argv[1], "under") == 0) {
		run.under = strchr(argv[2], '=') != NULL ? argv[2] : "as=0";
		run.hit = true;
	} else if (!run.plan) {
		run.wanted = strtoul(argv[1], NULL, 10);
		parse_fault(argv[2]);
	}
	signal(SIGALRM, on_alarm);
	start(argv + skip);
	alarm(SECONDS_MAX);
	status = follow();
	if (run.under != NULL)
		snprintf(run.where, sizeof(run.where), "under 0 %d", !run.started);
	if (!run.plan)
		fprintf(run.report, "%d %s %s %d %u\n", run.hit,
			run.where[0] != '\0' ? run.where : "none 0 0",
			timed_out	      ? "hang"
			: WIFSIGNALED(status) ? "signal"
					      : "exit",
			timed_out	      ? 0
			: WIFSIGNALED(status) ? WTERMSIG(status)
					      : WEXITSTATUS(status),
			n_left());
	return 0;
}
