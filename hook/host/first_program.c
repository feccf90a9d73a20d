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
#include "host/started_by.h"

#define DIRECTORIES_MAX 64    /* of PATH that are searched */
#define INTERPRETERS_MAX 5    /* as in the kernel, which gives ELOOP for more */
#define STARTERS_MAX 3	      /* tini that starts sh -c that starts env */
#define SCRIPT_LINE_MAX 256   /* as in the kernel: BINPRM_BUF_SIZE */
#define PROGRAM_PATH_MAX 255U /* what an exec rule can name */
#define FLAG_NOSUID 2	      /* ST_NOSUID in statfs(2): execve ignores what the file could give */

struct search {
	struct lookup *lookup;
	struct container_root root;
	const char *cwd;
	struct str path; /* PATH */
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

static int open_from_path(struct search *search, const char *name, const char **ret_path)
{
	struct str path = search->path;

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

static int open_named(struct search *search, struct str name, const char **ret_path)
{
	const char *text = arena_copy(search->root.arena, name.data, name.len);

	return strchr(text, '/') != NULL ? open_program(search, text, ret_path)
					 : open_from_path(search, text, ret_path);
}

/* A name on a #! line, and the rest of the line. */
struct interpreter {
	const char *name, *argument;
};

/*
 * Reads what a #! line names. NULL: it has none that the kernel would take, or cannot be read. The
 * file is opened again for it, by its descriptor.
 */
static struct interpreter interpreter_of(struct search *search, int fd)
{
	const struct interpreter none = { 0 };
	char link[64], line[SCRIPT_LINE_MAX + 1];
	auto_close int readable = -1;
	const char *start, *rest;
	ssize_t len;
	size_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	readable = open(link, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (readable < 0) {
		lookup_note(search->lookup, errno, "the first program");
		return none;
	}
	len = read(readable, line, SCRIPT_LINE_MAX);
	if (len < 2 || line[0] != '#' || line[1] != '!')
		return none;
	line[len] = '\0';
	start = line + 2 + strspn(line + 2, " \t");
	n = strcspn(start, " \t\n");
	/* The kernel takes no name that its buffer cuts. */
	if (n == 0 || (start[n] == '\0' && len == SCRIPT_LINE_MAX))
		return none;
	rest = start + n + strspn(start + n, " \t");
	return (struct interpreter){ arena_copy(search->root.arena, start, n),
				     arena_copy(search->root.arena, rest, strcspn(rest, "\n")) };
}

/* "#!/usr/bin/env node", and "env -S node --flag". Returns the name that env looks up, or nothing. */
static struct str started_by_line(const struct interpreter *interpreter)
{
	const char *name = interpreter->argument;
	struct str words[2] = { str_from(interpreter->name) };
	size_t at;

	if (strncmp(name, "-S", 2) == 0)
		name += 2 + strspn(name + 2, " \t");
	words[1] = (struct str){ name, strcspn(name, " \t") };
	/* A shell takes a file, never a command. */
	if (words[1].len == 0 || strcspn(name, "\"'\\$=") < strlen(name))
		return (struct str){ 0 };
	return started_by((struct words){ words, ARRAY_SIZE(words) }, &at);
}

/*
 * Replaces the script of *fd by its interpreter, and that by its own. The kernel gives what the
 * last file has, and nothing for a script. Error: -errno.
 */
static int follow_scripts(struct search *search, int *fd, struct first_program *program)
{
	for (unsigned int n = 0; n <= INTERPRETERS_MAX; n++) {
		struct interpreter interpreter = interpreter_of(search, *fd);
		struct str name = { 0 };
		const char *path;
		int next;

		if (interpreter.name == NULL)
			return 0;
		name = started_by_line(&interpreter);
		next = name.len > 0 ? open_named(search, name, &path)
				    : open_program(search, interpreter.name, &path);
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

/* Is it a program that can gain something, and that no mount replaces? */
static bool look_at(struct search *search, const struct oci_config *config, struct str name,
		    struct first_program *program)
{
	auto_close int fd = -1;

	*program = (struct first_program){ 0 };
	search->root.passed = NULL;
	fd = open_named(search, name, &program->path);
	if (fd < 0 || follow_scripts(search, &fd, program) < 0 ||
	    read_privileges(search, fd, program) < 0)
		return false;
	return (program->caps.present || program->set_uid || program->set_gid) &&
	       is_plain(program->path) && (program->script == NULL || is_plain(program->script)) &&
	       !is_covered(search, config);
}

/* The first word, or what it starts in turn. The init of an engine is a mount, and not looked at. */
static bool find(struct search *search, const struct oci_config *config,
		 struct first_program *program)
{
	const struct oci_process *process = &config->process;
	struct str *items = arena_array(search->root.arena, process->args.n, sizeof(*items)), name;
	struct words words = { items, process->args.n };
	size_t arg = 0;

	for (size_t i = 0; i < words.n; i++)
		items[i] = process->args.items[i].value;
	name = words.items[0];
	for (unsigned int n = 0; n <= STARTERS_MAX && name.len > 0; n++) {
		size_t at = 0;

		if (look_at(search, config, name, program)) {
			program->arg = arg;
			return true;
		}
		name = started_by(words, &at);
		arg += at;
		/* What a shell is told is one word; the program has no other. */
		if (name.len > 0 && str_equal(name, words.items[at]))
			words = (struct words){ words.items + at, words.n - at };
		else
			words = (struct words){ &name, 1 };
	}
	return false;
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
	search.path = search_path(&config->process);
	search.cwd = cwd.len > 0 ? arena_copy(lookup->arena, cwd.data, cwd.len) : "/";
	program.known = find(&search, config, &program);
	return program.known ? program : (struct first_program){ 0 };
}
