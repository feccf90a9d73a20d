/* SPDX-License-Identifier: Apache-2.0 */
/*
 * oci_config_read(): what it accepts is within the schema's bounds, has only the words of its
 * enumerations, and no two mappings of one id. In other bytes, or with an unknown member, a document
 * is accepted or refused alike.
 */
#include <string.h>

#include "fuzz.h"
#include "oci/capability.h"
#include "oci/state.h"
#include "words.h"

const size_t fuzz_prefix = 0;

static bool read_config(struct arena *arena, struct str text, struct oci_config *config)
{
	struct json_doc *doc;
	struct err err = { 0 };

	must(json_read(arena, "again", text, JSON_NO_COMMENTS, &doc, &err) == 0, "%s", err.text);
	if (oci_config_read(doc, config, &err) == 0)
		return true;
	must(err.exit == EXIT_SPEC && err.text[0] != '\0' && err.line > 0, "exit %d: %s", err.exit,
	     err.text);
	return false;
}

/* The node that a value came from has the same value. */
static void check_id(const struct oci_id *id, uint32_t max)
{
	uint64_t value;

	must(id->node != NULL || id->value == 0, "%u from nowhere", id->value);
	must(id->node == NULL || (id->node->type == JSON_NUMBER &&
				  str_to_uint(id->node->text, max, &value) && value == id->value),
	     "%u from %.*s", id->value, (int)id->node->text.len, id->node->text.data);
}

static unsigned int number_of(struct str capability)
{
	int number = cap_from_name(capability);

	return number >= 0 ? (unsigned int)number : CAPABILITY_NEWER;
}

static void check_strings(const struct oci_strings *strings)
{
	must(strings->n == (strings->node != NULL ? strings->node->count : 0), "%zu strings",
	     strings->n);
	for (size_t i = 0; i < strings->n; i++)
		must(strings->items[i].node->type == JSON_STRING, "string %zu", i);
}

/* The range has ids, ends before (uid_t)-1, and shares no id with the other. */
static void check_range(uint64_t first, uint64_t size, uint64_t other, uint64_t other_size)
{
	must(size > 0 && first + size <= UINT32_MAX, "%llu ids from %llu", (unsigned long long)size,
	     (unsigned long long)first);
	must(first + size <= other || other + other_size <= first, "ids %llu and %llu are shared",
	     (unsigned long long)first, (unsigned long long)other);
}

static void check_mappings(const struct oci_list *list)
{
	const struct oci_mapping *items = list->items;

	for (size_t i = 0; i < list->n; i++) {
		const struct oci_mapping *a = &items[i];

		check_id(&a->container_id, UINT32_MAX);
		check_id(&a->host_id, UINT32_MAX);
		check_id(&a->size, UINT32_MAX);
		check_range(a->container_id.value, a->size.value, UINT32_MAX, 1);
		check_range(a->host_id.value, a->size.value, UINT32_MAX, 1);
		for (size_t k = 0; k < i; k++) {
			check_range(a->container_id.value, a->size.value,
				    items[k].container_id.value, items[k].size.value);
			check_range(a->host_id.value, a->size.value, items[k].host_id.value,
				    items[k].size.value);
		}
	}
}

static void check_both(const struct oci_list *uids, const struct oci_list *gids)
{
	must((uids->n > 0) == (gids->n > 0), "%zu mappings of uids, %zu of gids", uids->n, gids->n);
	check_mappings(uids);
	check_mappings(gids);
}

/* A new user namespace has mappings of both kinds, since runtimes make up what is missing. */
static void check_user_namespace(const struct oci_linux *config)
{
	const struct oci_namespace *user = &config->namespaces.types[NAMESPACE_USER];

	check_mappings(&config->uid_mappings);
	check_mappings(&config->gid_mappings);
	must(user->node == NULL || user->path.node != NULL ||
		     (config->uid_mappings.n > 0 && config->gid_mappings.n > 0),
	     "a new user namespace without mappings");
}

static void check_model(const struct oci_config *config)
{
	const struct oci_process *process = &config->process;

	must(process->node != NULL, "a config without a process");
	check_id(&process->user.uid, OCI_ID_MAX);
	check_id(&process->user.gid, OCI_ID_MAX);
	for (size_t i = 0; i < process->user.additional_gids.n; i++)
		check_id(&process->user.additional_gids.items[i], OCI_ID_MAX);
	check_strings(&process->args);
	check_strings(&process->env);
	for (unsigned int i = 0; i < CAP_SET_COUNT; i++) {
		const struct oci_cap_set *set = &process->capabilities.sets[i];

		must((set->bits & ~(CAP_ALL | UINT64_C(1) << CAPABILITY_NEWER)) == 0,
		     "capabilities %llx", (unsigned long long)set->bits);
		json_each (name, set->node)
			must(cap_set_has(set->bits, number_of(name->text)), "%.*s is lost",
			     (int)name->text.len, name->text.data);
	}
	for (size_t i = 0; i < config->mounts.n; i++) {
		must(oci_config_mount(config, i)->destination.node != NULL, "mount %zu", i);
		check_strings(&oci_config_mount(config, i)->options);
		check_both(&oci_config_mount(config, i)->uid_mappings,
			   &oci_config_mount(config, i)->gid_mappings);
	}
	for (unsigned int i = 0; i < NAMESPACE_COUNT; i++) {
		const struct oci_namespace *namespace = &config->linux_.namespaces.types[i];

		must(namespace->node == NULL ||
			     str_is(namespace->type.value, oci_namespace_name(i)),
		     "namespace %u", i);
		must(namespace->path.node == NULL || namespace->path.value.data[0] == '/',
		     "path of namespace %u", i);
	}
	check_user_namespace(&config->linux_);
	must_have_known_words(config->doc);
	check_strings(&config->linux_.masked_paths);
	check_strings(&config->linux_.readonly_paths);
}

/* With an unknown member. */
static void check_unknown(struct arena *arena, struct json_doc *doc, bool taken)
{
	static const char name[] = "org.example.unknown";
	struct oci_config config;

	json_each (member, doc->root)
		if (str_fold_equal(member->key, STR(name)))
			return;
	json_add(doc, doc->root, name, "{\"uid\":[0]}");
	must(read_config(arena, json_render(doc), &config) == taken,
	     "taken %d, with an unknown member not so", taken);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = { (const char *)data, size };
	struct arena *arena = arena_new();
	struct json_doc *doc;
	struct oci_config config, other;
	struct err err;

	if (json_read(arena, "input", text, JSON_NO_COMMENTS, &doc, &err) == 0) {
		bool taken = read_config(arena, text, &config);

		if (taken)
			check_model(&config);
		must(!taken || oci_document_kind(doc) != OCI_UNKNOWN, "a config of no kind");
		must(read_config(arena, respell(arena, doc, seed_of(text)), &other) == taken,
		     "taken %d, in other bytes not so", taken);
		check_unknown(arena, doc, taken);
	}
	arena_free(arena);
	return 0;
}
