/* SPDX-License-Identifier: Apache-2.0 */
/* The calendar. gmtime() would read the host's time zone file whenever a container starts. */
#ifndef ROOTFENCE_BASE_DATE_H
#define ROOTFENCE_BASE_DATE_H

#include <time.h>

/* Returns the number of days of the month (1 to 12). */
unsigned int date_month_days(unsigned int year, unsigned int month);

/* Returns the UTC day of a time as YYYYMMDD; the first day of 1970 for earlier times. */
unsigned int date_of(time_t time);

#endif
