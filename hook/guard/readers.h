/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The places of processes that read events. Each has a ring buffer of its own, so none can lose an
 * event for another. A lock that ends with the process tells whether a place is taken, so the place
 * of one that was killed is free again.
 */
#ifndef ROOTFENCE_GUARD_READERS_H
#define ROOTFENCE_GUARD_READERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct reader {
	unsigned int slot;
	int lock; /* descriptors; -1: none */
	int ring;
	int lost;
};

/*
 * reader_open: takes a place and makes its ring buffer. -EBUSY with EXIT_GUARD: all are taken.
 * reader_close gives it back.
 */
int reader_open(const char *dir, struct reader *ret_reader, struct err *err);
void reader_close(const char *dir, struct reader *reader);

/* reader_is_there: is its ring buffer still the one at its place? Somebody can empty the map. */
bool reader_is_there(const struct reader *reader, int readers_fd);

/* reader_lost: how many events this reader has lost since it began. */
uint64_t reader_lost(const struct reader *reader);

/*
 * readers_sweep: frees the places of dead readers, and counts the readers that live and the events
 * that they have lost.
 */
int readers_sweep(const char *dir, size_t *ret_n, uint64_t *ret_lost, struct err *err);

#endif
