/* SPDX-License-Identifier: MIT */
#ifndef VIEWER_READOUT_H
#define VIEWER_READOUT_H
/*
 * What was so at the cursor, exact to the event, in two rows of 76 columns or more: the values, and
 * the events around it with their distance.
 */
#include "db/query.h"
#include "viewer/canvas.h"

/* The values at ts_ns.  block: buffers in one request, or POOL_UNKNOWN. */
void readout_values(struct canvas *canvas, struct rect rect, int64_t ts_ns,
		    const struct query_instant *at, uint32_t block);
/* The event before and the one after. */
void readout_events(struct canvas *canvas, struct rect rect, int64_t ts_ns,
		    const struct query_instant *at);

#endif
