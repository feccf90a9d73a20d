/* SPDX-License-Identifier: Apache-2.0 */
/* Ranges of ids: see id_ranges.h. */
#include "id_ranges.h"

#include <string.h>

#include "oci/config.h"

static bool add_range(struct id_ranges *ranges, struct str text)
{
	size_t at = 0;
	uint64_t first, second;
	bool counts;

	while (at < text.len && text.data[at] != '-' && text.data[at] != '/')
		at++;
	if (!str_to_uint((struct str){ text.data, at }, OCI_ID_MAX, &first))
		return false;
	counts = at < text.len && text.data[at] == '/';
	if (at == text.len)
		second = first;
	else if (!str_to_uint((struct str){ text.data + at + 1, text.len - at - 1 },
			      (uint64_t)OCI_ID_MAX + 1, &second))
		return false;
	if (counts && second == 0)
		return false;
	if (counts)
		second = first + second - 1;
	if (second < first || second > OCI_ID_MAX || ranges->n == ID_RANGES_MAX)
		return false;
	ranges->items[ranges->n].first = (uint32_t)first;
	ranges->items[ranges->n++].last = (uint32_t)second;
	return true;
}

bool id_ranges_add(struct id_ranges *ranges, struct str text)
{
	size_t start = 0;

	for (size_t i = 0; i <= text.len; i++) {
		if (i < text.len && text.data[i] != ',')
			continue;
		if (!add_range(ranges, (struct str){ text.data + start, i - start }))
			return false;
		start = i + 1;
	}
	return true;
}

bool id_ranges_have(const struct id_ranges *ranges, uint32_t id)
{
	for (size_t i = 0; i < ranges->n; i++)
		if (id >= ranges->items[i].first && id <= ranges->items[i].last)
			return true;
	return false;
}

bool id_ranges_nearest(const struct id_ranges *ranges, uint32_t id, uint32_t *ret_id)
{
	uint32_t best = 0, best_distance = UINT32_MAX;

	for (size_t i = 0; i < ranges->n; i++) {
		uint32_t first = ranges->items[i].first, last = ranges->items[i].last;
		uint32_t near, distance;

		if (last == 0)
			continue;
		first = first == 0 ? 1 : first;
		near = id < first ? first : id > last ? last : id;
		distance = near > id ? near - id : id - near;
		if (distance < best_distance || (distance == best_distance && near < best)) {
			best = near;
			best_distance = distance;
		}
	}
	if (best == 0)
		return false;
	*ret_id = best;
	return true;
}

const char *id_ranges_text(struct arena *arena, const struct id_ranges *ranges)
{
	auto_buf struct buf text = { 0 };

	for (size_t i = 0; i < ranges->n; i++) {
		uint32_t first = ranges->items[i].first, last = ranges->items[i].last;

		buf_printf(&text, "%s%u", i > 0 ? ", " : "", first);
		if (last != first)
			buf_printf(&text, "-%u", last);
	}
	return text.len > 0 ? arena_copy(arena, text.data, text.len) : "none";
}
