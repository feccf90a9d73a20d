/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Loads, attaches and pins the guard's programs at the best hook there is: see attach.h. The table
 * has the level of each hook; selftest.c proves that it is in force, refusal.c says why it is not.
 */
#include "guard/attach.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "guard/attachment.h"
#include "guard/guard.h"
#include "guard/kernel_features.h"
#include "guard/pins.h"
#include "guard/refusal.h"
#include "guard/selftest.h"

#include "guard.skel.h"

struct candidate {
	enum abi_hook hook;
	const char *arg; /* its name for guard_load() */
	const char *name;
	enum guard_level level;
};

static const struct candidate candidates[] = {
	{ ABI_HOOK_LSM, "lsm", "lsm/bprm_creds_from_file", GUARD_DENY },
	{ ABI_HOOK_PREPARE, "prepare", "tp_btf/sched_prepare_exec", GUARD_KILL },
	{ ABI_HOOK_COMMIT, "commit", "fentry/security_bprm_committing_creds", GUARD_KILL },
	{ ABI_HOOK_EXEC, "exec", "tp_btf/sched_process_exec", GUARD_KILL },
};

static struct bpf_program *program_of(struct guard_bpf *skeleton, enum abi_hook hook)
{
	switch (hook) {
	case ABI_HOOK_LSM:
		return skeleton->progs.guard_lsm;
	case ABI_HOOK_PREPARE:
		return skeleton->progs.guard_prepare;
	case ABI_HOOK_COMMIT:
		return skeleton->progs.guard_commit;
	case ABI_HOOK_EXEC:
		return skeleton->progs.guard_exec;
	case ABI_HOOK_USERNS:
		return skeleton->progs.guard_userns;
	default:
		return NULL;
	}
}

static void maps_list(const struct guard_bpf *skeleton, struct bpf_map *ret_maps[PIN_MAPS])
{
	ret_maps[PIN_CONTAINERS] = skeleton->maps.containers;
	ret_maps[PIN_ROSTER] = skeleton->maps.roster;
	ret_maps[PIN_RESTORES] = skeleton->maps.restores;
	ret_maps[PIN_RULES] = skeleton->maps.rules;
	ret_maps[PIN_READERS] = skeleton->maps.readers;
	ret_maps[PIN_LOST] = skeleton->maps.lost;
	ret_maps[PIN_RECENT] = skeleton->maps.recent;
	ret_maps[PIN_STATS] = skeleton->maps.stats;
	ret_maps[PIN_HOST] = skeleton->maps.host;
	ret_maps[PIN_EXEMPT] = skeleton->maps.exempt;
	ret_maps[PIN_UNREGISTERED] = skeleton->maps.unregistered;
	ret_maps[PIN_META] = skeleton->maps.meta;
}

/* libbpf refuses a map of another type or size; no guard of this ABI has one. */
static int maps_share(struct guard_bpf *skeleton, const int shared[PIN_META], struct err *err)
{
	struct bpf_map *maps[PIN_MAPS];

	maps_list(skeleton, maps);
	for (int i = 0; i < PIN_META; i++) {
		/* libbpf keeps a copy of the descriptor */
		int ret = shared[i] < 0 ? 0 : bpf_map__reuse_fd(maps[i], shared[i]);

		if (ret < 0)
			return err_set_system(err, -ret, "cannot reuse the loaded guard's %s",
					      bpf_map__name(maps[i]));
	}
	return 0;
}

static int skeleton_load(const struct candidate *candidate, const int *shared, bool restores,
			 struct guard_bpf **ret_skeleton, struct err *err)
{
	static const enum abi_hook hooks[] = { ABI_HOOK_LSM, ABI_HOOK_PREPARE, ABI_HOOK_COMMIT,
					       ABI_HOOK_EXEC, ABI_HOOK_USERNS };
	struct guard_bpf *skeleton;
	bool has_userns_hook = false, has_kprobes = false;
	int ret = 0;

