/* SPDX-License-Identifier: Apache-2.0 */
/* Pins what was attached, and notes what it is: see attach.h and seal.h. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "guard/attach.h"
#include "guard/attachment.h"

_Static_assert(LINKS_MAX <= SEAL_LINKS_MAX, "a seal has room for every link");

static int map_pin(struct bpf_map *map, const char *dir, struct err *err)
{
	char path[PINS_PATH_MAX];
	int ret;

	ret = pins_path(path, dir, bpf_map__name(map), err);
	if (ret < 0)
		return ret;
	ret = bpf_obj_pin(bpf_map__fd(map), path);
	if (ret < 0)
		return err_set_system(err, -ret, "cannot pin %s", path);
	return 0;
}

int attach_map(const struct attachment *attachment, enum pin_map map)
{
	return bpf_map__fd(attachment->maps[map]);
}

static int maps_pin(struct attachment *attachment, const char *dir, struct seal *seal,
		    struct err *err)
{
	for (int i = 0; i < PIN_MAPS; i++) {
		struct bpf_map *map = attachment->maps[i];
		struct bpf_map_info info = { 0 };
		__u32 size = sizeof(info);
		int ret = map_pin(map, dir, err);

		if (ret < 0)
			return ret;
		ret = bpf_obj_get_info_by_fd(bpf_map__fd(map), &info, &size);
		if (ret < 0)
			return err_set_system(err, -ret, "cannot ask for the guard's %s",
					      bpf_map__name(map));
		seal->maps[i] = info.id;
	}
	return 0;
}

static int link_seal(const struct link_slot *slot, struct seal_link *seal, struct err *err)
{
	struct bpf_prog_info program = { 0 };
	struct bpf_link_info link = { 0 };
	__u32 size = sizeof(link);
	auto_close int fd = -1;
	int ret;

	ret = bpf_obj_get_info_by_fd(bpf_link__fd(slot->link), &link, &size);
	if (ret == 0) {
		fd = bpf_prog_get_fd_by_id(link.prog_id);
		size = sizeof(program);
		ret = fd < 0 ? fd : bpf_obj_get_info_by_fd(fd, &program, &size);
	}
	if (ret < 0)
		return err_set_system(err, -ret, "cannot ask for the guard's %s", slot->name);
	snprintf(seal->name, sizeof(seal->name), "%s", slot->name);
	seal->id = link.id;
	seal->program = link.prog_id;
	memcpy(seal->tag, program.tag, sizeof(seal->tag));
	return 0;
}

static int links_pin(struct attachment *attachment, const char *dir, struct seal *seal,
		     struct err *err)
{
	for (size_t i = 0; i < attachment->n_links; i++) {
		const struct link_slot *slot = &attachment->links[i];
		char path[PINS_PATH_MAX];
		int ret = pins_path(path, dir, slot->name, err);

		if (ret < 0)
			return ret;
		ret = bpf_obj_pin(bpf_link__fd(slot->link), path);
		if (ret < 0)
			return err_set_system(err, -ret, "cannot pin %s", path);
		ret = link_seal(slot, &seal->links[i], err);
		if (ret < 0)
			return ret;
	}
	seal->n_links = (uint32_t)attachment->n_links;
	return 0;
}

int attach_pin(struct attachment *attachment, const char *dir, const struct abi_meta *meta,
	       struct seal *ret_seal, struct err *err)
{
	struct seal seal = { .meta = *meta };
	__u32 zero = 0;
	int ret;

	ret = bpf_map_update_elem(attach_map(attachment, PIN_META), &zero, meta, BPF_ANY);
	if (ret < 0)
		return err_set_system(err, -ret, "cannot write the guard's meta map");
	ret = maps_pin(attachment, dir, &seal, err);
	if (ret == 0)
		ret = links_pin(attachment, dir, &seal, err);
	if (ret == 0)
		*ret_seal = seal;
	return ret;
}
