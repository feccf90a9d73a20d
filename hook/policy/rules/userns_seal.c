/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exec.userNamespaces, if the kernel guard cannot refuse a new user namespace. It would give the
 * process every capability in it, so the seccomp profile closes the ways to one. unshare and clone
 * keep their other uses: entries that allow them allow them without CLONE_NEWUSER. clone3 passes
 * its flags by pointer, which seccomp cannot follow. It fails with ENOSYS, upon which C libraries
 * use clone.
 */
#include "policy/judge.h"

#include "policy/fix.h"

#include <sched.h>

#include "base/cleanup.h"
#include "json/writer.h"
#include "oci/seccomp.h"
#include "policy/rules/shipped_profile.h"

#define ANY_FLAGS UINT64_MAX /* the flags are not in a register */
#define ARGS_MAX 6	     /* arguments of a system call, so conditions of an entry */

static const struct {
	const char *name;
	uint64_t flags; /* index of the argument that has the flags */
} ways[] = { { "clone", CLONE_FLAGS }, { "unshare", 0 }, { "clone3", ANY_FLAGS } };

/* Bit 0: does the condition hold only without CLONE_NEWUSER? Else: for all flags that have it? */
static bool arg_wants(const struct oci_syscall_arg *arg, uint64_t bit)
{
	uint64_t value = arg->value.value, value_two = arg->value_two.value;

	if (str_is(arg->op.value, "SCMP_CMP_EQ"))
		return bit == 0 && (value & CLONE_NEWUSER) == 0;
	if (!str_is(arg->op.value, "SCMP_CMP_MASKED_EQ"))
		return false;
	return bit == 0 ? (value & CLONE_NEWUSER & ~value_two) != 0
			: value == CLONE_NEWUSER && value_two == CLONE_NEWUSER;
}

/*
 * Does the entry hold only for flags in which CLONE_NEWUSER is `bit` and, if it is set, for all
 * such flags? runc reads two conditions on one argument as alternatives, so then the answer is no.
 */
static bool entry_wants(const struct oci_syscall *entry, uint64_t flags, uint64_t bit)
{
	const struct oci_syscall_arg *args = entry->args.items;
	bool wants = false;

	if (entry->args.n > ARGS_MAX)
		return false;
	for (size_t i = 0; i < entry->args.n; i++) {
		for (size_t k = 0; k < i; k++)
			if (args[k].index.value == args[i].index.value)
				return false;
		if (args[i].index.value == flags && arg_wants(&args[i], bit))
			wants = true;
	}
	return wants;
}

/* Does the entry allow a new user namespace by this way? */
static bool entry_opens(const struct oci_syscall *entry, size_t way)
{
	return oci_seccomp_lets_through(entry->action.value) &&
	       !entry_wants(entry, ways[way].flags, 0);
}

/* Does the entry close this way, in a profile that allows by default? */
static bool entry_closes(const struct oci_syscall *entry, size_t way)
{
	return !oci_seccomp_lets_through(entry->action.value) &&
	       (entry->args.n == 0 ||
		(entry->args.n == 1 && entry_wants(entry, ways[way].flags, CLONE_NEWUSER)));
}

/* Has the rule seccompProfile taken the name out of the entry? */
static bool is_taken(const struct oci_syscall *entry, size_t k)
{
	return entry->node->edit == JSON_REMOVED ||
	       entry->names.items[k].node->edit == JSON_REMOVED;
}

static bool entry_names(const struct oci_syscall *entry, size_t way)
{
	for (size_t k = 0; k < entry->names.n; k++)
		if (str_is(entry->names.items[k].value, ways[way].name) && !is_taken(entry, k))
			return true;
	return false;
}

static bool any_entry(const struct oci_seccomp *seccomp, size_t way,
		      bool (*is)(const struct oci_syscall *, size_t))
{
	const struct oci_syscall *entries = seccomp->syscalls.items;

	for (size_t i = 0; i < seccomp->syscalls.n; i++)
		if (entry_names(&entries[i], way) && is(&entries[i], way))
			return true;
	return false;
}

static bool way_is_open(const struct oci_seccomp *seccomp, size_t way)
{
	if (any_entry(seccomp, way, entry_opens))
		return true;
	/* No profile, or a profile that allows by default. */
	return (seccomp->node == NULL || oci_seccomp_lets_through(seccomp->default_action.value)) &&
	       !any_entry(seccomp, way, entry_closes);
}

/* Returns the entry that closes a way if the default allows; for clone3, in any profile. */
static const char *closing_entry(struct arena *arena, size_t way)
{
	if (ways[way].flags == ANY_FLAGS)
		return arena_printf(
			arena, "{\"names\":[\"%s\"],\"action\":\"SCMP_ACT_ERRNO\",\"errnoRet\":38}",
			ways[way].name);
	return arena_printf(
		arena,
		"{\"names\":[\"%s\"],\"action\":\"SCMP_ACT_ERRNO\",\"errnoRet\":1,\"args\":[{\"index\":%u,\"value\":%u,\"valueTwo\":%u,\"op\":\"SCMP_CMP_MASKED_EQ\"}]}",
		ways[way].name, (unsigned int)ways[way].flags, (unsigned int)CLONE_NEWUSER,
		(unsigned int)CLONE_NEWUSER);
}

/*
 * Returns the entry without new user namespaces by this way: the same action, with the same
 * conditions and one more. NULL if it has a condition on the flags already, or if no condition can
 * see them. Then it does not allow this way any more.
 */
