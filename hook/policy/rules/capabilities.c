/* SPDX-License-Identifier: Apache-2.0 */
/* capabilities: the capabilities that any of the five sets of the process may hold. */
#include "policy/judge.h"

#include "policy/fix.h"
#include "policy/rules/entry_flaws.h"
#include "base/cleanup.h"
#include "oci/capability.h"
#include "oci/engine_capabilities.h"

#define RESTRICTED_SINCE 22 /* minor version of Kubernetes, in its restricted standard */
#define PORT_SYSCTL "net.ipv4.ip_unprivileged_port_start"

enum arg {
	ARG_ALLOW,
	ARG_ALLOW_MAPPED,
	ARG_SINCE, /* args.version */
	ARG_ENGINE_DEFAULT
};

/* What any process may hold, in any user namespace. */
static uint64_t allowed_everywhere(const struct judge *judge)
{
	const struct rule_arg *args = rule_setting(judge->policy, &rule_capabilities)->args;
	uint64_t by_engine = engine_default_capabilities(judge->config);
	uint64_t allowed = args[ARG_ALLOW].number & (by_engine | ~args[ARG_ENGINE_DEFAULT].number);

	/* Older versions of restricted ask nothing of their own: a pod may keep what baseline
	 * allows. */
	return judge_before(&args[ARG_SINCE], RESTRICTED_SINCE)
		       ? allowed | CAP_POD_MAY_ADD | by_engine
		       : allowed;
}

uint64_t judge_ceiling_capabilities(const struct judge *judge)
{
	const struct rule_arg *args = rule_setting(judge->policy, &rule_capabilities)->args;

	return allowed_everywhere(judge) |
	       (judge_root_is_mapped(judge) ? args[ARG_ALLOW_MAPPED].number : 0);
}

/*
 * args.allowMapped is for root of the namespace alone: it starts as root to become another user,
 * and loses its capabilities then. Any other process would keep them in the bounding set, for
 * set-user-ID programs. The options of an exec session say nothing of capabilities: it has the
 * container's sets, of which execve leaves another user none.
 */
uint64_t judge_allowed_capabilities(const struct judge *judge)
{
	return judge_id(judge, ID_USER) == 0 || judge->front_end == FRONT_EXEC_OPTIONS
		       ? judge_ceiling_capabilities(judge)
		       : allowed_everywhere(judge);
}

/*
 * runc 1.3 and later leave a process its capabilities if the spec names none; older versions and
 * crun take them all away. A session without sets of its own has those of the container.
 */
static bool sets_are_missing(const struct judge *judge)
{
	const struct oci_process *process = &judge->config->process;

	return process->node != NULL && process->capabilities.node == NULL && !judge_at_exec(judge);
}

bool judge_process_keeps_power(const struct judge *judge)
{
	const struct oci_process *process = &judge->config->process;
	const struct oci_cap_set *sets = process->capabilities.sets;
	uint64_t kept = 0;

	if (sets_are_missing(judge) && !judge->drops_capabilities)
		return true;
	/* The guard controls a capability that only the bounding set has, for an exec rule. */
	for (unsigned int i = 0; i < CAP_SET_COUNT; i++)
		kept |= i == CAP_SET_BOUNDING ? sets[i].bits & ~judge_exec_rule_capabilities(judge)
					      : sets[i].bits;
	/* Leave out what the capabilities rule removes before the process starts. */
	if (judge->drops_capabilities)
		kept &= judge_allowed_capabilities(judge);
	return kept != 0 || judge_host_id(judge, ID_USER, judge_id(judge, ID_USER)) == 0;
}

/*
 * Ambient and inheritable sets pass capabilities on through execve, also to what root of a user
 * namespace becomes. No process should need that.
 */
static bool passes_on(enum cap_set set)
{
	return set == CAP_SET_AMBIENT || set == CAP_SET_INHERITABLE;
}

/*
 * Returns what a set may hold. The bounding set may also hold what an exec rule lets a named binary
 * gain, since the kernel gives a binary nothing that the bounding set lacks.
 */
static uint64_t set_allowed(const struct judge *judge, enum cap_set set)
{
	uint64_t allowed = judge_allowed_capabilities(judge);

	if (passes_on(set))
		return allowed_everywhere(judge);
	return set == CAP_SET_BOUNDING ? allowed | judge_exec_rule_capabilities(judge) : allowed;
}

uint64_t judge_set_left(const struct judge *judge, enum cap_set set)
{
	uint64_t bits = judge->config->process.capabilities.sets[set].bits;
	uint64_t allowed = set_allowed(judge, set);

	return passes_on(set) && (bits & ~allowed) != 0 ? 0 : bits & allowed;
}

/*
 * Is the network namespace the container's own, with sysctls that the runtime can write? If the
 * engine made it outside the container's user namespace, the runtime cannot.
 */
