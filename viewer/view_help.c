/* SPDX-License-Identifier: MIT */
/*
 * The help screen, made from the key tables: first what this view has of its own, then what all
 * have. It flows down and into the next column; what does not fit is on the next page.
 */
#include <string.h>

#include "viewer/command.h"
#include "viewer/view.h"

#define NAMES_WIDTH  14
#define COLUMN_WIDTH 39

static const char *const legend[] = {
	"The chart stands on available buffers: the pool runs dry where the bottom area",
	"sinks through the low line.  The upper edge is the pool's size, pending on top.",
};
#define LEGEND_ROWS ((int)(sizeof(legend) / sizeof(legend[0])))

/* What stands in alarms, lanes and figures; gravest first. */
static const struct {
	const char *sign, *meaning;
} signs[] = {
	{"D", "drop: no descriptor"},
	{"R", "indicated RESOURCES"},
	{"V", "a broken rule"},
	{"L", "events were lost"},
	{"A", "audit or identity fails"},
	{"F", "fallback is on"},
	{"x", "refused, or no memory"},
	{"▲", "request"},
	{"+", "completion"},
	{"▼", "block freed"},
	{"◆", "several of these three"},
	{"2-9 *", "so many; more"},
	{"~", "loss touches the figure"},
	{"reversed a-z", "bookmarks; * several"},
	{"◂ ↑", "a mark; it is above"},
};

/* Where the next line goes.  Columns are counted from the first of all pages. */
struct flow {
	struct canvas *canvas;
	struct rect rect;
	int columns;	  /* a page */
	int first_column; /* of the page that is shown */
	int column, row;
};

static bool place(const struct flow *flow, int *x, int *y)
{
	int column = flow->column - flow->first_column;

	*x = flow->rect.x + column * COLUMN_WIDTH;
	*y = flow->rect.y + flow->row;
	return column >= 0 && column < flow->columns;
}

static void next_row(struct flow *flow)
{
	if (++flow->row < flow->rect.h)
		return;
	flow->row = 0;
	flow->column++;
}

static void draw_line(struct flow *flow, int names_width, const char *names, const char *help)
{
	int x, y;

	if (place(flow, &x, &y)) {
		canvas_text_n(flow->canvas, x, y, names_width - 1,
			      (struct style){.attr = ATTR_BOLD}, names);
		canvas_text_n(flow->canvas, x + names_width, y, COLUMN_WIDTH - names_width - 1,
			      (struct style){0}, help);
	}
	next_row(flow);
}

static void draw_key(struct flow *flow, const char *names, const char *help)
{
	draw_line(flow, NAMES_WIDTH, names, help);
}

/* A group stays together where a column can hold it. */
static void begin_group(struct flow *flow, const char *name, int rows)
{
	int x, y;

	if (flow->row && flow->row + 1 < flow->rect.h)
		flow->row++; /* a blank before it */
	if (flow->row && flow->row + 1 + rows > flow->rect.h) {
		flow->row = 0;
		flow->column++;
	}
	if (place(flow, &x, &y))
		canvas_text(flow->canvas, x, y, (struct style){.fg = INK_TITLE, .attr = ATTR_BOLD},
			    name);
	next_row(flow);
}

/* How many bindings from the first on belong to its group. */
static int group_size(const struct key_binding *first, const struct key_binding *end)
{
	int n = 0;

	while (first + n < end && strcmp(first[n].group, first->group) == 0)
		n++;
	return n;
}

static void draw_table(struct flow *flow, const struct key_binding *table, size_t nr)
{
	const struct key_binding *end = table + nr;
	char names[64];

	while (table < end) {
		int size = group_size(table, end);

		begin_group(flow, table->group, size);
		for (int i = 0; i < size; i++)
			draw_key(flow, keys_names(&table[i], names, sizeof(names)), table[i].help);
		table += size;
	}
}

static void draw_views(struct flow *flow)
{
	char digit[2] = "";
	int nr = 0;

	for (int i = 1; i <= VIEW_MAX; i++)
		nr += view_with_tab(i) != NULL;
	begin_group(flow, "Views", nr);
	for (int i = 1; i <= VIEW_MAX; i++) {
		if (!view_with_tab(i))
			continue;
		digit[0] = (char)('0' + i);
		draw_line(flow, 3, digit, view_of(i)->about);
	}
}

static void draw_commands(struct flow *flow)
{
	size_t nr;
	const struct command *table = command_table(&nr);
	char text[48];

	begin_group(flow, "After :", (int)nr);
	for (size_t i = 0; i < nr; i++) {
		snprintf(text, sizeof(text), ":%s", table[i].name);
		draw_key(flow, text, table[i].argument);
	}
}

static void draw_signs(struct flow *flow)
{
	int nr = (int)(sizeof(signs) / sizeof(signs[0]));

	begin_group(flow, "Signs", nr);
	for (int i = 0; i < nr; i++)
		draw_key(flow, signs[i].sign, signs[i].meaning);
}

static void draw_keys(struct app *app, struct flow *flow)
{
	const struct view_ops *ops = view_of(app->view);
	size_t nr;
	const struct key_binding *table = keys_table(&nr);

	flow->column = flow->row = 0;
	draw_table(flow, ops->keys, ops->nr_keys);
	draw_views(flow);
	draw_table(flow, table, nr);
	draw_commands(flow);
	draw_signs(flow);
}

/* Returns: how many pages there are.  app->help_page is put back to the last. */
static int lay_out(struct app *app, struct flow *flow)
{
	int pages;

	flow->columns = flow->rect.w / COLUMN_WIDTH > 0 ? flow->rect.w / COLUMN_WIDTH : 1;
	flow->first_column = 1 << 20; /* nothing is drawn yet */
	draw_keys(app, flow);
	pages = (flow->column + (flow->row > 0) + flow->columns - 1) / flow->columns;
	if (app->help_page >= pages)
		app->help_page = pages > 0 ? pages - 1 : 0;
	flow->first_column = app->help_page * flow->columns;
	return pages;
}

void help_draw(struct app *app, struct canvas *canvas, struct rect rect)
{
	struct flow flow = {.canvas = canvas, .rect = {rect.x + 1, rect.y, rect.w - 1, rect.h - 1}};
	int pages;

	/* A short screen has room for the keys alone. */
	if (rect.h >= 32 + LEGEND_ROWS + 1) {
		flow.rect.h -= LEGEND_ROWS + 1;
		for (int i = 0; i < LEGEND_ROWS; i++)
			canvas_text(canvas, rect.x + 1, flow.rect.y + flow.rect.h + 1 + i,
				    (struct style){.fg = INK_DIM}, legend[i]);
	}
	pages = lay_out(app, &flow);
	draw_keys(app, &flow);
	if (pages > 1)
		canvas_textf(canvas, rect.x + 1, rect.y + rect.h - 1,
			     (struct style){.fg = INK_WARN, .attr = ATTR_BOLD},
			     "page %d of %d: Up and Down turn it", app->help_page + 1, pages);
}
