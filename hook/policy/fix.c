/* SPDX-License-Identifier: Apache-2.0 */
/* Chooses the words of fix_words.c, and fills in what they leave open. */
#include "policy/fix.h"

#include <string.h>

#include "base/cleanup.h"

#define SAFE_ID 65532U /* "nonroot" of distroless images */

static enum fix_reader reader_of(const struct judge *judge)
{
	const struct engine_marks *marks = &judge->facts->engine;

	if (judge_at_exec(judge) && marks->engine != ENGINE_KUBERNETES)
		return marks->engine == ENGINE_RUNTIME ? FOR_RUNTIME_EXEC : FOR_EXEC;
	switch (marks->engine) {
	case ENGINE_PODMAN:
		if (marks->sandbox)
			return FOR_POD;
		if (marks->pod_member)
			return FOR_POD_MEMBER;
		return marks->unit ? FOR_UNIT : FOR_PODMAN;
	case ENGINE_DOCKER:
		return FOR_DOCKER;
	case ENGINE_KUBERNETES:
		return marks->sandbox ? FOR_SANDBOX : FOR_KUBERNETES;
	case ENGINE_BUILDAH:
		return FOR_BUILD;
	case ENGINE_BUILDKIT:
		return FOR_BUILDKIT;
	case ENGINE_RUNTIME:
		return FOR_RUNTIME;
	case ENGINE_CONTAINERD:
	case ENGINE_UNKNOWN:
		break;
	}
	return FOR_ALL;
}

/* Whose words a reader takes without own ones. */
static enum fix_reader next_reader(enum fix_reader reader)
{
	switch (reader) {
	case FOR_UNIT:
	case FOR_POD:
	case FOR_POD_MEMBER:
		return FOR_PODMAN;
	case FOR_SANDBOX:
		return FOR_KUBERNETES;
	case FOR_BUILDKIT:
		return FOR_BUILD;
	case FOR_RUNTIME_EXEC:
		return FOR_EXEC;
	default:
		return FOR_ALL;
	}
}

static const char *choose(const struct judge *judge, enum fix cause)
{
	enum fix_reader first = reader_of(judge), reader = first;
	const char *words;

	while (fix_words[cause][reader] == NULL && reader != FOR_ALL)
		reader = next_reader(reader);
	words = fix_words[cause][reader];
	/* An infra container takes its flags from its pod. */
	if (first == FOR_POD && reader == FOR_PODMAN)
		return arena_printf(judge->arena, "podman pod create: %s", words);
	return words;
}

/* What stands for `@u`, `@g`, `@w` and `@a`. */
struct parts {
	uint32_t uid, gid;
	const char *why;
	const char *argument;
};

static const char *fill(const struct judge *judge, const char *words, const struct parts *parts)
{
	auto_buf struct buf out = { 0 };

	for (const char *p = words; *p != '\0'; p++) {
		if (*p != '@') {
			buf_add(&out, p, 1);
			continue;
		}
		switch (*++p) {
		case 'u':
			buf_printf(&out, "%u", parts->uid);
			break;
		case 'g':
			buf_printf(&out, "%u", parts->gid);
			break;
		case 'w':
			buf_printf(&out, "%s", parts->why);
			break;
		default: /* 'a' */
			buf_printf(&out, "%s", parts->argument);
		}
	}
	return arena_copy(judge->arena, out.data, out.len);
}

const char *fix_about(const struct judge *judge, enum fix cause, const char *argument)
{
	const struct parts parts = { SAFE_ID, SAFE_ID, "", argument };

	return fill(judge, choose(judge, cause), &parts);
}

const char *fix(const struct judge *judge, enum fix cause)
{
	return fix_about(judge, cause, "");
}

const char *fix_ids(const struct judge *judge, enum fix cause, uint32_t uid, uint32_t gid)
{
	const struct parts parts = { uid, gid, "", "" };

	return fill(judge, choose(judge, cause), &parts);
}

const char *fix_user(const struct judge *judge, enum fix cause)
{
	const struct image_user *user = &judge->facts->image_user;
	struct parts parts = { SAFE_ID, SAFE_ID, "", "" };

	if (user->known) {
		parts.uid = user->uid;
		parts.gid = user->gid;
		parts.why = user->owns != NULL
				    ? arena_printf(judge->arena, " (%s, owner of %s)", user->name,
						   str_show(judge->arena, str_from(user->owns)))
				    : arena_printf(judge->arena, " (%s of the image)", user->name);
	}
	return fill(judge, choose(judge, cause), &parts);
}

/* A program that device files name, or the older hook of NVIDIA's toolkit. */
static bool is_device_hook(struct str path)
{
	return str_has(path, "nvidia") || str_has(path, "cdi-hook");
}

/* Device files of accelerators name one of these, and then mount their drivers' files. */
static bool is_accelerator(struct str device)
{
	static const char *const starts[] = { "/dev/nvidia",	"/dev/dri/", "/dev/kfd",
					      "/dev/accel",	"/dev/dxg",  "/dev/infiniband/",
					      "/dev/habanalabs" };

	for (size_t i = 0; i < ARRAY_SIZE(starts); i++)
		if (str_starts_with(device, starts[i]))
			return true;
	return false;
}

/* Does the spec have anything else of a device file? */
static bool has_accelerator(const struct judge *judge)
{
	const struct oci_config *config = judge->config;
	const struct oci_device *devices = config->linux_.devices.items;

	for (size_t i = 0; i < config->linux_.devices.n; i++)
		if (is_accelerator(devices[i].path.value))
			return true;
	for (size_t i = 0; i < config->process.env.n; i++)
		if (str_is(config->process.env.items[i].value, "NVIDIA_VISIBLE_DEVICES=void"))
			return true;
	for (enum oci_hook_stage stage = 0; stage < HOOK_STAGE_COUNT; stage++) {
		const struct oci_hook *hooks = config->hooks.stages[stage].items;

		for (size_t i = 0; i < config->hooks.stages[stage].n; i++)
			if (is_device_hook(hooks[i].path.value))
				return true;
	}
	json_each (annotation, config->annotations.node)
		if (str_starts_with(annotation->key, "cdi.k8s.io/"))
			return true;
	return false;
}

static bool mount_has(const struct oci_mount *mount, const char *option)
{
	for (size_t i = 0; i < mount->options.n; i++)
		if (str_is(mount->options.items[i].value, option))
			return true;
	return false;
}

/* Device files mount a file of the host at the same place, read-only, nosuid and nodev. */
static bool is_device_mount(const struct oci_mount *mount)
{
	return str_equal(mount->source.value, mount->destination.value) && mount->read_only &&
	       mount_has(mount, "nosuid") && mount_has(mount, "nodev");
}

bool fix_is_gpu(const struct judge *judge, struct str path)
{
	const struct oci_config *config = judge->config;

	for (size_t i = 0; i < config->mounts.n; i++) {
		const struct oci_mount *mount = oci_config_mount(config, i);

		if (str_equal(mount->source.value, path) && is_device_mount(mount))
			return is_device_hook(path) || str_has(path, "/libcuda") ||
			       has_accelerator(judge);
	}
	return is_accelerator(path);
}

bool fix_is_gpu_hook(struct str path)
{
	return is_device_hook(path);
}
