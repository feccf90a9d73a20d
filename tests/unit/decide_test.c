/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The decision on one execve, row by row: credentials before and after, limits, rule, and the
 * expected result. The same code runs in the kernel.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "decide.h"

#define CHOWN (1ull << 0)
#define NET_BIND (1ull << 10)
#define NET_RAW (1ull << 13)
#define SYS_ADMIN (1ull << 21)
#define LAST (1ull << 63)
#define ALL (~0ull)

/* A user with its permitted, effective and ambient sets, in the initial namespace. */
#define CREDS(user, group, p, e, a)                                                                \
	{                                                                                          \
		.permitted = (p), .effective = (e), .ambient = (a), .uid = (user), .euid = (user), \
		.suid = (user), .gid = (group), .egid = (group), .root = 0,                        \
	}

/* A real user with another effective one, as set-user-ID and set-group-ID make it. */
#define SET_ID(user, effective_user, group, effective_group, p)                                 \
	{                                                                                       \
		.permitted = (p), .effective = (p), .uid = (user), .euid = (effective_user),    \
		.suid = (effective_user), .gid = (group), .egid = (effective_group), .root = 0, \
	}

/* In a user namespace whose root is global uid 100000. */
#define MAPPED(user, effective_user, p)                                                      \
	{                                                                                    \
		.permitted = (p), .effective = (p), .uid = (user), .euid = (effective_user), \
		.suid = (effective_user), .gid = 100000, .egid = 100000, .root = 100000,     \
	}

/* A user without capabilities, but with a bounding set. */
#define BOUNDED(user, b)                                                                     \
	{                                                                                    \
		.bounding = (b), .uid = (user), .euid = (user), .suid = (user), .gid = 1000, \
		.egid = 1000, .root = 0,                                                     \
	}

#define NOBODY CREDS(1000, 1000, 0, 0, 0)

#define LIMITS(ceil, exec, over, root, ids)                                               \
	{                                                                                 \
		.ceiling = (ceil), .bounding = (ceil), .exec_action = (exec),             \
		.ceiling_action = (over), .root_action = (root), .set_ids_action = (ids), \
		.errno_ret = 1,                                                           \
	}

/* The limits of the default policy. */
#define DEFAULT LIMITS(0, ABI_ERRNO, ABI_ERRNO, ABI_ERRNO, ABI_LOG)

struct row {
	const char *name;
	struct abi_creds old, new;
	struct abi_limits limits;
	struct abi_rule rule;
	int has_rule;
	__u32 flags;
	__u32 action, reason;
	__u64 gained;
};

#define RULE(caps, act) .has_rule = 1, .rule = { .capabilities = (caps), .action = (act) }
#define GIVES(act, why) .action = ABI_##act, .reason = ABI_REASON_##why

