/* SPDX-License-Identifier: MIT */
#ifndef VIEWER_WHEN_H
#define VIEWER_WHEN_H
/* Times as people write them. */
#include <stdint.h>

#include "viewer/timeline.h"

/*
 * Reads an instant:
 *
 *	-5s  +200ms                  from `now_ns`
 *	1.5s                         after the recording's start
 *	12:30  12:30:01.25           the clock's time, on the day where it lies in the recording
 *	2026-01-31 12:30:01.25       date and time
 *	1767225600000000000          nanoseconds since the epoch
 *	25%                          of the recording
 *	start  end
 *
 * Clock and date are of the local time zone, as on the screen.
 * Returns: 0 with *ns filled, in the recording or not; -EINVAL.
 */
int when_parse(const char *text, struct recording_span recording, int64_t now_ns, int64_t *ns);

#endif