static bool can_set_port_sysctl(const struct judge *judge)
{
	enum namespace_fact network = judge->facts->namespaces[NAMESPACE_NETWORK];
	enum namespace_fact user = judge->facts->namespaces[NAMESPACE_USER];

	return judge_has_proc(judge) &&
	       (network == NS_FACT_NEW || (network == NS_FACT_OTHER && user == NS_FACT_HOST));
}

/*
 * Sets the sysctl that servers get in place of CAP_NET_BIND_SERVICE. It is a change like any other,
 * so it is reported.
 */
static void open_low_ports(struct judge *judge)
{
	const struct oci_linux *config = &judge->config->linux_;
	struct finding *finding;

	if (!can_set_port_sysctl(judge) || oci_map_get(&config->sysctl, PORT_SYSCTL) != NULL)
		return;
	finding =
		finding_add(judge, config->sysctl.node != NULL ? config->sysctl.node : config->node,
			    config->sysctl.node != NULL ? PORT_SYSCTL : "sysctl",
			    (struct finding_text){
				    .required = PORT_SYSCTL "=0",
				    .message = "lacks " PORT_SYSCTL
					       "=0, which takes the place of CAP_NET_BIND_SERVICE",
				    .fix = fix_about(judge, FIX_LOW_PORTS, PORT_SYSCTL),
			    });
	finding_set(judge, finding, config->node, "sysctl/" PORT_SYSCTL, "\"0\"");
	finding_changes(finding, CHANGE_DEFAULT, PORT_SYSCTL "=0 set");
}

/*
 * At exec, capabilities that the engine gave the container, or gives every container, are removed
 * silently, as at create: engines add them to each session unasked. A user asked for any
 * others, with `exec --privileged` or --cap. Such a session is refused, since it would look as if it
 * had the capabilities but lack them.
 */
static const char *session_obstacle(const struct judge *judge, uint64_t excess)
{
	/* An engine on a newer kernel may add a capability that is not in our table: nobody asked. */
	const uint64_t usual =
		engine_default_capabilities(judge->config) | UINT64_C(1) << CAPABILITY_NEWER;

	if (judge->front_end != FRONT_EXEC ||
	    (excess & ~usual & ~judge->facts->given_capabilities) == 0)
		return NULL;
	return "a session is not given more than its container was";
}

