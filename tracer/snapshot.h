/* SPDX-License-Identifier: MIT */
#ifndef TRACER_SNAPSHOT_H
#define TRACER_SNAPSHOT_H
/*
 * The trace of a flight recorder into a store.
 *
 * Each stream (a CPU's buffer of one channel) reaches back to another time, since each was
 * overwritten at its own pace.  What is older than the youngest of these beginnings is only part of
 * what happened: it is left out.  Nor do they end at one time, since they are handed on one after
 * the other while the program goes on: what is younger than the oldest of these ends is left out as
 * well.  Between the two the record is exact.  What was overwritten, or comes later, is no loss.
 *
 * Errors:  0 or -errno with err filled; -ENODATA when there is no trace below dir.
 */
#include <stdbool.h>
#include <stdint.h>

#include "db/store.h"

/* By the trace's clock, both borders within. */
struct snapshot_window {
	uint64_t begin; /* 0: no stream was overwritten */
	uint64_t end;	/* UINT64_MAX: there is no stream */
};

/* When all streams below dir are whole. */
struct snapshot_window snapshot_window_of(const char *dir);

/*
 * Every trace below dir into the store, from that begin on, and to that end if the program went on
 * meanwhile.  Of one that is dead every stream has all that it ever said.
 */
int snapshot_store(struct store *store, const char *dir, bool goes_on, struct db_error *err);

/*
 * The buffers of a recorder with file-backed ones (record --flight SIZE --crash-safe DIR) that were
 * left when everything was killed, as CTF traces below out, which must exist.  dir: DIR, or the
 * folder of one recording in it.
 * Returns: how many recordings were found, or -ENOENT lttng-crash is not installed; -ENODATA no
 * buffers below dir; -EIO.
 */
int snapshot_recover(const char *dir, const char *out, struct db_error *err);

#endif
