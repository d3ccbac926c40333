/* SPDX-License-Identifier: MIT */
#include "viewer/table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "viewer/keys.h"

#define LEFT 2 /* the bar's arrow, and the sign of the order */

void table_init(struct table *table, const struct table_spec *spec, int sort)
{
	memset(table, 0, sizeof(*table));
	table->spec = spec;
	table->sort = sort;
}

void table_release(struct table *table)
{
	free(table->order);
	table->order = NULL;
	table->nr = table->room = 0;
}

/* --- order ------------------------------------------------------------------------------------ */

static int compare(const void *a, const void *b, void *ctx)
{
	const struct table *table = ctx;
	size_t x = *(const size_t *)a, y = *(const size_t *)b;
	int order = table->spec->compare(table->rows, x, y, table->sort);
	bool down = table->spec->columns[table->sort].down != table->invert;

	/* Equal rows stay in the order they came in. */
	return order ? (down ? -order : order) : (x > y) - (x < y);
}

static void arrange(struct table *table)
{
	for (size_t i = 0; i < table->nr; i++)
		table->order[i] = i;
	if (table->nr && table->sort >= 0 && table->spec->compare)
		qsort_r(table->order, table->nr, sizeof(*table->order), compare, table);
}

static void remember(struct table *table)
{
	table->has_id = table->spec->id && table->nr;
	if (table->has_id)
		table->selected_id = table->spec->id(table->rows, table->order[table->selected]);
}

/* The bar on what it was on, or on the same place when that is gone. */
static void find_selected(struct table *table)
{
	for (size_t i = 0; table->has_id && i < table->nr; i++) {
		if (table->spec->id(table->rows, table->order[i]) == table->selected_id) {
			table->selected = i;
			break;
		}
	}
	if (table->selected >= table->nr)
		table->selected = table->nr ? table->nr - 1 : 0;
	remember(table);
}

int table_load(struct table *table, const void *rows, size_t nr)
{
	if (nr > table->room) {
		size_t *order = reallocarray(table->order, nr, sizeof(*order));

		if (!order) {
			table->nr = 0;
			return -ENOMEM;
		}
		table->order = order;
		table->room = nr;
	}
	table->rows = rows;
	table->nr = nr;
	if (table->spec->top_stays && !table->selected)
		table->has_id = false;
	arrange(table);
	find_selected(table);
	return 0;
}

long table_selected(const struct table *table)
{
	return table->nr ? (long)table->order[table->selected] : -1;
}

static void select_place(struct table *table, size_t place)
{
	table->selected = place;
	remember(table);
}

void table_select(struct table *table, size_t row)
{
	for (size_t i = 0; i < table->nr; i++)
		if (table->order[i] == row)
			select_place(table, i);
}

void table_sort_by(struct table *table, int column)
{
	if (column == table->sort) {
		table->invert = !table->invert;
	} else {
		table->sort = column;
		table->invert = false;
	}
	arrange(table);
	find_selected(table);
}

int table_column_named(const struct table *table, const char *head)
{
	for (int i = 0; head[0] && i < table->spec->nr_columns; i++)
		if (!table->spec->columns[i].fixed &&
		    strncasecmp(table->spec->columns[i].head, head, strlen(head)) == 0)
			return i;
	return -1;
}

const char *table_order(const struct table *table, char *text, size_t size)
{
	const struct table_column *column;

	text[0] = 0;
	if (table->sort < 0)
		return text;
	column = &table->spec->columns[table->sort];
	snprintf(text, size, "%s, from the %s", column->head,
		 column->down != table->invert ? "largest" : "smallest");
	return text;
}

/* --- drawing ---------------------------------------------------------------------------------- */

/*
 * Between a column and the one before.  The sign of the order stands before a head: where words
 * follow figures it would touch both.
 */
static int gap_before(const struct table_spec *spec, int i)
{
	const struct table_column *column = &spec->columns[i];

	return i > 0 && spec->compare && column->left && !column->fixed && !column[-1].left ? 2 : 1;
}

