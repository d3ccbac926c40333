/* SPDX-License-Identifier: MIT */
#ifndef TRACER_SNAPSHOT_H
#define TRACER_SNAPSHOT_H
/*
 * The trace of a flight recorder into a store.
 *
 * Each stream (a CPU's buffer of one channel) reaches back to another time, since each was
 * overwritten at its own pace.  What is older than the youngest of these beginnings is only part of
 * what happened: it is left out, and from there on the record is exact.  What was overwritten is no
 * loss.
 *
 * Errors:  0 or -errno with err filled; -ENODATA when there is no trace below dir.
 */
#include <stdint.h>

#include "db/store.h"

/* Since when, by the trace's clock, all streams below dir are whole; 0: none was overwritten. */
uint64_t snapshot_begin(const char *dir);

/* Every trace below dir into the store, from that time on. */
int snapshot_store(struct store *store, const char *dir, struct db_error *err);

/*
 * The buffers of a recorder with file-backed ones (record --flight SIZE --crash-safe DIR) that were
 * left when everything was killed, as CTF traces below out, which must exist.  dir: DIR, or the
 * folder of one recording in it.
 * Returns: how many recordings were found, or -ENOENT lttng-crash is not installed; -ENODATA no
 * buffers below dir; -EIO.
 */
int snapshot_recover(const char *dir, const char *out, struct db_error *err);

#endif
