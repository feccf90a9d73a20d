/* SPDX-License-Identifier: Apache-2.0 */
/* Features and behaviour of the running kernel: see kernel_features.h. */
#include "guard/kernel_features.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/io.h"

/* *ret_btf is NULL if the kernel has none. */
static int btf_read(struct btf **ret_btf, struct err *err)
{
	struct btf *btf = btf__load_vmlinux_btf();
	long error = libbpf_get_error(btf);

	*ret_btf = NULL;
	if (error != 0 && access(KERNEL_BTF, R_OK) < 0 && errno == ENOENT)
		return 0;
	if (error != 0)
		return err_set_system(err, (int)-error, "cannot read " KERNEL_BTF);
	*ret_btf = btf;
	return 0;
}

int kernel_has_userns_hook(bool *ret_has, struct err *err)
{
	struct btf *btf;
	int error = btf_read(&btf, err);

	*ret_has = error == 0 && btf != NULL &&
		   btf__find_by_name_kind(btf, "bpf_lsm_userns_create", BTF_KIND_FUNC) > 0;
	btf__free(btf);
	return error;
}

/* Returns a program at the entry of the function, or -errno. */
static int fentry_try(const struct btf *btf, const char *function)
{
	const struct bpf_insn program[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	int id = btf != NULL ? btf__find_by_name_kind(btf, function, BTF_KIND_FUNC) : -ENOENT;
	LIBBPF_OPTS(bpf_prog_load_opts, options, .expected_attach_type = BPF_TRACE_FENTRY,
		    .attach_btf_id = (__u32)id);

	if (id < 0)
		return -ENOENT;
	return bpf_prog_load(BPF_PROG_TYPE_TRACING, "rootfence_try", "GPL", program,
			     ARRAY_SIZE(program), &options);
}

int kernel_shows_release(bool *ret_shows, struct err *err)
{
	static const char *const functions[] = { "__ptrace_unlink", "dequeue_signal" };
	struct btf *btf;
	int error = btf_read(&btf, err);

	*ret_shows = error == 0;
	for (size_t i = 0; *ret_shows && i < ARRAY_SIZE(functions); i++) {
		auto_close int fd = fentry_try(btf, functions[i]);

		*ret_shows = fd >= 0;
		if (fd < 0 && kernel_error_passes(-fd))
			error = err_set_system(err, -fd, "cannot try a program at %s",
					       functions[i]);
	}
	btf__free(btf);
	return error;
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