/* Returns the set reduced to what is left of it, each name once, in the original order. */
static const char *reduced_set(struct arena *arena, const struct oci_cap_set *set, uint64_t left)
{
	auto_buf struct buf buf = { 0 };
	uint64_t written = 0;

	buf_add(&buf, "[", 1);
	json_each (element, set->node) {
		int number = cap_from_name(element->text);
		uint64_t bit = number >= 0 ? UINT64_C(1) << number : 0;

		if ((bit & left & ~written) == 0)
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

/* Says why a capability of args.allow is not allowed: args.engineDefault. */
static const char *asked_for(const struct judge *judge, uint64_t excess)
{
	uint64_t listed = excess & judge_arg(judge, ARG_ALLOW)->number;

	if (listed == 0)
		return "";
	if (listed == excess)
		return ", which this engine gives only if asked for it";
	return arena_printf(judge->arena, " (this engine gives %s only if asked for it)",
			    cap_set_text(judge->arena, listed));
}

/* The names that the table has, or, if it lacks one of them, the set as it is written. */
static const char *observed_set(struct arena *arena, const struct oci_cap_set *set)
{
	auto_buf struct buf buf = { 0 };

	if (!cap_set_has(set->bits, CAPABILITY_NEWER))
		return cap_set_json(arena, set->bits);
	buf_add(&buf, "[", 1);
	json_each (element, set->node)
		buf_printf(&buf, "%s\"%.*s\"", buf.len > 1 ? "," : "", (int)element->text.len,
			   element->text.data);
	buf_add(&buf, "]", 1);
	return arena_copy(arena, buf.data, buf.len);
}

/* What is too much, with the names that the table lacks. */
static const char *excess_text(struct arena *arena, const struct oci_cap_set *set, uint64_t excess)
{
	const uint64_t known = excess & ~(UINT64_C(1) << CAPABILITY_NEWER);
	const char *text = known != 0 ? cap_set_text(arena, known) : "";

	if (known == excess)
		return text;
	json_each (element, set->node)
		if (cap_is_newer(element->text))
			text = arena_printf(arena, "%s%s%.*s (unknown)", text, *text ? ", " : "",
					    (int)element->text.len, element->text.data);
	return text;
}

/* Engines give the default set unasked. */
static enum fix excess_cause(const struct judge *judge, uint64_t excess)
{
	if (judge_at_exec(judge))
		return FIX_CAPABILITIES_EXEC;
	return (excess & ~engine_default_capabilities(judge->config)) != 0 ? FIX_CAPABILITIES_ADDED
									   : FIX_CAPABILITIES;
}

/* Reports a set that holds too much. Returns what a rewrite removes from it. */
static uint64_t check_set(struct judge *judge, enum cap_set which)
{
	const struct oci_cap_set *set = &judge->config->process.capabilities.sets[which];
	uint64_t allowed = set_allowed(judge, which), excess = set->bits & ~allowed;
	uint64_t left = judge_set_left(judge, which);
	struct finding *finding;

	if (excess == 0)
		return 0;
	finding =
		finding_add(judge, set->node, NULL,
			    (struct finding_text){
				    .observed = observed_set(judge->arena, set),
				    .required = cap_set_text(judge->arena, allowed),
				    .message = arena_printf(judge->arena, "keeps %s%s; allowed: %s",
							    excess_text(judge->arena, set, excess),
							    asked_for(judge, excess),
							    cap_set_text(judge->arena, allowed)),
				    .fix = fix(judge, excess_cause(judge, excess)),
			    });
	finding_block(finding, session_obstacle(judge, excess));
	finding_set(judge, finding, set->node, "", reduced_set(judge->arena, set, left));
	finding_changes(finding, CHANGE_DEFAULT, ""); /* say_taken() says it once for all sets */
	return set->bits & ~left;
}

/* Sets that are there but empty mean the same to all runtimes. */
static void check_missing(struct judge *judge)
{
	struct json_node *process = judge->config->process.node;
	struct finding *finding = finding_add(
		judge, process, "capabilities",
		(struct finding_text){
			.required = "{}",
			.message = "is missing: runc 1.3 and later then take none away; "
				   "must be there, {} for none",
			.fix = fix(judge, FIX_CAPABILITIES_MISSING),
		});

	finding_set(judge, finding, process, "capabilities", "{}");
	finding_changes(finding, CHANGE_DEFAULT, "emptied");
}

/*
 * Says what the sets lose. What the engine gives every container is not worth its names. A session
 * that asks for more than its container was given is of interest.
 */
static void say_taken(const struct judge *judge, struct finding *finding, uint64_t taken)
{
	bool session = judge_at_exec(judge);
	uint64_t usual = session ? judge->facts->given_capabilities
				 : engine_default_capabilities(judge->config);
	const char *others =
		session ? "those that the container was given" : "the engine's default ones";
	uint64_t asked = taken & ~usual;

	if (asked == 0)
		finding_changes(finding, CHANGE_DEFAULT,
				arena_printf(judge->arena, "%s taken away", others));
	else
		finding_changes(finding, CHANGE_ASKED,
				arena_printf(judge->arena, "%s%s%s taken away",
					     cap_set_text(judge->arena, asked),
					     (taken & usual) != 0 ? " and " : "",
					     (taken & usual) != 0 ? others : ""));
}

static void check(struct judge *judge)
{
	struct finding **first = judge->verdict->findings_end;
	uint64_t taken = 0;

	if (sets_are_missing(judge)) {
		check_missing(judge);
		return;
	}
	for (unsigned int i = 0; i < CAP_SET_COUNT; i++) {
		uint64_t less = check_set(judge, i);

		/* Root has what its bounding set has, whatever is passed on to it. */
		if (!passes_on(i) || judge_id(judge, ID_USER) != 0)
			taken |= less;
	}
	if (*first != NULL)
		say_taken(judge, *first, taken);
	if (cap_set_has(taken, CAPABILITY_NET_BIND_SERVICE) && judge->action == RULE_REWRITE &&
	    rewrites_spec[judge->front_end] == NULL)
		open_low_ports(judge);
}

const struct rule rule_capabilities = {
	.name = "capabilities",
	.title = "The process keeps capabilities",
	.reads = "/process/capabilities",
	.args = {
		[ARG_ALLOW] = { .name = "allow",
				.kind = KIND_CAPABILITIES,
				.effect = EFFECT_ADMITS,
				.flaw = capability_flaw,
				.meaning = "what any of the five sets may hold; none by default" },
		[ARG_ALLOW_MAPPED] = { .name = "allowMapped",
				       .kind = KIND_CAPABILITIES,
				       .effect = EFFECT_ADMITS,
				       .meaning =
					       "what root of a private user namespace may also hold in bounding, effective and permitted" },
		[ARG_SINCE] = { .name = "version",
				.kind = KIND_VERSION,
				.effect = EFFECT_DEMANDS,
				.meaning =
					"below v1.22 they may also hold what baseline allows" },
		[ARG_ENGINE_DEFAULT] = { .name = "engineDefault",
					 .kind = KIND_CAPABILITIES,
					 .effect = EFFECT_DEMANDS,
					 .meaning =
						 "of allow, those that count only where the engine gives them to every container" },
	},
	.references = REFERENCES("PSS restricted: Capabilities", "CIS Docker 5.4", "CVE-2022-24769",
				 "CVE-2022-27649"),
	.process = true,
	.rewrites = rewrites_spec,
	.check = check,
};
