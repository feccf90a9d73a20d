/* SPDX-License-Identifier: Apache-2.0 */
/* The enumerations of the OCI schema: each word is read, and nothing that only looks like one. */
#include "support.h"

#include <ctype.h>

#define PROCESS(member) "{\"process\":{" member "}}"
#define LINUX(member) "{\"process\":{},\"linux\":{" member "}}"
#define SYSCALL(member) \
	LINUX("\"seccomp\":{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"syscalls\":[{" member "}]}")

/* A document with "%s" in the place of a word, and the words in one string. */
static const struct {
	const char *document, *words;
} enumerations[] = {
	{ LINUX("\"seccomp\":{\"defaultAction\":\"%s\"}"),
	  "SCMP_ACT_KILL SCMP_ACT_KILL_PROCESS SCMP_ACT_KILL_THREAD SCMP_ACT_TRAP SCMP_ACT_ERRNO "
	  "SCMP_ACT_TRACE SCMP_ACT_ALLOW SCMP_ACT_LOG SCMP_ACT_NOTIFY" },
	{ SYSCALL("\"names\":[\"bpf\"],\"action\":\"%s\""),
	  "SCMP_ACT_KILL SCMP_ACT_KILL_PROCESS SCMP_ACT_KILL_THREAD SCMP_ACT_TRAP SCMP_ACT_ERRNO "
	  "SCMP_ACT_TRACE SCMP_ACT_ALLOW SCMP_ACT_LOG SCMP_ACT_NOTIFY" },
	{ SYSCALL("\"names\":[\"bpf\"],\"action\":\"SCMP_ACT_LOG\",\"args\":[{\"op\":\"%s\"}]"),
	  "SCMP_CMP_NE SCMP_CMP_LT SCMP_CMP_LE SCMP_CMP_EQ SCMP_CMP_GE SCMP_CMP_GT "
	  "SCMP_CMP_MASKED_EQ" },
	{ LINUX("\"seccomp\":{\"defaultAction\":\"SCMP_ACT_LOG\",\"architectures\":[\"%s\"]}"),
	  "SCMP_ARCH_X86 SCMP_ARCH_X86_64 SCMP_ARCH_X32 SCMP_ARCH_ARM SCMP_ARCH_AARCH64 "
	  "SCMP_ARCH_LOONGARCH64 SCMP_ARCH_M68K SCMP_ARCH_MIPS SCMP_ARCH_MIPS64 "
	  "SCMP_ARCH_MIPS64N32 SCMP_ARCH_MIPSEL SCMP_ARCH_MIPSEL64 SCMP_ARCH_MIPSEL64N32 "
	  "SCMP_ARCH_PPC SCMP_ARCH_PPC64 SCMP_ARCH_PPC64LE SCMP_ARCH_S390 SCMP_ARCH_S390X "
	  "SCMP_ARCH_SH SCMP_ARCH_SHEB SCMP_ARCH_PARISC SCMP_ARCH_PARISC64 SCMP_ARCH_RISCV64" },
	{ LINUX("\"seccomp\":{\"defaultAction\":\"SCMP_ACT_LOG\",\"flags\":[\"%s\"]}"),
	  "SECCOMP_FILTER_FLAG_TSYNC SECCOMP_FILTER_FLAG_LOG SECCOMP_FILTER_FLAG_SPEC_ALLOW "
	  "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV" },
	{ LINUX("\"namespaces\":[{\"type\":\"%s\",\"path\":\"/p\"}]"),
	  "pid network ipc uts mount user cgroup time" },
	{ LINUX("\"rootfsPropagation\":\"%s\""),
	  "private rprivate slave rslave shared rshared unbindable runbindable" },
	{ LINUX("\"devices\":[{\"path\":\"/dev/x\",\"type\":\"%s\"}]"), "b c u p" },
	{ LINUX("\"resources\":{\"devices\":[{\"access\":\"rwm\",\"type\":\"%s\"}]}"), "a b c" },
	{ LINUX("\"resources\":{\"devices\":[{\"access\":\"%s\"}]}"),
	  "r w m rw rm wm wr mr mw rwm rmw wrm wmr mrw mwr" },
	{ LINUX("\"resources\":{\"hugepageLimits\":[{\"limit\":1,\"pageSize\":\"%s\"}]}"),
	  "64KB 2MB 512MB 1GB 16GB" },
	{ LINUX("\"personality\":{\"domain\":\"%s\"}"), "LINUX LINUX32" },
	{ LINUX("\"memoryPolicy\":{\"mode\":\"%s\"}"),
	  "MPOL_DEFAULT MPOL_BIND MPOL_INTERLEAVE MPOL_WEIGHTED_INTERLEAVE MPOL_PREFERRED "
	  "MPOL_PREFERRED_MANY MPOL_LOCAL" },
	{ LINUX("\"memoryPolicy\":{\"mode\":\"MPOL_BIND\",\"flags\":[\"%s\"]}"),
	  "MPOL_F_NUMA_BALANCING MPOL_F_RELATIVE_NODES MPOL_F_STATIC_NODES" },
	{ PROCESS("\"rlimits\":[{\"type\":\"%s\",\"soft\":1,\"hard\":1}]"),
	  "RLIMIT_AS RLIMIT_CORE RLIMIT_CPU RLIMIT_DATA RLIMIT_FSIZE RLIMIT_LOCKS RLIMIT_MEMLOCK "
	  "RLIMIT_MSGQUEUE RLIMIT_NICE RLIMIT_NOFILE RLIMIT_NPROC RLIMIT_RSS RLIMIT_RTPRIO "
	  "RLIMIT_RTTIME RLIMIT_SIGPENDING RLIMIT_STACK" },
	{ PROCESS("\"scheduler\":{\"policy\":\"%s\"}"),
	  "SCHED_OTHER SCHED_FIFO SCHED_RR SCHED_BATCH SCHED_ISO SCHED_IDLE SCHED_DEADLINE" },
	{ PROCESS("\"scheduler\":{\"policy\":\"SCHED_RR\",\"flags\":[\"%s\"]}"),
	  "SCHED_FLAG_RESET_ON_FORK SCHED_FLAG_RECLAIM SCHED_FLAG_DL_OVERRUN "
	  "SCHED_FLAG_KEEP_POLICY SCHED_FLAG_KEEP_PARAMS SCHED_FLAG_UTIL_CLAMP_MIN "
	  "SCHED_FLAG_UTIL_CLAMP_MAX" },
	{ PROCESS("\"ioPriority\":{\"class\":\"%s\"}"),
	  "IOPRIO_CLASS_RT IOPRIO_CLASS_BE IOPRIO_CLASS_IDLE" },
};

