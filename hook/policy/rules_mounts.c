/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What mounts bring in from the host: hostMounts, mountOptions. Paths of the host are compared by
 * identity (device and inode) after every symbolic link, and by name besides.
 */
#include "policy/rule.h"

#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "json/writer.h"

/* Places in struct rule_setting.args, as the rule's row has them. */
enum {
	ARG_ALLOW,
	ARG_DENY
};

static bool same_id(const struct file_id *a, const struct file_id *b)
{
	return a->device == b->device && a->inode == b->inode;
}

/* Is `id` among the parents that a chain names? The root directory is everyone's parent: left out. */
static bool chain_has(const struct path_fact *fact, const struct file_id *id)
{
	for (size_t i = 1; i + 1 < fact->n_chain; i++)
		if (same_id(&fact->chain[i], id))
			return true;
	return false;
}

/* The text without trailing slashes, "." and double slashes, ".." carried out; NULL when relative. */
static const char *normalize(struct arena *arena, struct str path)
{
	char *out = arena_alloc(arena, path.len + 2);
	size_t len = 0;

	if (path.len == 0 || path.data[0] != '/')
		return NULL;
	for (size_t i = 0; i < path.len;) {
		size_t end = i + 1;

		while (end < path.len && path.data[end] != '/')
			end++;
		if (end - i == 3 && memcmp(path.data + i, "/..", 3) == 0) {
			while (len > 0 && out[--len] != '/')
				;
		} else if (end - i > 1 && !(end - i == 2 && path.data[i + 1] == '.')) {
			memcpy(out + len, path.data + i, end - i);
			len += end - i;
		}
		i = end;
	}
	if (len == 0)
		out[len++] = '/';
	out[len] = '\0';
	return out;
}

static bool is_below(const char *path, const char *directory)
{
	size_t len = strlen(directory);

	return strncmp(path, directory, len) == 0 && path[len] == '/';
}

enum relation {
	UNRELATED,
	SAME,	  /* the source is the path */
	BELOW,	  /* the source lies under the path */
	CONTAINS, /* the source has the path in it */
};

/*
 * A source is looked at twice: by the name that the spec has, and by what it is after every link.
 * Each look is held against both lists on its own, and both must pass: an entry of args.allow that
 * names a link says nothing about where the link leads.
 */
struct look {
	const char *path;	      /* normalized */
	const struct path_fact *fact; /* NULL: the look by name */
};

static size_t path_depth(const char *path)
{
	size_t depth = 0;

	for (; *path != '\0'; path++)
		depth += *path == '/' && path[1] != '\0';
	return depth;
}

/* An entry of args.allow or args.deny, made ready once for all mounts. */
struct entry {
	struct str text;
	const char *name;	      /* normalized; may hold "*" in args.allow */
	const struct path_fact *fact; /* args.deny */
	bool read_only;		      /* args.allow: ended in ":ro" */
	size_t depth;
	size_t rank; /* the entry of the highest rank decides: deeper first, then without "*" */
};

struct entries {
	struct entry *allow, *deny;
	size_t n_allow, n_deny;
};

static struct entry make_entry(struct arena *arena, struct str text)
{
	struct entry entry = { .text = text };
	struct str path = text;

	if (path.len > 3 && memcmp(path.data + path.len - 3, ":ro", 3) == 0) {
		entry.read_only = true;
		path.len -= 3;
	}
	entry.name = normalize(arena, path);
	entry.depth = path_depth(entry.name);
	entry.rank = entry.depth * 2 + (strchr(entry.name, '*') == NULL);
	return entry;
}

static struct entries make_entries(const struct judge *judge)
{
	const struct rule_arg *allow = &judge->setting->args[ARG_ALLOW];
	const struct rule_arg *deny = &judge->setting->args[ARG_DENY];
	struct entries entries = { .n_allow = allow->n, .n_deny = deny->n };

