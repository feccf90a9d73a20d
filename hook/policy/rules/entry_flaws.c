/* SPDX-License-Identifier: Apache-2.0 */
/* See entry_flaws.h. host_allowed.c says it of hostMounts. */
#include "policy/rules/entry_flaws.h"

#include <string.h>

#include "base/cleanup.h"
#include "policy/rules/namespaced_sysctls.h"

static bool is_one_of(struct str text, const char *const *words)
{
	for (; *words != NULL; words++)
		if (str_is(text, *words))
			return true;
	return false;
}

static bool ends_in_star(struct str entry)
{
	return entry.len > 0 && entry.data[entry.len - 1] == '*';
}

/* Does an entry with a star match keys with this prefix, or is it one of them? */
static bool meets(struct str entry, const char *prefix)
{
	size_t len = strlen(prefix), n;

	if (!ends_in_star(entry))
		return str_starts_with(entry, prefix);
	n = entry.len - 1 < len ? entry.len - 1 : len;
	return memcmp(entry.data, prefix, n) == 0;
}

/* capabilities(7) says what each gives. */
const char *capability_flaw(struct arena *arena, struct str entry)
{
	static const char *const roots[] = { "CAP_DAC_READ_SEARCH", "CAP_SYS_ADMIN",
					     "CAP_SYS_MODULE",	    "CAP_SYS_PTRACE",
					     "CAP_SYS_RAWIO",	    NULL };

	(void)arena;
	return is_one_of(entry, roots)
		       ? "is a way to the root of the host: leave it to exceptions for those that need it"
		       : NULL;
}

const char *sysctl_flaw(struct arena *arena, struct str entry)
{
	enum oci_namespace_type ignored;

	(void)arena;
	if (ends_in_star(entry))
		return entry.len == 1 || str_is(entry, "kernel.*") || str_is(entry, "fs.*") ||
				       str_is(entry, "vm.*")
			       ? "also names settings of the whole kernel; name those that it is for"
			       : NULL;
	return sysctl_is_namespaced(entry, &ignored)
		       ? NULL
		       : "is a setting of the whole kernel: runtimes refuse it, or it changes the host; set it there, in sysctl.d";
}

const char *annotation_flaw(struct arena *arena, struct str entry)
{
	static const char *const prefixes[] = { "run.oci.", "krun.", "module.wasm.", "org.criu.",
						"bundle" };
	bool checked = meets(entry, "org.systemd.property.");

	(void)arena;
	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++)
		checked = checked || meets(entry, prefixes[i]);
	if (!checked)
		return "has no effect: this rule lets such keys pass anyway";
	if (ends_in_star(entry) && meets(entry, "org.systemd.property.Exec"))
		return "lets a container have programs run by systemd of the host, as root (ExecStopPost); name the properties that it is for";
	if (ends_in_star(entry) && meets(entry, "run.oci.hooks."))
		return "lets a container have files of the host written by the runtime (run.oci.hooks.stdout); name the keys that it is for";
	return NULL;
}

/* TYPE MAJOR:MINOR ACCESS; others have a warning already. Majors: Documentation/admin-guide/devices.txt */
const char *device_flaw(struct arena *arena, struct str entry)
{
	static const struct {
		const char *start, *why;
	} classes[] = {
		{ "a ", "gives every device of the host: its disks and its memory" },
		{ "b *:", "gives every disk of the host" },
		{ "c *:", "gives every character device of the host, its memory too" },
		{ "b 8:", "gives disks of the host, whole: who reads or writes one has its files" },
		{ "b 259:",
		  "gives disks of the host, whole: who reads or writes one has its files" },
		{ "b 253:",
		  "gives disks of the host, whole: who reads or writes one has its files" },
		{ "c 1:*", "also gives /dev/mem and /dev/kmsg; name the minor numbers" },
		{ "c 1:1 ", "is /dev/mem, the memory of the host" },
	};

	(void)arena;
	for (size_t i = 0; i < ARRAY_SIZE(classes); i++)
		if (str_starts_with(entry, classes[i].start))
			return classes[i].why;
	return NULL;
}

/* The whole path of a hook, or its start, is compared with the entry. */
const char *hook_flaw(struct arena *arena, struct str entry)
{
	static const char *const shells[] = {
		"/bin/sh",	"/usr/bin/sh",	    "/bin/bash", "/usr/bin/bash",
		"/usr/bin/env", "/usr/bin/python3", NULL
	};

	(void)arena;
	if (!str_starts_with(entry, "/"))
		return entry.len == 1 && ends_in_star(entry)
			       ? "lets any program run on the host for a container, as root"
			       : "never matches: hooks have absolute paths";
	return is_one_of(entry, shells)
		       ? "runs whatever the arguments of the hook say, on the host, as root; add the arguments: \"PATH ARGUMENT ...\""
		       : NULL;
}

/* What a runtime calls after the profile applies, and every program to start, run or end. */
const char *denied_call_flaw(struct arena *arena, struct str entry)
{
	static const char *const needed[] = {
		"arch_prctl",	"brk",
		"close",	"execve",
		"exit",		"exit_group",
		"fstat",	"fstatfs",
		"futex",	"getpid",
		"mmap",		"mprotect",
		"munmap",	"newfstatat",
		"open",		"openat",
		"pread64",	"prctl",
		"read",		"rt_sigreturn",
		"rt_sigaction", "set_tid_address",
		"write",	NULL,
	};

	(void)arena;
	return is_one_of(entry, needed) ? "is needed by programs to start: no container does"
					: NULL;
}

const char *apparmor_flaw(struct arena *arena, struct str entry)
{
	(void)arena;
	return str_is(entry, "unconfined")
		       ? "has no effect: this rule always refuses it; RF_ACT_LOG lets it through"
		       : NULL;
}
