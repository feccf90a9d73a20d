/* SPDX-License-Identifier: Apache-2.0 */
/* Which words a config may have where; see words.h. */
#include "words.h"

#include <string.h>

#include "fuzz.h"

#define ACTIONS                                                                    \
	" SCMP_ACT_KILL SCMP_ACT_KILL_PROCESS SCMP_ACT_KILL_THREAD SCMP_ACT_TRAP " \
	"SCMP_ACT_ERRNO SCMP_ACT_TRACE SCMP_ACT_ALLOW SCMP_ACT_LOG SCMP_ACT_NOTIFY "

/* The place, where "*" is every element, and the words, with a blank around each. */
static const struct {
	const char *place, *words;
} enumerations[] = {
	{ "linux/seccomp/defaultAction", ACTIONS },
	{ "linux/seccomp/syscalls/*/action", ACTIONS },
	{ "linux/seccomp/syscalls/*/args/*/op",
	  " SCMP_CMP_NE SCMP_CMP_LT SCMP_CMP_LE SCMP_CMP_EQ SCMP_CMP_GE SCMP_CMP_GT "
	  "SCMP_CMP_MASKED_EQ " },
	{ "linux/seccomp/architectures/*",
	  " SCMP_ARCH_X86 SCMP_ARCH_X86_64 SCMP_ARCH_X32 SCMP_ARCH_ARM SCMP_ARCH_AARCH64 "
	  "SCMP_ARCH_MIPS SCMP_ARCH_MIPS64 SCMP_ARCH_MIPS64N32 SCMP_ARCH_MIPSEL "
	  "SCMP_ARCH_MIPSEL64 SCMP_ARCH_MIPSEL64N32 SCMP_ARCH_PPC SCMP_ARCH_PPC64 "
	  "SCMP_ARCH_PPC64LE SCMP_ARCH_S390 SCMP_ARCH_S390X SCMP_ARCH_PARISC "
	  "SCMP_ARCH_PARISC64 SCMP_ARCH_RISCV64 SCMP_ARCH_LOONGARCH64 SCMP_ARCH_M68K "
	  "SCMP_ARCH_SH SCMP_ARCH_SHEB " },
	{ "linux/seccomp/flags/*",
	  " SECCOMP_FILTER_FLAG_TSYNC SECCOMP_FILTER_FLAG_LOG SECCOMP_FILTER_FLAG_SPEC_ALLOW "
	  "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV " },
	{ "linux/namespaces/*/type", " pid network mount ipc uts user cgroup time " },
	{ "linux/devices/*/type", " c b u p " },
	{ "linux/resources/devices/*/type", " a c b " },
	{ "linux/rootfsPropagation",
	  " private shared slave unbindable rprivate rshared rslave runbindable " },
	{ "linux/personality/domain", " LINUX LINUX32 " },
	{ "linux/memoryPolicy/mode",
	  " MPOL_DEFAULT MPOL_BIND MPOL_INTERLEAVE MPOL_WEIGHTED_INTERLEAVE MPOL_PREFERRED "
	  "MPOL_PREFERRED_MANY MPOL_LOCAL " },
	{ "linux/memoryPolicy/flags/*",
	  " MPOL_F_NUMA_BALANCING MPOL_F_RELATIVE_NODES MPOL_F_STATIC_NODES " },
	{ "process/rlimits/*/type",
	  " RLIMIT_AS RLIMIT_CORE RLIMIT_CPU RLIMIT_DATA RLIMIT_FSIZE RLIMIT_LOCKS "
	  "RLIMIT_MEMLOCK RLIMIT_MSGQUEUE RLIMIT_NICE RLIMIT_NOFILE RLIMIT_NPROC RLIMIT_RSS "
	  "RLIMIT_RTPRIO RLIMIT_RTTIME RLIMIT_SIGPENDING RLIMIT_STACK " },
	{ "process/scheduler/policy",
	  " SCHED_OTHER SCHED_FIFO SCHED_RR SCHED_BATCH SCHED_ISO SCHED_IDLE SCHED_DEADLINE " },
	{ "process/scheduler/flags/*",
	  " SCHED_FLAG_RESET_ON_FORK SCHED_FLAG_RECLAIM SCHED_FLAG_DL_OVERRUN "
	  "SCHED_FLAG_KEEP_POLICY SCHED_FLAG_KEEP_PARAMS SCHED_FLAG_UTIL_CLAMP_MIN "
	  "SCHED_FLAG_UTIL_CLAMP_MAX " },
	{ "process/ioPriority/class", " IOPRIO_CLASS_RT IOPRIO_CLASS_BE IOPRIO_CLASS_IDLE " },
};

static bool is_one_of(struct str word, const char *words)
{
	size_t len = strlen(words);

	if (word.len == 0 || memchr(word.data, ' ', word.len) != NULL)
		return false;
	for (size_t i = 0; i + word.len + 1 < len; i++)
		if (words[i] == ' ' && memcmp(words + i + 1, word.data, word.len) == 0 &&
		    words[i + 1 + word.len] == ' ')
			return true;
	return false;
}

static void check_place(const struct json_node *node, const char *place, unsigned int row)
{
	struct str name = { place, strcspn(place, "/") };
	bool ends = place[0] == '\0';

	if (ends) {
		must(node->type == JSON_STRING && is_one_of(node->text, enumerations[row].words),
		     "%s: '%.*s'", enumerations[row].place, (int)node->text.len, node->text.data);
		return;
	}
	place += name.len + (place[name.len] == '/');
	json_each (child, node)
		if (str_is(name, "*") ? node->type == JSON_ARRAY : str_equal(child->key, name))
			check_place(child, place, row);
}

void must_have_known_words(const struct json_doc *doc)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(enumerations); i++)
		check_place(doc->root, enumerations[i].place, i);
}
