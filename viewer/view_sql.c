/* SPDX-License-Identifier: MIT */
/* View 8: what a read-only statement answers, as a table. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "viewer/human.h"
#include "viewer/view.h"

#define ROWS_MAX  10000
#define BYTES_MAX (8 << 20)
#define LIMIT_NS  INT64_C(30000000000)
#define CELL_MAX  120 /* bytes; what is longer ends in "..." */

struct sql_state {
	char text[PROMPT_BYTES];
	bool waiting; /* to be run after the next screen, which says so */
	bool done, cut;
	char (*names)[CELL_MAX];
	struct table_column columns[TABLE_COLUMNS_MAX];
	struct table_spec spec;
	struct table table;
	char *bytes; /* all values, each with its 0 */
	size_t used, room;
	size_t *cells; /* row * nr_columns + column: where in bytes */
	size_t nr_rows, cells_room;
	struct db_error err;
};

static void forget(struct sql_state *state)
{
	free(state->bytes);
	free(state->cells);
	state->bytes = NULL;
	state->cells = NULL;
	state->used = state->room = state->nr_rows = state->cells_room = 0;
	state->spec.nr_columns = 0;
	state->err.text[0] = 0;
	state->done = state->cut = false;
	table_load(&state->table, state, 0);
	state->table.sort = -1;
	state->table.selected = state->table.top = 0;
}

/* --- the table -------------------------------------------------------------------------------- */

static const char *value_at(const struct sql_state *state, size_t row, int column)
{
	return state->bytes + state->cells[row * (size_t)state->spec.nr_columns + (size_t)column];
}

static void cell(const void *rows, size_t row, int column, struct table_cell *cell)
{
	snprintf(cell->s, sizeof(cell->s), "%s", value_at(rows, row, column));
}

/* As numbers where both are. */
static int compare(const void *rows, size_t a, size_t b, int column)
{
	const char *x = value_at(rows, a, column), *y = value_at(rows, b, column);
	char *end_x, *end_y;
	double m = strtod(x, &end_x), n = strtod(y, &end_y);

	if (end_x != x && end_y != y && !*end_x && !*end_y)
		return (m > n) - (m < n);
	return strcmp(x, y);
}

static int init(struct app *app, void *opaque)
{
	struct sql_state *state = opaque;

	state->names = calloc(TABLE_COLUMNS_MAX, sizeof(*state->names));
	if (!state->names)
		return -ENOMEM;
	state->spec =
		(struct table_spec){.columns = state->columns, .cell = cell, .compare = compare};
	table_init(&state->table, &state->spec, -1);
	return 0;
}

static void release(void *opaque)
{
	struct sql_state *state = opaque;

	forget(state);
	free(state->names);
	table_release(&state->table);
}

/* --- running ---------------------------------------------------------------------------------- */

/* Another statement's answer takes the place of the one before. */
static void take_names(struct sql_state *state, int nr, const char *const *values)
{
	struct db_error none = {{0}};

	forget(state);
	state->err = none;
	state->cut = nr > TABLE_COLUMNS_MAX;
	state->spec.nr_columns = nr < TABLE_COLUMNS_MAX ? nr : TABLE_COLUMNS_MAX;
	for (int i = 0; i < state->spec.nr_columns; i++) {
		int width;

		snprintf(state->names[i], CELL_MAX, "%s", values[i] ? values[i] : "?");
		width = canvas_text_width(state->names[i]);
		state->columns[i] = (struct table_column){.head = state->names[i],
							  .width = width < 1	? 1
								   : width > 40 ? 40
										: width,
							  .rank = i < 8 ? i + 1 : 9};
	}
}

static bool grow(struct sql_state *state)
{
	size_t columns = (size_t)state->spec.nr_columns;
	size_t cells = (state->nr_rows + 1) * columns, bytes = state->used + columns * CELL_MAX;
	void *grown;

	if (cells > state->cells_room) {
		grown = reallocarray(state->cells, cells * 2, sizeof(*state->cells));
		if (!grown)
			return false;
		state->cells = grown;
		state->cells_room = cells * 2;
	}
	if (bytes > state->room) {
		grown = realloc(state->bytes, bytes * 2);
		if (!grown)
			return false;
		state->bytes = grown;
		state->room = bytes * 2;
	}
	return true;
}

static bool is_number(const char *text)
{
	char *end;

	strtod(text, &end);
	return end != text && !*end;
}

