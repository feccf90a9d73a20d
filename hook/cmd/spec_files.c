/* SPDX-License-Identifier: Apache-2.0 */
/* Specs as people name them: see spec_files.h. */
#include "spec_files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "json/json.h"

#define TREE_DEPTH_MAX 64 /* directories below each other */

static bool is_directory(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

int spec_file_read(struct arena *arena, const char **path, struct str *ret_text, struct err *err)
{
	int error;

	if (strcmp(*path, "-") == 0) {
		*path = "standard input";
		return io_read(arena, STDIN_FILENO, *path, JSON_SIZE_MAX, ret_text, err);
	}
	error = io_read_file(arena, AT_FDCWD, *path, JSON_SIZE_MAX, ret_text, err);
	if (error == 0 || !is_directory(*path))
		return error;
	*path = arena_printf(arena, "%s/config.json", *path);
	return io_read_file(arena, AT_FDCWD, *path, JSON_SIZE_MAX, ret_text, err);
}

const char *spec_file_bundle(struct arena *arena, const char *path)
{
	const char *slash = strrchr(path, '/');

	if (strcmp(path, "-") == 0 || strcmp(path, "standard input") == 0)
		return NULL;
	if (slash == NULL)
		return ".";
	return slash == path ? "/" : arena_copy(arena, path, (size_t)(slash - path));
}

static int keep_entry(const struct dirent *entry)
{
	size_t len = strlen(entry->d_name);

	if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
		return 0;
	return entry->d_type == DT_DIR || entry->d_type == DT_UNKNOWN ||
	       (len > 5 && strcmp(entry->d_name + len - 5, ".json") == 0);
}

static bool is_json_name(const char *path)
{
	size_t len = strlen(path);

	return len > 5 && strcmp(path + len - 5, ".json") == 0;
}

/* For file systems that say nothing of it with the names. */
static unsigned char file_type(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 ? IFTODT(st.st_mode) : DT_UNKNOWN;
}

/* directory has no slash at its end; "" is the root directory. */
static int walk(const char *directory, unsigned int depth,
		int (*visit)(const char *path, bool in_tree, void *data), void *data,
		struct err *err)
{
	struct dirent **entries = NULL;
	int n, result = 0;

	if (depth > TREE_DEPTH_MAX)
		return err_set(err, ELOOP, EXIT_SYSTEM, "%s: more than %d directories deep",
			       directory, TREE_DEPTH_MAX);
	n = scandir(directory[0] != '\0' ? directory : "/", &entries, keep_entry, alphasort);
	if (n < 0)
		return err_set_system(err, errno, "cannot read directory %s", directory);
	for (int i = 0; i < n; i++) {
		auto_free char *path = NULL;
		unsigned char type = entries[i]->d_type;

		if (result == 0) {
			size_t size = strlen(directory) + strlen(entries[i]->d_name) + 2;

			path = mem_realloc(NULL, size);
			snprintf(path, size, "%s/%s", directory, entries[i]->d_name);
			if (type == DT_UNKNOWN)
				type = file_type(path);
			if (type == DT_DIR)
				result = walk(path, depth + 1, visit, data, err);
			else if (is_json_name(path) && (type != DT_LNK || !is_directory(path)))
				result = visit(path, true, data);
		}
		free(entries[i]);
	}
	free(entries);
	return result;
}

int spec_files_each(const char *path, int (*visit)(const char *path, bool in_tree, void *data),
		    void *data, struct err *err)
{
	struct stat st;
	size_t len = strlen(path), size = len + sizeof("/config.json");
	auto_free char *config = mem_realloc(NULL, size);

	if (strcmp(path, "-") == 0 || !is_directory(path))
		return visit(path, false, data);
	while (len > 0 && path[len - 1] == '/')
		len--; /* one slash between a directory and what is in it */
	snprintf(config, size, "%.*s/config.json", (int)len, path);
	if (stat(config, &st) == 0)
		return visit(config, false, data);
	config[len] = '\0';
	return walk(config, 0, visit, data, err);
}
