/* SPDX-License-Identifier: Apache-2.0 */
/* The Gregorian calendar; see date.h. */
#include "date.h"

#include <stdbool.h>

static bool is_leap(unsigned int year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

unsigned int date_month_days(unsigned int year, unsigned int month)
{
	static const unsigned char days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

	return days[month - 1] + (month == 2 && is_leap(year) ? 1 : 0);
}

unsigned int date_of(time_t time)
{
	unsigned int days = time > 0 ? (unsigned int)(time / (24 * 60 * 60)) : 0;
	unsigned int year = 1970, month = 1;

	for (; days >= 365U + is_leap(year); year++)
		days -= 365U + is_leap(year);
	for (; days >= date_month_days(year, month); month++)
		days -= date_month_days(year, month);
	return year * 10000 + month * 100 + days + 1;
}
