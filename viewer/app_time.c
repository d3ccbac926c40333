/* SPDX-License-Identifier: MIT */
/* Requests that move in time; declared in app.h. */
#include "viewer/view.h"

bool app_time_request(struct app *app, int request)
{
	struct recording_span span = model_span(&app->model);
	int columns = app->time_columns;
	int step = columns / 8 > 0 ? columns / 8 : 1;

	switch (request) {
	case REQUEST_EARLIER:
		timeline_move(&app->timeline, span, columns, -step);
		return true;
	case REQUEST_LATER:
		timeline_move(&app->timeline, span, columns, step);
		return true;
	case REQUEST_PAGE_EARLIER:
		timeline_move(&app->timeline, span, columns, -columns);
		return true;
	case REQUEST_PAGE_LATER:
		timeline_move(&app->timeline, span, columns, columns);
		return true;
	case REQUEST_START:
		timeline_start(&app->timeline, span, columns);
		return true;
	case REQUEST_LIVE:
		timeline_follow(&app->timeline);
		return true;
	case REQUEST_PAUSE:
		timeline_pause(&app->timeline, span, columns);
		return true;
	case REQUEST_ZOOM_IN:
		timeline_zoom(&app->timeline, span, columns, 1);
		return true;
	case REQUEST_ZOOM_OUT:
		timeline_zoom(&app->timeline, span, columns, -1);
		return true;
	case REQUEST_ZOOM_ALL:
		timeline_fit(&app->timeline);
		return true;
	default:
		return false;
	}
}
