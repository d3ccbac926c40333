/* SPDX-License-Identifier: MIT */
#ifndef TRACER_METADATA_H
#define TRACER_METADATA_H
/*
 * A trace's metadata, as far as we look at it ourselves: is it whole, and what does it declare?
 *
 * Babeltrace 2.0 reads some damaged metadata for ever, and takes what a live session has at first
 * for all of it: events that are declared later make it write behind its buffers.
 *
 * Thread:  any.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "db/store.h"

/*
 * Looks at the packets of dir/metadata.
 * Returns: 0; -EBADMSG with err filled: they are empty, cut off, or no metadata.
 */
int metadata_check(const char *dir, struct db_error *err);

/*
 * All that dir/metadata says, without its packets.
 * Returns: a text to be freed; NULL: metadata_check() would refuse it, or out of memory.
 */
char *metadata_text(const char *dir);

/*
 * Is all of these events' metadata there, in each trace below dir whose path has `session` in it?
 * Metadata that has not changed for a second is taken for all there will be.
 *	events  names as in the trace, NULL behind the last
 * Returns: false while something is missing, no stream is declared, or there is no such trace.
 */
bool metadata_is_complete(const char *dir, const char *session, const char *const *events);

/* Do these packets of metadata, as a relay daemon hands them on, declare any stream? */
bool metadata_declares_stream(const void *bytes, size_t size);

/*
 * The clock that they declare: nanoseconds since the Epoch at 0 cycles.
 * Returns: 0; -ENODATA: they declare none, or none of 1 GHz.
 */
int metadata_clock_offset(const void *bytes, size_t size, int64_t *offset_ns);

#endif