static const struct row rows[] = {
	/* nothing happens */
	{ "plain execve", NOBODY, NOBODY, DEFAULT, GIVES(ALLOW, NONE) },
	{ "losing everything", CREDS(1000, 1000, ALL, ALL, ALL), NOBODY, DEFAULT,
	  GIVES(ALLOW, NONE) },
	{ "keeping what the ceiling has", CREDS(1000, 1000, NET_RAW, NET_RAW, NET_RAW),
	  CREDS(1000, 1000, NET_RAW, NET_RAW, NET_RAW),
	  LIMITS(NET_RAW, ABI_KILL, ABI_KILL, ABI_KILL, ABI_KILL), GIVES(ALLOW, NONE) },
	{ "a rule says nothing about a plain execve", NOBODY, NOBODY, DEFAULT, RULE(ALL, ABI_KILL),
	  GIVES(ALLOW, NONE) },

	/* gain */
	{ "set-user-ID root", NOBODY, SET_ID(1000, 0, 1000, 1000, ALL), DEFAULT, GIVES(ERRNO, GAIN),
	  .gained = ALL },
	{ "set-user-ID root with an empty bounding set", NOBODY, SET_ID(1000, 0, 1000, 1000, 0),
	  DEFAULT, GIVES(ERRNO, GAIN) },
	{ "file capability", NOBODY, CREDS(1000, 1000, NET_RAW, NET_RAW, 0), DEFAULT,
	  GIVES(ERRNO, GAIN), .gained = NET_RAW },
	{ "file capability without the effective bit", NOBODY, CREDS(1000, 1000, NET_RAW, 0, 0),
	  DEFAULT, GIVES(ERRNO, GAIN), .gained = NET_RAW },
	{ "capability 63", NOBODY, CREDS(1000, 1000, LAST, LAST, 0), DEFAULT, GIVES(ERRNO, GAIN),
	  .gained = LAST },
	{ "gain below the ceiling is a gain", NOBODY, CREDS(1000, 1000, NET_RAW, NET_RAW, 0),
	  LIMITS(ALL, ABI_ERRNO, ABI_ERRNO, ABI_ERRNO, ABI_LOG), GIVES(ERRNO, GAIN),
	  .gained = NET_RAW },
	{ "one more", CREDS(1000, 1000, CHOWN, CHOWN, 0),
	  CREDS(1000, 1000, CHOWN | NET_RAW, CHOWN | NET_RAW, 0),
	  LIMITS(ALL, ABI_ERRNO, ABI_ERRNO, ABI_ERRNO, ABI_LOG), GIVES(ERRNO, GAIN),
	  .gained = NET_RAW },
	{ "one for another", CREDS(1000, 1000, CHOWN, CHOWN, 0),
	  CREDS(1000, 1000, NET_RAW, NET_RAW, 0),
	  LIMITS(ALL, ABI_ERRNO, ABI_ERRNO, ABI_ERRNO, ABI_LOG), GIVES(ERRNO, GAIN),
	  .gained = NET_RAW },
	{ "raised from permitted to effective", CREDS(1000, 1000, NET_RAW, 0, 0),
	  CREDS(1000, 1000, NET_RAW, NET_RAW, 0),
	  LIMITS(NET_RAW, ABI_ERRNO, ABI_ERRNO, ABI_ERRNO, ABI_LOG), GIVES(ERRNO, GAIN),
	  .gained = NET_RAW },
	{ "ambient", CREDS(1000, 1000, NET_RAW, NET_RAW, 0),
	  CREDS(1000, 1000, NET_RAW, NET_RAW, NET_RAW),
	  LIMITS(NET_RAW, ABI_ERRNO, ABI_ERRNO, ABI_ERRNO, ABI_LOG), GIVES(ERRNO, GAIN),
	  .gained = NET_RAW },
	{ "root regains what it had dropped", CREDS(0, 0, 0, 0, 0),
	  CREDS(0, 0, NET_RAW, NET_RAW, 0), LIMITS(ALL, ABI_ERRNO, ABI_ERRNO, ABI_ALLOW, ABI_LOG),
	  GIVES(ERRNO, GAIN), .gained = NET_RAW },
	{ "gain allowed by the policy", NOBODY, CREDS(1000, 1000, NET_RAW, NET_RAW, 0),
	  LIMITS(NET_RAW, ABI_ALLOW, ABI_ERRNO, ABI_ERRNO, ABI_LOG), GIVES(ALLOW, GAIN),
	  .gained = NET_RAW },
	{ "gain logged", NOBODY, CREDS(1000, 1000, NET_RAW, NET_RAW, 0),
	  LIMITS(NET_RAW, ABI_LOG, ABI_ERRNO, ABI_ERRNO, ABI_LOG), GIVES(LOG, GAIN),
	  .gained = NET_RAW },
	{ "gain killed", NOBODY, CREDS(1000, 1000, NET_RAW, NET_RAW, 0),
	  LIMITS(NET_RAW, ABI_KILL, ABI_ERRNO, ABI_ERRNO, ABI_LOG), GIVES(KILL, GAIN),
	  .gained = NET_RAW },
	{ "real root under another effective id returns to root", SET_ID(0, 1000, 0, 0, 0),
	  CREDS(0, 0, 0, 0, 0), LIMITS(ALL, ABI_ERRNO, ABI_ERRNO, ABI_ALLOW, ABI_LOG),
	  GIVES(ERRNO, GAIN) },

	/* ceiling: nothing is gained, since the caller already has it all */
	{ "exec --privileged", CREDS(0, 0, ALL, ALL, 0), CREDS(0, 0, ALL, ALL, 0),
	  LIMITS(NET_RAW, ABI_ERRNO, ABI_ERRNO, ABI_ALLOW, ABI_LOG), GIVES(ERRNO, CEILING) },
	{ "exec with one capability too many", CREDS(1000, 1000, SYS_ADMIN, SYS_ADMIN, SYS_ADMIN),
	  CREDS(1000, 1000, SYS_ADMIN, SYS_ADMIN, SYS_ADMIN), DEFAULT, GIVES(ERRNO, CEILING) },
	{ "permitted alone counts", CREDS(1000, 1000, SYS_ADMIN, 0, 0),
	  CREDS(1000, 1000, SYS_ADMIN, 0, 0), DEFAULT, GIVES(ERRNO, CEILING) },
	{ "ceiling logged", CREDS(1000, 1000, ALL, ALL, 0), CREDS(1000, 1000, ALL, ALL, 0),
	  LIMITS(0, ABI_ERRNO, ABI_LOG, ABI_ERRNO, ABI_LOG), GIVES(LOG, CEILING) },
	{ "ceiling not asked for", CREDS(1000, 1000, ALL, ALL, 0), CREDS(1000, 1000, ALL, ALL, 0),
	  LIMITS(0, ABI_ERRNO, ABI_ALLOW, ABI_ERRNO, ABI_LOG), GIVES(ALLOW, CEILING) },

	/* the bounding set: no power yet, but a set-user-ID binary would get it */
	{ "exec --privileged of a user", BOUNDED(1000, 0), BOUNDED(1000, ALL), DEFAULT,
	  GIVES(ERRNO, CEILING) },
	{ "a bounding set below the limit", BOUNDED(1000, NET_RAW), BOUNDED(1000, NET_RAW),
	  LIMITS(NET_RAW, ABI_ERRNO, ABI_ERRNO, ABI_ERRNO, ABI_LOG), GIVES(ALLOW, NONE) },
	{ "inheritable capabilities outside the limit",
	  NOBODY,
	  { .inheritable = NET_RAW, .uid = 1000, .euid = 1000, .suid = 1000 },
	  DEFAULT,
	  GIVES(ERRNO, CEILING) },
	{ "a wide bounding set, not asked for", BOUNDED(1000, ALL), BOUNDED(1000, ALL),
	  LIMITS(0, ABI_ERRNO, ABI_ALLOW, ABI_ERRNO, ABI_LOG), GIVES(ALLOW, CEILING) },

	/* root */
	{ "exec -u 0", CREDS(0, 0, 0, 0, 0), CREDS(0, 0, 0, 0, 0), DEFAULT, GIVES(ERRNO, ROOT) },
	{ "real uid 0", SET_ID(0, 1000, 0, 0, 0), SET_ID(0, 1000, 0, 0, 0), DEFAULT,
	  GIVES(ERRNO, ROOT) },
	{ "saved uid 0",
	  { .uid = 1000, .euid = 1000, .suid = 0 },
	  { .uid = 1000, .euid = 1000, .suid = 0 },
	  DEFAULT,
	  GIVES(ERRNO, ROOT) },
	{ "gid 0 is not root", CREDS(1000, 0, 0, 0, 0), CREDS(1000, 0, 0, 0, 0), DEFAULT,
	  GIVES(ALLOW, NONE) },
	{ "root allowed", CREDS(0, 0, NET_RAW, NET_RAW, 0), CREDS(0, 0, NET_RAW, NET_RAW, 0),
	  LIMITS(NET_RAW, ABI_ERRNO, ABI_ERRNO, ABI_ALLOW, ABI_LOG), GIVES(ALLOW, ROOT) },

	/* set-id to another identity */
	{ "set-user-ID nobody", NOBODY, SET_ID(1000, 65534, 1000, 1000, 0), DEFAULT,
	  GIVES(LOG, SET_ID) },
	{ "set-group-ID games", NOBODY, SET_ID(1000, 1000, 1000, 60, 0), DEFAULT,
	  GIVES(LOG, SET_ID) },
	{ "set-group-ID root", NOBODY, SET_ID(1000, 1000, 1000, 0, 0), DEFAULT,
	  GIVES(LOG, SET_ID) },
	{ "set-id refused", NOBODY, SET_ID(1000, 65534, 1000, 1000, 0),
	  LIMITS(0, ABI_LOG, ABI_LOG, ABI_LOG, ABI_ERRNO), GIVES(ERRNO, SET_ID) },
	{ "set-id refused and capabilities gained: a gain", NOBODY,
	  SET_ID(1000, 65534, 1000, 1000, NET_RAW),
	  LIMITS(ALL, ABI_LOG, ABI_LOG, ABI_LOG, ABI_ERRNO), GIVES(LOG, GAIN), .gained = NET_RAW },
	{ "back to the real id", SET_ID(1000, 65534, 1000, 60, 0), NOBODY,
	  LIMITS(0, ABI_KILL, ABI_KILL, ABI_KILL, ABI_KILL), GIVES(ALLOW, NONE) },
	{ "keeping a set-id identity", SET_ID(1000, 65534, 1000, 60, 0),
	  SET_ID(1000, 65534, 1000, 60, 0), DEFAULT, GIVES(ALLOW, NONE) },

	/* user namespaces: root is the user that uid 0 maps to */
	{ "root of its own namespace", MAPPED(100000, 100000, ALL), MAPPED(100000, 100000, ALL),
	  LIMITS(ALL, ABI_ERRNO, ABI_ERRNO, ABI_ERRNO, ABI_LOG), GIVES(ALLOW, NONE) },
	{ "becoming the root of the namespace", MAPPED(101000, 101000, 0),
	  MAPPED(101000, 100000, 0), LIMITS(ALL, ABI_ERRNO, ABI_ERRNO, ABI_ERRNO, ABI_LOG),
	  GIVES(ERRNO, GAIN) },
	{ "set-user-ID to another user of the namespace", MAPPED(101000, 101000, 0),
	  MAPPED(101000, 101001, 0), LIMITS(ALL, ABI_ERRNO, ABI_ERRNO, ABI_ERRNO, ABI_LOG),
	  GIVES(LOG, SET_ID) },
	{ "host root in a namespace that maps it", MAPPED(0, 0, 0), MAPPED(0, 0, 0),
	  LIMITS(ALL, ABI_ERRNO, ABI_ERRNO, ABI_ERRNO, ABI_LOG), GIVES(ERRNO, ROOT) },
	{ "a namespace without root",
	  { .uid = 1000, .euid = 1000, .suid = 1000, .root = ABI_NO_ID },
	  { .uid = 1000, .euid = 1000, .suid = 1000, .root = ABI_NO_ID },
	  DEFAULT,
	  GIVES(ALLOW, NONE) },

	/* several at once: the most severe action, and the first reason that gives it */
	{ "kill by ceiling over errno by gain", NOBODY, CREDS(1000, 1000, NET_RAW, NET_RAW, 0),
	  LIMITS(0, ABI_ERRNO, ABI_KILL, ABI_ERRNO, ABI_LOG), GIVES(KILL, CEILING),
	  .gained = NET_RAW },
	{ "kill by root over the rest", NOBODY, SET_ID(1000, 0, 1000, 1000, ALL),
	  LIMITS(0, ABI_LOG, ABI_ERRNO, ABI_KILL, ABI_LOG), GIVES(KILL, ROOT), .gained = ALL },
	{ "audit", NOBODY, SET_ID(1000, 0, 1000, 1000, ALL),
	  LIMITS(0, ABI_LOG, ABI_LOG, ABI_LOG, ABI_LOG), GIVES(LOG, GAIN), .gained = ALL },
	{ "set-id logged, ceiling refused", CREDS(1000, 1000, NET_RAW, NET_RAW, NET_RAW),
	  SET_ID(1000, 65534, 1000, 1000, NET_RAW), DEFAULT, GIVES(ERRNO, CEILING) },

	/* exec rules */
	{ "ping by file capability", NOBODY, CREDS(1000, 1000, NET_RAW, NET_RAW, 0), DEFAULT,
	  RULE(NET_RAW, ABI_ALLOW), GIVES(ALLOW, RULE), .gained = NET_RAW },
	{ "ping by set-user-ID", NOBODY, SET_ID(1000, 0, 1000, 1000, NET_RAW), DEFAULT,
	  RULE(NET_RAW, ABI_ALLOW), GIVES(ALLOW, RULE), .gained = NET_RAW },
	{ "ping would get more", NOBODY, SET_ID(1000, 0, 1000, 1000, NET_RAW | SYS_ADMIN), DEFAULT,
	  RULE(NET_RAW, ABI_ALLOW), GIVES(ERRNO, GAIN), .gained = NET_RAW | SYS_ADMIN },
	{ "a rule may list more than is gained", NOBODY, CREDS(1000, 1000, NET_RAW, NET_RAW, 0),
	  DEFAULT, RULE(NET_RAW | NET_BIND, ABI_ALLOW), GIVES(ALLOW, RULE), .gained = NET_RAW },
	{ "rule and ceiling add up", CREDS(1000, 1000, CHOWN, CHOWN, CHOWN),
	  CREDS(1000, 1000, CHOWN | NET_RAW, CHOWN | NET_RAW, 0),
	  LIMITS(CHOWN, ABI_ERRNO, ABI_ERRNO, ABI_ERRNO, ABI_LOG), RULE(NET_RAW, ABI_ALLOW),
	  GIVES(ALLOW, RULE), .gained = NET_RAW },
	{ "a rule does not lift the rest of the ceiling", CREDS(1000, 1000, SYS_ADMIN, 0, 0),
	  CREDS(1000, 1000, SYS_ADMIN | NET_RAW, NET_RAW, 0), DEFAULT, RULE(NET_RAW, ABI_ALLOW),
	  GIVES(ERRNO, GAIN), .gained = NET_RAW },
	{ "exec -u 0 ping: the caller is root already", CREDS(0, 0, NET_RAW, NET_RAW, 0),
	  CREDS(0, 0, NET_RAW, NET_RAW, 0), DEFAULT, RULE(NET_RAW, ABI_ALLOW),
	  GIVES(ERRNO, CEILING) },
	{ "what an allowed program starts faces the ceiling again",
	  SET_ID(1000, 0, 1000, 1000, NET_RAW), SET_ID(1000, 0, 1000, 1000, NET_RAW), DEFAULT,
	  GIVES(ERRNO, CEILING) },
	{ "and root", SET_ID(1000, 0, 1000, 1000, 0), SET_ID(1000, 0, 1000, 1000, 0), DEFAULT,
	  GIVES(ERRNO, ROOT) },
	{ "a rule without capabilities: root in name only", NOBODY, SET_ID(1000, 0, 1000, 1000, 0),
	  DEFAULT, RULE(0, ABI_ALLOW), GIVES(ALLOW, RULE) },
	{ "a rule for set-id", NOBODY, SET_ID(1000, 1000, 1000, 60, 0),
	  LIMITS(0, ABI_ERRNO, ABI_ERRNO, ABI_ERRNO, ABI_ERRNO), RULE(0, ABI_ALLOW),
	  GIVES(ALLOW, RULE) },
	{ "rule logs", NOBODY, CREDS(1000, 1000, NET_RAW, NET_RAW, 0), DEFAULT,
	  RULE(NET_RAW, ABI_LOG), GIVES(LOG, RULE), .gained = NET_RAW },
	{ "rule logs, but not that much", NOBODY, CREDS(1000, 1000, NET_RAW | CHOWN, NET_RAW, 0),
	  DEFAULT, RULE(NET_RAW, ABI_LOG), GIVES(ERRNO, GAIN), .gained = NET_RAW | CHOWN },
	{ "rule kills where the policy refuses", NOBODY, SET_ID(1000, 0, 1000, 1000, ALL), DEFAULT,
	  RULE(0, ABI_KILL), GIVES(KILL, RULE), .gained = ALL },
	{ "rule refuses where the policy kills", NOBODY, SET_ID(1000, 0, 1000, 1000, ALL),
	  LIMITS(0, ABI_KILL, ABI_KILL, ABI_KILL, ABI_LOG), RULE(0, ABI_ERRNO), GIVES(ERRNO, RULE),
	  .gained = ALL },
	{ "rule refuses where the policy allows", NOBODY, CREDS(1000, 1000, NET_RAW, NET_RAW, 0),
	  LIMITS(ALL, ABI_ALLOW, ABI_ALLOW, ABI_ALLOW, ABI_ALLOW), RULE(NET_RAW, ABI_ERRNO),
	  GIVES(ERRNO, RULE), .gained = NET_RAW },

	/* programs that the runtime itself starts in a container that has not begun */
	{ "a runtime's helper", CREDS(0, 0, ALL, ALL, 0), CREDS(0, 0, ALL, ALL, 0), DEFAULT,
	  .flags = DECIDE_RUNTIME, GIVES(ALLOW, NONE) },
	{ "a runtime's helper gains nothing either", NOBODY, SET_ID(1000, 0, 1000, 1000, ALL),
	  DEFAULT, .flags = DECIDE_RUNTIME, GIVES(ERRNO, GAIN), .gained = ALL },
	{ "a rule for a runtime's helper", NOBODY, SET_ID(1000, 0, 1000, 1000, NET_RAW), DEFAULT,
	  RULE(NET_RAW, ABI_ALLOW), .flags = DECIDE_RUNTIME, GIVES(ALLOW, RULE),
	  .gained = NET_RAW },

	/* in a user namespace that the container has made */
	{ "full bounding set in an inner namespace", BOUNDED(1000, ALL), BOUNDED(1000, ALL),
	  DEFAULT, .flags = DECIDE_INNER_USERNS, GIVES(ALLOW, NONE) },
	{ "capabilities over an inner namespace", CREDS(1000, 1000, ALL, ALL, ALL),
	  CREDS(1000, 1000, ALL, ALL, ALL), DEFAULT, .flags = DECIDE_INNER_USERNS,
	  GIVES(ALLOW, NONE) },
	{ "root of an inner namespace", MAPPED(100005, 100005, 0), MAPPED(100005, 100000, ALL),
	  DEFAULT, .flags = DECIDE_INNER_USERNS, GIVES(LOG, SET_ID) },
	{ "host root in an inner namespace", CREDS(0, 0, ALL, ALL, 0), CREDS(0, 0, ALL, ALL, 0),
	  DEFAULT, .flags = DECIDE_INNER_USERNS, GIVES(ERRNO, ROOT) },
};

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct row *row = &rows[i];
		struct decide_verdict verdict;

		decide_exec(&row->old, &row->new, &row->limits, row->has_rule ? &row->rule : NULL,
			    row->flags, &verdict);
		if (verdict.action != row->action || verdict.reason != row->reason ||
		    verdict.gained != row->gained)
			fail_msg("%s: action %u reason %u gained %llx, not %u, %u, %llx", row->name,
				 verdict.action, verdict.reason, verdict.gained, row->action,
				 row->reason, row->gained);
	}
}