/* Which columns fit, by rank, and how wide they are; returns the columns that are left. */
static int choose_columns(struct table *table, int room)
{
	const struct table_spec *spec = table->spec;
	bool chosen[TABLE_COLUMNS_MAX] = {false};
	int x = table->rect.x + LEFT;

	room -= LEFT + (spec->rest ? spec->rest_width : 0);
	for (int rank = 1; rank <= 9; rank++) {
		for (int i = 0; i < spec->nr_columns; i++) {
			int needs = spec->columns[i].width + gap_before(spec, i);

			if (spec->columns[i].rank != rank || needs > room)
				continue;
			chosen[i] = true;
			room -= needs;
		}
	}
	for (int i = 0; i < spec->nr_columns; i++) {
		int more = spec->columns[i].grow < room ? spec->columns[i].grow : room;

		table->x[i] = -1;
		if (!chosen[i])
			continue;
		x += gap_before(spec, i) - 1;
		table->x[i] = x;
		table->width[i] = spec->columns[i].width + more;
		room -= more;
		x += table->width[i] + 1;
	}
	return x;
}

static void draw_text(struct canvas *canvas, const struct table *table, int column, int y,
		      struct style style, const char *text)
{
	int x = table->x[column], width = table->width[column];
	int used = canvas_text_width(text);

	if (!table->spec->columns[column].left && used < width)
		x += width - used;
	canvas_text_n(canvas, x, y, width - (x - table->x[column]), style, text);
}

static int head_start(const struct table *table, int column)
{
	int used = canvas_text_width(table->spec->columns[column].head);
	int spare = table->width[column] - used;

	return table->x[column] + (table->spec->columns[column].left || spare < 0 ? 0 : spare);
}

static void draw_heads(struct table *table, struct canvas *canvas, int rest)
{
	const struct table_spec *spec = table->spec;
	int y = table->rect.y;

	for (int i = 0; i < spec->nr_columns; i++) {
		bool sorted = i == table->sort;
		struct style style = {.fg = sorted ? INK_TITLE : INK_DIM,
				      .attr = sorted ? ATTR_BOLD : 0};

		if (table->x[i] < 0)
			continue;
		draw_text(canvas, table, i, y, style, spec->columns[i].head);
		if (sorted)
			canvas_put(canvas, head_start(table, i) - 1, y,
				   spec->columns[i].down != table->invert ? L'▼' : L'▲', style);
	}
	if (spec->rest && spec->rest_head)
		canvas_text_n(canvas, rest, y, table->rect.x + table->rect.w - rest,
			      (struct style){.fg = INK_DIM}, spec->rest_head);
}

static void draw_row(struct table *table, struct canvas *canvas, int y, size_t place, int rest)
{
	const struct table_spec *spec = table->spec;
	bool selected = place == table->selected && !table->quiet;
	struct style row = {.bg = selected ? INK_SELECTED : INK_DEFAULT};
	int end = table->rect.x + table->rect.w - 1;

	canvas_fill(canvas, (struct rect){table->rect.x, y, table->rect.w, 1}, row);
	if (selected)
		canvas_put(canvas, table->rect.x, y, L'▶', row);
	for (int i = 0; i < spec->nr_columns; i++) {
		struct table_cell cell = {.s = ""};

		if (table->x[i] < 0)
			continue;
		spec->cell(table->rows, table->order[place], i, &cell);
		cell.style.bg = row.bg;
		if (selected)
			cell.style.attr |= ATTR_BOLD;
		draw_text(canvas, table, i, y, cell.style, cell.s);
	}
	if (spec->rest && end > rest)
		spec->rest(spec->ctx, table->rows, table->order[place], canvas,
			   (struct rect){rest, y, end - rest, 1}, row);
}

/* The bar and the rows around it, with as many rows as possible. */
static void scroll_to(struct table *table, size_t rows)
{
	if (table->selected < table->top)
		table->top = table->selected;
	if (table->selected >= table->top + rows)
		table->top = table->selected - rows + 1;
	if (table->top + rows > table->nr)
		table->top = table->nr > rows ? table->nr - rows : 0;
}

