/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reader ROUNDS FILE...    compares the product's reader on each file with yajl alone on the same
 *                          bytes: parsed with callbacks that do nothing, and without callbacks
 * reader read FILE         reads the file and its JSON once, for a comparison of processes
 *
 * Linked with the product's own objects. A turn reads a file often enough to be measured. The
 * readers take turns in an order that changes, so that other load of the machine affects all alike;
 * processor time is measured. As in `check`, one arena serves all documents. It prints the medians
 * of the rounds' ratios with their middle half, and megabytes per second.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <yajl/yajl_parse.h>

#include "base/io.h"
#include "json/json.h"
#include "quantile.h"

#define TURN_NS 4e6 /* shortest turn */

enum way {
	OURS,
	CALLED, /* yajl, with callbacks that do nothing */
	BARE,	/* yajl, without any */
	WAYS
};

static struct arena *arena;

static void die(const char *what)
{
	fprintf(stderr, "reader: %s\n", what);
	exit(2);
}

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
	return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

static int on_nothing(void *context)
{
	(void)context;
	return 1;
}

static int on_boolean(void *context, int value)
{
	(void)context;
	(void)value;
	return 1;
}

static int on_number(void *context, const char *text, size_t len)
{
	(void)context;
	(void)text;
	(void)len;
	return 1;
}

static int on_string(void *context, const unsigned char *text, size_t len)
{
	(void)context;
	(void)text;
	(void)len;
	return 1;
}

static const yajl_callbacks empty = {
	.yajl_null = on_nothing,
	.yajl_boolean = on_boolean,
	.yajl_number = on_number,
	.yajl_string = on_string,
	.yajl_start_map = on_nothing,
	.yajl_map_key = on_string,
	.yajl_end_map = on_nothing,
	.yajl_start_array = on_nothing,
	.yajl_end_array = on_nothing,
};

static void parse_yajl(struct str text, const yajl_callbacks *callbacks)
{
	yajl_handle parser = yajl_alloc(callbacks, NULL, NULL);

	if (parser == NULL ||
	    yajl_parse(parser, (const unsigned char *)text.data, text.len) != yajl_status_ok ||
	    yajl_complete_parse(parser) != yajl_status_ok)
		die("yajl refuses the document");
	yajl_free(parser);
}

static void parse_ours(struct str text)
{
	struct json_doc *doc;
	struct err err;

	arena_reset(arena);
	if (json_read(arena, "document", text, JSON_NO_COMMENTS, &doc, &err) < 0)
		die(err.text);
}

static void parse(enum way way, struct str text)
{
	if (way == OURS)
		parse_ours(text);
	else
		parse_yajl(text, way == CALLED ? &empty : NULL);
}

/* Nanoseconds for `times` parses. */
static double turn(enum way way, struct str text, long times)
{
	double start = now();

	for (long i = 0; i < times; i++)
		parse(way, text);
	return now() - start;
}

static long times_of(struct str text)
{
	long times = 1;

	while (turn(CALLED, text, times) < TURN_NS)
		times *= 2;
	return times;
}

static void print_ratios(double *ratios, long rounds)
{
	double middle = quantile(ratios, rounds, 50);

	printf("  %5.2f (%.2f to %.2f)", middle, quantile(ratios, rounds, 25),
	       quantile(ratios, rounds, 75));
}

static void measure(const char *name, struct str text, long rounds)
{
	double *took[WAYS], *ratios = mem_realloc(NULL, (size_t)rounds * sizeof(*ratios));
	long times = times_of(text);

	for (int way = 0; way < WAYS; way++)
		took[way] = mem_realloc(NULL, (size_t)rounds * sizeof(**took));
	for (long round = 0; round < rounds; round++)
		for (int i = 0; i < WAYS; i++) {
			int way = (int)((round + i) % WAYS);

			took[way][round] = turn((enum way)way, text, times);
		}
	printf("%-16s %9zu bytes", name, text.len);
	for (int other = CALLED; other < WAYS; other++) {
		for (long round = 0; round < rounds; round++)
			ratios[round] = took[other][round] / took[OURS][round];
		print_ratios(ratios, rounds);
	}
	for (int way = 0; way < WAYS; way++) {
		double ns = quantile(took[way], rounds, 50) / (double)times;

		printf("  %4.0f", (double)text.len / ns * 1e3);
		free(took[way]);
	}
	printf(" MB/s\n");
	free(ratios);
}

static struct str read_file(struct arena *files, const char *path)
{
	struct str text;
	struct err err;

	if (io_read_file(files, AT_FDCWD, path, JSON_SIZE_MAX, &text, &err) < 0)
		die(err.text);
	return text;
}

int main(int argc, char **argv)
{
	struct arena *files = arena_new();
	long rounds = argc > 2 ? atol(argv[1]) : 0;

	arena = arena_new();
	if (argc == 3 && strcmp(argv[1], "read") == 0) {
		parse_ours(read_file(files, argv[2]));
		return 0;
	}
	if (rounds < 4)
		die("usage: reader ROUNDS FILE... | read FILE");
	for (int i = 2; i < argc; i++) {
		const char *slash = strrchr(argv[i], '/');

		measure(slash != NULL ? slash + 1 : argv[i], read_file(files, argv[i]), rounds);
	}
	return 0;
}
