/* SPDX-License-Identifier: MIT */
/* Letters on the time axis where something happened; declared in occupancy.h. */
#include "viewer/human.h"
#include "viewer/occupancy.h"

/* A cell of the time axis, or all of them. */
struct moment {
	struct level_column level;
	uint64_t completed;
};

static uint64_t dropped(const struct moment *moment)
{
	return moment->level.dropped;
}
static uint64_t resources(const struct moment *moment)
{
	return moment->level.resources;
}
static uint64_t fallback(const struct moment *moment)
{
	return moment->level.fallback;
}
static uint64_t failed(const struct moment *moment)
{
	return moment->level.failed;
}
static uint64_t loss(const struct moment *moment)
{
	return moment->level.loss;
}
static uint64_t requested(const struct moment *moment)
{
	return moment->level.requested;
}
static uint64_t freed(const struct moment *moment)
{
	return moment->level.freed;
}

static uint64_t completed(const struct moment *moment)
{
	return moment->completed;
}

/* The gravest first. */
static const struct lane {
	wchar_t sign;
	uint8_t ink;
	uint64_t (*count)(const struct moment *);
	bool counts; /* the cell says how many, and the right margin the sum */
	int row;     /* its row when there are many: kinds that explain each other share one */
} lanes[] = {
	{L'D', INK_ALARM, dropped, true, 0},  {L'R', INK_ALARM, resources, true, 1},
	{L'F', INK_WARN, fallback, false, 1}, {L'L', INK_ALARM, loss, false, 2},
	{L'x', INK_WARN, failed, true, 3},    {L'▲', INK_PENDING, requested, true, 4},
	{L'+', INK_GOOD, completed, true, 5}, {L'▼', INK_AVAILABLE, freed, true, 6},
};
#define NR_LANES   ((int)(sizeof(lanes) / sizeof(lanes[0])))
#define ROW_FAILED 3 /* the first that is about memory */
static const char *const row_names[LANES_MAX] = {"D drop", "R F",   "L loss", "x fail",
						 "▲ ask",  "+ got", "▼ free"};

/* One is the lane's sign; more say how many, as far as a digit does. */
static wchar_t sign_of(const struct lane *lane, uint64_t n)
{
	if (!lane->counts || n < 2 || lane->row < ROW_FAILED)
		return lane->sign;
	return n < 10 ? (wchar_t)(L'0' + n) : L'*';
}

/* What is seen of a cell in a row: the gravest of its lanes.  Rows -1 and -2 are all lanes of
 * trouble, and all about memory. */
static void draw_cell(struct canvas *canvas, int x, int y, const struct moment *moment, int row)
{
	const struct lane *seen = NULL;
	int kinds = 0;

	for (int i = 0; i < NR_LANES; i++) {
		bool trouble = lanes[i].row < ROW_FAILED;

		if (row >= 0 ? lanes[i].row != row : trouble != (row == -1))
			continue;
		if (!lanes[i].count(moment))
			continue;
		seen = seen ? seen : &lanes[i];
		kinds++;
	}
	if (!seen)
		return;
	/* A request with its end in the same cell is the usual case: the failure stands out. */
	if (row == -2 && kinds > 1 && seen->count != failed)
		canvas_put(canvas, x, y, L'◆', (struct style){.fg = INK_PENDING});
	else
		canvas_put(canvas, x, y, row < 0 ? seen->sign : sign_of(seen, seen->count(moment)),
			   (struct style){.fg = seen->ink, .attr = ATTR_BOLD});
}

static void draw_row(struct canvas *canvas, struct rect plot, const struct series *series, int row)
{
	for (int cell = 0; cell < plot.w && cell < series->cells; cell++) {
		struct moment moment = {series_cell(series, cell), series_completed(series, cell)};

		draw_cell(canvas, plot.x + cell, plot.y, &moment, row);
	}
}

static void draw_count(struct canvas *canvas, struct rect plot, const struct moment *total, int row)
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
	static const char *const few_names[LANES_FEW] = {"trouble", "memory"};
	struct moment total = {series_total(series), series->lead_all.count};
	bool few = rect.h < LANES_MAX;

	for (int row = 0; row < (few ? LANES_FEW : LANES_MAX) && row < rect.h; row++, plot.y++) {
		canvas_text_right(canvas, plot.x - 1, plot.y, (struct style){.fg = INK_DIM}, "%s",
				  few ? few_names[row] : row_names[row]);
		draw_row(canvas, plot, series, few ? -1 - row : row);
		if (!few)
			draw_count(canvas, plot, &total, row);
	}
}

void lanes_mark_loss(struct canvas *canvas, struct rect rect, const struct series *series)
{
	for (int x = 0; x < rect.w && x < series->cells; x++) {
		struct cell *cell = canvas_at(canvas, rect.x + x, rect.y);

		if (!cell || !series_cell(series, x).loss)
			continue;
		/* A time stays readable: it is underlined. */
		cell->style = (struct style){.fg = INK_ALARM, .attr = ATTR_BOLD | ATTR_REVERSE};
		if (cell->ch == L' ' || cell->ch == L'╷' || cell->ch == L'|')
			cell->ch = L'L';
		else
			cell->style.attr = ATTR_UNDERLINE;
	}
}
