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

static const struct policy *policy;

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
	for (const struct finding *f = result.verdict.findings; f != NULL; f = f->next)
		if (strcmp(f->rule->name, "hostMounts") == 0)
			return false;
	return true;
}

/* Layers of engines are allowed only as layers. */
static bool is_engines(struct str path)
{
	return memmem(path.data, path.len, "/overlay", strlen("/overlay")) != NULL;
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
		policy = fuzz_policy('0');
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
