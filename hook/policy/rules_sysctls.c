/* SPDX-License-Identifier: Apache-2.0 */
/* Which settings of the kernel the container starts with: sysctls. */
#include "policy/rule.h"

#include <string.h>

/* Put there by the rule capabilities, in place of CAP_NET_BIND_SERVICE. */
#define PORT_SYSCTL "net.ipv4.ip_unprivileged_port_start"

/* Characters that no reader of a sysctl takes for more than a part of it: CVE-2022-0811. */
static bool is_plain(struct str text)
{
	static const char plain[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 _.:/-";

	for (size_t i = 0; i < text.len; i++)
		if (memchr(plain, text.data[i], sizeof(plain) - 1) == NULL)
			return false;
	return true;
}

/* Why the sysctl must not be there, or NULL. */
static const char *flaw(const struct judge *judge, const struct json_node *sysctl)
{
	bool own_port = str_is(sysctl->key, PORT_SYSCTL) && str_is(sysctl->text, "0");

	if (!is_plain(sysctl->key) || !is_plain(sysctl->text))
		return "has a character that no sysctl has";
	if (own_port || judge_entry_names(&judge->setting->args[0], sysctl->key))
		return NULL;
	return "is not known to be safe";
}

void check_sysctls(struct judge *judge)
{
	json_each (sysctl, judge->config->linux_.sysctl.node) {
		const char *why = flaw(judge, sysctl);

		if (why == NULL)
			continue;
		finding_add(
			judge, sysctl, NULL,
			(struct finding_text){
				.observed = judge_source(judge, sysctl),
				.required = "absent",
				.message = arena_printf(judge->arena, "%s; must not be there", why),
				.fix = arena_printf(judge->arena, "drop --sysctl %s",
						    str_show(judge->arena, sysctl->key)),
			});
	}
}

void fix_sysctls(struct judge *judge)
{
	json_each (sysctl, judge->config->linux_.sysctl.node)
		if (sysctl->edit == JSON_ORIGINAL && flaw(judge, sysctl) != NULL)
			json_remove(sysctl);
}
