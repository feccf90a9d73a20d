/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What comes before libc: see handover.h. Nothing is set up: pointers in tables are not relocated, so
 * tables are of characters; there is no thread, so no errno and no stack protector; and no function
 * of another file can be called, nor one that a compiler puts in (tests/build.sh looks).
 */
#include "handover.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "real_runtime.h"

/* Each with a value, behind = or as the next word. */
static const char value_options[][18] = {
	"--root", "--log", "--log-format", "--log-level", "--cgroup-manager", "--criu", "--rootless"
};
static const char flag_options[][18] = { "--systemd-cgroup", "--debug" };
static const char verbs[][10] = { "state", "start",  "kill",   "delete", "ps",	    "events",
				  "pause", "resume", "update", "list",	 "features" };

/* What stands in the word behind its beginning; NULL: it begins otherwise. */
static const char *behind(const char *word, const char *beginning)
{
	while (*beginning != '\0')
		if (*word++ != *beginning++)
			return NULL;
	return word;
}

static bool same(const char *a, const char *b)
{
	const char *rest = behind(a, b);

	return rest != NULL && *rest == '\0';
}

/* RUNTIME_DEFAULT: a name under which the runtime is looked for elsewhere. */
static enum runtime_kind kind_of(const char *name)
{
	const char *base = name;

	for (; *name != '\0'; name++)
		if (*name == '/')
			base = name + 1;
	if (same(base, "runc"))
		return RUNTIME_RUNC;
	return same(base, "crun") ? RUNTIME_CRUN : RUNTIME_DEFAULT;
}

/* What follows a global option and its value; NULL: it is none, or not a plain one. */
static char *const *behind_option(char *const *words)
{
	for (size_t i = 0; i < ARRAY_SIZE(flag_options); i++)
		if (same(words[0], flag_options[i]))
			return words + 1;
	for (size_t i = 0; i < ARRAY_SIZE(value_options); i++) {
		const char *rest = behind(words[0], value_options[i]), *value = words[1];

		if (rest == NULL)
			continue;
		if (rest[0] == '=' && rest[1] != '\0')
			return words + 1;
		if (rest[0] == '\0' && value != NULL && value[0] != '-' && value[0] != '\0')
			return words + 2;
	}
	return NULL;
}

bool handover_takes(char *const *argv)
{
	if (argv[0] == NULL || kind_of(argv[0]) == RUNTIME_DEFAULT)
		return false;
	for (char *const *words = argv + 1; words != NULL && words[0] != NULL;
	     words = behind_option(words))
		for (size_t i = 0; i < ARRAY_SIZE(verbs); i++)
			if (same(words[0], verbs[i]))
				return true;
	return false;
}

#ifdef __x86_64__

/* The kernel's own answer: -errno on an error. */
static long system_call(long number, long a, const void *b, long c, long d, void *e)
{
	register long r10 __asm__("r10") = d;
	register void *r8 __asm__("r8") = e;
	long result;

	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8)
			 : "rcx", "r11", "memory");
	return result;
}

static long get_file(int directory, const char *path, struct statx *ret_file)
{
	return system_call(SYS_statx, directory, path, path[0] == '\0' ? AT_EMPTY_PATH : 0,
			   STATX_BASIC_STATS, ret_file);
}

/* A file that nobody else can change, and no rootfence. */
static bool is_runtime(int fd)
{
	char page[RUNTIME_MARK_WITHIN];
	struct statx file;
	long len;

	if (get_file(fd, "", &file) != 0 || (file.stx_mode & S_IFMT) != S_IFREG ||
	    file.stx_uid != 0 || (file.stx_mode & (S_IWGRP | S_IWOTH)) != 0)
		return false;
	len = system_call(SYS_read, fd, page, sizeof(page), 0, NULL);
	return len > 0 && !runtime_has_mark(page, (size_t)len);
}

/*
 * The first of the usual paths where anything is. NULL, and main() looks again: there is a
 * configuration, or something about the file may be wrong.
 */
static const char *find_real(enum runtime_kind kind)
{
	struct statx setup;

	if (get_file(AT_FDCWD, RUNTIME_SETUP_FILE, &setup) != -ENOENT)
		return NULL;
	for (size_t i = 0; runtime_usual_paths[kind][i][0] != '\0'; i++) {
		const char *path = runtime_usual_paths[kind][i];
		long fd = system_call(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK,
				      0, NULL);
		bool is;

		if (fd == -ENOENT || fd == -ENOTDIR)
			continue;
		if (fd < 0)
			return NULL;
		is = is_runtime((int)fd);
		system_call(SYS_close, fd, NULL, 0, 0, NULL);
		if (!is || system_call(SYS_faccessat2, AT_FDCWD, path, X_OK, AT_EACCESS, NULL) != 0)
			return NULL;
		return path;
	}
	return NULL;
}

/* Of the kernel's making: the number of words, the words, NULL, the environment, NULL. */
__attribute__((used)) static void hand_over(intptr_t *stack)
{
	char **argv = (char **)(stack + 1), **environment = argv + stack[0] + 1;
	const char *real = handover_takes(argv) ? find_real(kind_of(argv[0])) : NULL;

	if (real != NULL)
		system_call(SYS_execve, (long)real, argv, (long)environment, 0, NULL);
}

/* Where the program starts. Back from hand_over(), libc's _start finds stack and rdx as they were. */
__asm__(".text\n"
	".globl handover_start\n"
	".type handover_start, @function\n"
	"handover_start:\n"
	"	endbr64\n"
	"	xor %ebp, %ebp\n"
	"	mov %rsp, %rbx\n"
	"	mov %rsp, %rdi\n"
	"	and $-16, %rsp\n"
	"	call hand_over\n"
	"	mov %rbx, %rsp\n"
	"	xor %edx, %edx\n"
	"	jmp _start\n"
	".size handover_start, . - handover_start\n");

#endif
