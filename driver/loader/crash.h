/* SPDX-License-Identifier: MIT */
#ifndef CRASH_H
#define CRASH_H
/*
 * A miniport that crashes: one line on stderr says which of its functions it was in, which address
 * it touched and from which place of its file, and the program dies by the same signal as it would
 * have without this, so that whoever records it knows. What was recorded until then is in the
 * tracer's buffers already, and stays.
 */
#include "driver/ndis/ndis.h"

/*
 * From here on; a call of exit() is told, too, since the run ends there with nothing judged.
 *	path   the miniport's file, kept by pointer
 *	entry  its DriverEntry: the line has the offset of code in the file that holds it
 */
void crash_watch(const char *path, DRIVER_INITIALIZE *entry);
/* exit() is the program's own again. */
void crash_watch_end(void);

#endif
