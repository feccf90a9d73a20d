/* SPDX-License-Identifier: Apache-2.0 */
/* Compares paths of the host with args.allow and args.deny; see host_paths.h. */
#include "policy/rules/host_paths.h"

#include <string.h>

static bool same_id(const struct file_id *a, const struct file_id *b)
{
	return a->device == b->device && a->inode == b->inode;
}

/* Is `id` among the parents in the chain? The root directory, above every file, is left out. */
static bool chain_has(const struct path_fact *fact, const struct file_id *id)
{
	for (size_t i = 1; i + 1 < fact->n_chain; i++)
		if (same_id(&fact->chain[i], id))
			return true;
	return false;
}

static bool is_below(const char *path, const char *directory)
{
	size_t len = strlen(directory);

	return strncmp(path, directory, len) == 0 && path[len] == '/';
}

static size_t path_depth(const char *path)
{
	size_t depth = 0;

	for (; *path != '\0'; path++)
		depth += *path == '/' && path[1] != '\0';
	return depth;
}

static struct path_entry make_entry(struct arena *arena, struct str text)
{
	struct path_entry entry = { .text = text };
	struct str path = text;

	if (path.len > 3 && memcmp(path.data + path.len - 3, ":ro", 3) == 0) {
		entry.read_only = true;
		path.len -= 3;
	}
	entry.name = str_path_normalize(arena, path);
	entry.depth = path_depth(entry.name);
	entry.rank = entry.depth * 2 + (strchr(entry.name, '*') == NULL);
	return entry;
}

/* Finds the fact about a path. *next is where to start, since facts have the policy's order. */
static const struct path_fact *find_fact(const struct facts *facts, struct str path, size_t *next)
{
	for (size_t i = 0; i < facts->n_paths; i++) {
		const struct path_fact *fact = &facts->paths[(*next + i) % facts->n_paths];

		if (str_equal(fact->path, path)) {
			*next += i + 1;
			return fact;
		}
	}
	return NULL;
}

/*
 * Adds what args.deny says of the usual place of a moved storage: that it is the host's, or
 * something in it. The root directory says nothing of what lies under it.
 */
static void deny_moved(struct path_lists *lists, size_t n_deny, const struct moved_storage *storage)
{
	bool denied = false;

	for (size_t i = 0; i < n_deny; i++) {
		const char *name = lists->deny[i].name;
		struct str inside;

		if (is_below(name, storage->usual)) {
			inside = str_from(arena_printf(lists->arena, "%.*s%s",
						       (int)storage->name.len, storage->name.data,
						       name + strlen(storage->usual)));
			lists->deny[lists->n_deny++] = make_entry(lists->arena, inside);
		} else if (!denied && strcmp(name, "/") != 0 &&
			   (strcmp(name, storage->usual) == 0 || is_below(storage->usual, name))) {
			denied = true;
			lists->deny[lists->n_deny] = make_entry(lists->arena, storage->name);
			lists->deny[lists->n_deny++].fact = storage->fact;
		}
	}
}

struct path_lists host_paths_prepare(const struct judge *judge, const struct rule_arg *allow,
				     const struct rule_arg *deny)
{
	struct path_lists lists = { .arena = judge->arena,
				    .n_allow = allow->n,
				    .n_deny = deny->n,
				    .storages = &judge->facts->storages };
	size_t next = 0;

	lists.allow = arena_array(judge->arena, allow->n, sizeof(*lists.allow));
	for (size_t i = 0; i < allow->n; i++)
		lists.allow[i] = make_entry(judge->arena, allow->strings[i]);
	lists.deny =
		arena_array(judge->arena, deny->n * (1 + lists.storages->n), sizeof(*lists.deny));
	for (size_t i = 0; i < deny->n; i++) {
		lists.deny[i] = make_entry(judge->arena, deny->strings[i]);
		lists.deny[i].fact = find_fact(judge->facts, deny->strings[i], &next);
	}
	for (size_t i = 0; i < lists.storages->n; i++)
		deny_moved(&lists, deny->n, &lists.storages->items[i]);
	return lists;
}

