/* SPDX-License-Identifier: MIT */
#include "viewer/outstanding_lists.h"

#include <stdio.h>
#include <string.h>

#include "viewer/human.h"

#define BAR_WIDTH 32 /* most cells of a block's bar */

static const struct style dim = {.fg = INK_DIM};
static const struct style strong = {.attr = ATTR_BOLD};

static struct style verdict_style(enum verdict verdict)
{
	switch (verdict) {
	case VERDICT_LEAKED:
		return (struct style){.fg = INK_ALARM, .attr = ATTR_BOLD};
	case VERDICT_SLOW:
	case VERDICT_LONG:
	case VERDICT_PINNED:
	case VERDICT_UNPROVEN:
		return (struct style){.fg = INK_WARN, .attr = ATTR_BOLD};
	default:
		return dim;
	}
}

static void put_verdict(struct table_cell *cell, enum verdict verdict)
{
	snprintf(cell->s, sizeof(cell->s), "%s",
		 verdict == VERDICT_FINE ? "–" : verdict_name(verdict));
	cell->style = verdict_style(verdict);
}

static void put_duration(struct table_cell *cell, int64_t ns)
{
	snprintf(cell->s, sizeof(cell->s), "%s", ns < 0 ? "–" : human_duration(ns).s);
}

static void put_time(struct table_cell *cell, int64_t ts_ns)
{
	snprintf(cell->s, sizeof(cell->s), "%s", ts_ns ? human_time(ts_ns, 4).s : "–");
}

static void put_number(struct table_cell *cell, uint64_t n, bool known)
{
	snprintf(cell->s, sizeof(cell->s), known ? "%llu" : "–", (unsigned long long)n);
}

static int order(int64_t x, int64_t y)
{
	return (x > y) - (x < y);
}

/* --- requests -------------------------------------------------------------------------------- */

enum { REQUEST_AGE, REQUEST_NUMBER, REQUEST_AT, REQUEST_VERDICT, REQUEST_THEN, NR_REQUEST_COLUMNS };

static const struct table_column request_columns[] = {
	[REQUEST_AGE] = {"age", 9, .rank = 1, .down = true},
	[REQUEST_NUMBER] = {"request", 9, .rank = 1},
	[REQUEST_AT] = {"requested at", 15, .rank = 2},
	[REQUEST_VERDICT] = {"verdict", 9, .rank = 1, .left = true, .down = true},
	[REQUEST_THEN] = {"later", 24, .rank = 2, .left = true, .fixed = true},
};

static void put_then(struct table_cell *cell, const struct out_request *r)
{
	int64_t more_ns = r->flight.completed_ns - r->flight.requested_ns - r->age_ns;

	cell->style = dim;
	if (!r->flight.completed_ns)
		return;
	snprintf(cell->s, sizeof(cell->s), "%s in %s",
		 r->flight.outcome < 0			  ? "refused"
		 : r->flight.outcome == POOL_OUTCOME_NULL ? "no memory"
							  : "completed",
		 human_duration(more_ns).s);
}

static void request_cell(const void *rows, size_t row, int column, struct table_cell *cell)
{
	const struct out_request *r = &((const struct out_request *)rows)[row];

	switch (column) {
	case REQUEST_AGE:
		put_duration(cell, r->age_ns);
		cell->style = strong;
		break;
	case REQUEST_NUMBER:
		put_number(cell, r->flight.request, true);
		break;
	case REQUEST_AT:
		put_time(cell, r->flight.requested_ns);
		break;
	case REQUEST_VERDICT:
		put_verdict(cell, r->verdict);
		break;
	default:
		put_then(cell, r);
	}
}

static int request_compare(const void *rows, size_t a, size_t b, int column)
{
	const struct out_request *x = &((const struct out_request *)rows)[a];
	const struct out_request *y = &((const struct out_request *)rows)[b];

	if (column == REQUEST_VERDICT)
		return order(x->verdict, y->verdict);
	if (column == REQUEST_NUMBER)
		return order((int64_t)x->flight.request, (int64_t)y->flight.request);
	return column == REQUEST_AGE ? order(x->age_ns, y->age_ns)
				     : order(x->flight.requested_ns, y->flight.requested_ns);
}

