/* SPDX-License-Identifier: Apache-2.0 */
/* Reads specs as people name them: see spec_files.h. */
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
#include "base/restrain.h"
#include "json/json.h"
#include "wrapper/record.h"

#define TREE_DEPTH_MAX 64 /* levels of directories */

int spec_files_begin(bool host, struct pipeline_options *options, struct err *err)
{
	int error = restrain(host ? RESTRAIN_HOST : RESTRAIN_FILES, err);

	options->scope = host ? FACTS_LIVE : FACTS_OFFLINE;
	if (error == 0 && host)
		error = record_known_base(&options->known.records, err);
	return error;
}

int spec_file_read(struct arena *arena, const char **path, struct str *ret_text, struct err *err)
{
	struct err ignored;
	mode_t type;
	int error;

	if (strcmp(*path, "-") == 0) {
		*path = "standard input";
		return io_read(arena, STDIN_FILENO, *path, JSON_SIZE_MAX, ret_text, err);
	}
	error = io_read_file(arena, AT_FDCWD, *path, JSON_SIZE_MAX, ret_text, err);
	if (error == 0 || io_file_type(*path, &type, &ignored) < 0 || !S_ISDIR(type))
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

static int walk(const char *directory, unsigned int depth,
		int (*visit)(const char *path, bool in_tree, void *data), void *data,
		struct err *err);

/*
 * Visits one name of a tree: walks into a directory, visits a *.json file, ignores the rest. Links
 * to directories are not followed.
 */
static int walk_entry(const char *path, unsigned char type, unsigned int depth,
		      int (*visit)(const char *path, bool in_tree, void *data), void *data,
		      struct err *err)
{
	mode_t leads_to = 0;
	struct stat st;
	int error = 0;

	if (type == DT_UNKNOWN) { /* some file systems do not return the type */
		if (lstat(path, &st) < 0)
			return err_set_system(err, errno, "cannot look up %s", path);
		type = IFTODT(st.st_mode);
	}
	if (type == DT_DIR)
		return walk(path, depth + 1, visit, data, err);
	if (!is_json_name(path))
		return 0;
	if (type == DT_LNK)
		error = io_file_type(path, &leads_to, err);
	return error < 0 || S_ISDIR(leads_to) ? error : visit(path, true, data);
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

		if (result == 0) {
			size_t size = strlen(directory) + strlen(entries[i]->d_name) + 2;

			path = mem_realloc(NULL, size);
			snprintf(path, size, "%s/%s", directory, entries[i]->d_name);
			result = walk_entry(path, entries[i]->d_type, depth, visit, data, err);
		}
		free(entries[i]);
	}
	free(entries);
	return result;
}

int spec_files_each(const char *path, int (*visit)(const char *path, bool in_tree, void *data),
		    void *data, struct err *err)
{
	mode_t type = 0;
	size_t len = strlen(path), size = len + sizeof("/config.json");
	auto_free char *config = mem_realloc(NULL, size);
	int error = strcmp(path, "-") == 0 ? 0 : io_file_type(path, &type, err);

	if (error < 0)
		return error;
	if (!S_ISDIR(type))
		return visit(path, false, data);
	while (len > 0 && path[len - 1] == '/')
		len--; /* one slash between a directory and its entries */
	snprintf(config, size, "%.*s/config.json", (int)len, path);
	error = io_file_type(config, &type, err);
	if (error < 0)
		return error;
	if (type != 0)
		return visit(config, false, data);
	config[len] = '\0';
	return walk(config, 0, visit, data, err);
}
