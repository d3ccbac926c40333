/* SPDX-License-Identifier: MIT */
#ifndef VIEWER_EVENT_PAGE_H
#define VIEWER_EVENT_PAGE_H
/*
 * A screen's worth of the log, loaded in pieces: as many rows as are seen and not one more, however
 * many there are.
 */
#include "db/query_log.h"

#define EVENT_PAGE_ROWS 256 /* no screen has more */

enum event_page_select {
	EVENT_PAGE_KEEP,   /* the bar stays on its row */
	EVENT_PAGE_FIRST,  /* on the first of the page */
	EVENT_PAGE_LAST,   /* on the last */
	EVENT_PAGE_BEFORE, /* on the last before the place that was shown */
	EVENT_PAGE_AT,	   /* on the first at it */
};

struct event_page {
	struct log_row rows[EVENT_PAGE_ROWS];
	size_t nr, height;
	struct log_filter filter;
	struct log_place start, end; /* goes on from there, backwards and forwards */
	bool has_start, has_end;     /* the log's own are on the page */
	size_t before;		     /* rows before the place that was asked for */
	bool scrolled;		     /* the rows on the other side make room */
	int by[3];		     /* what is still to be loaded: -1 back, 1 forth, 0 nothing */
	size_t most[3];		     /* rows */
	int at;			     /* of these */
	enum event_page_select select;
	int64_t begun_ns;  /* where it began to look */
	int64_t looked_ns; /* how far it looked, while it looks */
	bool stopped;	   /* before all was looked at */
	struct db_error err;
};

/*
 * Shows the rows around a place: up to `before` of those before it.  `only_before`: nothing at or
 * after it.
 */
void event_page_show(struct event_page *page, struct log_place place, size_t height, size_t before,
		     bool only_before, enum event_page_select select);
/* So many rows further, or back. */
void event_page_scroll(struct event_page *page, int by, size_t rows, enum event_page_select select);

/* Looks no further.  The rows that were found stay; scrolling goes on from there. */
void event_page_stop(struct event_page *page);
/* How much it has looked at of what it may have to, 0 to 100, in a recording of such a time. */
int event_page_percent(const struct event_page *page, int64_t start_ns, int64_t end_ns);

bool event_page_is_loading(const struct event_page *page);
/* Goes on for at most budget_ns.  Returns: 0 or -errno with page->err filled. */
int event_page_load(struct event_page *page, struct query *q, int64_t budget_ns);
/* The row the bar belongs on once it is loaded; `row`: that it was on before. */
size_t event_page_row(const struct event_page *page, const struct log_place *row);

/* Between the rows, events that the filter hides: exact, but of each pool between its own rows. */
uint64_t event_page_hidden(const struct event_page *page);

#endif
