/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finds the program that a container starts first: see first_program.h. Runtimes look a name
 * without a slash up in the PATH of process.env, in the container; the kernel then follows #! lines.
 */
#include "first_program.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "host/account_files.h"
#include "host/container_root.h"

#define DIRECTORIES_MAX 64    /* of PATH that are searched */
#define INTERPRETERS_MAX 5    /* as in the kernel, which gives ELOOP for more */
#define SCRIPT_LINE_MAX 256   /* as in the kernel: BINPRM_BUF_SIZE */
#define PROGRAM_PATH_MAX 255U /* what an exec rule can name */
#define FLAG_NOSUID 2	      /* ST_NOSUID in statfs(2): execve ignores what the file could give */

struct search {
	struct lookup *lookup;
	struct container_root root;
	const char *cwd;
};

/* Opens the file if it is one that can be executed. Error: -errno. */
static int open_program(struct search *search, const char *name, const char **ret_path)
{
	auto_close int fd = container_root_open(&search->root, search->cwd, name, ret_path);
	struct stat st;

	if (fd < 0) {
		lookup_note(search->lookup, -fd, name);
		return fd;
	}
	if (fstat(fd, &st) < 0)
		return -errno;
	return S_ISREG(st.st_mode) && (st.st_mode & 0111) != 0 ? TAKE_FD(fd) : -EACCES;
}

/* Returns the value of PATH; if the environment has several, runtimes use the last. */
static struct str search_path(const struct oci_process *process)
{
	struct str path = { 0 };

	for (size_t i = 0; i < process->env.n; i++) {
		struct str entry = process->env.items[i].value;

		if (str_starts_with(entry, "PATH="))
			path = (struct str){ entry.data + 5, entry.len - 5 };
	}
	return path;
}

static int open_from_path(struct search *search, struct str path, const char *name,
			  const char **ret_path)
{
	for (unsigned int n = 0; path.len > 0 && n < DIRECTORIES_MAX; n++) {
		const char *colon = memchr(path.data, ':', path.len);
		size_t len = colon != NULL ? (size_t)(colon - path.data) : path.len;
		const char *file = len > 0 ? arena_printf(search->root.arena, "%.*s/%s", (int)len,
							  path.data, name)
					   : name;
		int fd = open_program(search, file, ret_path);

		if (fd >= 0)
			return fd;
		len += colon != NULL;
		path = (struct str){ path.data + len, path.len - len };
	}
	return -ENOENT;
}

/*
 * Reads what a #! line names. NULL: it has none that the kernel would take, or cannot be read. The
 * file is opened again for it, by its descriptor.
 */
