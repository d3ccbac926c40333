/* SPDX-License-Identifier: MIT */
#ifndef VIEWER_CHART_H
#define VIEWER_CHART_H
/*
 * Charts as pure functions from series to cells.  They know nothing of pools: zones, marks and inks
 * come from the caller.
 *
 * With colour, zones are fills of different lightness; without, they are textures: the same picture
 * must be readable on paper.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "viewer/canvas.h"
#include "viewer/scale.h"

enum chart_chars {
	CHART_BRAILLE, /* 2 x 4 dots a cell: twice the time resolution */
	CHART_BLOCK,   /* 1 x 8 levels a cell */
	CHART_ASCII,   /* 1 x 2 levels a cell */
};

struct chart_look {
	enum chart_chars chars;
	bool color;
};

/* How dense a zone is where colour cannot tell it from its neighbours. */
enum chart_fill { FILL_SOLID, FILL_DENSE, FILL_SPARSE, FILL_HATCH };

struct chart_zone {
	uint8_t ink; /* enum ink */
	uint8_t fill;
};

#define CHART_MAX_ZONES 4

/* One column of a stacked chart: zone i reaches from edge[i - 1] (the bottom for 0) to edge[i]. */
struct chart_column {
	bool known; /* false: nothing is drawn */
	double edge[CHART_MAX_ZONES];
};

/* How many columns of data a chart of so many cells shows: ask the database for exactly these. */
int chart_columns(enum chart_chars chars, int cells);

/*
 * Draws a stacked area into rect from chart_columns(rect.w) columns.  Edges that go down are raised
 * to the one below.  A zone 0 above the bottom always shows at least one level: nearly empty must
 * not look empty.
 */
void chart_area(struct canvas *canvas, struct rect rect, const struct chart_look *look,
		const struct scale *scale, const struct chart_zone *zones, int nr_zones,
		const struct chart_column *columns);

/* The sign of a zone for a legend. */
void chart_swatch(struct canvas *canvas, int x, int y, const struct chart_look *look,
		  const struct chart_zone *zone);

/*
 * A row of tiny columns, one a cell: values 0..max, negative = unknown.  Cells with `alert` are
 * drawn in alert_ink.
 */
void chart_spark(struct canvas *canvas, int x, int y, int width, const struct chart_look *look,
		 const double *values, double max, const bool *alert, struct style style,
		 uint8_t alert_ink);

/* A horizontal line across a chart, with a label right of it. */
struct chart_mark {
	double value;
	uint8_t ink;
	char label[24];
	bool no_line; /* only the label */
};

/*
 * Draws lines at the marks over the area in rect, and their labels in the columns right of it,
 * moved apart where they would fall on each other.  Marks outside the scale get a label with an
 * arrow at the edge.  Without colour a line leaves every other cell to the area.  Sorts marks by
 * value, highest first.
 */
void chart_marks(struct canvas *canvas, struct rect rect, const struct chart_look *look,
		 const struct scale *scale, struct chart_mark *marks, size_t nr);

/*
 * A vertical line over a chart: an instant.  What the area put there stays behind it, a letter of
 * a lane is reversed; the sign stands at its top, 0 for none.
 */
void chart_instant(struct canvas *canvas, struct rect rect, int column, uint8_t ink, wchar_t sign);

/*
 * Tick labels right-aligned before rect.x, with format() making the text.
 */
void chart_value_axis(struct canvas *canvas, struct rect rect, const struct scale *scale,
		      const char *(*format)(double value, char *text, size_t size));
/* The same at ticks of the caller's choice, in rising order; those that would collide are left out.
 */
void chart_value_ticks(struct canvas *canvas, struct rect rect, const struct scale *scale,
		       const double *ticks, size_t nr,
		       const char *(*format)(double value, char *text, size_t size));

/*
 * Time labels on the row rect.y under a chart whose cells are cell_ns wide from start_ns.
 */
void chart_time_axis(struct canvas *canvas, struct rect rect, int64_t start_ns, int64_t cell_ns);

/* The chart characters that the locale can show, given its codeset (nl_langinfo(CODESET)). */
enum chart_chars chart_chars_for(const char *codeset);

#endif
