/* SPDX-License-Identifier: Apache-2.0 */
/* Compares what is pinned with what was loaded: see verify.h. */
#include "guard/verify.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "guard/lock.h"
#include "guard/pins.h"
#include "guard/roster.h"
#include "guard/seal.h"

#define TODO "run 'rootfence load --replace'"
#define REMOVED "it was removed from %s, and not by 'rootfence unload'"
#define FTRACE_SWITCH "/proc/sys/kernel/ftrace_enabled"
#define KPROBES_SWITCH "/sys/kernel/debug/kprobes/enabled"

/* Containers that one registration looks up: bounded, since it must not take longer the more there
 * are. `status` looks up all. */
#define CONTAINERS_LOOKED_UP 256

struct verification {
	const char *dir;
	const struct seal *seal;
	size_t n; /* differences */
	int (*differs)(const char *what, void *data);
	void *data;
};

__attribute__((format(printf, 2, 3))) static int differ(struct verification *verification,
							const char *format, ...)
{
	char text[ERR_TEXT_MAX];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	verification->n++;
	return verification->differs(text, verification->data);
}

/* Opens what is pinned, of whatever kind. -ENOENT: nothing is. */
static int pin_open(const char *dir, const char *name, int *ret_fd, struct err *err)
{
	char path[PINS_PATH_MAX];
	int ret = pins_path(path, dir, name, err);

	if (ret < 0)
		return ret;
	ret = bpf_obj_get(path);
	if (ret == -ENOENT)
		return ret;
	if (ret < 0)
		return err_set_system(err, -ret, "cannot open the pinned %s", path);
	*ret_fd = ret;
	return 0;
}

static int map_verify(struct verification *verification, enum pin_map map, struct err *err)
{
	const char *name = pins_map_name(map);
	struct bpf_map_info info = { 0 };
	__u32 size = sizeof(info);
	auto_close int fd = -1;
	int ret = pin_open(verification->dir, name, &fd, err);

	if (ret == -ENOENT)
		return differ(verification, "the map %s is not pinned any more", name);
	if (ret < 0)
		return ret;
	ret = bpf_obj_get_info_by_fd(fd, &info, &size);
	if (ret < 0)
		return err_set_system(err, -ret, "cannot ask for the pinned %s", name);
	if (info.id != verification->seal->maps[map])
		return differ(verification, "the map %s was replaced: its id is %u instead of %u",
			      name, info.id, verification->seal->maps[map]);
	if (pins_map_is_frozen(fd))
		return differ(verification, "the map %s is frozen", name);
	return 0;
}

static int program_verify(struct verification *verification, const struct seal_link *expected,
			  struct err *err)
{
	auto_close int fd = bpf_prog_get_fd_by_id(expected->program);
	struct bpf_prog_info info = { 0 };
	__u32 size = sizeof(info);
	int ret;

	if (fd < 0)
		return err_set_system(err, -fd, "cannot open the program of %s", expected->name);
	ret = bpf_obj_get_info_by_fd(fd, &info, &size);
	if (ret < 0)
		return err_set_system(err, -ret, "cannot ask for the program of %s",
				      expected->name);
	if (memcmp(info.tag, expected->tag, sizeof(info.tag)) != 0)
		return differ(verification, "the program of %s has another tag than the loaded one",
			      expected->name);
	return 0;
}

static int link_verify(struct verification *verification, const struct seal_link *expected,
		       struct err *err)
{
	struct bpf_link_info info = { 0 };
	__u32 size = sizeof(info);
	auto_close int fd = -1;
	int ret = pin_open(verification->dir, expected->name, &fd, err);

	if (ret == -ENOENT)
		return differ(
			verification,
			"%s is not pinned any more: its program ends with the last process that has it open",
			expected->name);
	if (ret < 0)
		return ret;
	ret = bpf_obj_get_info_by_fd(fd, &info, &size);
	if (ret < 0)
		return err_set_system(err, -ret, "cannot ask for the pinned %s", expected->name);
	if (info.id != expected->id)
		return differ(verification, "%s was replaced: its id is %u instead of %u",
			      expected->name, info.id, expected->id);
	if (info.prog_id != expected->program)
		return differ(verification, "%s runs program %u instead of %u", expected->name,
			      info.prog_id, expected->program);
	return program_verify(verification, expected, err);
}

static bool switch_is_off(const char *path)
{
	auto_close int fd = open(path, O_RDONLY | O_CLOEXEC);
	char value = 0;

	return fd >= 0 && read(fd, &value, 1) == 1 && value == '0';
}

/* With these the kernel stops calling programs that stay attached. Tracepoints have no such. */
static int switches_verify(struct verification *verification)
{
	const struct seal *seal = verification->seal;
	int ret = 0;

	if ((seal->meta.hook == ABI_HOOK_LSM || seal->meta.hook == ABI_HOOK_COMMIT ||
	     seal->meta.restores != 0) &&
	    switch_is_off(FTRACE_SWITCH))
		ret = differ(verification,
			     "kernel.ftrace_enabled is 0, so that the kernel may not call %s",
			     seal->meta.hook == ABI_HOOK_LSM || seal->meta.hook == ABI_HOOK_COMMIT
				     ? seal->meta.name
				     : "the programs that hold restored containers");
	for (size_t i = 0; ret == 0 && i < seal->n_links; i++)
		if (strcmp(seal->links[i].name, "link_catch") == 0 && switch_is_off(KPROBES_SWITCH))
			ret = differ(verification,
				     KPROBES_SWITCH " is 0: no kprobe takes a second look");
	return ret;
}

