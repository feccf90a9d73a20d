/* SPDX-License-Identifier: Apache-2.0 */
/* sysctls: the kernel settings that the container starts with. */
#include "policy/judge.h"

#include <string.h>

#include "base/cleanup.h"

enum arg {
	ARG_ALLOW,
	ARG_SINCE /* args.version */
};

/* Namespaced and harmless outside: the safe set of the newest Pod Security Standards. */
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
	for (size_t i = 0; i < ARRAY_SIZE(later) && !judge_arg(judge, ARG_ALLOW)->set; i++)
		if (str_is(key, later[i].key))
			return judge_before(judge_arg(judge, ARG_SINCE), later[i].minor);
	return false;
}

/* Returns why the sysctl must not be there, or NULL. */
static const char *flaw(const struct judge *judge, const struct json_node *sysctl, bool proc)
{
	bool own_port = str_is(sysctl->key, PORT_SYSCTL) && str_is(sysctl->text, "0");

	if (!is_plain(sysctl->key) || !is_plain(sysctl->text))
		return "has a character that no sysctl has";
	/* Runtimes would write to the files that the image has below /proc/sys. */
	if (!proc)
		return "is written without a proc file system at /proc";
	if (own_port || (judge_entry_names(judge_arg(judge, ARG_ALLOW), sysctl->key) &&
			 !is_too_new(judge, sysctl->key)))
		return NULL;
	return "is not known to be safe";
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
				.fix = arena_printf(judge->arena, "drop --sysctl %s",
						    str_show(judge->arena, sysctl->key)),
			});
		finding_remove(judge, finding, sysctl);
	}
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
				.meaning = "keys that it may set; a final * stands for any rest" },
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
};