/* Returns the first component of *path and moves *path to its end. Empty at the end of the path. */
static struct str next_component(const char **path)
{
	const char *start = *path + (**path == '/');
	size_t len = strcspn(start, "/");

	*path = start + len;
	return (struct str){ start, len };
}

/* Does the entry name the path or a directory above it? A * in the entry is one component. */
static bool entry_covers(const struct path_entry *entry, const char *path)
{
	const char *name = entry->name;

	if (strcmp(name, "/") == 0)
		return strcmp(path, "/") == 0; /* only the root directory, not what lies under it */
	while (*name != '\0') {
		struct str wanted = next_component(&name), found = next_component(&path);

		if (found.len == 0 || !(str_is(wanted, "*") || str_equal(wanted, found)))
			return false;
	}
	return true;
}

/* Where the rank of an entry counts: in a storage, if it names something in its usual place. */
struct allowed_search {
	const struct oci_mount *mount;
	const char *path;
	size_t above; /* components of the usual place, or 0 */
	size_t shift; /* components that the moved storage has */
	size_t best;
	bool exact;
};

static void search_allowed(const struct path_lists *lists, struct allowed_search *search)
{
	for (size_t i = 0; i < lists->n_allow; i++) {
		const struct path_entry *entry = &lists->allow[i];
		size_t rank;

		if ((entry->read_only && !search->mount->read_only) ||
		    (search->above > 0 && entry->depth <= search->above) ||
		    !entry_covers(entry, search->path))
			continue;
		rank = entry->rank - 2 * search->above + 2 * search->shift;
		if (rank > search->best)
			search->best = rank;
		if (entry->depth == path_depth(search->path))
			search->exact = true;
	}
}

/*
 * Returns the rank of the best entry of args.allow that covers what is looked at; 0 if none does.
 * *ret_exact: an entry names exactly this path.
 */
static size_t allowed_rank(const struct path_lists *lists, const struct oci_mount *mount,
			   const struct path_look *look, bool *ret_exact)
{
	struct allowed_search search = { .mount = mount, .path = look->path };

	search_allowed(lists, &search);
	for (size_t i = 0; i < lists->storages->n; i++) {
		const struct moved_storage *storage = &lists->storages->items[i];
		const struct moved_storages one = { &lists->storages->items[i], 1 };
		struct str usual = moved_storage_usual(lists->arena, &one, str_from(look->path));

		if (usual.data == look->path)
			continue;
		search.path = usual.data;
		search.above = path_depth(storage->usual);
		search.shift =
			path_depth(arena_copy(lists->arena, storage->name.data, storage->name.len));
		search_allowed(lists, &search);
	}
	*ret_exact = search.exact;
	return search.best;
}

bool host_paths_listed(const struct path_lists *lists, const struct oci_mount *mount,
		       const struct path_look *look)
{
	bool exact;

	return allowed_rank(lists, mount, look, &exact) > 0;
}

bool host_paths_named(const struct path_lists *lists, const struct oci_mount *mount,
		      const struct path_look *look)
{
	bool exact;

	return allowed_rank(lists, mount, look, &exact) > 0 && exact;
}

bool host_paths_exact(const struct path_lists *lists, const struct oci_mount *mount,
		      const char *path)
{
	for (size_t i = 0; i < lists->n_allow; i++)
		if (strcmp(lists->allow[i].name, path) == 0 &&
		    (!lists->allow[i].read_only || mount->read_only))
			return true;
	return false;
}

bool host_paths_meant(const struct path_lists *lists, const struct oci_mount *mount,
		      const char *path, struct str point)
{
	for (size_t i = 0; i < lists->n_allow; i++) {
		const struct path_entry *entry = &lists->allow[i];

		if ((!entry->read_only || mount->read_only) && strchr(entry->name, '*') == NULL &&
		    entry_covers(entry, path) && strlen(entry->name) >= point.len)
			return true;
	}
	return false;
}

static enum path_relation relate_names(const char *path, const char *denied)
{
	bool is_root = strcmp(denied, "/") == 0;

	if (strcmp(path, denied) == 0)
		return PATH_SAME;
	if (!is_root && is_below(path, denied))
		return PATH_BELOW;
	if (strcmp(path, "/") == 0 || is_below(denied, path))
		return PATH_CONTAINS;
	return PATH_UNRELATED;
}

