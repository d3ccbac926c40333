/* SPDX-License-Identifier: MIT */
#ifndef VIEWER_CANVAS_H
#define VIEWER_CANVAS_H
/*
 * The screen as a grid of cells.  Views draw here; terminal.c puts it on a terminal, and the dumps
 * below put it into files: what a test compares is what a person sees.
 *
 * Everything is clipped: drawing outside does nothing.  Coordinates are cells from the top left.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <wchar.h>

/* Inks say what something *is*; palette.c says what colour that has on which terminal. */
enum ink {
	INK_DEFAULT,
	INK_DIM, /* furniture: axes, labels, hints */
	INK_TITLE,
	INK_BAR,       /* title and status bars (background) */
	INK_SELECTED,  /* background of the selected row */
	INK_AVAILABLE, /* buffers that were available all the time */
	INK_SWING,     /* buffers that came and went within a column */
	INK_HELD,
	INK_PENDING,
	INK_LOW,
	INK_HIGH,
	INK_LIMIT,
	INK_P50,
	INK_P99,
	INK_MAX,
	INK_HEAT_1,		     /* few ... */
	INK_HEAT_5 = INK_HEAT_1 + 4, /* most */
	INK_RESERVE,
	INK_GOOD,
	INK_WARN,
	INK_ALARM,
	INK_CURSOR,
	INK_MARK, /* A and B */
	NR_INKS
};

enum {
	ATTR_BOLD = 1,
	ATTR_REVERSE = 2,
	ATTR_UNDERLINE = 4,
};

struct style {
	uint8_t fg, bg; /* enum ink; bg INK_DEFAULT = the terminal's */
	uint8_t attr;
};

struct cell {
	wchar_t ch;   /* 0: the right half of a wide character */
	wchar_t mark; /* one combining character over ch, or 0 */
	struct style style;
};

struct rect {
	int x, y, w, h;
};

struct canvas {
	int width, height;
	int theme;  /* enum palette_theme: for the dumps in colour */
	bool ascii; /* only ASCII may come out: decorations are replaced, other text becomes '?' */
	struct cell *cells;
};

/* Returns: 0 or -ENOMEM.  Owns: released by canvas_release(). */
int canvas_init(struct canvas *canvas, int width, int height);
/* As init, but keeps the old one on error; the content is cleared. */
int canvas_resize(struct canvas *canvas, int width, int height);
void canvas_release(struct canvas *canvas);

void canvas_clear(struct canvas *canvas);
/* The cell at x, y, or NULL outside. */
struct cell *canvas_at(struct canvas *canvas, int x, int y);
void canvas_put(struct canvas *canvas, int x, int y, wchar_t ch, struct style style);
/* Blanks a rectangle in one style. */
void canvas_fill(struct canvas *canvas, struct rect rect, struct style style);

/*
 * Writes UTF-8 text on one row.  Wide and combining characters keep their columns; control
 * characters and broken UTF-8 become '?', so that a name from a trace cannot disturb the screen.
 * Text that reaches beyond the right edge ends with '…' there: "requested 9" is another number than
 * "requested 99".
 * Returns: the column after what was written.
 */
int canvas_text(struct canvas *canvas, int x, int y, struct style style, const char *utf8);
/* As canvas_text, with at most max_width columns, the '…' of a cut among them. */
int canvas_text_n(struct canvas *canvas, int x, int y, int max_width, struct style style,
		  const char *utf8);
int canvas_textf(struct canvas *canvas, int x, int y, struct style style, const char *format, ...)
	__attribute__((format(printf, 5, 6)));
/* As canvas_textf, ending before column `right`. */
void canvas_text_right(struct canvas *canvas, int right, int y, struct style style,
		       const char *format, ...) __attribute__((format(printf, 5, 6)));
/* Columns that the text takes. */
int canvas_text_width(const char *utf8);

/* Plain text in UTF-8, one line a row, without trailing blanks.  Returns: 0 or -EIO. */
int canvas_write_text(const struct canvas *canvas, FILE *out);
/* The same with colours as 256-colour escape sequences. */
int canvas_write_ansi(const struct canvas *canvas, FILE *out);
/* The same as a picture: SVG of text, in the theme's colours; color false: black on white. */
int canvas_write_svg(const struct canvas *canvas, FILE *out, bool color);

#endif
