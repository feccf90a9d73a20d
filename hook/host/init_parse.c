/* SPDX-License-Identifier: Apache-2.0 */
/* Parses the files of a process in /proc: see init_facts.h. Pure. */
#include "init_facts.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/overlay_layers.h"

/* Cuts text at the first `end` and returns what was before it. */
static struct str cut(struct str *text, char end)
{
	const char *found = text->len > 0 ? memchr(text->data, end, text->len) : NULL;
	size_t len = found != NULL ? (size_t)(found - text->data) : text->len;
	struct str part = { text->data, len };
	size_t step = len + (found != NULL ? 1 : 0);

	text->data += step;
	text->len -= step;
	return part;
}

static size_t count_lines(struct str text)
{
	size_t lines = text.len > 0 && text.data[text.len - 1] != '\n' ? 1 : 0;

	for (size_t i = 0; i < text.len; i++)
		lines += text.data[i] == '\n';
	return lines;
}

static struct init_mount parse_mount(struct arena *arena, struct str line)
{
	struct init_mount mount = { 0 };

	str_to_uint(cut(&line, ' '), UINT64_MAX, &mount.id);
	str_to_uint(cut(&line, ' '), UINT64_MAX, &mount.parent);
	mount.device = cut(&line, ' ');
	mount.root = mountinfo_unescape(arena, cut(&line, ' '));
	mount.point = mountinfo_unescape(arena, cut(&line, ' '));
	mount.flags = cut(&line, ' ');
	mount.tags.data = line.data;
	while (line.len > 0 && !str_starts_with(line, "- "))
		cut(&line, ' ');
	mount.tags.len = (size_t)(line.data - mount.tags.data);
	cut(&line, ' ');
	mount.type = cut(&line, ' ');
	cut(&line, ' '); /* source */
	mount.options = cut(&line, ' ');
	return mount;
}

void init_mounts_parse(struct arena *arena, struct str text, struct init_mount **ret_mounts,
		       size_t *ret_n)
{
	struct init_mount *mounts = arena_array(arena, count_lines(text) + 1, sizeof(*mounts));
	size_t n = 0;

	while (text.len > 0)
		mounts[n++] = parse_mount(arena, cut(&text, '\n'));
	*ret_mounts = mounts;
	*ret_n = n;
}

size_t init_map_parse(struct arena *arena, struct str text, struct id_range **ret_ranges)
{
	struct id_range *ranges = arena_array(arena, count_lines(text) + 1, sizeof(*ranges));
	size_t n = 0;

	while (text.len > 0) {
		struct str line = cut(&text, '\n');
		const char *copy = arena_copy(arena, line.data, line.len);

		if (sscanf(copy, "%" SCNu64 " %" SCNu64 " %" SCNu64, &ranges[n].inside,
			   &ranges[n].outside, &ranges[n].count) == 3)
			n++;
	}
	*ret_ranges = ranges;
	return n;
}

/* Reads numbers between blanks, at most max. */
static size_t numbers(struct str text, uint32_t *ret, size_t max)
{
	size_t n = 0;

	for (size_t i = 0; i < text.len && n < max;) {
		uint64_t value = 0;

		if (text.data[i] < '0' || text.data[i] > '9') {
			i++;
			continue;
		}
		for (; i < text.len && text.data[i] >= '0' && text.data[i] <= '9'; i++)
			value = value * 10 + (uint64_t)(text.data[i] - '0');
		ret[n++] = (uint32_t)value;
	}
	return n;
}

static rlim_t limit_of(struct str *line)
{
	uint64_t value = 0;
	struct str word;

	while (line->len > 0 && line->data[0] == ' ')
		cut(line, ' ');
	word = cut(line, ' ');
	return str_to_uint(word, UINT64_MAX, &value) ? (rlim_t)value : RLIM_INFINITY;
}

void init_limits_parse(struct str text, struct rlimit limits[RLIM_NLIMITS])
{
	static const char *const names[RLIM_NLIMITS] = {
		[RLIMIT_AS] = "Max address space ",
		[RLIMIT_CORE] = "Max core file size ",
		[RLIMIT_CPU] = "Max cpu time ",
		[RLIMIT_DATA] = "Max data size ",
		[RLIMIT_FSIZE] = "Max file size ",
		[RLIMIT_LOCKS] = "Max file locks ",
		[RLIMIT_MEMLOCK] = "Max locked memory ",
		[RLIMIT_MSGQUEUE] = "Max msgqueue size ",
		[RLIMIT_NICE] = "Max nice priority ",
		[RLIMIT_NOFILE] = "Max open files ",
		[RLIMIT_NPROC] = "Max processes ",
		[RLIMIT_RSS] = "Max resident set ",
		[RLIMIT_RTPRIO] = "Max realtime priority ",
		[RLIMIT_RTTIME] = "Max realtime timeout ",
		[RLIMIT_SIGPENDING] = "Max pending signals ",
		[RLIMIT_STACK] = "Max stack size ",
	};

	while (text.len > 0) {
		struct str line = cut(&text, '\n');

		for (size_t i = 0; i < RLIM_NLIMITS; i++) {
			if (!str_starts_with(line, names[i]))
				continue;
			line.data += strlen(names[i]);
			line.len -= strlen(names[i]);
			limits[i].rlim_cur = limit_of(&line);
			limits[i].rlim_max = limit_of(&line);
			break;
		}
	}
}

void init_status_parse(struct arena *arena, struct str text, struct init_facts *facts)
{
	static const struct {
		const char *key;
		enum cap_set set;
	} sets[] = { { "CapInh", CAP_SET_INHERITABLE },
		     { "CapPrm", CAP_SET_PERMITTED },
		     { "CapEff", CAP_SET_EFFECTIVE },
		     { "CapBnd", CAP_SET_BOUNDING },
		     { "CapAmb", CAP_SET_AMBIENT } };
	uint32_t flag = 0;

	while (text.len > 0) {
		struct str line = cut(&text, '\n');
		struct str key = cut(&line, ':');
		const char *value = arena_copy(arena, line.data, line.len);

		if (str_is(key, "Name")) {
			facts->comm = value + strspn(value, "\t");
		} else if (str_is(key, "Uid")) {
			numbers(line, facts->uids, INIT_ID_COUNT);
		} else if (str_is(key, "Gid")) {
			numbers(line, facts->gids, INIT_ID_COUNT);
		} else if (str_is(key, "Groups")) {
			facts->groups = arena_array(arena, line.len / 2 + 1, sizeof(uint32_t));
			facts->n_groups = numbers(line, facts->groups, line.len / 2 + 1);
		} else if (str_is(key, "NoNewPrivs") && numbers(line, &flag, 1) == 1) {
			facts->no_new_privs = flag != 0;
		} else if (str_is(key, "Seccomp") && numbers(line, &flag, 1) == 1) {
			facts->seccomp = flag;
		} else if (str_is(key, "TracerPid")) {
			numbers(line, &facts->tracer, 1);
		} else if (str_is(key, "Umask")) {
			facts->umask = (unsigned int)strtoul(value, NULL, 8);
		}
		for (size_t i = 0; i < sizeof(sets) / sizeof(sets[0]); i++)
			if (str_is(key, sets[i].key))
				facts->capabilities[sets[i].set] = strtoull(value, NULL, 16);
	}
}
