/* SPDX-License-Identifier: Apache-2.0 */
/* See host_allowed.h. The policy may say so, and then it holds: these are warnings of policy_lint(). */
#include "policy/rules/host_allowed.h"

#include <string.h>

#define SOCKETS \
	"gives the sockets of the host's engines, which work through a read-only mount too: who reaches one is root of the host"
#define OTHERS "gives the files of all other containers, with their secrets"
#define WRITABLE \
	"lets the container write what root of the host runs or reads; add \":ro\", or name less"

/* Directories, and what each gives. read_only: also if the entry ends in ":ro". */
static const struct {
	const char *path;
	bool read_only;
	const char *gives;
} places[] = {
	{ "/", true,
	  "gives all of the host: its secrets, the files of other containers and, read-only too, the sockets of its engines" },
	{ "/run", true, SOCKETS },
	{ "/var/run", true, SOCKETS },
	{ "/var", true, OTHERS },
	{ "/var/lib", true, OTHERS },
	{ "/var/lib/docker", true, OTHERS },
	{ "/var/lib/containers", true, OTHERS },
	{ "/var/lib/containerd", true, OTHERS },
	{ "/var/lib/kubelet", true, OTHERS },
	{ "/var/lib/kubelet/pods", true, OTHERS },
	{ "/root", true, "gives the keys and the configuration of root of the host" },
	{ "/dev", true, "gives every device of the host: a device is not read-only; name one" },
	{ "/bin", false, WRITABLE },
	{ "/boot", false, WRITABLE },
	{ "/etc", false, WRITABLE },
	{ "/home", false, WRITABLE },
	{ "/lib", false, WRITABLE },
	{ "/lib64", false, WRITABLE },
	{ "/opt", false, WRITABLE },
	{ "/proc", false, WRITABLE },
	{ "/sbin", false, WRITABLE },
	{ "/sys", false, WRITABLE },
	{ "/usr", false, WRITABLE },
};

static bool ends_in(struct str text, const char *end)
{
	size_t len = strlen(end);

	return text.len > len && memcmp(text.data + text.len - len, end, len) == 0;
}

/* What -v takes after a colon, but an entry does not. */
static const char *option_flaw(struct str path)
{
	static const char *const options[] = { ":rw", ":z", ":Z", ":U", ":O", ":ro,z", ":ro,Z" };

	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		if (ends_in(path, options[i]))
			return "never matches: \":ro\" is the only option, and without it writable mounts are allowed, too";
	return str_has(path, ":/") ? "never matches: an entry is the source of a mount alone"
				   : NULL;
}

/* A * is one component: "/srv/web-*" is a name with a star in it. */
static bool has_part_star(struct str path)
{
	for (size_t i = 1; i < path.len; i++)
		if (path.data[i] == '*' &&
		    (path.data[i - 1] != '/' || (i + 1 < path.len && path.data[i + 1] != '/')))
			return true;
	return false;
}

const char *host_allowed_flaw(struct arena *arena, struct str entry)
{
	bool read_only = ends_in(entry, ":ro");
	const char *path;

	if (option_flaw(entry) != NULL)
		return option_flaw(entry);
	if (read_only)
		entry.len -= 3;
	if (has_part_star(entry))
		return "never matches: a * stands for one whole name, as in \"/srv/*/data\"";
	path = str_path_normalize(arena, entry);
	if (path == NULL)
		return NULL;
	if (ends_in(str_from(path), ".sock"))
		return "gives a socket, which works through a read-only mount too: if it is an engine's, who reaches it is root of the host";
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		if (strcmp(path, places[i].path) == 0 && (places[i].read_only || !read_only))
			return places[i].gives;
	return NULL;
}
