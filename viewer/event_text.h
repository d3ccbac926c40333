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

/*
 * All that it says but its kind and what was available: "#17 used, block 3, +128 buffers".  ids: of
 * an rx_take or rx_return, the first nr_ids of them.
 */
const char *event_words(const struct pool_event *event, const uint32_t *ids, uint32_t nr_ids,
			char *text, size_t size);

#endif
