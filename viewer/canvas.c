/* SPDX-License-Identifier: MIT */
#include "viewer/canvas.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "viewer/palette.h"

#define MAX_SIDE 2000 /* a terminal that says more is lying */

static int clamp_side(int n)
{
	return n < 1 ? 1 : n > MAX_SIDE ? MAX_SIDE : n;
}

int canvas_init(struct canvas *canvas, int width, int height)
{
	memset(canvas, 0, sizeof(*canvas));
	return canvas_resize(canvas, width, height);
}

int canvas_resize(struct canvas *canvas, int width, int height)
{
	struct cell *cells;

	width = clamp_side(width);
	height = clamp_side(height);
	cells = calloc((size_t)width * height, sizeof(*cells));
	if (!cells)
		return -ENOMEM;
	free(canvas->cells);
	canvas->cells = cells;
	canvas->width = width;
	canvas->height = height;
	canvas_clear(canvas);
	return 0;
}

void canvas_release(struct canvas *canvas)
{
	free(canvas->cells);
	memset(canvas, 0, sizeof(*canvas));
}

void canvas_clear(struct canvas *canvas)
{
	canvas_fill(canvas, (struct rect){0, 0, canvas->width, canvas->height}, (struct style){0});
}

struct cell *canvas_at(struct canvas *canvas, int x, int y)
{
	if (x < 0 || y < 0 || x >= canvas->width || y >= canvas->height)
		return NULL;
	return &canvas->cells[(size_t)y * canvas->width + x];
}

/* What a decoration looks like where only ASCII can be shown. */
static wchar_t to_ascii(wchar_t ch)
{
	static const struct {
		wchar_t from;
		char to;
	} table[] = {
		{L'─', '-'}, {L'╌', '-'}, {L'│', '|'}, {L'┤', '|'}, {L'└', '`'}, {L'·', '.'},
		{L'•', '*'}, {L'●', '*'}, {L'▲', '^'}, {L'▼', 'v'}, {L'▶', '>'}, {L'◂', '<'},
		{L'↑', '^'}, {L'←', '<'}, {L'→', '>'}, {L'…', '>'}, {L'╷', '|'}, {L'×', 'x'},
		{L'┼', '+'}, {L'↓', 'v'}, {L'▏', '|'}, {L'–', '-'}, {L'⇅', '%'}, {L'◆', '%'},
		{L'┃', '#'}, {L'╵', '|'}, {L'━', '='}, {L'╭', '+'}, {L'╮', '+'}, {L'╯', '+'},
		{L'╰', '+'},
	};

	if (ch < 0x80)
		return ch;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (table[i].from == ch)
			return table[i].to;
	return L'?';
}

/* A wide character that loses one half must lose the other. */
static void unlink_halves(struct canvas *canvas, int x, int y)
{
	struct cell *cell = canvas_at(canvas, x, y);
	struct cell *right = canvas_at(canvas, x + 1, y);

	if (cell->ch == 0 && x > 0)
		cell[-1].ch = L' ';
	if (right && right->ch == 0)
		right->ch = L' ';
}

void canvas_put(struct canvas *canvas, int x, int y, wchar_t ch, struct style style)
{
	struct cell *cell = canvas_at(canvas, x, y);

	if (!cell)
		return;
	unlink_halves(canvas, x, y);
	cell->ch = canvas->ascii ? to_ascii(ch) : ch;
	cell->mark = 0;
	cell->style = style;
}

void canvas_fill(struct canvas *canvas, struct rect rect, struct style style)
{
	for (int y = rect.y; y < rect.y + rect.h; y++) {
		for (int x = rect.x; x < rect.x + rect.w; x++) {
			struct cell *cell = canvas_at(canvas, x, y);

			if (cell)
				*cell = (struct cell){.ch = L' ', .style = style};
		}
	}
}

/*
 * Decodes one character and steps over it; '?' for what is not UTF-8.  Our own decoder, because the
 * C library's depends on the locale, and a trace's names do not.
 */
static wchar_t next_char(const char **text)
{
	static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
	const unsigned char *s = (const unsigned char *)*text;
	int len = s[0] < 0x80	    ? 1
		  : s[0] >> 5 == 6  ? 2
		  : s[0] >> 4 == 14 ? 3
		  : s[0] >> 3 == 30 ? 4
				    : 0;
	uint32_t ch = len < 2 ? s[0] : s[0] & (0x7fu >> len);

	(*text)++;
	if (len == 0)
		return L'?';
	for (int i = 1; i < len; i++) {
		if (s[i] >> 6 != 2)
			return L'?';
		ch = ch << 6 | (s[i] & 0x3f);
	}
	*text += len - 1;
	if (ch < smallest[len] || ch > 0x10ffff || (ch >= 0xd800 && ch < 0xe000))
		return L'?';
	return (wchar_t)ch;
}

/* Direction and joining controls have no width but rearrange what is around them. */
static bool is_unsafe(wchar_t ch)
{
	return ch < 0x20 || (ch >= 0x7f && ch < 0xa0) || (ch >= 0x200b && ch <= 0x200f) ||
	       (ch >= 0x2028 && ch <= 0x202e) || (ch >= 0x2060 && ch <= 0x206f) || ch == 0xfeff;
}

static int char_width(wchar_t *ch)
{
	int width = is_unsafe(*ch) ? -1 : wcwidth(*ch);

	if (width >= 0)
		return width;
	/* Chart characters are one column even where the C locale knows no width for them. */
	if ((*ch >= 0x2190 && *ch < 0x2900) || *ch == 0xb7 || (*ch >= 0x2013 && *ch <= 0x2026))
		return 1;
	*ch = L'?';
	return 1;
}