	if (candidate->hook == ABI_HOOK_LSM)
		ret = kernel_has_userns_hook(&has_userns_hook, err);
	if (ret < 0)
		return ret;
	skeleton = guard_bpf__open();
	if (skeleton == NULL)
		return err_set_system(err, errno, "cannot read the kernel guard's programs");
	for (size_t i = 0; i < ARRAY_SIZE(hooks); i++)
		bpf_program__set_autoload(program_of(skeleton, hooks[i]),
					  hooks[i] == candidate->hook);
	if (candidate->hook == ABI_HOOK_LSM)
		bpf_program__set_autoload(skeleton->progs.guard_userns, has_userns_hook);
	restore_choose(skeleton, restores);
	if (kernel_passes_over(candidate->hook))
		ret = kernel_has_kprobes(&has_kprobes, err);
	bpf_program__set_autoload(skeleton->progs.guard_catch, has_kprobes);
	if (ret == 0 && shared != NULL)
		ret = maps_share(skeleton, shared, err);
	if (ret == 0) {
		ret = guard_bpf__load(skeleton);
		if (ret < 0)
			refusal_to_load(candidate->hook, candidate->name, -ret, err);
		else if (skeleton->bss == NULL) /* libbpf's probe for it failed */
			ret = err_set_system(
				err, ENOMEM,
				"cannot share memory with the kernel guard's programs");
	}
	if (ret < 0) {
		guard_bpf__destroy(skeleton);
		return ret;
	}
	*ret_skeleton = skeleton;
	return 0;
}

/* If the kernel refuses the programs that hold restored containers, the rest does without them. */
static int attachment_load(const struct candidate *candidate, const int *shared,
			   struct guard_bpf **ret_skeleton, struct err *err)
{
	bool restores;
	int ret;

	refusal_listen(); /* before the first call that could write to standard error by itself */
	ret = kernel_shows_release(&restores, err);
	if (ret < 0)
		return ret;
	ret = skeleton_load(candidate, shared, restores, ret_skeleton, err);
	if (ret < 0 && restores && err->exit != EXIT_SYSTEM)
		ret = skeleton_load(candidate, shared, false, ret_skeleton, err);
	return ret;
}

int link_add(struct attachment *attachment, struct bpf_program *program, const char *name,
	     struct err *err)
{
	struct bpf_link *link = bpf_program__attach(program);

	if (libbpf_get_error(link) != 0)
		return err_set(err, errno, kernel_error_passes(errno) ? EXIT_SYSTEM : EXIT_GUARD,
			       "%s: attaching failed: %s", bpf_program__section_name(program),
			       strerror(errno));
	attachment->links[attachment->n_links].name = name;
	attachment->links[attachment->n_links].link = link;
	attachment->n_links++;
	return 0;
}

/*
 * The second look, after a hook that the kernel can skip. The guard does without it if the kernel
 * has no kprobes, or cannot pin their links (before Linux 5.15).
 */
static int catch_add(struct attachment *attachment, struct err *err)
{
	struct bpf_program *program = attachment->skeleton->progs.guard_catch;
	struct bpf_link_info info = { 0 };
	__u32 size = sizeof(info);
	int ret;

	if (!bpf_program__autoload(program))
		return 0;
	ret = link_add(attachment, program, "link_catch", err);
	if (ret < 0)
		return err->exit == EXIT_SYSTEM ? ret : 0;
	ret = bpf_obj_get_info_by_fd(bpf_link__fd(attachment->links[attachment->n_links - 1].link),
				     &info, &size);
	if (ret < 0 && kernel_error_passes(-ret))
		return err_set_system(err, -ret, "cannot ask for the second look's link");
	attachment->catches = ret == 0;
	if (ret == 0)
		return 0;
	attachment->n_links--;
	bpf_link__destroy(attachment->links[attachment->n_links].link);
	return 0;
}

static int attachment_attach(struct attachment *attachment, const struct candidate *candidate,
			     struct err *err)
{
	struct guard_bpf *skeleton = attachment->skeleton;
	int ret;

	ret = link_add(attachment, program_of(skeleton, candidate->hook), "link_exec", err);
	if (ret == 0 && bpf_program__autoload(skeleton->progs.guard_userns))
		ret = link_add(attachment, skeleton->progs.guard_userns, "link_userns", err);
	if (ret == 0)
		ret = link_add(attachment, skeleton->progs.guard_cgroup_rmdir, "link_rmdir", err);
	if (ret == 0)
		ret = link_add(attachment, skeleton->progs.guard_process_exit, "link_exit", err);
	if (ret == 0)
		ret = link_add(attachment, skeleton->progs.guard_process_free, "link_free", err);
	if (ret == 0)
		ret = restore_add(attachment, err);
	attachment->catches = !kernel_passes_over(candidate->hook);
	if (ret == 0 && !attachment->catches)
		ret = catch_add(attachment, err);
	return ret;
}

