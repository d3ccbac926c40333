/* SPDX-License-Identifier: MIT */
#ifndef VIEWER_PICTURE_H
#define VIEWER_PICTURE_H
/*
 * One pool over time, as the views show it: occupancy, lanes of events, lead times, all on one time
 * axis, and what was so at the cursor.
 */
#include "viewer/app.h"
#include "viewer/series.h"

struct picture {
	struct series series;
	bool has_instant; /* there is a cursor, and what was so there is known */
	int64_t instant_ns;
	struct query_instant instant;
	struct db_error err; /* why there is no picture; empty: there is one */
};

#define PICTURE_MIN_ROWS  9  /* without lead times */
#define PICTURE_LEAD_ROWS 16 /* from which they are shown */

/* Asks for the selected pool's data in the visible time. */
void picture_load(struct picture *picture, struct app *app);
void picture_release(struct picture *picture);

/* The exact values at the cursor, asked for when it is another one; NULL: there is no cursor. */
const struct query_instant *picture_at_cursor(struct picture *picture, struct app *app);

/* Draws all of it, or why it cannot be drawn; after picture_at_cursor(). */
void picture_draw(const struct picture *picture, struct app *app, struct canvas *canvas,
		  struct rect rect);

#endif
