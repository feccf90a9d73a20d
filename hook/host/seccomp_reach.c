/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Evaluates what a profile does with a system call. If its entries agree, they are the answer. If
 * some allow the call and some refuse it, or only under conditions, libseccomp decides, as it does
 * for the runtimes: it makes the filter, and bpf_reach() evaluates the filter. No other file of the
 * program uses libseccomp, except for names (seccomp_names.c).
 */
#include "seccomp_reach.h"

#include <errno.h>
#include <limits.h>
#include <linux/filter.h>
#include <seccomp.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/restrain.h"
#include "host/bpf_reach.h"
#include "oci/seccomp.h"

/* Entries for one call that libseccomp is given; its time grows faster than their number. */
#define ENTRIES_MAX 64U
#define ARGS_MAX 6U
#define ERRNO_TRAP 4094U /* stands for SCMP_ACT_TRAP, which stands for killing the process */

/* The effects of the entries that name a call. */
struct entries {
	bool lets, lets_if, refuses, refuses_if;
	size_t n;
	const struct oci_syscall *last;
};

/*
 * Each action is replaced by one of the same kind that libseccomp accepts on every kernel, and
 * different ones by different ones, since runtimes leave out entries with the default action, and
 * libseccomp keeps the others apart.
 */
static const struct {
	const char *name;
	uint32_t action;
} actions[] = {
	{ "SCMP_ACT_KILL", SCMP_ACT_KILL_THREAD },
	{ "SCMP_ACT_KILL_THREAD", SCMP_ACT_KILL_THREAD },
	{ "SCMP_ACT_KILL_PROCESS", SCMP_ACT_TRAP },
	{ "SCMP_ACT_TRAP", SCMP_ACT_ERRNO(ERRNO_TRAP) },
	{ "SCMP_ACT_ALLOW", SCMP_ACT_ALLOW },
	{ "SCMP_ACT_LOG", SCMP_ACT_TRACE(1) },
	{ "SCMP_ACT_TRACE", SCMP_ACT_TRACE(2) },
	{ "SCMP_ACT_NOTIFY", SCMP_ACT_TRACE(3) },
};

static const struct {
	const char *name;
	enum scmp_compare op;
} operators[] = {
	{ "SCMP_CMP_NE", SCMP_CMP_NE },
	{ "SCMP_CMP_LT", SCMP_CMP_LT },
	{ "SCMP_CMP_LE", SCMP_CMP_LE },
	{ "SCMP_CMP_EQ", SCMP_CMP_EQ },
	{ "SCMP_CMP_GE", SCMP_CMP_GE },
	{ "SCMP_CMP_GT", SCMP_CMP_GT },
	{ "SCMP_CMP_MASKED_EQ", SCMP_CMP_MASKED_EQ },
};

/* Architectures of config-linux.md#seccomp. */
static const struct {
	const char *name;
	uint32_t token;
} architectures[] = {
	{ "SCMP_ARCH_X86", SCMP_ARCH_X86 },
	{ "SCMP_ARCH_X86_64", SCMP_ARCH_X86_64 },
	{ "SCMP_ARCH_X32", SCMP_ARCH_X32 },
	{ "SCMP_ARCH_ARM", SCMP_ARCH_ARM },
	{ "SCMP_ARCH_AARCH64", SCMP_ARCH_AARCH64 },
	{ "SCMP_ARCH_MIPS", SCMP_ARCH_MIPS },
	{ "SCMP_ARCH_MIPS64", SCMP_ARCH_MIPS64 },
	{ "SCMP_ARCH_MIPS64N32", SCMP_ARCH_MIPS64N32 },
	{ "SCMP_ARCH_MIPSEL", SCMP_ARCH_MIPSEL },
	{ "SCMP_ARCH_MIPSEL64", SCMP_ARCH_MIPSEL64 },
	{ "SCMP_ARCH_MIPSEL64N32", SCMP_ARCH_MIPSEL64N32 },
	{ "SCMP_ARCH_PPC", SCMP_ARCH_PPC },
	{ "SCMP_ARCH_PPC64", SCMP_ARCH_PPC64 },
	{ "SCMP_ARCH_PPC64LE", SCMP_ARCH_PPC64LE },
	{ "SCMP_ARCH_S390", SCMP_ARCH_S390 },
	{ "SCMP_ARCH_S390X", SCMP_ARCH_S390X },
	{ "SCMP_ARCH_PARISC", SCMP_ARCH_PARISC },
	{ "SCMP_ARCH_PARISC64", SCMP_ARCH_PARISC64 },
	{ "SCMP_ARCH_RISCV64", SCMP_ARCH_RISCV64 },
};

static void cleanup_filter(const scmp_filter_ctx *filter)
{
	if (*filter != NULL)
		seccomp_release(*filter);
}

#define auto_filter __attribute__((cleanup(cleanup_filter)))

