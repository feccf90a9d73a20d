/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See known_hooks.h. A program counts with its whole call. The name that it is called by is a part
 * of that: rootfence called "runc" is the runtime wrapper.
 */
#include "policy/rules/known_hooks.h"

#include <string.h>

#include "base/cleanup.h"
#include "oci/hooks.h"
#include "oci/state.h"

#define RECORD_END ".json"

static const struct {
	enum oci_hook_stage stage;
	const char *command;
} own_hooks[] = {
	{ HOOK_CREATE_RUNTIME, "createRuntime" },
	{ HOOK_POSTSTOP, "poststop" },
};

static bool arg_is(const struct oci_hook *hook, size_t i, const char *text)
{
	return i < hook->args.n && str_is(hook->args.items[i].value, text);
}

static struct str arg(const struct oci_hook *hook, size_t i)
{
	return hook->args.items[i].value;
}

/* Cuts the last component off. */
static struct str cut(struct str *path)
{
	const char *slash = memrchr(path->data, '/', path->len);
	struct str last;

	if (slash == NULL)
		return (struct str){ 0 };
	last = (struct str){ slash + 1, path->len - (size_t)(slash + 1 - path->data) };
	path->len = (size_t)(slash - path->data);
	return last;
}

static bool str_ends_with(struct str text, const char *end)
{
	const size_t len = strlen(end);

	return text.len > len && memcmp(text.data + text.len - len, end, len) == 0;
}

/*
 * Is the path BASE/ROOT/ID.json of this container? For the wrapper it may be that of another one,
 * which was created from the same bundle before: it removes such hooks.
 */
static bool is_record(const struct judge *judge, const struct oci_hook *hook, struct str path)
{
	const struct container_fact *container = &judge->facts->container;
	bool removed = judge->front_end == FRONT_WRAPPER && hook->node->count == 2;
	struct str base = path, id = cut(&base), root = cut(&base);

	if (!str_starts_with(path, "/") || str_path_climbs(path) || root.len == 0 ||
	    !str_ends_with(id, RECORD_END))
		return false;
	id.len -= strlen(RECORD_END);
	if (container->records != NULL ? !str_is(base, container->records)
				       : !str_ends_with(base, "/rootfence/containers"))
		return false;
	return oci_id_is_valid(id) &&
	       (removed || container->id == NULL || str_is(id, container->id));
}

static bool is_own(const struct judge *judge, enum oci_hook_stage stage,
		   const struct oci_hook *hook)
{
	if (!str_is(hook->path.value, OWN_PROGRAM) || !arg_is(hook, 0, "rootfence"))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(own_hooks); i++)
		if (own_hooks[i].stage == stage && arg_is(hook, 1, own_hooks[i].command))
			return hook->args.n == 2 ||
			       (hook->args.n == 3 && stage == HOOK_CREATE_RUNTIME &&
				arg_is(hook, 2, "--except-builds")) ||
			       (hook->args.n == 4 && arg_is(hook, 2, "--record") &&
				is_record(judge, hook, arg(hook, 3)));
	return false;
}

static bool is_word(struct str text, size_t len, const char *alphabet)
{
	if (text.len != len)
		return false;
	for (size_t i = 0; i < len; i++)
		if (memchr(alphabet, text.data[i], strlen(alphabet)) == NULL)
			return false;
	return true;
}

static bool is_hex(struct str text, size_t len)
{
	return is_word(text, len, "0123456789abcdef");
}

/* BuildKit, in the daemon, has ids of its own for a container and for its network. */
static bool is_buildkit_id(struct str text)
{
	return is_word(text, 25, "0123456789abcdefghijklmnopqrstuvwxyz");
}

static bool is_id_of(const struct container_fact *container, struct str id)
{
	if (!is_hex(id, 64) && !is_buildkit_id(id))
		return false;
	return container->id == NULL || str_is(id, container->id) ||
	       (is_buildkit_id(id) && is_buildkit_id(str_from(container->id)));
}

static bool is_daemon(const struct facts *facts, const struct oci_hook *hook)
{
	pid_t pid;

	if (!oci_hook_process(hook, &pid))
		return false;
	if (facts->scope != FACTS_LIVE)
		return true; /* the processes are those of another machine or moment */
	for (size_t i = 0; i < facts->n_daemons; i++)
		if (facts->daemons[i] == pid)
			return true;
	return false;
}

bool hook_is_like_docker(const struct oci_hook *hook)
{
	return arg_is(hook, 0, "libnetwork-setkey");
}

/*
 * dockerd up to 27 sets up the container's network with a hook that is dockerd itself, found by its
 * pid: libnetwork-setkey -exec-root=DIR CONTAINER CONTROLLER. No other engine puts a hook of its
 * own into a spec.
 */
static bool is_docker_network(const struct judge *judge, enum oci_hook_stage stage,
			      const struct oci_hook *hook)
{
	static const char exec_root[] = "-exec-root=/";

	return stage == HOOK_PRESTART && hook->args.n == 4 && hook_is_like_docker(hook) &&
	       str_starts_with(arg(hook, 1), exec_root) && !str_path_climbs(arg(hook, 1)) &&
	       is_id_of(&judge->facts->container, arg(hook, 2)) &&
	       (is_hex(arg(hook, 3), 12) || is_hex(arg(hook, 3), 64)) &&
	       is_daemon(judge->facts, hook);
}

bool hook_is_known(const struct judge *judge, enum oci_hook_stage stage,
		   const struct oci_hook *hook)
{
	return hook->env.n == 0 &&
	       (is_own(judge, stage, hook) || is_docker_network(judge, stage, hook));
}
