/* SPDX-License-Identifier: Apache-2.0 */
/* privilegedContainer: the traces of --privileged in a spec. */
#include "policy/judge.h"

#include "policy/fix.h"
#include "oci/capability.h"
#include "oci/resources.h"

/* Is the rule about every device of the type, 'b' or 'c'? */
static bool rule_is_about(const struct oci_device_rule *rule, char type)
{
	char own = oci_device_rule_type(rule);

	if (oci_device_rule_is_wide(rule))
		return true;
	return (own == 'a' || own == type) &&
	       (rule->major == NULL || str_is(rule->major->text, "-1")) &&
	       (rule->minor == NULL || str_is(rule->minor->text, "-1"));
}

/* Returns the last rule that allows every device, unless a later one denies them all. */
static const struct json_node *allow_all_devices(const struct oci_list *device_rules)
{
	const struct oci_device_rule *items = device_rules->items;
	const struct json_node *block = NULL, *character = NULL;

	for (size_t i = 0; i < device_rules->n; i++) {
		const struct oci_device_rule *rule = &items[i];

		/* A rule that denies only some access leaves the rest allowed. */
		if (!rule->allow.value && rule->access != DEVICE_RWM)
			continue;
		if (rule_is_about(rule, 'b'))
			block = rule->allow.value ? rule->node : NULL;
		if (rule_is_about(rule, 'c'))
			character = rule->allow.value ? rule->node : NULL;
	}
	return block != NULL && character != NULL ? character : NULL;
}

/* Finds --privileged by its traces, since engines differ in how many capabilities they give. */
static void check(struct judge *judge)
{
	const struct oci_capabilities *capabilities = &judge->config->process.capabilities;
	const struct oci_linux *config = &judge->config->linux_;
	const struct json_node *annotation =
		oci_map_get(&judge->config->annotations, "io.podman.annotations.privileged");
	const struct json_node *devices = allow_all_devices(&config->resources.devices);
	struct finding_text text = {
		.observed = "true",
		.required = "not privileged",
		.fix = fix(judge, FIX_PRIVILEGED),
	};
	uint64_t held = 0;

	for (unsigned int i = 0; i < CAP_SET_COUNT; i++)
		held |= capabilities->sets[i].bits;
	if (annotation != NULL && str_fold_equal(annotation->text, STR("true"))) {
		text.message = "says --privileged; must not be";
		finding_add(judge, annotation, NULL, text);
	} else if (cap_set_has(held, CAPABILITY_SYS_ADMIN) && devices != NULL) {
		text.message =
			"allows every device, with CAP_SYS_ADMIN: that is --privileged; must not be";
		finding_add(judge, devices, NULL, text);
	} else if (cap_set_has(held, CAPABILITY_SYS_ADMIN) && config->masked_paths.n == 0 &&
		   config->seccomp.node == NULL) {
		text.message =
			"keeps CAP_SYS_ADMIN, without masked paths and seccomp: that is --privileged; must not be";
		finding_add(judge, capabilities->node, NULL, text);
	}
}

const struct rule rule_privileged_container = {
	.name = "privilegedContainer",
	.title = "The container was started with --privileged",
	.reads =
		"/annotations, /process/capabilities, /linux/resources/devices, /linux/maskedPaths, /linux/seccomp",
	.references = REFERENCES("PSS baseline: Privileged Containers", "CIS Docker 5.5"),
	.check = check,
};