static uint64_t request_id(const void *rows, size_t row)
{
	return ((const struct out_request *)rows)[row].flight.request;
}

/* --- blocks ---------------------------------------------------------------------------------- */

enum {
	BLOCK_NUMBER,
	BLOCK_AGE,
	BLOCK_HELD,
	BLOCK_OLDEST,
	BLOCK_VERDICT,
	BLOCK_AT,
	BLOCK_THEN,
	NR_BLOCK_COLUMNS
};

static const struct table_column block_columns[] = {
	[BLOCK_NUMBER] = {"block", 6, .rank = 1},
	[BLOCK_AGE] = {"age", 11, .rank = 1, .down = true},
	[BLOCK_HELD] = {"held", 12, .rank = 1, .down = true},
	[BLOCK_OLDEST] = {"longest", 9, .rank = 2, .down = true},
	[BLOCK_VERDICT] = {"verdict", 9, .rank = 1, .left = true, .down = true},
	[BLOCK_AT] = {"since", 14, .rank = 3},
	[BLOCK_THEN] = {"later", 20, .rank = 4, .left = true, .fixed = true},
};

static void put_held(struct table_cell *cell, const struct out_block *b)
{
	if (b->held == POOL_UNKNOWN && b->block.buffers == POOL_UNKNOWN)
		snprintf(cell->s, sizeof(cell->s), "–");
	else if (b->held == POOL_UNKNOWN)
		snprintf(cell->s, sizeof(cell->s), "– of %u", b->block.buffers);
	else
		snprintf(cell->s, sizeof(cell->s), "%u of %u", b->held, b->block.buffers);
}

static void block_cell(const void *rows, size_t row, int column, struct table_cell *cell)
{
	const struct out_block *b = &((const struct out_block *)rows)[row];

	switch (column) {
	case BLOCK_NUMBER:
		put_number(cell, b->block.block, true);
		break;
	case BLOCK_AGE:
		put_duration(cell, b->age_ns);
		break;
	case BLOCK_HELD:
		put_held(cell, b);
		cell->style = b->held ? strong : dim;
		break;
	case BLOCK_OLDEST:
		put_duration(cell, b->oldest_ns ? b->oldest_ns : -1);
		break;
	case BLOCK_VERDICT:
		put_verdict(cell, b->verdict);
		if (b->verdict == VERDICT_FINE && !b->block.request)
			snprintf(cell->s, sizeof(cell->s), "base");
		break;
	case BLOCK_AT:
		put_time(cell, b->block.completed_ns);
		break;
	default:
		cell->style = dim;
		if (b->block.freed_ns)
			snprintf(cell->s, sizeof(cell->s), "freed in %s",
				 human_duration(b->block.freed_ns - b->block.completed_ns -
						b->age_ns)
					 .s);
	}
}

/* Its buffers as a bar: held, and of those the long ones first. */
static void block_bar(void *ctx, const void *rows, size_t row, struct canvas *canvas,
		      struct rect rect, struct style style)
{
	const struct out_block *b = &((const struct out_block *)rows)[row];
	int width = rect.w > BAR_WIDTH ? BAR_WIDTH : rect.w;
	uint32_t of = b->block.buffers;

	if (b->held == POOL_UNKNOWN || !of || of == POOL_UNKNOWN)
		return;
	for (int i = 0; i < width; i++) {
		/* A single one shows. */
		uint64_t from = (uint64_t)i * of / (unsigned)width;
		bool is_long = from < b->nr_long, is_held = from < b->held;

		style.fg = is_long ? INK_WARN : is_held ? INK_AVAILABLE : INK_DIM;
		canvas_put(canvas, rect.x + i, rect.y,
			   is_long   ? L'◆'
			   : is_held ? L'━'
				     : L'·',
			   style);
	}
}