static const char *interpreter_of(struct search *search, int fd)
{
	char link[64], line[SCRIPT_LINE_MAX + 1];
	auto_close int readable = -1;
	const char *start;
	ssize_t len;
	size_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	readable = open(link, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (readable < 0) {
		lookup_note(search->lookup, errno, "the first program");
		return NULL;
	}
	len = read(readable, line, SCRIPT_LINE_MAX);
	if (len < 2 || line[0] != '#' || line[1] != '!')
		return NULL;
	line[len] = '\0';
	start = line + 2 + strspn(line + 2, " \t");
	n = strcspn(start, " \t\n");
	/* The kernel takes no name that its buffer cuts. */
	if (n == 0 || (start[n] == '\0' && len == SCRIPT_LINE_MAX))
		return NULL;
	return arena_copy(search->root.arena, start, n);
}

/*
 * Replaces the script of *fd by its interpreter, and that by its own. The kernel gives what the
 * last file has, and nothing for a script. Error: -errno.
 */
static int follow_scripts(struct search *search, int *fd, struct first_program *program)
{
	for (unsigned int n = 0; n <= INTERPRETERS_MAX; n++) {
		const char *interpreter = interpreter_of(search, *fd), *path;
		int next;

		if (interpreter == NULL)
			return 0;
		next = open_program(search, interpreter, &path);
		if (next < 0)
			return next;
		close(*fd);
		*fd = next;
		if (program->script == NULL)
			program->script = program->path;
		program->path = path;
	}
	return -ELOOP;
}

static int read_privileges(struct search *search, int fd, struct first_program *program)
{
	char link[64], attribute[FILE_CAPS_MAX];
	struct statfs fs;
	struct stat st;
	ssize_t len;

	if (fstat(fd, &st) < 0 || fstatfs(fd, &fs) < 0)
		return -lookup_note(search->lookup, errno, program->path);
	if ((fs.f_flags & FLAG_NOSUID) != 0)
		return 0;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	len = getxattr(link, "security.capability", attribute, sizeof(attribute));
	if (len < 0)
		lookup_note(search->lookup, errno, program->path);
	else
		file_caps_parse((struct str){ attribute, (size_t)len }, &program->caps);
	program->uid = st.st_uid;
	program->gid = st.st_gid;
	program->set_uid = (st.st_mode & S_ISUID) != 0;
	program->set_gid = (st.st_mode & (S_ISGID | S_IXGRP)) == (S_ISGID | S_IXGRP);
	return 0;
}

/* Does what was opened depend on what is at the destination of a mount, which may have links? */
static bool is_at(struct arena *arena, const struct container_root *root, struct str destination)
{
	struct container_root other = { .arena = arena, .fd = root->fd };
	const char *name = arena_copy(arena, destination.data, destination.len);
	const char *place = "/";
	auto_close int fd = container_root_open(&other, "/", name, &place);

	return (fd < 0 && fd != -ENOENT && fd != -EISDIR) || container_root_depends(root, place);
}

/* May a mount of the spec change which file this is? A spec may have many mounts. */
static bool is_covered(const struct search *search, const struct oci_config *config)
{
	bool covered = false;

	for (size_t i = 0; i < config->mounts.n && !covered; i++) {
		struct arena *arena = arena_new();

		covered =
			is_at(arena, &search->root, oci_config_mount(config, i)->destination.value);
		arena_free(arena);
	}
	return covered;
}

/* Can it be printed, and named by an exec rule? */
static bool is_plain(const char *path)
{
	size_t len = strlen(path);

	for (size_t i = 0; i < len; i++)
		if (path[i] < 0x20 || path[i] > 0x7e)
			return false;
	return len <= PROGRAM_PATH_MAX;
}

static bool find(struct search *search, const struct oci_config *config,
		 struct first_program *program)
{
	struct arena *arena = search->root.arena;
	struct str name = config->process.args.items[0].value;
	const char *text = arena_copy(arena, name.data, name.len);
	auto_close int fd = strchr(text, '/') != NULL
				    ? open_program(search, text, &program->path)
				    : open_from_path(search, search_path(&config->process), text,
						     &program->path);

	if (fd < 0 || follow_scripts(search, &fd, program) < 0 ||
	    read_privileges(search, fd, program) < 0)
		return false;
	return (program->caps.present || program->set_uid || program->set_gid) &&
	       is_plain(program->path) && (program->script == NULL || is_plain(program->script)) &&
	       !is_covered(search, config);
}

/* Opens the container's root as O_PATH: offline only one that lies in the bundle. */
static int open_root(struct arena *arena, const struct oci_config *config,
		     const struct facts *facts)
{
	if (facts->scope == FACTS_OFFLINE)
		return account_root_open(arena, &config->root, facts->bundle, facts->scope);
	errno = ENOENT;
	return facts->root.resolved != NULL && facts->root.error == 0
		       ? open(facts->root.resolved, O_PATH | O_DIRECTORY | O_CLOEXEC)
		       : -1;
}

struct first_program first_program_look(struct lookup *lookup, const struct oci_config *config,
					const struct facts *facts)
{
	struct search search = { .lookup = lookup, .root = { .arena = lookup->arena, .fd = -1 } };
	struct first_program program = { 0 };
	struct str cwd = config->process.cwd.value;
	auto_close int fd = -1;

	if (config->process.args.n == 0 || config->process.args.items[0].value.len == 0 ||
	    config->root.path.node == NULL)
		return program;
	fd = open_root(lookup->arena, config, facts);
	if (fd < 0) {
		lookup_note(lookup, errno, "the root directory");
		return program;
	}
	search.root.fd = fd;
	search.cwd = cwd.len > 0 ? arena_copy(lookup->arena, cwd.data, cwd.len) : "/";
	program.known = find(&search, config, &program);
	return program.known ? program : (struct first_program){ 0 };
}
