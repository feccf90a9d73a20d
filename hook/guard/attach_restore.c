/* SPDX-License-Identifier: Apache-2.0 */
/* The programs that hold restored containers: all of them, or none. See bpf/restore.h. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>

#include "base/cleanup.h"
#include "guard/attachment.h"

#include "guard.skel.h"

#define PROGRAMS 3

/* The one that condemns comes last, so that no thread is condemned in vain. */
static void restore_programs(struct guard_bpf *skeleton, struct bpf_program *ret_programs[PROGRAMS])
{
	ret_programs[0] = skeleton->progs.guard_first_step;
	ret_programs[1] = skeleton->progs.guard_first_signal;
	ret_programs[2] = skeleton->progs.guard_release;
}

void restore_choose(struct guard_bpf *skeleton, bool load)
{
	struct bpf_program *programs[PROGRAMS];

	restore_programs(skeleton, programs);
	for (size_t i = 0; i < ARRAY_SIZE(programs); i++)
		bpf_program__set_autoload(programs[i], load);
}

int restore_add(struct attachment *attachment, struct err *err)
{
	static const char *const names[PROGRAMS] = { "link_step", "link_signal", "link_release" };
	struct bpf_program *programs[PROGRAMS];

	restore_programs(attachment->skeleton, programs);
	for (size_t i = 0; i < ARRAY_SIZE(programs); i++) {
		int ret = bpf_program__autoload(programs[i])
				  ? link_add(attachment, programs[i], names[i], err)
				  : -ENOENT;

		if (ret < 0)
			return ret == -ENOENT || err->exit != EXIT_SYSTEM ? 0 : ret;
	}
	attachment->restores = true;
	return 0;
}