/* Strict limits refuse every gain that no rule allows, whatever the credentials. */
static void test_strict_limits_hold(void **state)
{
	static const __u64 sets[] = { 0, NET_RAW, NET_RAW | CHOWN, ALL };
	static const __u32 ids[] = { 0, 1000, 100000 };
	const struct abi_limits strict = LIMITS(0, ABI_KILL, ABI_KILL, ABI_KILL, ABI_KILL);

	(void)state;
	for (unsigned int n = 0; n < 4 * 4 * 3 * 3 * 4 * 3; n++) {
		struct abi_creds old = CREDS(ids[n / 16 % 3], 1000, sets[n % 4], sets[n % 4], 0);
		struct abi_creds new = CREDS(old.uid, 1000, sets[n / 4 % 4], sets[n / 4 % 4], 0);
		struct abi_rule rule = { .capabilities = sets[n / 144 % 4], .action = ABI_ALLOW };
		struct decide_verdict verdict;
		int plain;

		new.euid = new.suid = ids[n / 48 % 3];
		decide_exec(&old, &new, &strict, NULL, 0, &verdict);
		plain = new.permitted == 0 && new.euid == old.euid &&new.euid != 0;
		assert_int_equal(verdict.action, plain ? ABI_ALLOW : ABI_KILL);

		decide_exec(&old, &new, &strict, &rule, 0, &verdict);
		if (verdict.action == ABI_ALLOW) {
			assert_int_equal(new.permitted & ~rule.capabilities, 0);
			assert_true(new.euid != 0 || old.euid != 0);
		}
	}
}

