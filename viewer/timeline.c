/* SPDX-License-Identifier: MIT */
#include "viewer/timeline.h"

#include "viewer/scale.h"

#define LIVE_CELL_NS 200000000LL
#define MIN_CELL_NS  1000LL
#define MAX_CELL_NS  1000000000000000LL /* 11 days a column */

static int64_t align_down(int64_t t, int64_t step)
{
	return t - ((t % step) + step) % step;
}

void timeline_init(struct timeline *timeline, bool live)
{
	*timeline = (struct timeline){.cell_ns = LIVE_CELL_NS, .follow = true, .fit = !live};
}

static int64_t fitting_cell(struct recording_span recording, int columns)
{
	int64_t cell = scale_fine_width((recording.end_ns - recording.start_ns) / columns + 1);

	for (;;) {
		/* Aligning both ends may take one column more. */
		if (align_down(recording.end_ns, cell) - align_down(recording.start_ns, cell) <
		    cell * columns)
			return cell;
		cell = scale_fine_width(cell + 1);
	}
}

struct timeline_view timeline_look(const struct timeline *timeline, struct recording_span recording,
				   int columns)
{
	struct timeline_view view = {.cell_ns = timeline->cell_ns};
	int64_t first;

	if (timeline->fit)
		view.cell_ns = fitting_cell(recording, columns);
	view.end_ns = timeline->follow ? recording.end_ns : timeline->right_ns - 1;
	view.end_ns = align_down(view.end_ns, view.cell_ns) + view.cell_ns;
	/* The right edge stays when the screen gets narrower; what was left of it must not go. */
	if (view.end_ns - view.cell_ns * columns > recording.end_ns)
		view.end_ns = align_down(recording.end_ns, view.cell_ns) + view.cell_ns;
	view.shown_ns = view.end_ns;
	if (timeline->hide && timeline->cursor_ns < view.end_ns)
		view.shown_ns = align_down(timeline->cursor_ns, view.cell_ns) + view.cell_ns;
	view.start_ns = view.end_ns - view.cell_ns * columns;
	/* A short recording begins at the left edge and grows to the right. */
	first = align_down(recording.start_ns, view.cell_ns);
	if (view.start_ns < first) {
		view.start_ns = first;
		view.end_ns = first + view.cell_ns * columns;
	}
	if (view.shown_ns < view.start_ns)
		view.shown_ns = view.start_ns;
	return view;
}

/* From here on the window stands by itself, exactly where it is seen now. */
static struct timeline_view detach(struct timeline *timeline, struct recording_span recording,
				   int columns)
{
	struct timeline_view view = timeline_look(timeline, recording, columns);

	timeline->cell_ns = view.cell_ns;
	timeline->fit = false;
	timeline->right_ns = timeline->hide ? view.end_ns : view.shown_ns;
	timeline->follow = false;
	return view;
}

/* The right edge that shows the recording's first columns, as far as they exist. */
static int64_t earliest_right(struct timeline_view view, struct recording_span recording,
			      int columns)
{
	int64_t right_ns = align_down(recording.start_ns, view.cell_ns) + view.cell_ns * columns;

	return right_ns < view.shown_ns ? right_ns : view.shown_ns;
}

void timeline_move(struct timeline *timeline, struct recording_span recording, int columns, int by)
{
	struct timeline_view view;
	int64_t earliest_ns;

	if (timeline->follow && by > 0)
		return;
	view = detach(timeline, recording, columns);
	earliest_ns = earliest_right(view, recording, columns);
	timeline->right_ns = view.shown_ns + by * view.cell_ns;
	if (timeline->right_ns > recording.end_ns && by > 0)
		timeline->follow = true;
	if (timeline->right_ns < earliest_ns)
		timeline->right_ns = earliest_ns;
}

void timeline_start(struct timeline *timeline, struct recording_span recording, int columns)
{
	struct timeline_view view = detach(timeline, recording, columns);

	timeline->right_ns = earliest_right(view, recording, columns);
}

static int64_t zoomed(int64_t cell_ns, int steps)
{
	for (; steps < 0 && cell_ns < MAX_CELL_NS; steps++)
		cell_ns = scale_round_width(cell_ns + 1);
	for (; steps > 0 && cell_ns > MIN_CELL_NS; steps--) {
		int64_t power = scale_round_width(cell_ns);

		/* 5 -> 2 -> 1 -> 5 a decade lower. */
		cell_ns = scale_round_width(power * 2 / 5 > 0 ? power * 2 / 5 : 1);
	}
	return cell_ns;
}

/* Another width, with an instant in the column that it is in. */
static void zoom_around(struct timeline *timeline, int columns, int64_t cell_ns, int64_t ts_ns,
			int column)
{
	timeline->cell_ns = cell_ns;
	timeline->right_ns = align_down(ts_ns, cell_ns) + cell_ns * (columns - column);
}

void timeline_zoom_at(struct timeline *timeline, struct recording_span recording, int columns,
		      int steps, int column)
{
	bool follow = timeline->follow;
	struct timeline_view view = detach(timeline, recording, columns);
	int64_t ts_ns = view.start_ns + view.cell_ns * column + view.cell_ns / 2;

	if (timeline->has_cursor && timeline_column(&view, timeline->cursor_ns) == column)
		ts_ns = timeline->cursor_ns;
	zoom_around(timeline, columns, zoomed(view.cell_ns, steps), ts_ns, column);
	/* What still holds the newest instant goes on with it. */
	timeline->follow = follow && timeline->right_ns > recording.end_ns;
}

