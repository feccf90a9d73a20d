/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Compares two runs of the matrix, one without the guard and one with it. The first shows which
 * attempts gain, or end above an empty ceiling. Exactly those must be stopped in the second, and
 * all others must end as before.
 */
#include "matrix.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct row {
	char start[64], file[64], outcome[32];
	char creds[2][192]; /* before, after */
	struct creds before, after;
};

static int creds_parse(const char *text, struct creds *creds)
{
	unsigned long long sets[5];

	if (sscanf(text, "%u,%u,%u,%u,%u,%llx,%llx,%llx,%llx,%llx", &creds->uid, &creds->euid,
		   &creds->suid, &creds->gid, &creds->egid, &sets[0], &sets[1], &sets[2], &sets[3],
		   &sets[4]) != 10)
		return -1;
	creds->inheritable = sets[0];
	creds->permitted = sets[1];
	creds->effective = sets[2];
	creds->bounding = sets[3];
	creds->ambient = sets[4];
	return 0;
}

static int row_read(FILE *file, struct row *row)
{
	return fscanf(file, "%63[^\t]\t%63[^\t]\t%31[^\t]\t%191[^\t]\t%191[^\n]\n", row->start,
		      row->file, row->outcome, row->creds[0], row->creds[1]) == 5 &&
	       creds_parse(row->creds[0], &row->before) == 0 &&
	       creds_parse(row->creds[1], &row->after) == 0;
}

static int gains(const struct row *row)
{
	const struct creds *old = &row->before, *now = &row->after;

	return strcmp(row->outcome, "ran") == 0 &&
	       ((now->permitted & ~old->permitted) != 0 ||
		(now->effective & ~old->effective) != 0 || (now->ambient & ~old->ambient) != 0 ||
		(now->euid == 0 && old->euid != 0));
}

static int is_above_nothing(const struct row *row)
{
	const struct creds *now = &row->after;

	return strcmp(row->outcome, "ran") == 0 &&
	       (now->permitted != 0 || now->inheritable != 0 || now->bounding != 0 ||
		now->uid == 0 || now->euid == 0 || now->suid == 0);
}

/* The policy allows user namespaces: nothing that is gained in one counts. */
static int is_inside(const struct row *row)
{
	return strncmp(row->start, "userns", 6) == 0;
}

static int must_stop(const struct row *row, int ceiling)
{
	return !is_inside(row) && (gains(row) || (ceiling && is_above_nothing(row)));
}

static int is_same(const struct row *a, const struct row *b)
{
	return strcmp(a->start, b->start) == 0 && strcmp(a->file, b->file) == 0;
}

static int ended_as_before(const struct row *plain, const struct row *guarded)
{
	return strcmp(plain->outcome, guarded->outcome) == 0 &&
	       strcmp(plain->creds[0], guarded->creds[0]) == 0 &&
	       strcmp(plain->creds[1], guarded->creds[1]) == 0;
}

int matrix_compare(FILE *plain_file, FILE *guarded_file, int ceiling, const char *stopped)
{
	unsigned int tried = 0, gained = 0, above = 0, inside = 0, wrong = 0;
	struct row plain, guarded;

	while (row_read(plain_file, &plain)) {
		int stop = must_stop(&plain, ceiling), good;

		if (!row_read(guarded_file, &guarded) || !is_same(&plain, &guarded)) {
			printf("the guarded run ends before: %s, %s\n", plain.start, plain.file);
			return 1;
		}
		tried++;
		gained += stop && gains(&plain) ? 1 : 0;
		above += stop && !gains(&plain) ? 1 : 0;
		inside += !stop && gains(&plain) ? 1 : 0;
		good = stop ? strcmp(guarded.outcome, stopped) == 0 &&
				       strcmp(plain.creds[0], guarded.creds[0]) == 0
			    : ended_as_before(&plain, &guarded);
		if (!good)
			printf("%s, %s: %s\n  without: %s %s -> %s\n  guarded: %s %s -> %s\n",
			       plain.start, plain.file, stop ? "must be stopped" : "must run",
			       plain.outcome, plain.creds[0], plain.creds[1], guarded.outcome,
			       guarded.creds[0], guarded.creds[1]);
		wrong += good ? 0 : 1;
	}
	printf("%u tried, %u gained and must stop", tried, gained);
	if (ceiling)
		printf(", %u more above the ceiling", above);
	printf(", %u gained in an allowed user namespace", inside);
	printf(", %u wrong\n", wrong);
	return wrong != 0 || tried != n_starts * n_files;
}

/* One line per file, one column per start: G gains, . does not, - is an error without any guard. */
int matrix_table(FILE *plain_file)
{
	char cells[64][64] = { 0 };
	struct row row;

	for (unsigned int i = 0; i < n_starts; i++) {
		for (unsigned int j = 0; j < n_files; j++) {
			if (!row_read(plain_file, &row))
				return 1;
			cells[j][i] = gains(&row)			? 'G'
				      : strcmp(row.outcome, "ran") == 0 ? '.'
									: '-';
		}
	}
	for (unsigned int i = 0; i < n_starts; i++)
		printf("%2u  %s\n", i + 1, starts[i].name);
	printf("\n%-40s ", "");
	for (unsigned int i = 0; i < n_starts; i++)
		printf(" %2u", i + 1);
	putchar('\n');
	for (unsigned int j = 0; j < n_files; j++) {
		printf("%-40s ", files[j].name);
		for (unsigned int i = 0; i < n_starts; i++)
			printf("  %c", cells[j][i]);
		putchar('\n');
	}
	return 0;
}