/* Columns of the text that fit into `room`; all of them, or one less so that a sign of the cut
 * fits. */
static int fitting_width(const char *utf8, int room, bool *cut)
{
	int width = canvas_text_width(utf8);

	*cut = width > room;
	return *cut ? room - 1 : width;
}

int canvas_text_n(struct canvas *canvas, int x, int y, int max_width, struct style style,
		  const char *utf8)
{
	int room = canvas->width - x < max_width ? canvas->width - x : max_width;
	bool cut;
	int end = x + fitting_width(utf8, room, &cut), last = x + room - 1;

	while (*utf8) {
		wchar_t ch = next_char(&utf8);
		int width = char_width(&ch);
		struct cell *before = canvas_at(canvas, x - 1, y);

		if (width == 0) {
			if (before && !canvas->ascii && !before->mark)
				before->mark = ch;
			continue;
		}
		if (x + width > end)
			break;
		canvas_put(canvas, x, y, ch, style);
		if (width == 2 && canvas_at(canvas, x + 1, y)) {
			canvas_put(canvas, x + 1, y, canvas->ascii ? L' ' : L'x', style);
			if (!canvas->ascii)
				canvas_at(canvas, x + 1, y)->ch = 0;
		}
		x += width;
	}
	if (!cut || room < 1)
		return x;
	/* A wide character that would be cut leaves a blank. */
	for (; x < last; x++)
		canvas_put(canvas, x, y, L' ', style);
	canvas_put(canvas, last, y, L'…', style);
	return last + 1;
}

int canvas_text(struct canvas *canvas, int x, int y, struct style style, const char *utf8)
{
	return canvas_text_n(canvas, x, y, 2 * MAX_SIDE, style, utf8);
}

int canvas_textf(struct canvas *canvas, int x, int y, struct style style, const char *format, ...)
{
	char text[1024];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return canvas_text(canvas, x, y, style, text);
}

void canvas_text_right(struct canvas *canvas, int right, int y, struct style style,
		       const char *format, ...)
{
	char text[1024];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	canvas_text(canvas, right - canvas_text_width(text), y, style, text);
}

int canvas_text_width(const char *utf8)
{
	int width = 0;

	while (*utf8) {
		wchar_t ch = next_char(&utf8);

		width += char_width(&ch);
	}
	return width;
}

static void write_char(wchar_t ch, FILE *out)
{
	uint32_t c = (uint32_t)ch;

	if (c < 0x80) {
		putc((int)c, out);
	} else if (c < 0x800) {
		putc((int)(0xc0 | c >> 6), out);
		putc((int)(0x80 | (c & 0x3f)), out);
	} else if (c < 0x10000) {
		putc((int)(0xe0 | c >> 12), out);
		putc((int)(0x80 | (c >> 6 & 0x3f)), out);
		putc((int)(0x80 | (c & 0x3f)), out);
	} else {
		putc((int)(0xf0 | c >> 18), out);
		putc((int)(0x80 | (c >> 12 & 0x3f)), out);
		putc((int)(0x80 | (c >> 6 & 0x3f)), out);
		putc((int)(0x80 | (c & 0x3f)), out);
	}
}

static void write_cell(const struct cell *cell, FILE *out)
{
	if (cell->ch)
		write_char(cell->ch, out);
	if (cell->mark)
		write_char(cell->mark, out);
}

static int used_width(const struct canvas *canvas, const struct cell *row, bool plain)
{
	int width = canvas->width;

	while (width > 0 && row[width - 1].ch == L' ' && !row[width - 1].mark &&
	       (plain || (!row[width - 1].style.bg && !row[width - 1].style.attr)))
		width--;
	return width;
}

int canvas_write_text(const struct canvas *canvas, FILE *out)
{
	for (int y = 0; y < canvas->height; y++) {
		const struct cell *row = &canvas->cells[(size_t)y * canvas->width];
		int width = used_width(canvas, row, true);

		for (int x = 0; x < width; x++)
			write_cell(&row[x], out);
		putc('\n', out);
	}
	return fflush(out) || ferror(out) ? -EIO : 0;
}

static void write_style(int theme, struct style style, FILE *out)
{
	fputs("\033[0", out);
	if (style.attr & ATTR_BOLD)
		fputs(";1", out);
	if (style.attr & ATTR_UNDERLINE)
		fputs(";4", out);
	if (style.attr & ATTR_REVERSE)
		fputs(";7", out);
	if (palette_color(theme, style.fg, 256) >= 0)
		fprintf(out, ";38;5;%d", palette_color(theme, style.fg, 256));
	if (palette_color(theme, style.bg, 256) >= 0)
		fprintf(out, ";48;5;%d", palette_color(theme, style.bg, 256));
	putc('m', out);
}

int canvas_write_ansi(const struct canvas *canvas, FILE *out)
{
	for (int y = 0; y < canvas->height; y++) {
		const struct cell *row = &canvas->cells[(size_t)y * canvas->width];
		int width = used_width(canvas, row, false);

		for (int x = 0; x < width; x++) {
			if (x == 0 ||
			    memcmp(&row[x].style, &row[x - 1].style, sizeof(row[x].style)))
				write_style(canvas->theme, row[x].style, out);
			write_cell(&row[x], out);
		}
		fputs(width ? "\033[0m\n" : "\n", out);
	}
	return fflush(out) || ferror(out) ? -EIO : 0;
}