/* Which part of the list is seen, on its right edge. */
static void draw_scrollbar(const struct table *table, struct canvas *canvas, size_t rows)
{
	int x = table->rect.x + table->rect.w - 1;
	size_t from = table->top * rows / table->nr;
	size_t to = (table->top + rows) * rows / table->nr;

	for (size_t i = 0; i < rows; i++)
		canvas_put(canvas, x, table->rect.y + 1 + (int)i,
			   i >= from && i <= to ? L'┃' : L'│', (struct style){.fg = INK_DIM});
}

void table_draw(struct table *table, struct canvas *canvas, struct rect rect)
{
	size_t rows = rect.h > 1 ? (size_t)rect.h - 1 : 0;
	int rest;

	table->rect = rect;
	rest = choose_columns(table, rect.w - 1);
	draw_heads(table, canvas, rest);
	if (!rows)
		return;
	scroll_to(table, rows);
	for (size_t i = 0; i < rows && table->top + i < table->nr; i++)
		draw_row(table, canvas, rect.y + 1 + (int)i, table->top + i, rest);
	if (table->nr > rows)
		draw_scrollbar(table, canvas, rows);
}

/* --- keys and mouse --------------------------------------------------------------------------- */

static enum table_news move_to(struct table *table, size_t place)
{
	if (!table->nr || place == table->selected)
		return TABLE_SAME;
	select_place(table, place);
	return TABLE_MOVED;
}

static enum table_news move_by(struct table *table, long by)
{
	long place = (long)table->selected + by;

	if (place < 0)
		place = 0;
	if (place >= (long)table->nr)
		place = (long)table->nr - 1;
	return table->nr ? move_to(table, (size_t)place) : TABLE_SAME;
}

/* The next column on the screen that can be sorted by. */
static enum table_news sort_beside(struct table *table, int by)
{
	for (int i = table->sort + by; i >= 0 && i < table->spec->nr_columns; i += by) {
		if (table->x[i] < 0 || table->spec->columns[i].fixed)
			continue;
		table_sort_by(table, i);
		return TABLE_SORTED;
	}
	return TABLE_SAME;
}

static enum table_news invert(struct table *table)
{
	if (table->sort < 0)
		return TABLE_SAME;
	table_sort_by(table, table->sort);
	return TABLE_SORTED;
}

enum table_news table_request(struct table *table, int request)
{
	long half = table->rect.h > 3 ? (table->rect.h - 1) / 2 : 1;

	switch (request) {
	case REQUEST_UP:
		return move_by(table, -1);
	case REQUEST_DOWN:
		return move_by(table, 1);
	case REQUEST_HALF_UP:
		return move_by(table, -half);
	case REQUEST_HALF_DOWN:
		return move_by(table, half);
	case REQUEST_TOP:
		return move_to(table, 0);
	case REQUEST_BOTTOM:
		return move_to(table, table->nr ? table->nr - 1 : 0);
	case REQUEST_SORT_LEFT:
		return sort_beside(table, -1);
	case REQUEST_SORT_RIGHT:
		return sort_beside(table, 1);
	case REQUEST_SORT_INVERT:
		return invert(table);
	default:
		return TABLE_IGNORED;
	}
}

enum table_news table_click(struct table *table, int x, int y, bool twice)
{
	size_t place = table->top + (size_t)(y - table->rect.y - 1);

	if (x < table->rect.x || x >= table->rect.x + table->rect.w || y < table->rect.y ||
	    y >= table->rect.y + table->rect.h)
		return TABLE_IGNORED;
	if (y > table->rect.y) {
		if (place >= table->nr)
			return TABLE_IGNORED;
		move_to(table, place);
		return twice ? TABLE_OPENED : TABLE_MOVED;
	}
	for (int i = 0; i < table->spec->nr_columns; i++) {
		if (table->x[i] < 0 || table->spec->columns[i].fixed || x < table->x[i] - 1 ||
		    x >= table->x[i] + table->width[i])
			continue;
		table_sort_by(table, i);
		return TABLE_SORTED;
	}
	return TABLE_SAME;
}