static const char *narrowed_entry(const struct judge *judge, const struct oci_syscall *entry,
				  size_t way)
{
	const struct oci_syscall_arg *args = entry->args.items;
	auto_buf struct buf text = { 0 };

	if (ways[way].flags == ANY_FLAGS || entry->args.n >= ARGS_MAX)
		return NULL;
	buf_printf(&text, "{\"names\":[\"%s\"],\"action\":", ways[way].name);
	json_quote(&text, entry->action.value);
	buf_printf(&text, ",\"args\":[");
	for (size_t i = 0; i < entry->args.n; i++) {
		struct str arg = json_source(judge->config->doc, args[i].node);

		if (args[i].index.value == ways[way].flags)
			return NULL;
		buf_add(&text, arg.data, arg.len);
		buf_add(&text, ",", 1);
	}
	buf_printf(&text,
		   "{\"index\":%u,\"value\":%u,\"valueTwo\":0,\"op\":\"SCMP_CMP_MASKED_EQ\"}]}",
		   (unsigned int)ways[way].flags, (unsigned int)CLONE_NEWUSER);
	return arena_copy(judge->arena, text.data, text.len);
}

/* Does this name of the entry allow a new user namespace? */
static bool name_opens(const struct oci_syscall *entry, struct str name)
{
	for (size_t way = 0; way < ARRAY_SIZE(ways); way++)
		if (str_is(name, ways[way].name))
			return entry_opens(entry, way);
	return false;
}

/* Removes the open ways from an entry, and the whole entry if no name is left. */
static void close_entry(struct judge *judge, struct finding *finding,
			const struct oci_syscall *entry)
{
	size_t open = 0, taken = 0;

	for (size_t i = 0; i < entry->names.n; i++) {
		bool is = is_taken(entry, i);

		taken += is;
		open += !is && name_opens(entry, entry->names.items[i].value);
	}
	if (open == 0)
		return;
	if (open + taken == entry->names.n) {
		finding_remove(judge, finding, entry->node);
		return;
	}
	for (size_t i = 0; i < entry->names.n; i++)
		if (!is_taken(entry, i) && name_opens(entry, entry->names.items[i].value))
			finding_remove(judge, finding, entry->names.items[i].node);
}

static void add_entry(struct judge *judge, struct finding *finding, const char *entry)
{
	if (entry != NULL)
		finding_set(judge, finding, judge->config->doc->root, "linux/seccomp/syscalls/-",
			    entry);
}

/* Adds a profile that allows by default, for the entries that close the ways. */
static void add_profile(struct judge *judge, struct finding *finding)
{
	struct json_node *root = judge->config->doc->root;

	finding_set(judge, finding, root, "linux/seccomp/defaultAction", "\"SCMP_ACT_ALLOW\"");
	finding_set(judge, finding, root, "linux/seccomp/architectures", ARCHITECTURES);
}

/* Adds entries that close each way, and narrowed copies of the entries that opened one. */
static void seal(struct judge *judge, struct finding *finding)
{
	const struct oci_seccomp *seccomp = &judge->config->linux_.seccomp;
	const struct oci_syscall *entries = seccomp->syscalls.items;
	bool allows =
		seccomp->node == NULL || oci_seccomp_lets_through(seccomp->default_action.value);

	if (seccomp->node == NULL)
		add_profile(judge, finding);
	/* If the default refuses, only clone3 needs an entry: ENOSYS, for C libraries. */
	for (size_t way = 0; way < ARRAY_SIZE(ways); way++)
		if (way_is_open(seccomp, way) && (allows || ways[way].flags == ANY_FLAGS))
			add_entry(judge, finding, closing_entry(judge->arena, way));
	for (size_t i = 0; i < seccomp->syscalls.n; i++) {
		close_entry(judge, finding, &entries[i]);
		for (size_t way = 0; way < ARRAY_SIZE(ways); way++)
			if (entry_names(&entries[i], way) && entry_opens(&entries[i], way))
				add_entry(judge, finding, narrowed_entry(judge, &entries[i], way));
	}
}

static void check(struct judge *judge)
{
	const struct oci_seccomp *seccomp = &judge->config->linux_.seccomp;
	auto_buf struct buf open = { 0 };
	struct finding *finding;

	/* The rule seccompProfile came first, and its profile allows no new user namespace. */
	if (judge->ships_profile)
		return;
	for (size_t way = 0; way < ARRAY_SIZE(ways); way++)
		if (way_is_open(seccomp, way))
			buf_printf(&open, "%s%s", open.len > 0 ? ", " : "", ways[way].name);
	if (open.len == 0)
		return;
	finding = judge_linux_finding(
		judge, seccomp->node, "seccomp",
		(struct finding_text){
			.required = "no new user namespaces",
			.message = arena_printf(judge->arena,
						"lets %s make new user namespaces; must not",
						open.data),
			.fix = fix(judge,
				   seccomp->node == NULL ? FIX_SECCOMP_MISSING : FIX_SECCOMP),
		});
	seal(judge, finding);
	finding_changes(finding, CHANGE_DEFAULT, "no new user namespaces, by the seccomp profile");
}

const struct rule rule_user_namespaces = {
	.name = "exec.userNamespaces",
	.title = "The container can make user namespaces, and in them has every capability",
	.reads = "/linux/seccomp",
	.references = REFERENCES("CVE-2022-0185", "CVE-2023-0386", "CVE-2024-1086"),
	.rewrites = rewrites_spec,
	.check = check,
};
