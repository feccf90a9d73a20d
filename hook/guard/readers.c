/* SPDX-License-Identifier: Apache-2.0 */
/* The places of processes that read events: see readers.h. */
#include "guard/readers.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdio.h>

#include "abi.h"
#include "base/cleanup.h"
#include "guard/lock.h"
#include "guard/pins.h"

static int slot_lock(const char *dir, unsigned int slot, int *ret_fd, struct err *err)
{
	char name[32];

	snprintf(name, sizeof(name), "reader-%u", slot);
	return lock_take(dir, name, LOCK_TRY, ret_fd, err);
}

static int slot_take(const char *dir, struct reader *reader, struct err *err)
{
	for (unsigned int slot = 0; slot < ABI_READERS; slot++) {
		int ret = slot_lock(dir, slot, &reader->lock, err);

		reader->slot = slot;
		if (ret != -EWOULDBLOCK)
			return ret;
	}
	return err_set(
		err, EBUSY, EXIT_GUARD,
		"%d rootfence processes read the events already, and no more can: end one of them",
		ABI_READERS);
}

static int ring_make(const char *dir, struct reader *reader, struct err *err)
{
	auto_close int readers = -1;
	uint64_t none = 0;
	int ret;

	ret = pins_open_map(dir, pins_map_name(PIN_LOST), &reader->lost, err);
	if (ret == 0)
		ret = pins_open_map(dir, pins_map_name(PIN_READERS), &readers, err);
	if (ret < 0)
		return ret;
	reader->ring =
		bpf_map_create(BPF_MAP_TYPE_RINGBUF, "reader_ring", 0, 0, ABI_RING_SIZE, NULL);
	if (reader->ring < 0)
		return err_set_system(err, -reader->ring, "cannot make a ring buffer for events");
	ret = bpf_map_update_elem(reader->lost, &reader->slot, &none, BPF_ANY);
	if (ret == 0)
		ret = bpf_map_update_elem(readers, &reader->slot, &reader->ring, BPF_ANY);
	return ret < 0 ? err_set_system(err, -ret, "cannot take a place to read events") : 0;
}

int reader_open(const char *dir, struct reader *ret_reader, struct err *err)
{
	struct reader reader = { .lock = -1, .ring = -1, .lost = -1 };
	int ret = readers_sweep(dir, NULL, NULL, err);

	if (ret == 0)
		ret = slot_take(dir, &reader, err);
	if (ret == 0)
		ret = ring_make(dir, &reader, err);
	if (ret < 0) {
		reader_close(dir, &reader);
		return ret;
	}
	*ret_reader = reader;
	return 0;
}

void reader_close(const char *dir, struct reader *reader)
{
	auto_close int readers = -1;
	struct err ignored;

	if (reader->ring >= 0 &&
	    pins_open_map(dir, pins_map_name(PIN_READERS), &readers, &ignored) == 0)
		bpf_map_delete_elem(readers, &reader->slot);
	cleanup_close(&reader->ring);
	cleanup_close(&reader->lost);
	cleanup_close(&reader->lock);
}

bool reader_is_there(const struct reader *reader, int readers_fd)
{
	struct bpf_map_info info = { 0 };
	__u32 size = sizeof(info), id = 0;
	int ret = bpf_map_lookup_elem(readers_fd, &reader->slot, &id);

	if (ret == -ENOENT)
		return false;
	return ret < 0 || bpf_obj_get_info_by_fd(reader->ring, &info, &size) < 0 || info.id == id;
}

uint64_t reader_lost(const struct reader *reader)
{
	uint64_t lost = 0;

	return bpf_map_lookup_elem(reader->lost, &reader->slot, &lost) == 0 ? lost : 0;
}

int readers_sweep(const char *dir, size_t *ret_n, uint64_t *ret_lost, struct err *err)
{
	auto_close int readers = -1;
	auto_close int lost = -1;
	uint64_t sum = 0;
	size_t n = 0;
	int ret;

	ret = pins_open_map(dir, pins_map_name(PIN_READERS), &readers, err);
	if (ret == 0)
		ret = pins_open_map(dir, pins_map_name(PIN_LOST), &lost, err);
	for (unsigned int slot = 0; ret == 0 && slot < ABI_READERS; slot++) {
		auto_close int lock = -1;
		struct err ignored;
		uint64_t count = 0;
		uint32_t ring;

		if (bpf_map_lookup_elem(readers, &slot, &ring) < 0)
			continue; /* nobody's */
		if (slot_lock(dir, slot, &lock, &ignored) == 0) {
			bpf_map_delete_elem(readers, &slot);
			continue; /* of a process that was killed */
		}
		n++;
		if (bpf_map_lookup_elem(lost, &slot, &count) == 0)
			sum += count;
	}
	if (ret == 0 && ret_n != NULL)
		*ret_n = n;
	if (ret == 0 && ret_lost != NULL)
		*ret_lost = sum;
	return ret;
}
