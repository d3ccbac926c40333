/* SPDX-License-Identifier: MIT */
#ifndef VIEWER_EVENT_TEXT_H
#define VIEWER_EVENT_TEXT_H
/* An event in a few words, for readouts and lists. */
#include <stddef.h>

#include "db/pool_event.h"

/*
 * "rx_take 4 buffers", "alloc_complete #17 used +128", "block_free 3 -128 shrink": its kind as in
 * the trace, and what it is about.  Ids of buffers are not looked at.
 */
const char *event_text(const struct pool_event *event, char *text, size_t size);

#endif