static enum path_relation relate_files(const struct path_fact *file, const struct path_fact *denied)
{
	bool is_root = denied->n_chain == 1;

	if (same_id(&file->chain[0], &denied->chain[0]))
		return PATH_SAME;
	if (!is_root && chain_has(file, &denied->chain[0]))
		return PATH_BELOW;
	if (chain_has(denied, &file->chain[0]))
		return PATH_CONTAINS;
	return PATH_UNRELATED;
}

/* Returns what is left of the path of a file below the denied directory above it. */
static const char *rest_below(const struct path_look *look, const struct path_fact *denied)
{
	const char *rest = look->path + strlen(look->path);
	const struct path_fact *file = look->fact;

	for (size_t i = 0; i + 1 < file->n_chain; i++) {
		if (same_id(&file->chain[i], &denied->chain[0]))
			return rest;
		while (rest > look->path && *--rest != '/')
			;
	}
	return NULL;
}

enum path_relation host_path_relate(const struct path_look *look, const struct path_entry *entry,
				    struct path_elsewhere *ret_elsewhere)
{
	const struct path_fact *denied = entry->fact;
	bool known = denied != NULL && denied->error == 0;
	enum path_relation relation = relate_names(look->path, entry->name);

	*ret_elsewhere = (struct path_elsewhere){ 0 };
	if (relation != PATH_UNRELATED || !known || look->fact == NULL)
		return relation;
	relation = relate_names(look->path, denied->resolved);
	if (relation == PATH_BELOW)
		ret_elsewhere->rest = look->path + strlen(denied->resolved);
	if (relation != PATH_UNRELATED)
		return relation;
	relation = relate_files(look->fact, denied);
	ret_elsewhere->in_disguise = relation == PATH_SAME || relation == PATH_BELOW;
	if (relation == PATH_BELOW)
		ret_elsewhere->rest = rest_below(look, denied);
	return relation;
}

/*
 * Returns the rank of the entry of args.allow for the name that the file has below the denied
 * directory. An engine's storage may be a link, or another part of its disk mounted there.
 */
static size_t rank_below(const struct judge *judge, const struct path_lists *lists,
			 const struct oci_mount *mount, const struct path_entry *entry,
			 const struct path_elsewhere *elsewhere)
{
	struct path_look look = { 0 };
	bool exact;

	if (elsewhere->rest == NULL)
		return 0;
	look.path = arena_printf(judge->arena, "%s%s", entry->name, elsewhere->rest);
	return allowed_rank(lists, mount, &look, &exact);
}

const char *host_paths_denied(const struct judge *judge, const struct path_lists *lists,
			      const struct oci_mount *mount, const struct path_look *look)
{
	static const char *const words[] = { [PATH_SAME] = "this is",
					     [PATH_BELOW] = "this lies under",
					     [PATH_CONTAINS] = "this contains" };
	const struct path_entry *decides = NULL, *contained = NULL;
	enum path_relation how = PATH_CONTAINS;
	bool exact;
	size_t best = allowed_rank(lists, mount, look, &exact);

	for (size_t i = 0; i < lists->n_deny; i++) {
		const struct path_entry *entry = &lists->deny[i];
		struct path_elsewhere elsewhere;
		enum path_relation relation = host_path_relate(look, entry, &elsewhere);

		if (rank_below(judge, lists, mount, entry, &elsewhere) > entry->rank)
			continue;
		if (elsewhere.in_disguise) {
			decides = entry;
			how = relation;
			break;
		}
		if (relation == PATH_CONTAINS && !exact && contained == NULL) {
			contained = entry;
		} else if ((relation == PATH_SAME || relation == PATH_BELOW) &&
			   entry->rank > best) {
			best = entry->rank;
			decides = entry;
			how = relation;
		}
	}
	if (decides == NULL)
		decides = contained;
	if (decides == NULL)
		return NULL;
	return arena_printf(judge->arena, "%s %s, which is the host's", words[how],
			    str_show(judge->arena, decides->text));
}