void timeline_zoom(struct timeline *timeline, struct recording_span recording, int columns,
		   int steps)
{
	bool follow = timeline->follow;
	struct timeline_view view = timeline_look(timeline, recording, columns);
	int column = timeline->has_cursor ? timeline_column(&view, timeline->cursor_ns) : -1;
	int64_t ts_ns = timeline->cursor_ns;

	detach(timeline, recording, columns);
	if (column >= 0) {
		zoom_around(timeline, columns, zoomed(view.cell_ns, steps), ts_ns, column);
		return;
	}
	ts_ns = view.start_ns + (view.end_ns - view.start_ns) / 2;
	zoom_around(timeline, columns, zoomed(view.cell_ns, steps), ts_ns, columns / 2);
	timeline->follow = follow;
}

void timeline_show(struct timeline *timeline, struct recording_span recording, int columns,
		   int64_t from_ns, int64_t to_ns)
{
	int64_t length_ns = to_ns > from_ns ? to_ns - from_ns : from_ns - to_ns;
	int64_t first_ns = to_ns > from_ns ? from_ns : to_ns;
	int64_t cell_ns = scale_fine_width(length_ns / (columns > 4 ? columns - 4 : 1) + 1);

	detach(timeline, recording, columns);
	zoom_around(timeline, columns, cell_ns, first_ns, 2);
}

void timeline_set_width(struct timeline *timeline, struct recording_span recording, int columns,
			int64_t width_ns)
{
	struct timeline_view view = detach(timeline, recording, columns);
	int64_t ts_ns = view.start_ns + (view.shown_ns - view.start_ns) / 2;
	int column = columns / 2;
	int64_t cell_ns = scale_fine_width(width_ns / columns);

	if (timeline->has_cursor && timeline_column(&view, timeline->cursor_ns) >= 0) {
		ts_ns = timeline->cursor_ns;
		column = timeline_column(&view, ts_ns);
	}
	if (cell_ns > MAX_CELL_NS)
		cell_ns = MAX_CELL_NS;
	zoom_around(timeline, columns, cell_ns, ts_ns, column);
}

void timeline_fit(struct timeline *timeline)
{
	timeline->fit = true;
	timeline->follow = true;
}

void timeline_pause(struct timeline *timeline, struct recording_span recording, int columns)
{
	if (timeline->follow)
		detach(timeline, recording, columns);
	else
		timeline->follow = true;
}

void timeline_follow(struct timeline *timeline)
{
	timeline->follow = true;
}

int timeline_column(const struct timeline_view *view, int64_t ts_ns)
{
	if (ts_ns < view->start_ns || ts_ns >= view->end_ns)
		return -1;
	return (int)((ts_ns - view->start_ns) / view->cell_ns);
}

/* The window with an instant in it: as it is, or moved so that the instant is in its middle. */
static void bring_into_view(struct timeline *timeline, struct recording_span recording, int columns,
			    int64_t ts_ns)
{
	struct timeline_view view = timeline_look(timeline, recording, columns);
	int64_t first_ns, last_ns;

	if (ts_ns >= view.start_ns && ts_ns < view.shown_ns)
		return;
	view = detach(timeline, recording, columns);
	first_ns = align_down(recording.start_ns, view.cell_ns) + view.cell_ns * columns;
	last_ns = align_down(recording.end_ns, view.cell_ns) + view.cell_ns;
	timeline->right_ns =
		align_down(ts_ns, view.cell_ns) + view.cell_ns * (columns - columns / 2);
	if (timeline->right_ns > last_ns)
		timeline->right_ns = last_ns;
	if (timeline->right_ns < first_ns)
		timeline->right_ns = first_ns;
}

void timeline_set_cursor(struct timeline *timeline, struct recording_span recording, int columns,
			 int64_t ts_ns)
{
	if (ts_ns > recording.end_ns)
		ts_ns = recording.end_ns;
	if (ts_ns < recording.start_ns)
		ts_ns = recording.start_ns;
	timeline->has_cursor = true;
	timeline->cursor_ns = ts_ns;
	bring_into_view(timeline, recording, columns, ts_ns);
}

void timeline_move_cursor(struct timeline *timeline, struct recording_span recording, int columns,
			  int by)
{
	struct timeline_view view = timeline_look(timeline, recording, columns);
	int64_t ts_ns = align_down(timeline->cursor_ns, view.cell_ns);

	/* Back from the middle of a column is to its beginning. */
	if (by < 0 && ts_ns < timeline->cursor_ns)
		by++;
	timeline_set_cursor(timeline, recording, columns, ts_ns + by * view.cell_ns);
}

bool timeline_play(struct timeline *timeline, struct recording_span recording, int columns,
		   int64_t by_ns)
{
	struct timeline_view view;

	timeline->cursor_ns = by_ns < recording.end_ns - timeline->cursor_ns
				      ? timeline->cursor_ns + by_ns
				      : recording.end_ns;
	view = timeline_look(timeline, recording, columns);
	if (timeline->cursor_ns < view.start_ns)
		bring_into_view(timeline, recording, columns, timeline->cursor_ns);
	if (timeline->cursor_ns >= view.end_ns)
		detach(timeline, recording, columns);
	/* Also of a screen that was not full when it was paused. */
	if (!timeline->follow && timeline->cursor_ns >= timeline->right_ns)
		timeline->right_ns = align_down(timeline->cursor_ns, view.cell_ns) + view.cell_ns;
	return timeline->cursor_ns >= recording.end_ns;
}

void timeline_go_back(struct timeline *timeline, const struct timeline *earlier)
{
	timeline->cell_ns = earlier->cell_ns;
	timeline->follow = earlier->follow;
	timeline->right_ns = earlier->right_ns;
	timeline->fit = earlier->fit;
}
