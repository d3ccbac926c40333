/* SPDX-License-Identifier: MIT */
#ifndef TRACER_ROOM_H
#define TRACER_ROOM_H
/*
 * Room in an array of Babeltrace 2.0's.  Its message iterator keeps the lengths of sequences in an
 * array that it makes as long as the metadata demands at that time.  Live metadata grows: an event
 * with a sequence that is announced later is stored past the end (mended in Babeltrace 2.1, commit
 * 839df1da87). A recording whose programs register slowly, or one after the other, then dies of a
 * damaged heap.
 *
 * So this program has a g_array_new() of its own, which comes before GLib's wherever it is looked
 * for: arrays of that kind have room for ROOM_VALUES from the beginning, whatever their length
 * says.
 */
#include <stdbool.h>

enum { ROOM_VALUES = 1024 };

/* Whether Babeltrace's plugins find that function; false means that this program was linked
 * wrongly. */
bool room_is_made(void);

#endif
