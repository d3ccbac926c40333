/* SPDX-License-Identifier: MIT */
#include "viewer/event_page.h"

#include <string.h>

void event_page_show(struct event_page *page, struct log_place place, size_t height, size_t before,
		     bool only_before, enum event_page_select select)
{
	page->height = height < EVENT_PAGE_ROWS ? height : EVENT_PAGE_ROWS;
	page->nr = page->before = 0;
	page->start = page->end = place;
	page->has_start = page->has_end = false;
	page->scrolled = page->stopped = false;
	page->begun_ns = page->looked_ns = place.ts_ns;
	page->select = select;
	page->err.text[0] = 0;
	/* Back, forth, and back again where the log ends before the page does. */
	page->by[0] = before ? -1 : 0;
	page->by[1] = only_before ? 0 : 1;
	page->by[2] = only_before ? 0 : -1;
	page->most[0] = before < page->height ? before : page->height;
	page->most[1] = page->most[2] = page->height;
	page->at = 0;
}

void event_page_scroll(struct event_page *page, int by, size_t rows, enum event_page_select select)
{
	if (event_page_is_loading(page) || !rows)
		return;
	page->scrolled = true;
	page->stopped = false;
	page->begun_ns = page->looked_ns = by > 0 ? page->end.ts_ns : page->start.ts_ns;
	page->select = select;
	page->by[0] = by;
	page->by[1] = page->by[2] = 0;
	page->most[0] = rows < page->height ? rows : page->height;
	page->at = 0;
	if (by > 0)
		page->has_end = false; /* there may be more by now */
}

void event_page_stop(struct event_page *page)
{
	page->stopped |= event_page_is_loading(page);
	page->at = 3;
}

static int64_t within(int64_t ns, int64_t start_ns, int64_t end_ns)
{
	return ns < start_ns ? start_ns : ns > end_ns ? end_ns : ns;
}

int event_page_percent(const struct event_page *page, int64_t start_ns, int64_t end_ns)
{
	bool back = page->at < 3 && page->by[page->at] < 0;
	int64_t from_ns = within(page->begun_ns, start_ns, end_ns);
	int64_t at_ns = within(page->looked_ns, start_ns, end_ns);
	double all = (double)(back ? from_ns - start_ns : end_ns - from_ns);
	double done = (double)(back ? from_ns - at_ns : at_ns - from_ns);

	return all <= 0 || done >= all ? 100 : done > 0 ? (int)(100 * done / all) : 0;
}

bool event_page_is_loading(const struct event_page *page)
{
	for (int i = page->at; i < 3; i++)
		if (page->by[i])
			return true;
	return false;
}

static bool is_mergeable(const struct event_page *page)
{
	return page->at < 3 && page->by[page->at];
}

static struct log_place after(const struct log_row *row)
{
	struct log_place place = row->place;

	place.seq++;
	return place;
}

/* New rows, the nearest first, on their side; what is too much goes on the other. */
static void put(struct event_page *page, int by, const struct log_row *rows, size_t nr)
{
	size_t drop = page->nr + nr > page->height ? page->nr + nr - page->height : 0;

	if (by > 0) {
		memmove(page->rows, page->rows + drop, (page->nr - drop) * sizeof(*rows));
		memcpy(page->rows + page->nr - drop, rows, nr * sizeof(*rows));
		page->nr += nr - drop;
		page->has_start &= !drop;
		if (drop)
			page->start = page->rows[0].place;
		return;
	}
	memmove(page->rows + nr, page->rows, (page->nr - drop) * sizeof(*rows));
	for (size_t i = 0; i < nr; i++)
		page->rows[nr - 1 - i] = rows[i];
	page->nr += nr - drop;
	page->has_end &= !drop;
	if (drop)
		page->end = after(&page->rows[page->nr - 1]);
	if (!page->scrolled)
		page->before += nr; /* rows in front of the place, whichever part brought them */
}