/* If only the new credentials are visible, the kernel's secureexec stands for the old ones. */
static void test_implied_old(void **state)
{
	static const struct {
		const char *name;
		struct abi_creds new;
		int secureexec;
		__u32 reason;
		__u64 gained;
	} cases[] = {
		{ "plain", NOBODY, 0, ABI_REASON_NONE, 0 },
		{ "set-user-ID root", SET_ID(1000, 0, 1000, 1000, ALL), 1, ABI_REASON_GAIN, ALL },
		{ "set-user-ID root without capabilities", SET_ID(1000, 0, 1000, 1000, 0), 1,
		  ABI_REASON_GAIN, 0 },
		{ "set-user-ID nobody", SET_ID(1000, 65534, 1000, 1000, 0), 1, ABI_REASON_SET_ID,
		  0 },
		{ "set-group-ID games", SET_ID(1000, 1000, 1000, 60, 0), 1, ABI_REASON_SET_ID, 0 },
		{ "file capability", CREDS(1000, 1000, NET_RAW, NET_RAW, 0), 1, ABI_REASON_GAIN,
		  NET_RAW },
		{ "ambient only", CREDS(1000, 1000, NET_RAW, NET_RAW, NET_RAW), 0,
		  ABI_REASON_CEILING, 0 },
		{ "root with capabilities", CREDS(0, 0, NET_RAW, NET_RAW, 0), 0, ABI_REASON_CEILING,
		  0 },
		{ "root", CREDS(0, 0, 0, 0, 0), 0, ABI_REASON_ROOT, 0 },
		{ "set-user-ID to the namespace's root", MAPPED(101000, 100000, 0), 1,
		  ABI_REASON_GAIN, 0 },
	};
	const struct abi_limits limits = DEFAULT;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct decide_verdict verdict;
		struct abi_creds old;

		decide_imply_old(&cases[i].new, cases[i].secureexec, &old);
		decide_exec(&old, &cases[i].new, &limits, NULL, 0, &verdict);
		if (verdict.reason != cases[i].reason || verdict.gained != cases[i].gained)
			fail_msg("%s: reason %u gained %llx, not %u, %llx", cases[i].name,
				 verdict.reason, verdict.gained, cases[i].reason, cases[i].gained);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_strict_limits_hold),
		cmocka_unit_test(test_implied_old),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
