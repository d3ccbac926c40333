/* SPDX-License-Identifier: MIT */
#ifndef VIEWER_TIMELINE_H
#define VIEWER_TIMELINE_H
/*
 * Which stretch of time is on the screen.  Pure: it knows the recording only as a first and a last
 * instant, and the screen only as a number of columns.
 *
 * Columns have round widths and begin at multiples of their width, so that a column that has been
 * drawn stays the same while time goes on: charts move, they do not shimmer.
 */
#include <stdbool.h>
#include <stdint.h>

#define TIMELINE_MARKS 2

struct timeline {
	int64_t cell_ns;  /* time of one screen column; 1, 2 or 5 times a power of ten */
	bool follow;	  /* the right edge is the newest event */
	int64_t right_ns; /* when not following: nothing from here on is shown */
	bool fit;	  /* the whole recording, whatever its length: cell_ns follows */
	bool has_cursor;
	int64_t cursor_ns; /* an instant, as exact as whoever set it knew */
	bool hide;	   /* while it plays: what is after the cursor has not happened yet */
	bool has_mark[TIMELINE_MARKS]; /* A and B, two instants to measure between */
	int64_t mark_ns[TIMELINE_MARKS];
};

struct recording_span {
	int64_t start_ns, end_ns;
};

struct timeline_view {
	int64_t start_ns, end_ns; /* multiples of cell_ns; end is exclusive */
	int64_t shown_ns; /* what is from here on stays blank: a paused screen stands still */
	int64_t cell_ns;
};

void timeline_init(struct timeline *timeline, bool live);

/* What is seen through the window on a screen with so many columns. */
struct timeline_view timeline_look(const struct timeline *timeline, struct recording_span recording,
				   int columns);

/*
 * Moves the right edge by so many columns; moving back stops following, moving forward to the end
 * follows again.
 */
void timeline_move(struct timeline *timeline, struct recording_span recording, int columns, int by);
/* To the recording's first column. */
void timeline_start(struct timeline *timeline, struct recording_span recording, int columns);
/*
 * Steps > 0 zoom in, < 0 out.  What stays where it is: the cursor when it is seen, else the right
 * edge while following, else the middle.
 */
void timeline_zoom(struct timeline *timeline, struct recording_span recording, int columns,
		   int steps);
/* The same around a column: that of the mouse. */
void timeline_zoom_at(struct timeline *timeline, struct recording_span recording, int columns,
		      int steps, int column);
/* The narrowest window that holds two instants and a little around them. */
void timeline_show(struct timeline *timeline, struct recording_span recording, int columns,
		   int64_t from_ns, int64_t to_ns);
/* A window of a given length around its present middle or cursor. */
void timeline_set_width(struct timeline *timeline, struct recording_span recording, int columns,
			int64_t width_ns);
void timeline_fit(struct timeline *timeline);
/* Stops at the present end, or follows again. */
void timeline_pause(struct timeline *timeline, struct recording_span recording, int columns);
void timeline_follow(struct timeline *timeline);

/*
 * Puts the cursor at an instant (within the recording) and moves the window, when it must, so that
 * it is seen.
 */
void timeline_set_cursor(struct timeline *timeline, struct recording_span recording, int columns,
			 int64_t ts_ns);
/* Moves the cursor by columns, to their beginnings. */
void timeline_move_cursor(struct timeline *timeline, struct recording_span recording, int columns,
			  int by);
/* The column of an instant in a window, or -1 when it is not in it. */
int timeline_column(const struct timeline_view *view, int64_t ts_ns);
/* Time goes on by so much while it plays.  Returns: true when the recording's end was reached. */
bool timeline_play(struct timeline *timeline, struct recording_span recording, int columns,
		   int64_t by_ns);
/* The window of an earlier timeline; cursor and marks stay. */
void timeline_go_back(struct timeline *timeline, const struct timeline *earlier);

#endif
