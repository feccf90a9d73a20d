/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The results of check on many files, in one of its formats. Results are written as they come, so
 * memory does not grow with the number of files.
 */
#ifndef ROOTFENCE_REPORT_RESULTS_H
#define ROOTFENCE_REPORT_RESULTS_H

#include "json/writer.h"
#include "policy/policy.h"

/* The result for one file. */
struct file_result {
	const char *path;
	bool from_stdin;
	struct str text; /* empty if it could not be read */
	struct json_doc *doc;
	const struct verdict *verdict; /* NULL: invalid, and err says why */
	const struct err *err;
};

struct results {
	const struct results_format *format;
	const struct policy *policy;
	struct json_writer *writer; /* for the formats that are JSON */
	struct buf text;	    /* for the others */
	size_t held_back;	    /* bytes that may wait before they are written */
};

struct results_format {
	const char *name;
	bool is_json;
	void (*begin)(struct results *results);
	void (*add)(struct results *results, struct arena *arena, const struct file_result *file);
	void (*end)(struct results *results);
};

extern const struct results_format results_sarif, results_junit;

/* results_open: format is the name of one, or NULL for text. Error: EXIT_USAGE. */
int results_open(struct results *results, struct arena *arena, const char *format, struct err *err);

/* results_begin, results_add, results_end: in this order; arena: the file's. Error: EXIT_SYSTEM. */
void results_begin(struct results *results, const struct policy *policy);
int results_add(struct results *results, struct arena *arena, const struct file_result *file,
		struct err *err);
int results_end(struct results *results, struct err *err);

void results_free(struct results *results);

#endif
