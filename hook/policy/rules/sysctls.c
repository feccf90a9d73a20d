/* SPDX-License-Identifier: Apache-2.0 */
/* sysctls: the kernel settings that the container starts with. */
#include "policy/judge.h"

#include "policy/fix.h"

#include <string.h>

#include "base/cleanup.h"
#include "policy/rules/entry_flaws.h"
#include "policy/rules/namespaced_sysctls.h"

enum arg {
	ARG_ALLOW,
	ARG_NAMESPACED,
	ARG_SINCE /* args.version */
};

static const char *const namespaced_words[] = { "listed", "own", NULL };

/* The safe set of the newest Pod Security Standards. */
static const char *const safe_sysctls[] = {
	"kernel.shm_rmid_forced",
	"net.ipv4.ip_local_port_range",
	"net.ipv4.ip_local_reserved_ports",
	"net.ipv4.ip_unprivileged_port_start",
	"net.ipv4.ping_group_range",
	"net.ipv4.tcp_fin_timeout",
	"net.ipv4.tcp_keepalive_intvl",
	"net.ipv4.tcp_keepalive_probes",
	"net.ipv4.tcp_keepalive_time",
	"net.ipv4.tcp_notsent_lowat",
	"net.ipv4.tcp_rmem",
	"net.ipv4.tcp_slow_start_after_idle",
	"net.ipv4.tcp_syncookies",
	"net.ipv4.tcp_wmem",
	NULL,
};

/* The rule capabilities adds it in place of CAP_NET_BIND_SERVICE. */
#define PORT_SYSCTL "net.ipv4.ip_unprivileged_port_start"

/* The version since which the Pod Security Standards allow a key. Others they always allowed. */
static const struct {
	const char *key;
	unsigned int minor;
} later[] = {
	{ "net.ipv4.ip_local_reserved_ports", 27 },
	{ "net.ipv4.tcp_keepalive_time", 29 },
	{ "net.ipv4.tcp_fin_timeout", 29 },
	{ "net.ipv4.tcp_keepalive_intvl", 29 },
	{ "net.ipv4.tcp_keepalive_probes", 29 },
	{ "net.ipv4.tcp_rmem", 32 },
	{ "net.ipv4.tcp_wmem", 32 },
	{ "net.ipv4.tcp_slow_start_after_idle", 37 },
	{ "net.ipv4.tcp_notsent_lowat", 37 },
};

/* Are all characters plain text to every reader of a sysctl? See CVE-2022-0811. */
static bool is_plain(struct str text)
{
	static const char plain[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 _.:/-";

	for (size_t i = 0; i < text.len; i++)
		if (memchr(plain, text.data[i], sizeof(plain) - 1) == NULL)
			return false;
	return true;
}

/* Is the key too new for the policy's version? The version changes only the default list. */
static bool is_too_new(const struct judge *judge, struct str key)
{
	const struct rule_arg *allow = judge_arg(judge, ARG_ALLOW);

	if (allow->set || judge_entry_was_added(allow, key))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(later); i++)
		if (str_is(key, later[i].key))
			return judge_before(judge_arg(judge, ARG_SINCE), later[i].minor);
	return false;
}

/* Does the container have a namespace of this type that is not the host's? */
static bool has_own(const struct judge *judge, enum oci_namespace_type type)
{
	switch (judge->facts->namespaces[type]) {
	case NS_FACT_NEW:
	case NS_FACT_OTHER:
		return true;
	case NS_FACT_UNKNOWN:
		/* A file names a namespace of the machine that it is for. */
		return judge->facts->scope == FACTS_OFFLINE;
	case NS_FACT_HOST:
		break;
	}
	return false;
}

/* Is it a key that args.allow names, in the policy or by default? */
static bool is_listed(const struct judge *judge, struct str key)
{
	return judge_entry_names(judge_arg(judge, ARG_ALLOW), key) && !is_too_new(judge, key);
}

/*
 * args.namespaced is own. What a namespace of the container's own has for itself, no other
 * container sees, except those that share it: the containers of a pod. Returns why the key must not
 * be there, or NULL.
 */
