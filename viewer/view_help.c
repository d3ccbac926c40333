/* SPDX-License-Identifier: MIT */
/* The help screen, made from the key table. */
#include <string.h>

#include "viewer/view.h"

#define NAMES_WIDTH  14
#define COLUMN_WIDTH 38

static const char *const legend[] = {
	"The chart stands on available buffers: the pool runs dry where the bottom area",
	"sinks through the low line.  The upper edge is the pool's size, pending on top.",
	"D drop  R RESOURCES  F fallback  x failed request  L events lost",
	"V broken rule  A figures that disagree with the driver's own",
};
#define LEGEND_ROWS ((int)(sizeof(legend) / sizeof(legend[0])))

/* How many bindings from the first on belong to its group. */
static int group_size(const struct key_binding *first, const struct key_binding *end)
{
	int n = 0;

	while (first + n < end && strcmp(first[n].group, first->group) == 0)
		n++;
	return n;
}

static void draw_group(struct canvas *canvas, int x, int y, const struct key_binding *first, int nr)
{
	char names[64];

	canvas_text(canvas, x, y, (struct style){.fg = INK_TITLE, .attr = ATTR_BOLD}, first->group);
	for (int i = 0; i < nr; i++) {
		canvas_text(canvas, x, y + 1 + i, (struct style){.attr = ATTR_BOLD},
			    keys_names(&first[i], names, sizeof(names)));
		canvas_text(canvas, x + NAMES_WIDTH, y + 1 + i, (struct style){0}, first[i].help);
	}
}

/* Groups flow down and into the next column; APP_MIN_HEIGHT is what two columns need. */
static void draw_keys(struct canvas *canvas, struct rect rect)
{
	size_t nr;
	const struct key_binding *binding = keys_table(&nr);
	const struct key_binding *end = binding + nr;
	int x = rect.x, y = rect.y;

	while (binding < end) {
		int size = group_size(binding, end);

		if (y > rect.y && y + 1 + size > rect.y + rect.h) {
			x += COLUMN_WIDTH;
			y = rect.y;
		}
		draw_group(canvas, x, y, binding, size);
		y += size + 2;
		binding += size;
	}
}

void help_draw(struct app *app, struct canvas *canvas, struct rect rect)
{
	struct rect keys = {rect.x + 1, rect.y, rect.w - 1, rect.h};

	(void)app;
	/* A short screen has room for the keys alone. */
	if (rect.h >= 17 + LEGEND_ROWS + 1) {
		keys.h -= LEGEND_ROWS + 1;
		if (keys.h > 24)
			keys.h = 24;
		for (int i = 0; i < LEGEND_ROWS; i++)
			canvas_text(canvas, rect.x + 1, keys.y + keys.h + 1 + i,
				    (struct style){.fg = INK_DIM}, legend[i]);
	}
	draw_keys(canvas, keys);
}