	entries.allow = arena_array(judge->arena, allow->n, sizeof(*entries.allow));
	for (size_t i = 0; i < allow->n; i++)
		entries.allow[i] = make_entry(judge->arena, allow->strings[i]);
	entries.deny = arena_array(judge->arena, deny->n, sizeof(*entries.deny));
	for (size_t i = 0; i < deny->n; i++) {
		entries.deny[i] = make_entry(judge->arena, deny->strings[i]);
		for (size_t k = 0; k < judge->facts->n_paths; k++)
			if (str_equal(judge->facts->paths[k].path, deny->strings[i]))
				entries.deny[i].fact = &judge->facts->paths[k];
	}
	return entries;
}

/* The component at the head of *path, which is moved behind it; empty at the end. */
static struct str next_component(const char **path)
{
	const char *start = *path + (**path == '/');
	size_t len = strcspn(start, "/");

	*path = start + len;
	return (struct str){ start, len };
}

/* Does the entry, in which * is one component, name the path or a directory that it lies under? */
static bool entry_covers(const struct entry *entry, const char *path)
{
	const char *name = entry->name;

	if (strcmp(name, "/") == 0)
		return strcmp(path, "/") == 0; /* the root directory, not all that lies under it */
	while (*name != '\0') {
		struct str wanted = next_component(&name), found = next_component(&path);

		if (found.len == 0 || !(str_is(wanted, "*") || str_equal(wanted, found)))
			return false;
	}
	return true;
}

/* The rank of the best entry of args.allow that covers what is looked at, 0 for none. */
static size_t allowed_rank(const struct entries *entries, const struct oci_mount *mount,
			   const struct look *look, bool *ret_exact)
{
	bool read_only = oci_mount_has(mount, "ro") && !oci_mount_has(mount, "rw") &&
			 !oci_mount_has(mount, "rrw");
	size_t best = 0;

	*ret_exact = false;
	for (size_t i = 0; i < entries->n_allow; i++) {
		const struct entry *entry = &entries->allow[i];

		if ((entry->read_only && !read_only) || !entry_covers(entry, look->path))
			continue;
		if (entry->rank > best)
			best = entry->rank;
		if (entry->depth == path_depth(look->path))
			*ret_exact = true;
	}
	return best;
}

static enum relation relate(const struct look *look, const struct entry *entry)
{
	const struct path_fact *fact = look->fact, *denied = entry->fact;
	bool known = fact != NULL && denied != NULL && denied->error == 0;
	bool is_root = strcmp(entry->name, "/") == 0;

	if (strcmp(look->path, entry->name) == 0 ||
	    (known && same_id(&fact->chain[0], &denied->chain[0])))
		return SAME;
	if (!is_root &&
	    (is_below(look->path, entry->name) || (known && chain_has(fact, &denied->chain[0]))))
		return BELOW;
	if (strcmp(look->path, "/") == 0 || is_below(entry->name, look->path) ||
	    (known && chain_has(denied, &fact->chain[0])))
		return CONTAINS;
	return UNRELATED;
}

/* Why args.deny refuses what is looked at, or NULL. Who names exactly this path in args.allow has
 * meant it, and what it contains. */