static int attachment_prove(struct attachment *attachment, const struct candidate *candidate,
			    bool *ret_userns, struct err *err)
{
	struct guard_bpf__bss *shared = attachment->skeleton->bss;
	volatile __u32 *tgid = &shared->selftest_tgid;
	struct selftest_result result;
	bool proven, called;
	int ret;

	ret = selftest_run(tgid, &result, err);
	if (ret < 0)
		return ret;
	called = *(volatile __u32 *)&shared->selftest_exec_hits != 0;
	if (result.exec_killed && !called)
		return err_set(
			err, EINTR, EXIT_SYSTEM,
			"the child that tries the kernel guard was killed by somebody else; try again");
	proven = candidate->hook == ABI_HOOK_LSM ? result.exec_refused : result.exec_killed;
	if (!proven || !called) {
		refusal_to_call(candidate->hook, candidate->name, err);
		return -ENOSYS;
	}
	*ret_userns = result.userns_refused;
	return 0;
}

static int candidate_try(const struct candidate *candidate, const int *shared,
			 struct attachment **ret_attachment, bool *ret_userns, struct err *err)
{
	struct attachment *attachment = calloc(1, sizeof(*attachment));
	int ret;

	if (attachment == NULL)
		return err_set_system(err, ENOMEM, "cannot load the kernel guard");
	ret = attachment_load(candidate, shared, &attachment->skeleton, err);
	if (ret == 0)
		maps_list(attachment->skeleton, attachment->maps);
	if (ret == 0)
		ret = attachment_attach(attachment, candidate, err);
	if (ret == 0)
		ret = attachment_prove(attachment, candidate, ret_userns, err);
	if (ret < 0) {
		attach_free(attachment);
		return ret;
	}
	*ret_attachment = attachment;
	return 0;
}

/* Cuts what does not fit. The first reason is the one for the highest level. */
static void reason_add(struct abi_meta *meta, const char *text)
{
	const char *const parts[] = { meta->reason[0] != '\0' ? "; " : "", text };

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		size_t used = strlen(meta->reason);
		size_t len = strnlen(parts[i], sizeof(meta->reason) - 1 - used);

		memcpy(meta->reason + used, parts[i], len);
		meta->reason[used + len] = '\0';
	}
}

static void meta_fill(struct abi_meta *meta, const struct candidate *candidate, bool userns)
{
	meta->abi = GUARD_ABI;
	meta->level = candidate->level;
	meta->hook = candidate->hook;
	meta->userns = userns;
	meta->loaded = (__u64)time(NULL);
	snprintf(meta->name, sizeof(meta->name), "%s", candidate->name);
	if (candidate->level == GUARD_DENY)
		meta->reason[0] = '\0';
}

int attach_check_hook(const char *hook, struct err *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(candidates); i++)
		if (strcmp(hook, candidates[i].arg) == 0)
			return 0;
	return err_set(err, EINVAL, EXIT_USAGE,
		       "unknown hook '%.64s': use lsm, prepare, commit or exec", hook);
}

int attach_best(const char *hook, const int shared[PIN_META], struct attachment **ret_attachment,
		struct abi_meta *ret_meta, struct err *err)
{
	struct abi_meta meta = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(candidates); i++) {
		const struct candidate *candidate = &candidates[i];
		struct err why;
		bool userns = false;
		int ret;

		if (hook != NULL && strcmp(hook, candidate->arg) != 0)
			continue;
		ret = candidate_try(candidate, shared, ret_attachment, &userns, &why);
		if (ret == 0) {
			if (hook != NULL && candidate->level != GUARD_DENY)
				reason_add(&meta, "this hook was asked for by name");
			if (!(*ret_attachment)->catches)
				reason_add(
					&meta,
					"no kprobe takes a second look: where this kernel preempts BPF programs, an execve can be missed");
			meta_fill(&meta, candidate, userns);
			meta.restores = (*ret_attachment)->restores;
			*ret_meta = meta;
			return 0;
		}
		if (why.exit != EXIT_GUARD) {
			*err = why;
			return ret;
		}
		reason_add(&meta, why.text);
	}
	return err_set(err, ENOTSUP, EXIT_GUARD, "the kernel guard cannot be loaded: %s",
		       meta.reason);
}

void attach_free(struct attachment *attachment)
{
	if (attachment == NULL)
		return;
	for (size_t i = 0; i < attachment->n_links; i++)
		bpf_link__destroy(attachment->links[i].link);
	guard_bpf__destroy(attachment->skeleton);
	free(attachment);
}