static int meta_verify(struct verification *verification, size_t n_containers, struct err *err)
{
	struct abi_meta expected = verification->seal->meta;
	struct abi_meta meta;
	int ret = pins_read_meta(verification->dir, &meta, NULL, err);

	if (ret == -EPROTO)
		return differ(verification, "the content of the map meta was changed");
	if (ret < 0)
		return ret;
	if (meta.in_use == 0 && n_containers > 0)
		return differ(verification,
			      "meta says that nothing was registered, but %zu containers are",
			      n_containers);
	expected.in_use = meta.in_use;
	if (memcmp(&meta, &expected, sizeof(meta)) != 0)
		return differ(verification, "the content of the map meta was changed");
	return 0;
}

static int entry_differs(const struct roster_difference *difference, void *data, struct err *err)
{
	static const char *const damages[] = {
		[ROSTER_REMOVED] = "entry was removed",
		[ROSTER_WIDENED] = "entry was changed to wider limits",
		[ROSTER_CHANGED] = "entry was changed",
		[ROSTER_RULES] = "exec rules were removed or changed",
	};

	(void)err;
	return differ(data, "container '%s' (pid %u) runs, and its %s", difference->noted.id,
		      difference->noted.init_pid, damages[difference->damage]);
}

static int containers_verify(struct verification *verification, size_t most, size_t *ret_n,
			     struct err *err)
{
	auto_close int containers = -1;
	auto_close int roster = -1;
	auto_close int rules = -1;
	int ret;

	ret = pins_open_map(verification->dir, pins_map_name(PIN_CONTAINERS), &containers, err);
	if (ret == 0)
		ret = pins_open_map(verification->dir, pins_map_name(PIN_ROSTER), &roster, err);
	if (ret == 0)
		ret = pins_open_map(verification->dir, pins_map_name(PIN_RULES), &rules, err);
	if (ret == 0)
		ret = roster_compare(&(struct roster_maps){ containers, roster, rules }, most,
				     entry_differs, verification, ret_n, err);
	return ret == -ENOKEY ? differ(verification, "%s", err->text) : ret;
}

static int all_verify(struct verification *verification, size_t most, struct err *err)
{
	size_t n_containers = 0;
	int ret = 0;

	for (int map = 0; ret == 0 && map < PIN_MAPS; map++)
		ret = map_verify(verification, (enum pin_map)map, err);
	for (size_t i = 0; ret == 0 && i < verification->seal->n_links; i++)
		ret = link_verify(verification, &verification->seal->links[i], err);
	if (ret == 0)
		ret = switches_verify(verification);
	if (verification->n > 0)
		return ret; /* what was replaced or is not there cannot be looked into */
	if (ret == 0)
		ret = containers_verify(verification, most, &n_containers, err);
	return ret == 0 ? meta_verify(verification, n_containers, err) : ret;
}

static int meta_id(const char *dir, uint32_t *ret_id, struct err *err)
{
	struct bpf_map_info info = { 0 };
	__u32 size = sizeof(info);
	auto_close int fd = -1;
	int ret = pin_open(dir, pins_map_name(PIN_META), &fd, err);

	if (ret == 0)
		ret = bpf_obj_get_info_by_fd(fd, &info, &size);
	if (ret < 0 && ret != -ENOENT)
		return err_set_system(err, -ret, "cannot ask for the guard's meta map");
	*ret_id = info.id; /* 0: not pinned; no map has that id */
	return 0;
}

int verify_pins(const char *dir, size_t most, int (*differs)(const char *what, void *data),
		void *data, struct err *err)
{
	struct verification verification = { .dir = dir, .differs = differs, .data = data };
	struct seals seals;
	uint32_t id = 0;
	int ret;

	ret = seals_read(dir, &seals, err);
	if (ret == -EPROTO)
		return differ(&verification, "%s", err->text);
	if (ret == 0)
		ret = meta_id(dir, &id, err);
	if (ret < 0)
		return ret;
	verification.seal = seals_find(&seals, id);
	if (verification.seal == NULL && seals.n > 0)
		verification.seal = &seals.items[seals.n - 1]; /* it will say that meta differs */
	if (verification.seal == NULL)
		return differ(&verification,
			      "what was loaded is not recorded in /run/rootfence any more");
	if (!pins_exist(dir) && !seals_published(&seals))
		return pins_missing(err); /* it has been unloaded */
	if (!pins_exist(dir))
		return differ(&verification, REMOVED, dir);
	return all_verify(&verification, most, err);
}

static int first_differs(const char *what, void *data)
{
	struct err *err = data;

	return err_set(err, ESTALE, EXIT_GUARD,
		       "the kernel guard is not as it was loaded: %s; " TODO, what);
}

int verify_locked(const char *dir, struct err *err)
{
	return verify_pins(dir, CONTAINERS_LOOKED_UP, first_differs, err, err);
}

/* While a guard is being replaced, names lead to the old one and to the new one. */
int verify_for_registration(const char *dir, struct err *err)
{
	int ret = verify_locked(dir, err);
	auto_close int lock = -1;
	struct err ignored;

	if (ret != 0 && lock_take(dir, "guard", LOCK_SHARED, &lock, &ignored) == 0)
		ret = verify_locked(dir, err);
	return ret;
}

bool verify_was_sealed(const char *dir)
{
	struct seals seals;
	struct err ignored;

	return seals_read(dir, &seals, &ignored) == 0 && seals_published(&seals);
}
