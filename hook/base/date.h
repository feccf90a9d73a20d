/* SPDX-License-Identifier: Apache-2.0 */
/* The calendar. gmtime() would read the file of the host's time zone whenever a container starts. */
#ifndef ROOTFENCE_BASE_DATE_H
#define ROOTFENCE_BASE_DATE_H

#include <time.h>

/* date_month_days: how many days the month (1 to 12) has. */
unsigned int date_month_days(unsigned int year, unsigned int month);

/* date_of: the day of a time in UTC as YYYYMMDD; before 1970 the first of 1970. */
unsigned int date_of(time_t time);

#endif
