/* SPDX-License-Identifier: MIT */
#include "viewer/window.h"

#include "viewer/scale.h"

#define LIVE_CELL_NS 200000000LL
#define MIN_CELL_NS  1000LL
#define MAX_CELL_NS  1000000000000000LL /* 11 days a column */

static int64_t align_down(int64_t t, int64_t step)
{
	return t - ((t % step) + step) % step;
}

void window_init(struct window *window, bool live)
{
	*window = (struct window){.cell_ns = LIVE_CELL_NS, .follow = true, .fit = !live};
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

struct window_view window_look(const struct window *window, struct recording_span recording,
			       int columns)
{
	struct window_view view = {.cell_ns = window->cell_ns};
	int64_t first;

	if (window->fit)
		view.cell_ns = fitting_cell(recording, columns);
	view.end_ns = window->follow ? recording.end_ns : window->right_ns - 1;
	view.end_ns = align_down(view.end_ns, view.cell_ns) + view.cell_ns;
	view.start_ns = view.end_ns - view.cell_ns * columns;
	/* A short recording begins at the left edge and grows to the right. */
	first = align_down(recording.start_ns, view.cell_ns);
	if (view.start_ns < first) {
		view.start_ns = first;
		view.end_ns = first + view.cell_ns * columns;
	}
	return view;
}

/* From here on the window stands by itself, exactly where it is seen now. */
static struct window_view detach(struct window *window, struct recording_span recording,
				 int columns)
{
	struct window_view view = window_look(window, recording, columns);

	window->cell_ns = view.cell_ns;
	window->fit = false;
	window->right_ns = view.end_ns;
	window->follow = false;
	return view;
}

void window_move(struct window *window, struct recording_span recording, int columns, int by)
{
	struct window_view view;
	bool followed = window->follow;

	if (followed && by > 0)
		return;
	view = detach(window, recording, columns);
	window->right_ns = view.end_ns + by * view.cell_ns;
	if (window->right_ns > recording.end_ns && by > 0)
		window->follow = true;
	if (window->right_ns - view.cell_ns * columns < recording.start_ns && by < 0)
		window->right_ns =
			align_down(recording.start_ns, view.cell_ns) + view.cell_ns * columns;
}

void window_start(struct window *window, struct recording_span recording, int columns)
{
	struct window_view view = detach(window, recording, columns);

	window->right_ns = align_down(recording.start_ns, view.cell_ns) + view.cell_ns * columns;
}

void window_zoom(struct window *window, struct recording_span recording, int columns, int steps)
{
	bool follow = window->follow;
	struct window_view view = detach(window, recording, columns);
	int64_t middle = view.start_ns + (view.end_ns - view.start_ns) / 2;

	for (; steps < 0 && window->cell_ns < MAX_CELL_NS; steps++)
		window->cell_ns = scale_round_width(window->cell_ns + 1);
	for (; steps > 0 && window->cell_ns > MIN_CELL_NS; steps--) {
		int64_t power = scale_round_width(window->cell_ns);

		/* 5 -> 2 -> 1 -> 5 a decade lower. */
		window->cell_ns = scale_round_width(power * 2 / 5 > 0 ? power * 2 / 5 : 1);
	}
	window->right_ns =
		align_down(middle, window->cell_ns) + window->cell_ns * (columns - columns / 2);
	window->follow = follow;
}

void window_fit(struct window *window)
{
	window->fit = true;
	window->follow = true;
}

void window_pause(struct window *window, struct recording_span recording, int columns)
{
	if (window->follow)
		detach(window, recording, columns);
	else
		window->follow = true;
}

void window_follow(struct window *window)
{
	window->follow = true;
}