/* Puts the word where the document has "%s". */
static bool is_read(struct arena *arena, const char *document, struct str word)
{
	const char *hole = strstr(document, "%s");
	struct oci_config config;
	struct err err = { 0 };
	char *text = arena_printf(arena, "%.*s%.*s%s", (int)(hole - document), document,
				  (int)word.len, word.data, hole + 2);
	bool read = oci_config_read(read_doc(arena, text), &config, &err) == 0;

	assert_true(read || (err.exit == EXIT_SPEC && err.pointer[0] == '/'));
	return read;
}

/* Changes that a careless comparison would not see. */
static void is_not_read(struct arena *arena, const char *document, struct str word)
{
	char *text = arena_copy(arena, word.data, word.len);
	const char *const other[] = {
		"",
		arena_printf(arena, "%s ", text),
		arena_printf(arena, " %s", text),
		arena_printf(arena, "%sx", text),
		arena_printf(arena, "%s,%s", text, text),
		arena_printf(arena, "%s\\t", text),
	};

	for (size_t i = 0; i < ARRAY_SIZE(other); i++)
		if (is_read(arena, document, str_from(other[i])))
			fail_msg("\"%s\" is read in %s", other[i], document);
	for (size_t i = 0; i < word.len; i++)
		text[i] = (char)(isupper(text[i]) ? tolower(text[i]) : toupper(text[i]));
	if (is_read(arena, document, str_from(text)))
		fail_msg("\"%s\" is read in %s", text, document);
}

static void every_word(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(enumerations); i++) {
		const char *word = enumerations[i].words;

		while (*word != '\0') {
			struct str one = { word, strcspn(word, " ") };

			if (!is_read(*state, enumerations[i].document, one))
				fail_msg("%.*s is refused in %s", (int)one.len, one.data,
					 enumerations[i].document);
			is_not_read(*state, enumerations[i].document, one);
			word += one.len + (word[one.len] == ' ');
		}
	}
}

/* Objects without the member that has the word. */
static void a_word_is_missing(void **state)
{
	static const char *const documents[] = {
		LINUX("\"seccomp\":{}"),
		SYSCALL("\"names\":[]"),
		SYSCALL("\"action\":\"SCMP_ACT_LOG\",\"args\":[{}]"),
		LINUX("\"namespaces\":[{}]"),
		LINUX("\"devices\":[{}]"),
		LINUX("\"resources\":{\"devices\":[{}]}"),
		LINUX("\"resources\":{\"hugepageLimits\":[{}]}"),
		LINUX("\"personality\":{}"),
		LINUX("\"memoryPolicy\":{}"),
		PROCESS("\"rlimits\":[{}]"),
		PROCESS("\"scheduler\":{}"),
		PROCESS("\"ioPriority\":{}"),
	};

	for (size_t i = 0; i < ARRAY_SIZE(documents); i++) {
		struct oci_config config;
		struct err err = { 0 };

		if (oci_config_read(read_doc(*state, documents[i]), &config, &err) == 0)
			fail_msg("read: %s", documents[i]);
		assert_non_null(strstr(err.text, " has no "));
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		WITH_ARENA(every_word),
		WITH_ARENA(a_word_is_missing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
