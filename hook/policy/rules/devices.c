/* SPDX-License-Identifier: Apache-2.0 */
/* deviceAccess, netDevices: the hardware of the host that the container gets. */
#include "policy/judge.h"

#include "policy/fix.h"
#include "policy/rules/entry_flaws.h"

#include <string.h>

#include "oci/resources.h"

enum arg {
	ARG_ALLOW
};

/* The devices that runtimes make in every container, and mknod of any, which opens nothing. */
static const char *const usual_devices[] = {
	"c 1:3", "c 1:5", "c 1:7",   "c 1:8",	"c 1:9",   "c 5:0",
	"c 5:1", "c 5:2", "c 136:*", "c *:* m", "b *:* m", NULL,
};

/* A device or a whole class of devices, as in an entry of args.allow or in the spec. */
struct device_class {
	char type;		 /* 'b', 'c', or 'a' for both */
	struct str major, minor; /* "*" for any */
	unsigned int access;	 /* enum device_access */
};

static struct str cut(struct str *rest, char at)
{
	const char *end = memchr(rest->data, at, rest->len);
	struct str word = { rest->data, end != NULL ? (size_t)(end - rest->data) : rest->len };
	size_t used = end != NULL ? word.len + 1 : word.len;

	*rest = (struct str){ rest->data + used, rest->len - used };
	return word;
}

/* "c 1:3" or "c 136:* rw", as in devices.allow of cgroup v1. A malformed entry allows nothing. */
static struct device_class entry_class(struct str entry)
{
	struct str type = cut(&entry, ' ');
	struct str major = cut(&entry, ':');
	struct str minor = cut(&entry, ' ');

	return (struct device_class){
		.type = type.len == 1 ? type.data[0] : '\0',
		.major = major,
		.minor = minor,
		.access = entry.len > 0 ? oci_device_access(entry) : DEVICE_RWM,
	};
}

static bool consists_of(struct str text, const char *letters)
{
	for (size_t i = 0; i < text.len; i++)
		if (strchr(letters, text.data[i]) == NULL)
			return false;
	return text.len > 0;
}

static bool entry_is_known(struct arena *arena, struct str entry)
{
	struct device_class class = entry_class(entry);
	static const char digits[] = "0123456789";

	return class.type != '\0' && strchr("abc", class.type) != NULL &&
	       (str_is(class.major, "*") || consists_of(class.major, digits)) &&
	       (str_is(class.minor, "*") || consists_of(class.minor, digits)) &&
	       class.access != 0 && entry.data[entry.len - 1] != ' ';
}

static const struct vocabulary entries = {
	.has = entry_is_known,
	.unknown = "is not TYPE MAJOR:MINOR ACCESS, such as \"c 10:200 rw\"",
};

static bool number_covers(struct str allowed, struct str number)
{
	return str_is(allowed, "*") || str_equal(allowed, number);
}

static bool class_covers(const struct device_class *allowed, const struct device_class *class)
{
	if (allowed->type != 'a' && allowed->type != class->type)
		return false;
	return (class->access & ~allowed->access) == 0 &&
	       number_covers(allowed->major, class->major) &&
	       number_covers(allowed->minor, class->minor);
}

static bool is_allowed(const struct judge *judge, const struct device_class *class)
{
	const struct rule_arg *allow = judge_arg(judge, ARG_ALLOW);

	for (size_t i = 0; i < allow->n; i++) {
		struct device_class entry = entry_class(allow->strings[i]);

		if (class_covers(&entry, class))
			return true;
	}
	return false;
}

static struct str number_or_any(const struct json_node *number)
{
	return number == NULL || str_is(number->text, "-1") ? STR("*") : number->text;
}

static struct device_class rule_class(const struct oci_device_rule *rule)
{
	if (oci_device_rule_is_wide(rule))
		return (struct device_class){ 'a', STR("*"), STR("*"), DEVICE_RWM };
	return (struct device_class){
		.type = oci_device_rule_type(rule),
		.major = number_or_any(rule->major),
		.minor = number_or_any(rule->minor),
		.access = rule->access,
	};
}

/* The device rules decide about access to a node. It is at most read and write. */
static struct device_class node_class(const struct oci_device *device)
{
	char letter = device->type.value.data[0];

	return (struct device_class){
		.type = letter == 'u' ? 'c' : letter,
		.major = number_or_any(device->major),
		.minor = number_or_any(device->minor),
		.access = DEVICE_READ | DEVICE_WRITE,
	};
}

static const char *class_text(const struct judge *judge, const struct device_class *class)
{
	if (class->type == 'a' && str_is(class->major, "*") && str_is(class->minor, "*"))
		return "every device";
	return str_show(judge->arena,
			str_from(arena_printf(judge->arena, "device %c %.*s:%.*s", class->type,
					      (int)class->major.len, class->major.data,
					      (int)class->minor.len, class->minor.data)));
}