static const char *namespaced_flaw(const struct judge *judge, struct str key)
{
	enum oci_namespace_type type;

	if (!sysctl_is_namespaced(key, &type))
		return is_listed(judge, key) ? NULL : "is a setting of the whole kernel";
	/* A list of the policy's own also holds in the namespaces of the host. */
	if (has_own(judge, type) || (judge_arg(judge, ARG_ALLOW)->set && is_listed(judge, key)))
		return NULL;
	return arena_printf(judge->arena,
			    "is a setting of the host: there is no %s namespace of its own",
			    oci_namespace_name(type));
}

/*
 * Runtimes take slashes in place of the dots: sysctl.d(5). They differ where a key has both, so that
 * such a key is none that a list names.
 */
static struct str with_dots(const struct judge *judge, struct str key)
{
	char *text;

	if (key.len == 0 || memchr(key.data, '/', key.len) == NULL ||
	    memchr(key.data, '.', key.len) != NULL)
		return key;
	text = arena_copy(judge->arena, key.data, key.len);
	for (size_t i = 0; i < key.len; i++)
		text[i] = text[i] == '/' ? '.' : text[i];
	return (struct str){ text, key.len };
}

/* Returns why the sysctl must not be there, or NULL. */
static const char *flaw(const struct judge *judge, const struct json_node *sysctl, bool proc)
{
	struct str key = with_dots(judge, sysctl->key);
	bool own_port = str_is(key, PORT_SYSCTL) && str_is(sysctl->text, "0");

	if (!is_plain(sysctl->key) || !is_plain(sysctl->text))
		return "has a character that no sysctl has";
	/* Runtimes would write to the files that the image has below /proc/sys. */
	if (!proc)
		return "is written without a proc file system at /proc";
	if (own_port)
		return NULL;
	if (judge_arg(judge, ARG_NAMESPACED)->number == 1)
		return namespaced_flaw(judge, key);
	return is_listed(judge, key) ? NULL : "is not known to be safe";
}

static void check(struct judge *judge)
{
	bool proc = judge_has_proc(judge);

	json_each (sysctl, judge->config->linux_.sysctl.node) {
		const char *why = flaw(judge, sysctl, proc);
		struct finding *finding;

		/* The rule capabilities added PORT_SYSCTL. */
		if (why == NULL || sysctl->edit != JSON_ORIGINAL)
			continue;
		finding = finding_add(
			judge, sysctl, NULL,
			(struct finding_text){
				.observed = judge_source(judge, sysctl),
				.required = "absent",
				.message = arena_printf(judge->arena, "%s; must not be there", why),
				.fix = fix_about(judge, proc ? FIX_SYSCTL : FIX_SYSCTL_PROC,
						 str_show(judge->arena, sysctl->key)),
			});
		finding_remove(judge, finding, sysctl);
		finding_changes(finding, CHANGE_ASKED,
				arena_printf(judge->arena, "%s=%s dropped",
					     str_show_name(judge->arena, sysctl->key),
					     str_quote(judge->arena, sysctl->text)));
	}
}

/* policy_lint(). */
static const char *version_flaw(const struct rule_setting *setting)
{
	return judge_version_flaw(&setting->args[ARG_SINCE], &setting->args[ARG_ALLOW]);
}

const struct rule rule_sysctls = {
	.name = "sysctls",
	.title = "The container starts with settings of the kernel that are not known to be safe",
	.reads = "/linux/sysctl, /mounts",
	.args = {
		[ARG_ALLOW] = { .name = "allow",
				.kind = KIND_STRINGS,
				.effect = EFFECT_ADMITS,
				.defaults = safe_sysctls,
				.flaw = sysctl_flaw,
				.meaning = "keys that it may set; a final * stands for any rest" },
		[ARG_NAMESPACED] = { .name = "namespaced",
				     .kind = KIND_WORD,
				     .effect = EFFECT_ADMITS,
				     .words = namespaced_words,
				     .meaning =
					     "own: also what a namespace has for itself, if it is not the host's" },
		[ARG_SINCE] = { .name = "version",
				.kind = KIND_VERSION,
				.effect = EFFECT_ADMITS,
				.none_is_all = true,
				.meaning =
					"the Pod Security Standards whose safe set is the default of allow" },
	},
	.references = REFERENCES("PSS baseline: Sysctls", "SCC: forbiddenSysctls", "CVE-2022-0811"),
	.rewrites = rewrites_spec,
	.check = check,
	.flaw = version_flaw,
};
