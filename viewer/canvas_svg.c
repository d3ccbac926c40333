/* SPDX-License-Identifier: MIT */
/* The screen as a picture; declared in canvas.h. */
#include <errno.h>
#include <string.h>

#include "viewer/canvas.h"
#include "viewer/palette.h"

#define CELL_W 9
#define CELL_H 19
#define BASE   14 /* of the letters, below a cell's top */

struct svg {
	const struct canvas *canvas;
	FILE *out;
	bool color;
};

/* Reverse video, and without colours what a monochrome terminal shows reversed. */
static bool reversed(const struct svg *svg, struct style style)
{
	bool bar = !svg->color && (style.bg == INK_BAR || style.bg == INK_SELECTED);

	return bar != ((style.attr & ATTR_REVERSE) != 0);
}

static unsigned plain(const struct svg *svg, bool background)
{
	bool dark = svg->color && svg->canvas->theme != THEME_LIGHT;

	return dark == background ? 0x121212 : background ? 0xffffff : dark ? 0xd0d0d0 : 0x000000;
}

static unsigned ink(const struct svg *svg, int which, bool background)
{
	int color = svg->color ? palette_color(svg->canvas->theme, which, 256) : -1;

	return color < 0 ? plain(svg, background) : palette_rgb(color);
}

static unsigned front(const struct svg *svg, struct style style)
{
	return reversed(svg, style) ? ink(svg, style.bg, true) : ink(svg, style.fg, false);
}

static unsigned back(const struct svg *svg, struct style style)
{
	return reversed(svg, style) ? ink(svg, style.fg, false) : ink(svg, style.bg, true);
}

static void put_char(wchar_t ch, FILE *out)
{
	switch (ch) {
	case L'<':
		fputs("&lt;", out);
		break;
	case L'>':
		fputs("&gt;", out);
		break;
	case L'&':
		fputs("&amp;", out);
		break;
	default:
		if (ch >= ' ' && ch < 0x7f)
			putc((int)ch, out);
		else
			fprintf(out, "&#%u;", (unsigned)ch);
	}
}

static const struct cell *cell_at(const struct svg *svg, int x, int y)
{
	return &svg->canvas->cells[(size_t)y * (size_t)svg->canvas->width + (size_t)x];
}

/* Cells of one background as one rectangle. */
static void write_backs(const struct svg *svg, int y)
{
	int width = svg->canvas->width;

	for (int x = 0, end; x < width; x = end) {
		unsigned color = back(svg, cell_at(svg, x, y)->style);

		for (end = x + 1; end < width && back(svg, cell_at(svg, end, y)->style) == color;)
			end++;
		if (color != plain(svg, true))
			fprintf(svg->out,
				"<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" "
				"fill=\"#%06x\"/>\n",
				x * CELL_W, y * CELL_H, (end - x) * CELL_W, CELL_H, color);
	}
}

static bool is_blank(const struct cell *cell)
{
	return (cell->ch == L' ' || !cell->ch) && !cell->mark;
}

/* One style, and no gap: the columns must hold whatever font is found. */
static bool goes_on(const struct svg *svg, const struct cell *first, const struct cell *next)
{
	return next->ch && !is_blank(next) && next->ch < 0x1100 && first->ch < 0x1100 &&
	       front(svg, first->style) == front(svg, next->style) &&
	       first->style.attr == next->style.attr;
}

static void write_run(const struct svg *svg, int x, int end, int y)
{
	const struct cell *first = cell_at(svg, x, y);

	fprintf(svg->out, "<text x=\"%d\" y=\"%d\" textLength=\"%d\" fill=\"#%06x\"%s%s>",
		x * CELL_W, y * CELL_H + BASE, (end - x) * CELL_W, front(svg, first->style),
		first->style.attr & ATTR_BOLD ? " font-weight=\"bold\"" : "",
		first->style.attr & ATTR_UNDERLINE ? " text-decoration=\"underline\"" : "");
	for (; x < end; x++) {
		if (cell_at(svg, x, y)->ch)
			put_char(cell_at(svg, x, y)->ch, svg->out);
		if (cell_at(svg, x, y)->mark)
			put_char(cell_at(svg, x, y)->mark, svg->out);
	}
	fputs("</text>\n", svg->out);
}

/* Blocks are drawn, not written: a font's blocks leave gaps between the rows. */
static bool write_block(const struct svg *svg, int x, int y)
{
	const struct cell *cell = cell_at(svg, x, y);
	int height;

	if (cell->ch < L'▁' || cell->ch > L'█')
		return false;
	height = CELL_H * (int)(cell->ch - L'▁' + 1) / 8;
	fprintf(svg->out, "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" fill=\"#%06x\"/>\n",
		x * CELL_W, (y + 1) * CELL_H - height, CELL_W, height, front(svg, cell->style));
	return true;
}

static void write_texts(const struct svg *svg, int y)
{
	for (int x = 0, end; x < svg->canvas->width; x = end) {
		const struct cell *first = cell_at(svg, x, y);

		end = x + 1;
		if (is_blank(first) || write_block(svg, x, y))
			continue;
		while (end < svg->canvas->width && goes_on(svg, first, cell_at(svg, end, y)) &&
		       (cell_at(svg, end, y)->ch < L'▁' || cell_at(svg, end, y)->ch > L'█'))
			end++;
		/* The right half of a wide character is its own. */
		if (end < svg->canvas->width && !cell_at(svg, end, y)->ch)
			end++;
		write_run(svg, x, end, y);
	}
}

int canvas_write_svg(const struct canvas *canvas, FILE *out, bool color)
{
	const struct svg svg = {canvas, out, color};
	int width = canvas->width * CELL_W, height = canvas->height * CELL_H;

	fprintf(out,
		"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" "
		"viewBox=\"0 0 %d %d\" font-family=\"DejaVu Sans Mono, Menlo, Consolas, "
		"monospace\" font-size=\"15\" xml:space=\"preserve\" "
		"shape-rendering=\"crispEdges\">\n"
		"<rect width=\"%d\" height=\"%d\" fill=\"#%06x\"/>\n",
		width, height, width, height, width, height, plain(&svg, true));
	for (int y = 0; y < canvas->height; y++)
		write_backs(&svg, y);
	for (int y = 0; y < canvas->height; y++)
		write_texts(&svg, y);
	fputs("</svg>\n", out);
	return fflush(out) || ferror(out) ? -EIO : 0;
}
