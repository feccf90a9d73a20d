/* SPDX-License-Identifier: Apache-2.0 */
/* Features and behaviour of the running kernel: see kernel_features.h. */
#include "guard/kernel_features.h"

#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/io.h"

int kernel_has_userns_hook(bool *ret_has, struct err *err)
{
	struct btf *btf = btf__load_vmlinux_btf();
	long error = libbpf_get_error(btf);

	*ret_has = false;
	if (error != 0 && access(KERNEL_BTF, R_OK) < 0 && errno == ENOENT)
		return 0;
	if (error != 0)
		return err_set_system(err, (int)-error, "cannot read " KERNEL_BTF);
	*ret_has = btf__find_by_name_kind(btf, "bpf_lsm_userns_create", BTF_KIND_FUNC) > 0;
	btf__free(btf);
	return 0;
}

bool kernel_error_passes(int error)
{
	return io_is_failure(error) || error == EAGAIN;
}

int kernel_has_kprobes(bool *ret_has, struct err *err)
{
	errno = 0; /* libbpf reports any error as a no, and leaves its errno */
	*ret_has = libbpf_probe_bpf_prog_type(BPF_PROG_TYPE_KPROBE, NULL) == 1;
	if (!*ret_has && kernel_error_passes(errno))
		return err_set_system(err, errno, "cannot ask the kernel for kprobes");
	return 0;
}

/* Since Linux 6.2, LSM programs always run. */
bool kernel_passes_over(enum abi_hook hook)
{
	unsigned int major = 0, minor = 0;
	struct utsname name;

	return hook != ABI_HOOK_LSM || uname(&name) < 0 ||
	       sscanf(name.release, "%u.%u", &major, &minor) != 2 || major < 6 ||
	       (major == 6 && minor < 2);
}
