/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Decides the action of each rule for one container: the policy's, then exceptions, then the mode.
 */
#include <regex.h>

#include "policy/rule.h"

static bool regex_matches(const regex_t *regex, struct str text)
{
	regmatch_t range = { .rm_so = 0, .rm_eo = (regoff_t)text.len };

	return regexec(regex, text.data, 1, &range, REG_STARTEND) == 0;
}

/*
 * Regular expressions are compiled here and freed at once: an arena frees none. Compiling can only
 * fail for lack of memory, since the loader has compiled them before. Skipping an exception would
 * be unsafe: it may make a rule stricter.
 */
static void compile(regex_t *regex, const char *pattern)
{
	if (regcomp(regex, pattern, REG_EXTENDED | REG_NOSUB) != 0)
		mem_exhausted();
}

static bool match_holds(const struct exception_match *match, const struct oci_map *annotations)
{
	bool holds = false;
	regex_t key, value;

	compile(&key, match->key);
	compile(&value, match->value);
	json_each (annotation, annotations->node)
		holds = holds || (regex_matches(&key, annotation->key) &&
				  regex_matches(&value, annotation->text));
	regfree(&value);
	regfree(&key);
	return holds;
}

static bool exception_applies(const struct exception *exception, const struct oci_config *config,
			      unsigned int today)
{
	if (exception->expires != 0 && today > exception->expires)
		return false;
	for (size_t i = 0; i < exception->n_matches; i++)
		if (!match_holds(&exception->matches[i], &config->annotations))
			return false;
	return true;
}

void policy_actions(const struct policy *policy, const struct oci_config *config,
		    unsigned int today, struct rule_state *ret_states)
{
	for (size_t row = 0; row < n_rules; row++) {
		enum rule_action usual = policy->settings[row].named ? policy->settings[row].action
								     : policy->default_action;

		ret_states[row] = (struct rule_state){ .action = usual, .usual = usual };
	}
	for (const struct exception *e = policy->exceptions; e != NULL; e = e->next) {
		if (!exception_applies(e, config, today))
			continue;
		for (size_t row = 0; row < n_rules; row++)
			if ((e->rules >> row & 1) != 0) {
				ret_states[row].action = e->action;
				ret_states[row].exception = e;
			}
	}
	for (size_t row = 0; policy->audit && row < n_rules; row++) {
		ret_states[row].audited = ret_states[row].action > RULE_LOG;
		if (ret_states[row].audited)
			ret_states[row].action = RULE_LOG;
	}
}
