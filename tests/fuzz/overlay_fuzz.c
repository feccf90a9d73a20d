/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The options of an overlay, one string of the spec per line. If the mount is allowed, kernels and
 * runtimes find the same layers in it, and each of them may also be mounted by itself.
 */
#include <string.h>

#include "fuzz.h"
#include "json/writer.h"
#include "mount_options.h"
#include "policy/rule.h"
#include "verdict/pipeline.h"

#define OPTIONS_MAX 64

static const char policy_text[] =
	"{\"version\":1,\"name\":\"overlay\",\"defaultAction\":\"RF_ACT_ALLOW\","
	"\"rules\":[{\"names\":[\"hostMounts\"],\"action\":\"RF_ACT_REJECT\"}]}";

static struct policy *policy;

static int open_policy(void *data, struct arena *arena, const char *name, const char *from,
		       const char **ret_path, struct str *ret_text, struct err *err)
{
	(void)data;
	(void)arena;
	(void)name;
	(void)from;
	(void)err;
	*ret_path = "overlay";
	*ret_text = STR(policy_text);
	return 0;
}

static void load_policy(void)
{
	const struct policy_source source = { .open = open_policy };
	struct err err;

	must(policy_load(arena_new(), &source, "overlay", &policy, &err) == 0, "%s", err.text);
}

static struct str spec(struct arena *arena, const char *type, struct str source,
		       const struct str *options, size_t n)
{
	struct buf text = { 0 };
	struct str result;

	buf_printf(&text,
		   "{\"process\":{\"user\":{\"uid\":1,\"gid\":1}},\"root\":{\"path\":\"/srv/r\"},"
		   "\"mounts\":[{\"destination\":\"/m\",\"type\":\"%s\",\"source\":",
		   type);
	json_quote(&text, source);
	for (size_t i = 0; i < n; i++) {
		buf_printf(&text, i == 0 ? ",\"options\":[" : ",");
		json_quote(&text, options[i]);
	}
	buf_printf(&text, "%s}]}", n > 0 ? "]" : "");
	result = (struct str){ arena_copy(arena, text.data, text.len), text.len };
	cleanup_buf(&text);
	return result;
}

/* Can the spec be read, and does rule hostMounts have nothing against it? */
static bool is_allowed(struct arena *arena, struct str text)
{
	static struct pipeline_cache cache;
	struct pipeline_options options = {
		.policy = policy, .front_end = FRONT_CHECK, .verdict_only = true, .cache = &cache
	};
	struct pipeline_result result;
	struct err err;

	if (cache.host.arena == NULL)
		cache.host.arena = cache.profiles.arena = arena_new();
	if (pipeline_judge(arena, &options, "input", text, &result, &err) < 0) {
		must(err.exit == EXIT_SPEC, "exit %d: %s", err.exit, err.text);
		return false;
	}
	return result.verdict.kind != VERDICT_REJECT;
}

/* Layers of engines are allowed only as layers. */
static bool is_engines(struct str path)
{
	static const char *const places[] = { "/run/crio", "/overlay", "/vfs/dir/",
					      "/btrfs/subvolumes/", "/zfs/graph/" };

	for (size_t i = 0; i < ARRAY_SIZE(places); i++)
		if (memmem(path.data, path.len, places[i], strlen(places[i])) != NULL)
			return true;
	return false;
}

static void check_layers(struct arena *arena, const struct str *options, size_t n)
{
	const struct str bind = STR("rbind");
	struct overlay_layers layers[OVERLAY_READINGS];

	for (unsigned int i = 0; i < OVERLAY_READINGS; i++)
		must(overlay_read(arena, options, n, i, &layers[i]), "too many layers");
	for (unsigned int i = 0; i < OVERLAY_READINGS; i++) {
		must(layers[i].n == layers[0].n, "%zu layers, or %zu", layers[i].n, layers[0].n);
		for (size_t k = 0; k < layers[i].n; k++) {
			struct str path = layers[i].items[k];

			must(str_equal(path, layers[0].items[k]), "layer %zu: '%.*s', or '%.*s'", k,
			     (int)path.len, path.data, (int)layers[0].items[k].len,
			     layers[0].items[k].data);
			must(path.data[0] == '/', "relative layer '%.*s'", (int)path.len,
			     path.data);
			must(is_engines(path) ||
				     is_allowed(arena, spec(arena, "bind", path, &bind, 1)),
			     "layer '%.*s' is refused as a mount", (int)path.len, path.data);
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str options[OPTIONS_MAX];
	struct arena *arena = arena_new();
	const char *text = arena_copy(arena, data, size), *end = text + size;
	size_t n = 0;

	if (policy == NULL)
		load_policy();
	while (text < end && n < OPTIONS_MAX) {
		const char *line = memchr(text, '\n', (size_t)(end - text));
		struct str option = { text, (size_t)((line != NULL ? line : end) - text) };

		/* A bind mount takes no layers. */
		if (!str_is(option, "bind") && !str_is(option, "rbind"))
			options[n++] = option;
		text += option.len + 1;
	}
	if (is_allowed(arena, spec(arena, "overlay", STR("overlay"), options, n)))
		check_layers(arena, options, n);
	arena_free(arena);
	return 0;
}
