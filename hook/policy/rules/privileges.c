/* SPDX-License-Identifier: Apache-2.0 */
/* What the process may do: capabilities, noNewPrivileges, privilegedContainer. */
#include "policy/rule.h"

#include <string.h>

#include "oci/capability.h"

#define NO_NEW_PRIVILEGES_SINCE 8 /* minor version of Kubernetes, in its restricted standard */
#define PORT_SYSCTL "net.ipv4.ip_unprivileged_port_start"

/*
 * What a set may hold: the rule's list, and in the bounding set what an exec rule lets a named
 * binary gain, since the kernel gives a binary nothing that the bounding set lacks.
 */
static uint64_t set_allowed(const struct judge *judge, enum cap_set set)
{
	uint64_t allowed = judge_allowed_capabilities(judge);

	return set == CAP_SET_BOUNDING ? allowed | judge_exec_rule_capabilities(judge) : allowed;
}

/*
 * Is the network namespace the container's own, and its sysctls writable for the runtime? One that
 * the engine made outside a user namespace of the container's is not.
 */
static bool can_set_port_sysctl(const struct judge *judge)
{
	enum namespace_fact network = judge->facts->namespaces[NAMESPACE_NETWORK];
	enum namespace_fact user = judge->facts->namespaces[NAMESPACE_USER];

	return judge_has_proc(judge) &&
	       (network == NS_FACT_NEW || (network == NS_FACT_OTHER && user == NS_FACT_HOST));
}

/* What servers get instead of CAP_NET_BIND_SERVICE: a change like any other, so it is reported. */
static void check_low_ports(struct judge *judge)
{
	const struct oci_linux *config = &judge->config->linux_;
	bool rewrites = judge->action == RULE_REWRITE && judge->obstacle == NULL;

	if (!rewrites || !can_set_port_sysctl(judge) ||
	    oci_map_get(&config->sysctl, PORT_SYSCTL) != NULL)
		return;
	finding_add(judge, config->sysctl.node != NULL ? config->sysctl.node : config->node,
		    config->sysctl.node != NULL ? PORT_SYSCTL : "sysctl",
		    (struct finding_text){
			    .required = PORT_SYSCTL "=0",
			    .message = "lacks " PORT_SYSCTL
				       "=0, which takes the place of CAP_NET_BIND_SERVICE",
			    .fix = "--sysctl " PORT_SYSCTL "=0",
		    });
}

static bool at_exec(const struct judge *judge)
{
	return judge->front_end == FRONT_EXEC || judge->front_end == FRONT_EXEC_OPTIONS;
}

/*
 * At exec, what the engine gave the container, or gives every one, is taken away in silence, as at
 * create: engines hand it to each session unasked. More than that somebody asked for, by
 * `exec --privileged` or --cap: a session that looks as if it had it, and has not, helps nobody.
 */
static const char *session_obstacle(const struct judge *judge, uint64_t excess)
{
	if (judge->front_end != FRONT_EXEC ||
	    (excess & ~CAP_ENGINE_DEFAULT & ~judge->facts->given_capabilities) == 0)
		return NULL;
	return "a session is not given more than its container was";
}

void check_capabilities(struct judge *judge)
{
	const struct oci_capabilities *capabilities = &judge->config->process.capabilities;
	const char *obstacle = judge->obstacle;
	uint64_t taken = 0;

	for (unsigned int i = 0; i < CAP_SET_COUNT; i++) {
		const struct oci_cap_set *set = &capabilities->sets[i];
		uint64_t allowed = set_allowed(judge, i);
		uint64_t excess = set->bits & ~allowed;

		if (excess == 0)
			continue;
		taken |= excess;
		if (obstacle == NULL)
			judge->obstacle = session_obstacle(judge, excess);
		finding_add(judge, set->node, NULL,
			    (struct finding_text){
				    .observed = cap_set_json(judge->arena, set->bits),
				    .required = cap_set_text(judge->arena, allowed),
				    .message = arena_printf(judge->arena, "keeps %s; allowed: %s",
							    cap_set_text(judge->arena, excess),
							    cap_set_text(judge->arena, allowed)),
				    .fix = at_exec(judge) ? "exec without --privileged and --cap"
							  : "--cap-drop=ALL",
			    });
	}
	judge->obstacle = obstacle;
	if (cap_set_has(taken, CAPABILITY_NET_BIND_SERVICE))
		check_low_ports(judge);
}

/* The set as it shall be: what is allowed of it, each name once, in the order it had. */
static const char *reduced_set(struct arena *arena, const struct oci_cap_set *set, uint64_t allowed)
{
	auto_buf struct buf buf = { 0 };
	uint64_t written = 0;

	buf_add(&buf, "[", 1);
	json_each (element, set->node) {
		int number = cap_from_name(element->text);
		uint64_t bit = number >= 0 ? UINT64_C(1) << number : 0;

		if ((bit & allowed & ~written) == 0)
			continue;
		if (buf.len > 1)
			buf_add(&buf, ",", 1);
		buf_add(&buf, "\"", 1);
		buf_add(&buf, element->text.data, element->text.len);
		buf_add(&buf, "\"", 1);
		written |= bit;
	}
	buf_add(&buf, "]", 1);
	return arena_copy(arena, buf.data, buf.len);
}

