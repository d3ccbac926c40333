/* SPDX-License-Identifier: MIT */
/* The help screen, made from the key table. */
#include <string.h>

#include "viewer/view.h"

#define NAMES_WIDTH 22

static const char *const legend[] = {
	"Occupancy stands on available buffers: the pool runs dry where the bottom",
	"area sinks through the low line.  The upper edge is the pool's size.",
	"D drop  R RESOURCES  F fallback  x failed request  L events lost",
	"V broken rule  A figures disagree with the driver's own",
};

/* One line of the help; returns false past the end. */
static bool draw_line(struct canvas *canvas, int x, int y, int line, bool draw)
{
	struct style heading = {.fg = INK_TITLE, .attr = ATTR_BOLD};
	const char *group = "";
	char names[64];
	size_t nr;
	const struct key_binding *table = keys_table(&nr);
	int at = 0;

	for (size_t i = 0; i < nr; i++) {
		if (strcmp(group, table[i].group) != 0) {
			group = table[i].group;
			if (at++ == line && draw)
				canvas_text(canvas, x, y, heading, group);
		}
		if (at++ == line && draw) {
			canvas_text(canvas, x + 2, y, (struct style){.attr = ATTR_BOLD},
				    keys_names(&table[i], names, sizeof(names)));
			canvas_text(canvas, x + NAMES_WIDTH, y, (struct style){0}, table[i].help);
		}
	}
	return line < at;
}

static int nr_lines(void)
{
	int n = 0;

	while (draw_line(NULL, 0, 0, n, false))
		n++;
	return n;
}

void help_draw(struct app *app, struct canvas *canvas, struct rect rect)
{
	int total = nr_lines(), rows = rect.h - (int)(sizeof(legend) / sizeof(legend[0])) - 1;
	bool two = rect.w >= 150;
	int y = rect.y;

	(void)two;
	if (app->help_top > total - rows)
		app->help_top = total > rows ? total - rows : 0;
	for (int i = 0; i < rows; i++)
		draw_line(canvas, rect.x + 2, y++, app->help_top + i, true);
	if (total > rows)
		canvas_text_right(canvas, rect.x + rect.w - 1, rect.y,
				  (struct style){.fg = INK_DIM}, "up and down: more");
	y = rect.y + rect.h - (int)(sizeof(legend) / sizeof(legend[0]));
	for (size_t i = 0; i < sizeof(legend) / sizeof(legend[0]); i++)
		canvas_text(canvas, rect.x + 2, y++, (struct style){.fg = INK_DIM}, legend[i]);
}
