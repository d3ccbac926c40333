/* SPDX-License-Identifier: MIT */
#include "viewer/event_list.h"

#include <stdio.h>
#include <string.h>

#include "viewer/event_text.h"
#include "viewer/human.h"

enum {
	COLUMN_TIME,
	COLUMN_AFTER,
	COLUMN_POOL,
	COLUMN_SEQ,
	COLUMN_KIND,
	COLUMN_AVAILABLE,
	COLUMN_LEAD,
	COLUMN_WHAT,
	NR_COLUMNS
};

static const struct table_column columns[NR_COLUMNS] = {
	[COLUMN_TIME] = {"time", 18, .rank = 1, .fixed = true},
	[COLUMN_AFTER] = {"after", 9, .rank = 6, .fixed = true},
	[COLUMN_POOL] = {"pool", 10, .rank = 2, .left = true, .fixed = true},
	[COLUMN_SEQ] = {"seq", 10, .rank = 5, .fixed = true},
	[COLUMN_KIND] = {"kind", 14, .rank = 1, .left = true, .fixed = true},
	[COLUMN_AVAILABLE] = {"avail", 6, .rank = 3, .fixed = true},
	[COLUMN_LEAD] = {"lead", 9, .rank = 4, .fixed = true},
	[COLUMN_WHAT] = {"what", 20, .grow = 120, .rank = 1, .left = true, .fixed = true},
};

static const struct style bad = {.fg = INK_ALARM, .attr = ATTR_BOLD};
static const struct style warn = {.fg = INK_WARN, .attr = ATTR_BOLD};
static const struct style dim = {.fg = INK_DIM};

static struct style kind_style(const struct pool_event *e)
{
	switch (e->kind) {
	case POOL_EVENT_RX_DROP:
	case POOL_EVENT_VIOLATION:
		return bad;
	case POOL_EVENT_ALLOC_REFUSED:
		return warn;
	case POOL_EVENT_ALLOC_COMPLETE:
		return e->u.complete.outcome == POOL_OUTCOME_NULL ? warn : (struct style){0};
	case POOL_EVENT_FALLBACK:
		return e->u.fallback.on ? warn : (struct style){0};
	case POOL_EVENT_RX_TAKE:
	case POOL_EVENT_RX_RETURN:
	case POOL_EVENT_TICK:
		return dim;
	default:
		return (struct style){0};
	}
}

static void put_pool(const struct log_row *row, const struct model *model, struct table_cell *cell)
{
	int64_t pool = row->is_loss ? row->loss.pool : row->place.pool;
	const struct pool_summary *summary =
		pool >= 0 && pool <= UINT32_MAX ? model_pool(model, (uint32_t)pool) : NULL;

	if (summary && summary->name[0])
		snprintf(cell->s, sizeof(cell->s), "%s", summary->name);
	else if (pool >= 0)
		snprintf(cell->s, sizeof(cell->s), "%lld", (long long)pool);
	else
		snprintf(cell->s, sizeof(cell->s), "?");
}

const char *event_list_loss_words(const struct log_row *row, char *text, size_t size)
{
	const char *source = row->loss.source;
	struct human during = human_duration(row->loss.end_ns - row->loss.start_ns);

	if (strcmp(source, "clock") == 0)
		snprintf(text, size, "time went back by %s",
			 human_duration(row->loss.start_ns - row->loss.end_ns).s);
	else if (row->loss.events)
		snprintf(text, size, "%s event%s lost within %s (%s)",
			 human_count(row->loss.events).s, row->loss.events == 1 ? "" : "s",
			 during.s, source);
	else
		snprintf(text, size, "nobody knows how many, within %s (%s)", during.s, source);
	return text;
}

static void put_loss(const struct log_row *row, int column, struct table_cell *cell)
{
	switch (column) {
	case COLUMN_KIND:
		snprintf(cell->s, sizeof(cell->s), "LOST");
		cell->style = bad;
		break;
	case COLUMN_SEQ:
		if (row->place.pool >= 0)
			snprintf(cell->s, sizeof(cell->s), "%lld", (long long)row->place.seq);
		break;
	case COLUMN_WHAT:
		event_list_loss_words(row, cell->s, sizeof(cell->s));
		cell->style = bad;
		break;
	}
}

static void put_event(const struct log_row *row, int column, struct table_cell *cell)
{
	const struct pool_event *e = &row->event;

	switch (column) {
	case COLUMN_KIND:
		snprintf(cell->s, sizeof(cell->s), "%s", pool_event_kind_name(e->kind));
		cell->style = kind_style(e);
		break;
	case COLUMN_SEQ:
		snprintf(cell->s, sizeof(cell->s), "%lld", (long long)row->place.seq);
		cell->style = dim;
		break;
	case COLUMN_AVAILABLE:
		if (!pool_event_says_available(e->kind) || e->available == POOL_UNKNOWN)
			break;
		snprintf(cell->s, sizeof(cell->s), "%u", e->available);
		if (!e->available)
			cell->style = bad;
		break;
	case COLUMN_LEAD:
		if (row->lead_ns >= 0)
			snprintf(cell->s, sizeof(cell->s), "%s", human_duration(row->lead_ns).s);
		break;
	case COLUMN_WHAT:
		event_words(e, row->ids, LOG_IDS, cell->s, sizeof(cell->s));
		cell->style = kind_style(e);
		break;
	}
}

static void cell(const void *rows, size_t index, int column, struct table_cell *cell)
{
	const struct event_list *list = rows;
	const struct log_row *row = &list->page->rows[index];

	cell->style = (struct style){0};
	switch (column) {
	case COLUMN_TIME:
		snprintf(cell->s, sizeof(cell->s), "%s", human_time(row->ts_ns, 9).s);
		return;
	case COLUMN_AFTER:
		if (index)
			snprintf(cell->s, sizeof(cell->s), "%s",
				 human_duration(row->ts_ns - row[-1].ts_ns).s);
		cell->style = dim;
		return;
	case COLUMN_POOL:
		put_pool(row, list->model, cell);
		return;
	}
	if (row->is_loss)
		put_loss(row, column, cell);
	else
		put_event(row, column, cell);
}

const struct table_spec event_list_spec = {
	.columns = columns,
	.nr_columns = NR_COLUMNS,
	.cell = cell,
};