static void take_value(struct sql_state *state, int column, const char *value)
{
	struct table_column *c = &state->columns[column];
	char *at = state->bytes + state->used;
	int width;

	snprintf(at, CELL_MAX, "%s", value ? value : "NULL");
	if (value && strlen(value) >= CELL_MAX)
		memcpy(at + CELL_MAX - 4, "...", 4);
	state->cells[state->nr_rows * (size_t)state->spec.nr_columns + (size_t)column] =
		state->used;
	state->used += strlen(at) + 1;
	width = canvas_text_width(at);
	if (width > c->width)
		c->width = width > 40 ? 40 : width;
	c->left |= value && !is_number(at);
}

static int take_row(int nr, const char *const *values, bool is_header, void *ctx)
{
	struct sql_state *state = ctx;

	if (is_header) {
		take_names(state, nr, values);
		return 0;
	}
	if (state->nr_rows == ROWS_MAX || state->used > BYTES_MAX) {
		state->cut = true;
		return 1;
	}
	if (!grow(state))
		return -ENOMEM;
	for (int i = 0; i < state->spec.nr_columns; i++)
		take_value(state, i, values[i]);
	state->nr_rows++;
	return 0;
}

static void run(struct app *app, struct sql_state *state)
{
	struct query *q = app->model.query;
	struct db_error err = {{0}};
	int ret;

	forget(state);
	query_sql_limit(q, LIMIT_NS);
	query_sql_stop(q, app->key_waits, app->key_ctx);
	ret = query_sql(q, state->text, take_row, state, &err);
	query_sql_stop(q, NULL, NULL);
	if (ret == -ENOMEM)
		snprintf(err.text, sizeof(err.text), "out of memory");
	if (ret < 0)
		state->err = err;
	state->done = true;
	table_load(&state->table, state, state->nr_rows);
}

static bool work(struct app *app, void *opaque)
{
	struct sql_state *state = opaque;

	if (!state->waiting)
		return false;
	state->waiting = false;
	run(app, state);
	return true;
}

/* --- drawing and keys ------------------------------------------------------------------------- */

static const struct style dim = {.fg = INK_DIM};

static void draw_hint(struct canvas *canvas, struct rect rect)
{
	canvas_text(canvas, 3, rect.y + 2, dim, "; and a statement, for example");
	canvas_text(canvas, 5, rect.y + 4, (struct style){0},
		    "select kind, count(*) from event group by kind");
	canvas_text(canvas, 5, rect.y + 5, (struct style){0},
		    "select * from allocation order by lead_ns desc limit 20");
	canvas_text(canvas, 3, rect.y + 7, dim,
		    "tables: meta pool event allocation level lead hold loss; docs/database.md");
}

static void draw_title(struct canvas *canvas, struct rect rect, const struct sql_state *state)
{
	struct style style = dim;
	char right[64];
	int end;

	snprintf(right, sizeof(right), "%s row%s%s", human_count(state->nr_rows).s,
		 state->nr_rows == 1 ? "" : "s", state->cut ? ", cut off here" : "");
	if (state->waiting)
		snprintf(right, sizeof(right), "running, any key stops it");
	end = rect.w - 1 - canvas_text_width(right);
	if (state->cut || state->waiting)
		style.fg = INK_WARN;
	canvas_text_right(canvas, rect.w - 1, rect.y, style, "%s", right);
	canvas_text_n(canvas, 1, rect.y, end - 3,
		      (struct style){.fg = INK_TITLE, .attr = ATTR_BOLD}, state->text);
}

static void draw(struct app *app, void *opaque, struct canvas *canvas, struct rect rect)
{
	struct sql_state *state = opaque;

	if (!state->done && !state->waiting) {
		draw_hint(canvas, rect);
		return;
	}
	draw_title(canvas, rect, state);
	if (state->err.text[0]) {
		canvas_text_n(canvas, 1, rect.y + rect.h - 1, rect.w - 2,
			      (struct style){.fg = INK_ALARM, .attr = ATTR_BOLD}, state->err.text);
		rect.h--;
	}
	if (state->spec.nr_columns)
		table_draw(&state->table, canvas,
			   (struct rect){rect.x, rect.y + 1, rect.w, rect.h - 1});
}

static bool prompt(struct app *app, void *opaque, enum prompt_kind kind, const char *text,
		   bool typing)
{
	struct sql_state *state = opaque;

	if (kind != PROMPT_SQL || typing || !text)
		return kind == PROMPT_SQL;
	snprintf(state->text, sizeof(state->text), "%s", text);
	forget(state);
	state->waiting = true;
	return true;
}

static struct table *table(void *opaque)
{
	return &((struct sql_state *)opaque)->table;
}

const struct view_ops view_sql = {
	.name = "SQL",
	.about = "what a statement answers",
	.state_size = sizeof(struct sql_state),
	.init = init,
	.release = release,
	.draw = draw,
	.prompt = prompt,
	.table = table,
	.work = work,
};