static void open_low_ports(struct judge *judge)
{
	const struct oci_linux *config = &judge->config->linux_;
	struct json_doc *doc = judge->config->doc;

	if (config->sysctl.node == NULL)
		json_add(doc, config->node, "sysctl", "{\"" PORT_SYSCTL "\":\"0\"}");
	else if (oci_map_get(&config->sysctl, PORT_SYSCTL) == NULL)
		json_add(doc, config->sysctl.node, PORT_SYSCTL, "\"0\"");
}

void fix_capabilities(struct judge *judge)
{
	const struct oci_capabilities *capabilities = &judge->config->process.capabilities;
	uint64_t taken = 0;

	for (unsigned int i = 0; i < CAP_SET_COUNT; i++) {
		const struct oci_cap_set *set = &capabilities->sets[i];
		uint64_t allowed = set_allowed(judge, i);

		if ((set->bits & ~allowed) == 0)
			continue;
		/* Ambient and inheritable hand capabilities on through execve: nothing may need that. */
		if (i == CAP_SET_AMBIENT || i == CAP_SET_INHERITABLE)
			allowed = 0;
		json_replace(judge->config->doc, set->node,
			     reduced_set(judge->arena, set, allowed));
		taken |= set->bits & ~allowed;
	}
	if (cap_set_has(taken, CAPABILITY_NET_BIND_SERVICE) && can_set_port_sysctl(judge))
		open_low_ports(judge);
}

void check_no_new_privileges(struct judge *judge)
{
	const struct oci_process *process = &judge->config->process;
	const struct oci_bool *field = &process->no_new_privileges;
	struct finding_text text = {
		.observed = field->node != NULL ? "false" : NULL,
		.required = "true",
		.message =
			field->node != NULL ? "is false; must be true" : "is missing; must be true",
		.fix = at_exec(judge) ? "--no-new-privs" : "--security-opt no-new-privileges",
	};

	/*
	 * no_new_privs would keep the binaries that exec rules name from gaining what the rules let them
	 * gain. Where there are such rules, the guard stands in for it, on every execve.
	 */
	if (field->value || judge_exec_rule_capabilities(judge) != 0 ||
	    rule_arg_before(&judge->setting->args[0], NO_NEW_PRIVILEGES_SINCE))
		return;
	finding_add(judge, field->node != NULL ? field->node : process->node,
		    field->node != NULL ? NULL : "noNewPrivileges", text);
}

void fix_no_new_privileges(struct judge *judge)
{
	const struct oci_process *process = &judge->config->process;
	const struct json_node *node = process->no_new_privileges.node;

	if (node != NULL)
		json_replace(judge->config->doc, process->no_new_privileges.node, "true");
	else
		json_add(judge->config->doc, process->node, "noNewPrivileges", "true");
}

/* Does the rule speak of every device of the type: 'b', 'c', or both as "a" or no type at all? */
static bool rule_is_about(const struct oci_device_rule *rule, char type)
{
	bool type_fits = rule->type.node == NULL || rule->type.value.len == 0 ||
			 rule->type.value.data[0] == 'a' || rule->type.value.data[0] == type;

	return type_fits && (rule->major == NULL || str_is(rule->major->text, "-1")) &&
	       (rule->minor == NULL || str_is(rule->minor->text, "-1"));
}

/* The last rule that allows every device, unless a later one denies them all. */
static const struct json_node *allow_all_devices(const struct oci_list *device_rules)
{
	const struct oci_device_rule *items = device_rules->items;
	const struct json_node *block = NULL, *character = NULL;

	for (size_t i = 0; i < device_rules->n; i++) {
		const struct oci_device_rule *rule = &items[i];

		/* A rule that denies only some access leaves the rest. */
		if (!rule->allow.value && !str_is(rule->access.value, "rwm"))
			continue;
		if (rule_is_about(rule, 'b'))
			block = rule->allow.value ? rule->node : NULL;
		if (rule_is_about(rule, 'c'))
			character = rule->allow.value ? rule->node : NULL;
	}
	return block != NULL && character != NULL ? character : NULL;
}

/* --privileged by what it leaves in a spec: engines differ in how many capabilities they call all. */
void check_privileged_container(struct judge *judge)
{
	const struct oci_capabilities *capabilities = &judge->config->process.capabilities;
	const struct oci_linux *config = &judge->config->linux_;
	const struct json_node *annotation =
		oci_map_get(&judge->config->annotations, "io.podman.annotations.privileged");
	const struct json_node *devices = allow_all_devices(&config->resources.devices);
	struct finding_text text = {
		.observed = "true",
		.required = "not privileged",
		.fix = "drop --privileged; give the devices and capabilities that it needs by name",
	};
	uint64_t held = 0;

	for (unsigned int i = 0; i < CAP_SET_COUNT; i++)
		held |= capabilities->sets[i].bits;
	if (annotation != NULL && str_fold_equal(annotation->text, STR("true"))) {
		text.message = "says --privileged; must not be";
		finding_add(judge, annotation, NULL, text);
	} else if (cap_set_has(held, CAPABILITY_SYS_ADMIN) && devices != NULL) {
		text.message =
			"allows every device, beside CAP_SYS_ADMIN: --privileged; must not be";
		finding_add(judge, devices, NULL, text);
	} else if (cap_set_has(held, CAPABILITY_SYS_ADMIN) && config->masked_paths.n == 0 &&
		   config->seccomp.node == NULL) {
		text.message =
			"keeps CAP_SYS_ADMIN, without masked paths and seccomp: --privileged; must not be";
		finding_add(judge, capabilities->node, NULL, text);
	}
}