static int block_compare(const void *rows, size_t a, size_t b, int column)
{
	const struct out_block *x = &((const struct out_block *)rows)[a];
	const struct out_block *y = &((const struct out_block *)rows)[b];

	switch (column) {
	case BLOCK_AGE:
		return order(x->age_ns, y->age_ns);
	case BLOCK_HELD:
		return order(x->held, y->held);
	case BLOCK_OLDEST:
		return order(x->oldest_ns, y->oldest_ns);
	case BLOCK_VERDICT:
		return order(x->verdict, y->verdict);
	case BLOCK_AT:
		return order(x->block.completed_ns, y->block.completed_ns);
	default:
		return order(x->block.block, y->block.block);
	}
}

static uint64_t block_id(const void *rows, size_t row)
{
	return ((const struct out_block *)rows)[row].block.block;
}

/* --- buffers --------------------------------------------------------------------------------- */

enum { BUFFER_AGE, BUFFER_ID, BUFFER_BLOCK, BUFFER_AT, BUFFER_VERDICT, NR_BUFFER_COLUMNS };

static const struct table_column buffer_columns[] = {
	[BUFFER_AGE] = {"held for", 11, .rank = 1, .down = true},
	[BUFFER_ID] = {"buffer", 8, .rank = 1},
	[BUFFER_BLOCK] = {"block", 6, .rank = 1},
	[BUFFER_AT] = {"taken at", 15, .rank = 2},
	[BUFFER_VERDICT] = {"verdict", 9, .rank = 1, .left = true, .down = true},
};

static void buffer_cell(const void *rows, size_t row, int column, struct table_cell *cell)
{
	const struct out_buffer *b = &((const struct out_buffer *)rows)[row];

	switch (column) {
	case BUFFER_AGE:
		put_duration(cell, b->age_ns);
		cell->style = strong;
		break;
	case BUFFER_ID:
		put_number(cell, b->id, true);
		break;
	case BUFFER_BLOCK:
		put_number(cell, b->block, b->block != POOL_UNKNOWN);
		break;
	case BUFFER_AT:
		put_time(cell, b->taken_ns);
		break;
	default:
		put_verdict(cell, b->verdict);
	}
}

static int buffer_compare(const void *rows, size_t a, size_t b, int column)
{
	const struct out_buffer *x = &((const struct out_buffer *)rows)[a];
	const struct out_buffer *y = &((const struct out_buffer *)rows)[b];

	switch (column) {
	case BUFFER_ID:
		return order(x->id, y->id);
	case BUFFER_BLOCK:
		return order(x->block, y->block);
	case BUFFER_VERDICT:
		return order(x->verdict, y->verdict);
	case BUFFER_AT:
		return order(x->taken_ns, y->taken_ns);
	default:
		return order(x->age_ns, y->age_ns);
	}
}

static uint64_t buffer_id(const void *rows, size_t row)
{
	return ((const struct out_buffer *)rows)[row].id;
}

const struct table_spec outstanding_lists[NR_LISTS] = {
	[LIST_REQUESTS] = {.columns = request_columns,
			   .nr_columns = NR_REQUEST_COLUMNS,
			   .cell = request_cell,
			   .compare = request_compare,
			   .id = request_id,
			   .top_stays = true},
	[LIST_BLOCKS] = {.columns = block_columns,
			 .nr_columns = NR_BLOCK_COLUMNS,
			 .cell = block_cell,
			 .compare = block_compare,
			 .id = block_id,
			 .top_stays = true,
			 .rest = block_bar,
			 .rest_head = "held",
			 .rest_width = 9},
	[LIST_BUFFERS] = {.columns = buffer_columns,
			  .nr_columns = NR_BUFFER_COLUMNS,
			  .cell = buffer_cell,
			  .compare = buffer_compare,
			  .id = buffer_id,
			  .top_stays = true},
};

const int outstanding_sorts[NR_LISTS] = {
	[LIST_REQUESTS] = REQUEST_AGE,
	[LIST_BLOCKS] = BLOCK_VERDICT,
	[LIST_BUFFERS] = BUFFER_AGE,
};
