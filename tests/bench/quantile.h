/* SPDX-License-Identifier: Apache-2.0 */
/* Medians and other quantiles of measurements. */
#ifndef ROOTFENCE_TESTS_BENCH_QUANTILE_H
#define ROOTFENCE_TESTS_BENCH_QUANTILE_H

#include <stdlib.h>

static inline int quantile_compare(const void *a, const void *b)
{
	const double *one = a, *other = b;

	return (*one > *other) - (*one < *other);
}

/* quantile: the value at that place of the n values, counted in hundredths; it sorts them. */
static inline double quantile(double *values, long n, long hundredths)
{
	qsort(values, (size_t)n, sizeof(*values), quantile_compare);
	return values[(n - 1) * hundredths / 100];
}

#endif