/* How many rows this part is still to bring. */
static size_t wanted(const struct event_page *page)
{
	size_t room = page->height - page->nr;

	if (page->scrolled || page->most[page->at] < room)
		return page->most[page->at];
	return room;
}

static int load_part(struct event_page *page, struct query *q, int64_t budget_ns, bool *later)
{
	struct log_row rows[EVENT_PAGE_ROWS];
	int by = page->by[page->at];
	struct log_place *from = by > 0 ? &page->end : &page->start;
	size_t want = wanted(page), nr = 0;
	enum log_end end = LOG_FULL;
	int ret = 0;

	if (want)
		ret = query_log(q, &page->filter, from, by, rows, want, &nr, &end, budget_ns,
				&page->err);
	page->looked_ns = from->ts_ns;
	if (ret)
		return ret;
	put(page, by, rows, nr);
	page->most[page->at] -= nr;
	if (end == LOG_OVER && by > 0)
		page->has_end = true;
	if (end == LOG_OVER && by < 0)
		page->has_start = true;
	*later = end == LOG_LATER;
	return 0;
}

int event_page_load(struct event_page *page, struct query *q, int64_t budget_ns)
{
	bool later = false;
	int ret = 0;

	for (; page->at < 3 && !ret && !later; page->at += !later) {
		bool known = page->at < 3 && page->by[page->at] < 0 && page->has_start;

		if (is_mergeable(page) && !known)
			ret = load_part(page, q, budget_ns, &later);
	}
	if (ret)
		page->at = 3;
	return ret;
}

static bool same_place(const struct log_place *a, const struct log_place *b)
{
	return a->ts_ns == b->ts_ns && a->pool == b->pool && a->seq == b->seq;
}

size_t event_page_row(const struct event_page *page, const struct log_place *row)
{
	size_t last = page->nr ? page->nr - 1 : 0;

	switch (page->select) {
	case EVENT_PAGE_FIRST:
		return 0;
	case EVENT_PAGE_LAST:
		return last;
	case EVENT_PAGE_BEFORE:
		return page->before ? page->before - 1 : 0;
	case EVENT_PAGE_AT:
		return page->before < page->nr ? page->before : last;
	case EVENT_PAGE_KEEP:
		break;
	}
	for (size_t i = 0; i < page->nr; i++)
		if (same_place(&page->rows[i].place, row))
			return i;
	return last;
}

/* Of one pool: what lies between its first and its last row and is neither shown nor lost. */
static uint64_t hidden_of(const struct event_page *page, size_t first)
{
	int64_t pool = page->rows[first].place.pool, last = page->rows[first].place.seq;
	uint64_t seen = 0, missing = 0, all;

	for (size_t i = first; i < page->nr; i++) {
		const struct log_row *row = &page->rows[i];

		if (row->place.pool != pool)
			continue;
		last = row->place.seq;
		seen += !row->is_loss;
		if (row->is_loss)
			missing += row->loss.events;
	}
	/* A gap at the end is counted from its first missing one, which is not there. */
	for (size_t i = page->nr; i-- > first;)
		if (page->rows[i].place.pool == pool) {
			if (page->rows[i].is_loss)
				missing -= page->rows[i].loss.events - 1;
			break;
		}
	all = last >= page->rows[first].place.seq
		      ? (uint64_t)(last - page->rows[first].place.seq) + 1
		      : 0;
	return all > seen + missing ? all - seen - missing : 0;
}

uint64_t event_page_hidden(const struct event_page *page)
{
	uint64_t hidden = 0;

	for (size_t i = 0; i < page->nr; i++) {
		bool known = page->rows[i].place.pool < 0;

		for (size_t k = 0; k < i && !known; k++)
			known = page->rows[k].place.pool == page->rows[i].place.pool;
		if (!known)
			hidden += hidden_of(page, i);
	}
	return hidden;
}
