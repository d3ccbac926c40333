/* SPDX-License-Identifier: MIT */
#ifndef CRASH_H
#define CRASH_H
/*
 * A miniport that crashes: one line on stderr says which of its functions it was in, and the
 * program dies by the same signal as it would have without this, so that whoever records it knows.
 * What was recorded until then is in the tracer's buffers already, and stays.
 */

/* From here on.  path: the miniport's file, kept by pointer. */
void crash_watch(const char *path);

#endif
