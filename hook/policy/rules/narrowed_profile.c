/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes single calls out of a profile: see narrowed_profile.h. Runtimes give libseccomp one rule
 * for each name of an entry. If no entry lets a call through, its rules either refuse it or leave
 * it to the default, in whatever order they come and under whatever conditions.
 */
#include "narrowed_profile.h"

#include <string.h>

#include "oci/seccomp.h"

struct calls {
	const struct str *names;
	size_t n;
};

static bool has_call(const struct calls *calls, struct str name)
{
	for (size_t i = 0; i < calls->n; i++)
		if (str_equal(calls->names[i], name))
			return true;
	return false;
}

/* Also the calls through which some architectures make them. */
static struct calls with_multiplexers(struct arena *arena, const struct str *calls, size_t n)
{
	struct str *all = arena_array(arena, 2 * n, sizeof(*all));
	size_t n_all = 0;

	for (size_t i = 0; i < n; i++) {
		const char *by = oci_seccomp_multiplexer(calls[i]);

		all[n_all++] = calls[i];
		if (by != NULL && !has_call(&(struct calls){ all, n_all }, str_from(by)))
			all[n_all++] = str_from(by);
	}
	return (struct calls){ all, n_all };
}

static void narrow_entry(struct judge *judge, struct finding *finding,
			 const struct oci_syscall *entry, const struct calls *calls)
{
	size_t n = 0;

	for (size_t i = 0; i < entry->names.n; i++)
		n += has_call(calls, entry->names.items[i].value);
	if (n > 0 && n == entry->names.n)
		finding_remove(judge, finding, entry->node);
	for (size_t i = 0; n > 0 && n < entry->names.n && i < entry->names.n; i++)
		if (has_call(calls, entry->names.items[i].value))
			finding_remove(judge, finding, entry->names.items[i].node);
}

void narrow_profile(struct judge *judge, struct finding *finding, const struct str *calls, size_t n)
{
	const struct oci_seccomp *seccomp = &judge->config->linux_.seccomp;
	const struct oci_syscall *entries = seccomp->syscalls.items;
	const struct calls all = with_multiplexers(judge->arena, calls, n);

	for (size_t i = 0; i < seccomp->syscalls.n; i++)
		if (oci_seccomp_lets_through(entries[i].action.value))
			narrow_entry(judge, finding, &entries[i], &all);
}

static bool refuses_always(const struct oci_syscall *entry)
{
	return !oci_seccomp_lets_through(entry->action.value) && entry->args.n == 0;
}

const struct str *refused_calls(struct arena *arena, const struct oci_seccomp *seccomp,
				const struct str *deny, size_t n, size_t *ret_n)
{
	const struct oci_syscall *entries = seccomp->syscalls.items;
	struct str *calls;
	size_t n_calls = n;

	for (size_t i = 0; i < seccomp->syscalls.n; i++)
		n_calls += refuses_always(&entries[i]) ? entries[i].names.n : 0;
	calls = arena_array(arena, n_calls, sizeof(*calls));
	memcpy(calls, deny, n * sizeof(*calls));
	*ret_n = n_calls;
	for (size_t i = 0; i < seccomp->syscalls.n; i++)
		for (size_t k = 0; refuses_always(&entries[i]) && k < entries[i].names.n; k++)
			calls[n++] = entries[i].names.items[k].value;
	return calls;
}