static bool find_action(struct str name, const struct oci_number *errno_ret, uint32_t *ret_action)
{
	if (str_is(name, "SCMP_ACT_ERRNO")) {
		uint64_t number = errno_ret->node != NULL ? errno_ret->value : EPERM;

		*ret_action = SCMP_ACT_ERRNO(number < ERRNO_TRAP ? number : ERRNO_TRAP - 1);
		return true;
	}
	for (size_t i = 0; i < ARRAY_SIZE(actions); i++) {
		if (str_is(name, actions[i].name)) {
			*ret_action = actions[i].action;
			return true;
		}
	}
	return false;
}

/* Names with different hashes are different. */
static unsigned char name_hash(struct str name)
{
	if (name.len == 0)
		return 0;
	return (unsigned char)((unsigned char)name.data[0] * 31U +
			       (unsigned char)name.data[name.len - 1] * 7U + name.len);
}

static void entries_add(struct entries *found, const struct oci_syscall *entry)
{
	bool lets = oci_seccomp_lets_through(entry->action.value), always = entry->args.n == 0;

	if (found->last == entry)
		return; /* the name is twice in one entry */
	found->last = entry;
	found->n++;
	found->lets = found->lets || (lets && always);
	found->lets_if = found->lets_if || (lets && !always);
	found->refuses = found->refuses || (!lets && always);
	found->refuses_if = found->refuses_if || (!lets && !always);
}

/*
 * Finds the entries for each name. A profile names hundreds of calls, and few of them are asked
 * for.
 */
static void find_entries(struct arena *arena, const struct oci_seccomp *seccomp,
			 const struct str *names, size_t n, struct entries *ret_found)
{
	const struct oci_syscall *items = seccomp->syscalls.items;
	size_t *next = arena_array(arena, n, sizeof(*next));
	size_t heads[UCHAR_MAX + 1] = { 0 }; /* per hash, an index into names plus 1, as in next */

	for (size_t i = 0; i < n; i++) {
		unsigned char hash = name_hash(names[i]);

		ret_found[i] = (struct entries){ .n = 0 };
		next[i] = heads[hash];
		heads[hash] = i + 1;
	}
	for (size_t i = 0; i < seccomp->syscalls.n; i++) {
		for (size_t k = 0; k < items[i].names.n; k++) {
			struct str name = items[i].names.items[k].value;

			for (size_t j = heads[name_hash(name)]; j != 0; j = next[j - 1])
				if (str_equal(name, names[j - 1]))
					entries_add(&ret_found[j - 1], &items[i]);
		}
	}
}

/* May the profile allow the call that multiplexes this one? */
static bool multiplexer_is_open(struct arena *arena, const struct oci_seccomp *seccomp,
				struct str name)
{
	const char *by = oci_seccomp_multiplexer(name);
	struct str multiplexer;
	struct entries found;

	if (by == NULL)
		return false;
	multiplexer = str_from(by);
	find_entries(arena, seccomp, &multiplexer, 1, &found);
	return found.lets || found.lets_if;
}

/*
 * Adds one rule, or several if conditions on an argument repeat, which runc reads as alternatives.
 */
static int add_rules(scmp_filter_ctx filter, uint32_t action, int number,
		     const struct oci_syscall *entry)
{
	const struct oci_syscall_arg *args = entry->args.items;
	struct scmp_arg_cmp compares[ARGS_MAX];
	bool repeats = false;
	int error = 0;

	if (entry->args.n > ARGS_MAX)
		return -EINVAL;
	for (size_t i = 0; i < entry->args.n; i++) {
		size_t op = 0;

		while (op < ARRAY_SIZE(operators) && !str_is(args[i].op.value, operators[op].name))
			op++;
		if (op == ARRAY_SIZE(operators) || args[i].index.value >= ARGS_MAX)
			return -EINVAL;
		for (size_t k = 0; k < i; k++)
			repeats = repeats || args[k].index.value == args[i].index.value;
		compares[i] =
			(struct scmp_arg_cmp){ (unsigned int)args[i].index.value, operators[op].op,
					       args[i].value.value, args[i].value_two.value };
	}
	if (!repeats)
		return seccomp_rule_add_array(filter, action, number, (unsigned int)entry->args.n,
					      compares);
	for (size_t i = 0; i < entry->args.n && (error == 0 || error == -EEXIST); i++)
		error = seccomp_rule_add_array(filter, action, number, 1, &compares[i]);
	return error;
}

/* Adds everything that the profile says about one call. */
static int add_name(scmp_filter_ctx filter, const struct oci_seccomp *seccomp,
		    uint32_t default_action, struct str name, int number)
{
	const struct oci_syscall *items = seccomp->syscalls.items;

	for (size_t i = 0; i < seccomp->syscalls.n; i++) {
		for (size_t k = 0; k < items[i].names.n; k++) {
			uint32_t action;
			int error;

			if (!str_equal(items[i].names.items[k].value, name))
				continue;
			if (!find_action(items[i].action.value, &items[i].errno_ret, &action))
				return -EINVAL;
			if (action == default_action)
				continue;
			error = add_rules(filter, action, number, &items[i]);
			if (error < 0 && error != -EEXIST)
				return error;
			break; /* a name that is twice in one entry says the same */
		}
	}
	return 0;
}