static struct finding *add_finding(struct judge *judge, const struct json_node *node,
				   const char *fix, const char *message)
{
	return finding_add(judge, node, NULL,
			   (struct finding_text){
				   .observed = judge_source(judge, node),
				   .required = "only devices in args.allow",
				   .message = message,
				   .fix = fix,
			   });
}

static const char *node_fix(const struct judge *judge, const struct oci_device *device)
{
	struct str path = device->path.value;

	return fix_about(judge, fix_is_gpu(judge, path) ? FIX_DEVICE_GPU : FIX_DEVICE,
			 str_show(judge->arena, path));
}

static bool is_number(const struct json_node *a, const struct json_node *b)
{
	return a != NULL && b != NULL && str_equal(a->text, b->text);
}

/* A rule is for a device as a rule. */
static const char *rule_fix(const struct judge *judge, const struct oci_device_rule *rule)
{
	const struct oci_list *list = &judge->config->linux_.devices;
	const struct oci_device *devices = list->items;

	if (oci_device_rule_is_wide(rule))
		return fix(judge, FIX_ALL_DEVICES);
	for (size_t i = 0; i < list->n; i++)
		if (is_number(devices[i].major, rule->major) &&
		    is_number(devices[i].minor, rule->minor))
			return node_fix(judge, &devices[i]);
	return fix(judge, FIX_DEVICE_RULE);
}

static void check_nodes(struct judge *judge)
{
	const struct oci_list *list = &judge->config->linux_.devices;
	const struct oci_device *devices = list->items;

	for (size_t i = 0; i < list->n; i++) {
		struct device_class class = node_class(&devices[i]);
		const char *message;

		/* A pipe is not a device. */
		if (str_is(devices[i].type.value, "p") || is_allowed(judge, &class))
			continue;
		message = arena_printf(judge->arena, "makes %s at %s; must not",
				       class_text(judge, &class),
				       str_quote(judge->arena, devices[i].path.value));
		finding_remove(
			judge,
			add_finding(judge, devices[i].node, node_fix(judge, &devices[i]), message),
			devices[i].node);
	}
}

static bool denies_all(const struct oci_device_rule *rule, const struct device_class *class)
{
	return !rule->allow.value && class->type == 'a' && class->access == DEVICE_RWM &&
	       str_is(class->major, "*") && str_is(class->minor, "*");
}

/*
 * Removes rules that allow too much. If no rule before the first of them denies everything, it is
 * replaced by one that does, and runtimes add the usual devices after it. Without that, a list
 * leaves the rest to the runtime, and crun reads an empty list as no restriction at all.
 */
static void check_rules(struct judge *judge)
{
	const struct oci_list *list = &judge->config->linux_.resources.devices;
	const struct oci_device_rule *items = list->items;
	bool denied = false;

	for (size_t i = 0; i < list->n; i++) {
		struct device_class class = rule_class(&items[i]);
		struct finding *finding;

		denied = denied || denies_all(&items[i], &class);
		if (!items[i].allow.value || is_allowed(judge, &class))
			continue;
		finding = add_finding(judge, items[i].node, rule_fix(judge, &items[i]),
				      arena_printf(judge->arena, "allows %s; must not",
						   class_text(judge, &class)));
		if (denied)
			finding_remove(judge, finding, items[i].node);
		else
			finding_set(judge, finding, items[i].node, "",
				    "{\"allow\":false,\"access\":\"rwm\"}");
		denied = true;
	}
}

static void check_device_access(struct judge *judge)
{
	check_nodes(judge);
	check_rules(judge);
}

const struct rule rule_device_access = {
	.name = "deviceAccess",
	.title = "The container reaches devices of the host",
	.reads = "/linux/devices, /linux/resources/devices",
	.args = {
		[ARG_ALLOW] = { .name = "allow",
				.kind = KIND_STRINGS,
				.effect = EFFECT_ADMITS,
				.defaults = usual_devices,
				.vocabulary = &entries,
				.flaw = device_flaw,
				.meaning =
					"what it may reach: type, major:minor and access, as \"c 10:200 rw\"; * is any number" },
	},
	.references = REFERENCES("CIS Docker 5.18", "devices.allow of cgroup v1"),
	.rewrites = rewrites_spec,
	.check = check_device_access,
};

static void check_net_devices(struct judge *judge)
{
	const struct json_node *devices = judge->config->linux_.net_devices;

	json_each (device, devices)
		finding_add(judge, device, NULL,
			    (struct finding_text){
				    .observed = judge_source(judge, device),
				    .required = "absent",
				    .message = "takes a network interface of the host; must not",
				    .fix = fix(judge, FIX_NET_DEVICE),
			    });
}

const struct rule rule_net_devices = {
	.name = "netDevices",
	.title = "The container takes network interfaces of the host",
	.reads = "/linux/netDevices",
	.references = REFERENCES("config-linux.md#network-devices"),
	.check = check_net_devices,
};
