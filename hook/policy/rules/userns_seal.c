/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exec.userNamespaces where the kernel guard cannot refuse: a new user namespace gives every
 * capability in it, so the seccomp profile takes the ways to one away. unshare and clone keep
 * their other uses: what let them through lets them through without CLONE_NEWUSER. clone3 has its
 * flags behind a pointer, where seccomp cannot look: it becomes ENOSYS, upon which C libraries use
 * clone.
 */
#include "policy/rule.h"

#include <sched.h>

#include "base/cleanup.h"
#include "json/writer.h"
#include "oci/seccomp.h"
#include "policy/rules/shipped_profile.h"

#define ANY_FLAGS UINT64_MAX /* the flags are in no register */
#define ARGS_MAX 6	     /* arguments of a system call, and so conditions of an entry */

static const struct {
	const char *name;
	uint64_t flags; /* index of the argument */
} ways[] = { { "clone", CLONE_FLAGS }, { "unshare", 0 }, { "clone3", ANY_FLAGS } };

/* Does the condition hold only without CLONE_NEWUSER (bit 0), or for all flags that have it? */
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
 * Does the entry hold only for flags in which CLONE_NEWUSER is `bit`; where it is set, for all such
 * flags? Conditions on one argument twice are alternatives to runc: then nothing is certain.
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

/* Does the entry let a new user namespace be made by this way? */
static bool entry_opens(const struct oci_syscall *entry, size_t way)
{
	return oci_seccomp_lets_through(entry->action.value) &&
	       !entry_wants(entry, ways[way].flags, 0);
}

/* Does the entry, in a profile that allows by default, close this way? */
static bool entry_closes(const struct oci_syscall *entry, size_t way)
{
	return !oci_seccomp_lets_through(entry->action.value) &&
	       (entry->args.n == 0 ||
		(entry->args.n == 1 && entry_wants(entry, ways[way].flags, CLONE_NEWUSER)));
}

static bool entry_names(const struct oci_syscall *entry, size_t way)
{
	for (size_t k = 0; k < entry->names.n; k++)
		if (str_is(entry->names.items[k].value, ways[way].name))
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
	/* No profile, or one that allows by default. */
	return (seccomp->node == NULL || oci_seccomp_lets_through(seccomp->default_action.value)) &&
	       !any_entry(seccomp, way, entry_closes);
}

/* The entry that closes a way in a profile that allows by default, and clone3 in any. */
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
 * What an entry let through by this way, less new user namespaces: the same action under the same
 * conditions and one more. NULL where it has a condition on the flags already, or where no
 * condition can see them: then the way goes whole.
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

/* Takes one open way out of an entry, whose other names stay, and puts back what may stay of it. */
static void narrow_entry(struct judge *judge, const struct oci_syscall *entry, size_t way)
{
	const char *narrowed = narrowed_entry(judge, entry, way);

	for (size_t k = 0; k < entry->names.n; k++)
		if (str_is(entry->names.items[k].value, ways[way].name))
			json_remove(entry->names.items[k].node);
	if (narrowed != NULL)
		json_add(judge->config->doc, judge->config->linux_.seccomp.syscalls.node, NULL,
			 narrowed);
}

/* Narrows all that is open; an entry that has no name left goes whole. */
static void narrow_openings(struct judge *judge)
{
	const struct oci_seccomp *seccomp = &judge->config->linux_.seccomp;
	const struct oci_syscall *entries = seccomp->syscalls.items;

	for (size_t i = 0; i < seccomp->syscalls.n; i++) {
		bool kept = entries[i].names.n == 0;

		for (size_t way = 0; way < ARRAY_SIZE(ways); way++)
			if (entry_names(&entries[i], way) && entry_opens(&entries[i], way))
				narrow_entry(judge, &entries[i], way);
		for (size_t k = 0; k < entries[i].names.n && !kept; k++)
			kept = entries[i].names.items[k].node->edit != JSON_REMOVED;
		if (!kept)
			json_remove(entries[i].node);
	}
}

static void add_entries(struct judge *judge, const char *entries)
{
	const struct oci_linux *config = &judge->config->linux_;
	const char *profile = arena_printf(
		judge->arena,
		"{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"architectures\":" ARCHITECTURES
		",\"syscalls\":[%s]}",
		entries);

	if (config->seccomp.node == NULL)
		judge_linux_add(judge, "seccomp", profile);
	else
		json_add(judge->config->doc, config->seccomp.node, "syscalls",
			 arena_printf(judge->arena, "[%s]", entries));
}

void fix_new_user_namespaces(struct judge *judge)
{
	const struct oci_seccomp *seccomp = &judge->config->linux_.seccomp;
	bool allows =
		seccomp->node == NULL || oci_seccomp_lets_through(seccomp->default_action.value);
	auto_buf struct buf entries = { 0 };

	/* The rule seccompProfile came first, and its profile lets nobody make one. */
	if (judge->ships_profile)
		return;
	for (size_t way = 0; way < ARRAY_SIZE(ways); way++) {
		const char *entry = closing_entry(judge->arena, way);

		/* Where the default refuses, only clone3 needs an entry: ENOSYS, for C libraries. */
		if (!way_is_open(seccomp, way) || (!allows && ways[way].flags != ANY_FLAGS))
			continue;
		if (seccomp->syscalls.node != NULL)
			json_add(judge->config->doc, seccomp->syscalls.node, NULL, entry);
		else
			buf_printf(&entries, "%s%s", entries.len > 0 ? "," : "", entry);
	}
	narrow_openings(judge);
	if (entries.len > 0)
		add_entries(judge, entries.data);
}

void check_new_user_namespaces(struct judge *judge)
{
	const struct oci_seccomp *seccomp = &judge->config->linux_.seccomp;
	auto_buf struct buf open = { 0 };

	for (size_t way = 0; way < ARRAY_SIZE(ways); way++)
		if (way_is_open(seccomp, way))
			buf_printf(&open, "%s%s", open.len > 0 ? ", " : "", ways[way].name);
	if (open.len == 0)
		return;
	judge_linux_finding(
		judge, seccomp->node, "seccomp",
		(struct finding_text){
			.required = "no new user namespaces",
			.message = arena_printf(judge->arena,
						"lets %s make new user namespaces; must not",
						open.data),
			.fix = "leave the engine's default seccomp profile on",
		});
}