static int add_architectures(scmp_filter_ctx filter, const struct oci_seccomp *seccomp,
			     uint32_t *tokens, size_t *ret_n)
{
	size_t n = 0;

	tokens[n++] = seccomp_arch_native();
	for (size_t i = 0; i < seccomp->architectures.n; i++) {
		struct str name = seccomp->architectures.items[i].value;
		size_t row = 0;
		int error;

		while (row < ARRAY_SIZE(architectures) && !str_is(name, architectures[row].name))
			row++;
		if (row == ARRAY_SIZE(architectures))
			return -EINVAL;
		error = seccomp_arch_add(filter, architectures[row].token);
		if (error == -EEXIST)
			continue;
		if (error < 0)
			return error;
		tokens[n++] = architectures[row].token;
	}
	*ret_n = n;
	return 0;
}

/* Writes the filter's program into the arena. */
static int export_program(struct arena *arena, scmp_filter_ctx filter, struct str *ret_program)
{
	int scratch = restrain_scratch();
	auto_close int own = scratch < 0 ? memfd_create("seccomp", MFD_CLOEXEC) : -1;
	int fd = scratch < 0 ? own : scratch, error;
	char *program;
	off_t size;

	if (fd < 0 || lseek(fd, 0, SEEK_SET) < 0)
		return -errno;
	error = seccomp_export_bpf(filter, fd);
	if (error < 0)
		return error;
	size = lseek(fd, 0, SEEK_CUR);
	if (size < 0)
		return -errno;
	program = arena_alloc(arena, (size_t)size);
	if (lseek(fd, 0, SEEK_SET) < 0 || read(fd, program, (size_t)size) != size)
		return -EIO;
	*ret_program = (struct str){ program, (size_t)size };
	return 0;
}

/* x32 has the architecture of x86-64, and a bit in the number instead. */
static uint32_t audit_arch(uint32_t token)
{
	return token == SCMP_ARCH_X32 ? SCMP_ARCH_X86_64 : token;
}

/* Asks libseccomp's filter what happens to the call, on all architectures of the profile. */
static int ask_filter(struct arena *arena, const struct oci_seccomp *seccomp, struct str name,
		      bool *ret_reaches)
{
	const char *text = arena_copy(arena, name.data, name.len);
	uint32_t tokens[ARRAY_SIZE(architectures) + 1], default_action;
	auto_filter scmp_filter_ctx filter = NULL;
	int number = seccomp_syscall_resolve_name(text), error;
	size_t n_tokens = 0;
	struct str program = { 0 };
	bool reaches = false;

	if (!find_action(seccomp->default_action.value, &seccomp->default_errno_ret,
			 &default_action))
		return -EINVAL;
	filter = seccomp_init(default_action);
	if (filter == NULL)
		return -EINVAL;
	error = add_architectures(filter, seccomp, tokens, &n_tokens);
	if (error == 0)
		error = add_name(filter, seccomp, default_action, name, number);
	if (error == 0)
		error = export_program(arena, filter, &program);
	for (size_t i = 0; i < n_tokens && error == 0 && !reaches; i++) {
		int here = seccomp_syscall_resolve_name_arch(tokens[i], text);

		/* Negative: the architecture lacks the call, or has it only through a
		 * multiplexer. */
		if (here >= 0)
			error = bpf_reach((const void *)program.data,
					  program.len / sizeof(struct sock_filter),
					  audit_arch(tokens[i]), (uint32_t)here, &reaches);
	}
	if (error == 0)
		*ret_reaches = reaches;
	return error;
}

static enum seccomp_reach reach_of(struct arena *arena, const struct oci_seccomp *seccomp,
				   struct str name, struct entries found)
{
	bool open_by_default = oci_seccomp_lets_through(seccomp->default_action.value);
	bool known, reaches = false;

	if (multiplexer_is_open(arena, seccomp, name))
		return SECCOMP_OPEN;
	if (!open_by_default && !found.lets && !found.lets_if)
		return SECCOMP_BLOCKED;
	if (!found.refuses && !found.refuses_if && (open_by_default || found.lets))
		return SECCOMP_OPEN;
	/* A runtime whose libseccomp lacks the name applies the default; another may not. */
	known = oci_seccomp_has_call(arena, name);
	if (!known)
		return SECCOMP_OPEN;
	if (open_by_default && found.refuses && !found.lets && !found.lets_if)
		return SECCOMP_BLOCKED;
	if (found.n > ENTRIES_MAX || ask_filter(arena, seccomp, name, &reaches) < 0)
		return SECCOMP_UNKNOWN;
	return reaches ? SECCOMP_OPEN : SECCOMP_BLOCKED;
}

enum seccomp_reach *seccomp_reach(struct arena *arena, const struct oci_seccomp *seccomp,
				  const struct str *names, size_t n)
{
	enum seccomp_reach *reaches = arena_array(arena, n, sizeof(*reaches));
	struct entries *found = arena_array(arena, n, sizeof(*found));

	find_entries(arena, seccomp, names, n, found);
	for (size_t i = 0; i < n; i++)
		reaches[i] = seccomp->node != NULL ? reach_of(arena, seccomp, names[i], found[i])
						   : SECCOMP_OPEN;
	return reaches;
}
