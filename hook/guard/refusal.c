/* SPDX-License-Identifier: Apache-2.0 */
/* Says why the kernel refuses a hook, and what helps: see refusal.h. */
#include "guard/refusal.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "guard/kernel_features.h"

#define LSM_LIST "/sys/kernel/security/lsm"

/* libbpf's callback has no data pointer, and only its text tells which system call failed. */
static char libbpf_said[256];

__attribute__((format(printf, 2, 0))) static int libbpf_listen(enum libbpf_print_level level,
							       const char *format, va_list args)
{
	char line[sizeof(libbpf_said)];

	if (level != LIBBPF_WARN)
		return 0;
	vsnprintf(line, sizeof(line), format, args);
	line[strcspn(line, "\n")] = '\0';
	if (libbpf_said[0] == '\0') /* the first complaint is the cause */
		snprintf(libbpf_said, sizeof(libbpf_said), "%s", line);
	return 0;
}

static bool said(const char *words)
{
	return strstr(libbpf_said, words) != NULL;
}

void refusal_listen(void)
{
	libbpf_said[0] = '\0';
	libbpf_set_print(libbpf_listen);
}

/* Explains why loading failed and what helps. libbpf reports everything as one negative errno. */
void refusal_to_load(enum abi_hook hook, const char *name, int error, struct err *err)
{
	if (kernel_error_passes(error))
		err_set_system(err, error, "cannot load %s (%s)", name, libbpf_said);
	else if (access(KERNEL_BTF, R_OK) < 0 && errno == ENOENT)
		err_set(err, error, EXIT_GUARD,
			"%s: the kernel has no BTF in " KERNEL_BTF
			": use a kernel built with CONFIG_DEBUG_INFO_BTF",
			name);
	else if (said("rror loading vmlinux BTF") || said("failed to find valid kernel BTF"))
		err_set(err, error, EXIT_SYSTEM, "%s: the kernel's BTF cannot be read: %s", name,
			strerror(error));
	else if (error == ESRCH)
		err_set(err, error, EXIT_GUARD, "%s: this kernel has no such hook: use %s", name,
			hook == ABI_HOOK_LSM ? "one built with CONFIG_BPF_LSM" : "a newer one");
	else if (said("map '"))
		err_set(err, error, EXIT_GUARD, "bpf(BPF_MAP_CREATE) for %s: %s", name,
			strerror(error));
	else if (error == EPERM && hook == ABI_HOOK_LSM)
		err_set(err, error, EXIT_GUARD,
			"bpf(BPF_PROG_LOAD) of the LSM program %s: Operation not permitted; this kernel forbids BPF LSM programs even to root: use one that allows them",
			name);
	else if (error == EPERM)
		err_set(err, error, EXIT_GUARD, "bpf(BPF_PROG_LOAD) of %s: Operation not permitted",
			name);
	else
		err_set(err, error, EXIT_GUARD, "bpf(BPF_PROG_LOAD) of %s: %s (%s)", name,
			strerror(error), libbpf_said);
}

void refusal_to_call(enum abi_hook hook, const char *name, struct err *err)
{
	auto_close int fd = open(LSM_LIST, O_RDONLY | O_CLOEXEC);
	char list[256] = "";
	ssize_t len = fd < 0 ? -1 : read(fd, list, sizeof(list) - 1);

	if (hook != ABI_HOOK_LSM)
		err_set(err, ENOSYS, EXIT_GUARD, "%s: attached, but a trial execve was not stopped",
			name);
	else if (len > 0)
		err_set(err, ENOSYS, EXIT_GUARD,
			"'bpf' is not in " LSM_LIST
			" (%s): add lsm=%s,bpf to the kernel command line",
			list, list);
	else
		err_set(err, ENOSYS, EXIT_GUARD,
			"%s: attached, but not called: 'bpf' is not in the active LSM list: add it to lsm= on the kernel command line",
			name);
}
