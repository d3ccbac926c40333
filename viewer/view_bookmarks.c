/* SPDX-License-Identifier: MIT */
/* What `:bookmarks` shows: instants that have a letter, and why. */
#include <stdio.h>
#include <string.h>

#include "viewer/human.h"
#include "viewer/view.h"

enum { COLUMN_LETTER, COLUMN_TIME, COLUMN_POOL, COLUMN_VIEW, COLUMN_WHERE };

static const struct table_column columns[] = {
	[COLUMN_LETTER] = {.head = "key", .width = 3, .rank = 1, .left = true},
	[COLUMN_TIME] = {.head = "time", .width = 13, .grow = 6, .rank = 1},
	[COLUMN_POOL] = {.head = "pool", .width = 12, .grow = 12, .rank = 3, .left = true},
	[COLUMN_VIEW] = {.head = "view", .width = 11, .rank = 5, .left = true},
	[COLUMN_WHERE] = {.head = "kept", .width = 8, .rank = 2, .left = true},
};

enum { REQUEST_UNSET = REQUEST_OF_VIEW };

static const struct key_binding keys[] = {
	{REQUEST_UNSET, "Bookmarks", {'x', KEY_CODE_DELETE}, "take this one away"},
};

struct row {
	struct bookmark b;
	enum bookmark_where where;
	char pool[64];
};

struct bookmarks_state {
	struct table table;
	struct row rows[BOOKMARKS];
	size_t nr;
};

static const char *where_text(enum bookmark_where where)
{
	switch (where) {
	case BOOKMARK_IN_FILE:
		return "file";
	case BOOKMARK_ON_ITS_WAY:
		return "soon";
	default:
		return "this run";
	}
}

static void cell(const void *opaque, size_t i, int column, struct table_cell *cell)
{
	const struct row *row = (const struct row *)opaque + i;

	switch (column) {
	case COLUMN_LETTER:
		snprintf(cell->s, sizeof(cell->s), "%c", row->b.letter);
		cell->style = (struct style){.fg = INK_MARK, .attr = ATTR_BOLD};
		break;
	case COLUMN_TIME:
		snprintf(cell->s, sizeof(cell->s), "%s", human_time(row->b.ts_ns, 4).s);
		break;
	case COLUMN_POOL:
		snprintf(cell->s, sizeof(cell->s), "%s", row->pool);
		break;
	case COLUMN_VIEW:
		snprintf(cell->s, sizeof(cell->s), "%s", row->b.view);
		break;
	default:
		snprintf(cell->s, sizeof(cell->s), "%s", where_text(row->where));
		if (row->where == BOOKMARK_HERE_ONLY)
			cell->style = (struct style){.fg = INK_WARN, .attr = ATTR_BOLD};
	}
}

static void draw_note(void *ctx, const void *rows, size_t i, struct canvas *canvas,
		      struct rect rect, struct style style)
{
	canvas_text_n(canvas, rect.x + 1, rect.y, rect.w - 1, style,
		      ((const struct row *)rows)[i].b.note);
}

static int order(int64_t x, int64_t y)
{
	return (x > y) - (x < y);
}

static int compare(const void *rows, size_t i, size_t j, int column)
{
	const struct row *a = (const struct row *)rows + i, *b = (const struct row *)rows + j;

	switch (column) {
	case COLUMN_TIME:
		return order(a->b.ts_ns, b->b.ts_ns);
	case COLUMN_POOL:
		return strcmp(a->pool, b->pool);
	case COLUMN_VIEW:
		return strcmp(a->b.view, b->b.view);
	case COLUMN_WHERE:
		return order(a->where, b->where);
	default:
		return order(a->b.letter, b->b.letter);
	}
}

static uint64_t id(const void *rows, size_t i)
{
	return (uint64_t)((const struct row *)rows)[i].b.letter;
}

static const struct table_spec spec = {
	.columns = columns,
	.nr_columns = sizeof(columns) / sizeof(columns[0]),
	.cell = cell,
	.compare = compare,
	.id = id,
	.rest = draw_note,
	.rest_head = " note",
	.rest_width = 17,
};

static int init(struct app *app, void *opaque)
{
	table_init(&((struct bookmarks_state *)opaque)->table, &spec, COLUMN_LETTER);
	return 0;
}

static void release(void *opaque)
{
	table_release(&((struct bookmarks_state *)opaque)->table);
}

static void take_row(struct app *app, struct row *row, const struct bookmark *b)
{
	const struct pool_summary *pool =
		b->pool >= 0 ? model_pool(&app->model, (uint32_t)b->pool) : NULL;

	*row = (struct row){
		.b = *b,
		.where = (enum bookmark_where)app->bookmarks.where[b->letter - 'a'],
	};
	if (pool)
		snprintf(row->pool, sizeof(row->pool), "%s", pool->name);
}

static void refresh(struct app *app, void *opaque, struct rect rect)
{
	struct bookmarks_state *state = opaque;

	state->nr = 0;
	for (int c = 'a'; c <= 'z'; c++) {
		const struct bookmark *b = bookmarks_find(&app->bookmarks, c);

		if (b)
			take_row(app, &state->rows[state->nr++], b);
	}
	table_load(&state->table, state->rows, state->nr);
}

/* The list may have no room for all of it. */
static void draw_whole_note(const struct bookmarks_state *state, struct canvas *canvas,
			    struct rect rect)
{
	long row = table_selected(&state->table);

	if (row >= 0 && (size_t)row < state->nr)
		canvas_text_n(canvas, rect.x + 1, rect.y + rect.h - 1, rect.w - 2,
			      (struct style){0}, state->rows[row].b.note);
}

static void draw(struct app *app, void *opaque, struct canvas *canvas, struct rect rect)
{
	struct bookmarks_state *state = opaque;
	struct style dim = {.fg = INK_DIM};
	int x = canvas_text(canvas, 1, rect.y, (struct style){.fg = INK_TITLE, .attr = ATTR_BOLD},
			    "bookmarks");

	if (!state->nr) {
		canvas_text(canvas, 3, rect.y + 2, dim,
			    "none yet: m and a letter sets one, ' and the letter goes there");
		canvas_text(canvas, 3, rect.y + 3, dim,
			    ":bookmark a why it matters   sets one with a note");
		return;
	}
	canvas_text(canvas, x + 2, rect.y, dim, "Enter goes there, x takes one away");
	table_draw(&state->table, canvas, (struct rect){rect.x, rect.y + 1, rect.w, rect.h - 2});
	draw_whole_note(state, canvas, rect);
}

static bool request(struct app *app, void *opaque, int what)
{
	struct bookmarks_state *state = opaque;
	long row = table_selected(&state->table);

	if (what != REQUEST_OPEN && what != REQUEST_UNSET)
		return false;
	if (row < 0 || (size_t)row >= state->nr)
		return true;
	if (what == REQUEST_OPEN)
		app_bookmark_goto(app, state->rows[row].b.letter);
	else
		app_bookmark_unset(app, state->rows[row].b.letter);
	return true;
}

static struct table *table(void *opaque)
{
	return &((struct bookmarks_state *)opaque)->table;
}

const struct view_ops view_bookmarks = {
	.name = "Bookmarks",
	.about = "instants that have a letter",
	.no_tab = true,
	.state_size = sizeof(struct bookmarks_state),
	.init = init,
	.release = release,
	.keys = keys,
	.nr_keys = sizeof(keys) / sizeof(keys[0]),
	.refresh = refresh,
	.draw = draw,
	.request = request,
	.table = table,
};