static const char *denied_reason(const struct judge *judge, const struct entries *entries,
				 const struct oci_mount *mount, const struct look *look)
{
	static const char *const words[] = {
		[SAME] = "this is", [BELOW] = "this lies under", [CONTAINS] = "this contains"
	};
	const struct entry *decides = NULL, *contained = NULL;
	enum relation how = CONTAINS;
	bool exact;
	size_t best = allowed_rank(entries, mount, look, &exact);

	for (size_t i = 0; i < entries->n_deny; i++) {
		const struct entry *entry = &entries->deny[i];
		enum relation relation = relate(look, entry);

		if (relation == CONTAINS && !exact && contained == NULL) {
			contained = entry;
		} else if ((relation == SAME || relation == BELOW) && entry->rank > best) {
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

static const char *source_reason(const struct judge *judge, const struct entries *entries,
				 const struct source_fact *source)
{
	const struct oci_mount *mount = source->from.mount;
	const struct look by_name = { normalize(judge->arena, source->from.path), NULL };
	const struct look by_identity = { source->path.resolved, &source->path };
	const char *reason = NULL;

	if (by_name.path != NULL)
		reason = denied_reason(judge, entries, mount, &by_name);
	if (reason == NULL && source->path.error == 0)
		reason = denied_reason(judge, entries, mount, &by_identity);
	/* What cannot be looked up cannot be told from the host's. A file is judged by its names. */
	if (reason == NULL && source->path.error != 0 &&
	    (judge->facts->scope == FACTS_LIVE || by_name.path == NULL))
		reason = arena_printf(judge->arena, "it cannot be looked up: %s",
				      strerror(source->path.error));
	return reason;
}

/* A file system that shows a device or the kernel of the host, or takes back how one is shown. */
static const char *type_reason(const struct judge *judge, const struct oci_mount *mount)
{
	if (oci_mount_has(mount, "remount"))
		return "remount takes back the options of the mount before it";
	if (oci_mount_is_bind(mount) || str_is(mount->type.value, "overlay"))
		return NULL;
	return arena_printf(judge->arena, "a file system of type %s reaches the host",
			    str_quote(judge->arena, mount->type.value));
}

static void add_mount_finding(struct judge *judge, const struct source_fact *source,
			      const char *why)
{
	const struct oci_mount *mount = source->from.mount;
	const struct json_node *node =
		mount->source.node != NULL ? mount->source.node : mount->node;
	auto_buf struct buf observed = { 0 };

	json_quote(&observed, source->from.path);
	finding_add(judge, source->from.layer ? mount->options.node : node, NULL,
		    (struct finding_text){
			    .observed = arena_copy(judge->arena, observed.data, observed.len),
			    .required = "nothing that is the host's",
			    .message = arena_printf(
				    judge->arena, "mounts %s at %s: %s",
				    str_quote(judge->arena, source->from.path),
				    str_quote(judge->arena, mount->destination.value), why),
			    .fix = "mount a volume, or a directory made for this container",
		    });
}

/*
 * root.path is a mount as well. Storage lies under many a denied path; the host's own root
 * directory, or one that contains what is denied, is the root of no container.
 */
static void check_root_path(struct judge *judge, const struct entries *entries)
{
	const struct oci_string *path = &judge->config->root.path;
	const struct path_fact *fact = &judge->facts->root;
	const struct look looks[] = { { normalize(judge->arena, path->value), NULL },
				      { fact->error == 0 ? fact->resolved : NULL, fact } };

	for (size_t i = 0; i < ARRAY_SIZE(looks); i++) {
		for (size_t k = 0; looks[i].path != NULL && k < entries->n_deny; k++) {
			enum relation relation = relate(&looks[i], &entries->deny[k]);
			const char *how = relation == SAME ? "is" : "contains";
			const char *denied = str_show(judge->arena, entries->deny[k].text);
			auto_buf struct buf observed = { 0 };

			if (relation != SAME && relation != CONTAINS)
				continue;
			json_quote(&observed, path->value);
			finding_add(
				judge, path->node, NULL,
				(struct finding_text){
					.observed = arena_copy(judge->arena, observed.data,
							       observed.len),
					.required = "nothing that is the host's",
					.message = arena_printf(
						judge->arena,
						"is %s: this %s %s, which is the host's",
						str_quote(judge->arena, path->value), how, denied),
					.fix = "run an image, or a directory made for this container",
				});
			return;
		}
	}
}

void check_host_mounts(struct judge *judge)
{
	struct entries entries = make_entries(judge);

	if (judge->config->root.path.node != NULL)
		check_root_path(judge, &entries);
	for (size_t i = 0; i < judge->facts->n_sources; i++) {
		const struct source_fact *source = &judge->facts->sources[i];
		const char *reason = type_reason(judge, source->from.mount);

		if (reason == NULL)
			reason = source_reason(judge, &entries, source);
		if (reason != NULL)
			add_mount_finding(judge, source, reason);
	}
}

/* The option of mount(8) that takes another one back; empty when there is none. */
static struct str opposite_option(struct str option)
{
	if (str_is(option, "ro"))
		return STR("rw");
	if (str_starts_with(option, "no"))
		return (struct str){ option.data + 2, option.len - 2 };
	return (struct str){ 0 };
}

/* The later of the two is in force. */
static bool option_in_force(const struct oci_mount *mount, struct str option)
{
	struct str opposite = opposite_option(option);
	bool in_force = false;

	for (size_t i = 0; i < mount->options.n; i++) {
		struct str value = mount->options.items[i].value;

		if (str_equal(value, option))
			in_force = true;
		else if (opposite.len > 0 && str_equal(value, opposite))
			in_force = false;
	}
	return in_force;
}

/* "rsuid" for "nosuid": runtimes carry it out last, on the mount and all below it. */
static bool takes_back(struct str value, struct str option)
{
	struct str opposite = opposite_option(option);

	return opposite.len > 0 && str_starts_with(value, "r") &&
	       str_equal((struct str){ value.data + 1, value.len - 1 }, opposite);
}

static bool is_taken_back(const struct oci_mount *mount, struct str option)
{
	for (size_t i = 0; i < mount->options.n; i++)
		if (takes_back(mount->options.items[i].value, option))
			return true;
	return false;
}

/* A device that was bound into the container is there to be used: nodev would make it useless. */
static bool option_fits(const struct source_fact *source, struct str option)
{
	bool device = source->path.error == 0 &&
		      (S_ISCHR(source->path.mode) || S_ISBLK(source->path.mode));

	return !(device && str_is(option, "nodev"));
}

/* Engine-made mounts are no sources: the engine's own files need no options. */
static bool needs_option(const struct source_fact *source, struct str option)
{
	return !source->from.layer && oci_mount_is_bind(source->from.mount) &&
	       option_fits(source, option) &&
	       (!option_in_force(source->from.mount, option) ||
		is_taken_back(source->from.mount, option));
}

static const char *options_json(const struct judge *judge, const struct oci_mount *mount)
{
	struct str source = json_source(judge->config->doc, mount->options.node);

	return arena_copy(judge->arena, source.data, source.len);
}

void check_mount_options(struct judge *judge)
{
	const struct rule_arg *options = &judge->setting->args[0];

	for (size_t i = 0; i < judge->facts->n_sources; i++) {
		const struct source_fact *source = &judge->facts->sources[i];
		const struct oci_mount *mount = source->from.mount;
		auto_buf struct buf lacking = { 0 };

		for (size_t k = 0; k < options->n; k++)
			if (needs_option(source, options->strings[k]))
				buf_printf(&lacking, "%s%.*s", lacking.len > 0 ? "," : "",
					   (int)options->strings[k].len, options->strings[k].data);
		if (lacking.len == 0)
			continue;
		finding_add(
			judge, mount->options.node != NULL ? mount->options.node : mount->node,
			mount->options.node != NULL ? NULL : "options",
			(struct finding_text){
				.observed = mount->options.node != NULL ? options_json(judge, mount)
									: NULL,
				.required = arena_copy(judge->arena, lacking.data, lacking.len),
				.message = arena_printf(
					judge->arena, "lack %s at %s; must have it", lacking.data,
					str_quote(judge->arena, mount->destination.value)),
				.fix = arena_printf(judge->arena, "-v SOURCE:DESTINATION:%s",
						    lacking.data),
			});
	}
}

void fix_mount_options(struct judge *judge)
{
	const struct rule_arg *options = &judge->setting->args[0];
	struct json_doc *doc = judge->config->doc;

	for (size_t i = 0; i < judge->facts->n_sources; i++) {
		const struct source_fact *source = &judge->facts->sources[i];
		const struct oci_mount *mount = source->from.mount;
		auto_buf struct buf array = { 0 };

		for (size_t k = 0; k < options->n; k++) {
			auto_buf struct buf option = { 0 };

			if (!needs_option(source, options->strings[k]))
				continue;
			for (size_t n = 0; n < mount->options.n; n++)
				if (takes_back(mount->options.items[n].value, options->strings[k]))
					json_remove(mount->options.items[n].node);
			if (option_in_force(mount, options->strings[k]))
				continue;
			json_quote(&option, options->strings[k]);
			if (mount->options.node != NULL)
				json_add(doc, mount->options.node, NULL, option.data);
			buf_printf(&array, "%s%s", array.len > 0 ? "," : "[", option.data);
		}
		if (array.len == 0 || mount->options.node != NULL)
			continue;
		buf_printf(&array, "]");
		json_add(doc, mount->node, "options", array.data);
	}
}
