/* SPDX-License-Identifier: MIT */
/* Letters on the time axis where something happened; declared in occupancy.h. */
#include "viewer/human.h"
#include "viewer/occupancy.h"

static uint64_t dropped(const struct level_column *column)
{
	return column->dropped;
}
static uint64_t resources(const struct level_column *column)
{
	return column->resources;
}
static uint64_t fallback(const struct level_column *column)
{
	return column->fallback;
}
static uint64_t failed(const struct level_column *column)
{
	return column->failed;
}
static uint64_t loss(const struct level_column *column)
{
	return column->loss;
}
static uint64_t requested(const struct level_column *column)
{
	return column->requested;
}
static uint64_t freed(const struct level_column *column)
{
	return column->freed;
}

/* The gravest first. */
static const struct lane {
	wchar_t sign;
	uint8_t ink;
	uint64_t (*count)(const struct level_column *);
	const char *counts; /* what the number on the right counts; NULL: nothing */
	int row; /* its row when there are many: kinds that explain each other share one */
} lanes[] = {
	{L'D', INK_ALARM, dropped, "drops", 0},	  {L'R', INK_ALARM, resources, "RESOURCES", 1},
	{L'F', INK_WARN, fallback, NULL, 1},	  {L'x', INK_WARN, failed, "failed", 2},
	{L'L', INK_ALARM, loss, NULL, 3},	  {L'▲', INK_PENDING, requested, "requests", 4},
	{L'▼', INK_AVAILABLE, freed, "frees", 5},
};
#define NR_LANES ((int)(sizeof(lanes) / sizeof(lanes[0])))
static const char *const row_names[LANES_MAX] = {"D drop", "R/F",   "x fail",
						 "L loss", "▲ ask", "▼ free"};

/* Row -1: every kind that tells of trouble, in one row. */
static void draw_row(struct canvas *canvas, struct rect plot, const struct series *series, int row)
{
	for (int cell = 0; cell < plot.w && cell < series->cells; cell++) {
		struct level_column column = series_cell(series, cell);

		for (int i = 0; i < NR_LANES; i++) {
			struct style style = {.fg = lanes[i].ink, .attr = ATTR_BOLD};

			if (row < 0 ? lanes[i].row > 3 : lanes[i].row != row)
				continue;
			if (!lanes[i].count(&column))
				continue;
			canvas_put(canvas, plot.x + cell, plot.y, lanes[i].sign, style);
			break;
		}
	}
}

static void draw_count(struct canvas *canvas, struct rect plot, const struct level_column *total,
		       int row)
{
	for (int i = 0; i < NR_LANES; i++) {
		uint64_t n = lanes[i].count(total);

		if (lanes[i].row != row || !lanes[i].counts)
			continue;
		canvas_textf(canvas, plot.x + plot.w + 1, plot.y,
			     (struct style){.fg = n ? lanes[i].ink : INK_DIM}, "%s",
			     human_count(n).s);
		return;
	}
}

void lanes_draw(struct canvas *canvas, struct rect rect, const struct series *series)
{
	struct rect plot = {rect.x + OCCUPANCY_LEFT, rect.y, occupancy_cells(rect.w), 1};
	struct level_column total = series_total(series);
	struct style label = {.fg = INK_DIM};

	if (rect.h < LANES_MAX) {
		canvas_text_right(canvas, plot.x - 1, plot.y, label, "events");
		draw_row(canvas, plot, series, -1);
		return;
	}
	for (int row = 0; row < LANES_MAX; row++, plot.y++) {
		canvas_text_right(canvas, plot.x - 1, plot.y, label, "%s", row_names[row]);
		draw_row(canvas, plot, series, row);
		draw_count(canvas, plot, &total, row);
	}
}
