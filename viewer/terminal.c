/* SPDX-License-Identifier: MIT */
#include "viewer/terminal.h"

#include <curses.h>
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <term.h>
#include <time.h>
#include <unistd.h>

#include "viewer/keys.h"
#include "viewer/palette.h"
#include "viewer/restore.h"

/* curses has macros of these names. */
#undef lines
#undef columns

#define DOUBLE_CLICK_MS 400

struct terminal {
	SCREEN *screen;
	int width, height;
	int colors;
	int theme;
	bool mouse;
	bool pressed;
	int64_t pressed_ms; /* the last press, and where: to know a double click */
	int pressed_x, pressed_y;
	short pairs[NR_INKS][NR_INKS]; /* 0: not made yet */
	short nr_pairs;
	struct cell *shown; /* what the screen has; NULL: unknown */
};

static void prepare_restore(void)
{
	restore_add(tigetstr("sgr0"));
	restore_add(tigetstr("op"));
	restore_add(tigetstr("rmkx"));
	restore_add("\033[?1002l\033[?1000l\033[?1006l");
	restore_add(tigetstr("cnorm"));
	restore_add(tigetstr("rmcup"));
}

static int usable_colors(int most)
{
	int colors;

	if (!most || !has_colors() || start_color() == ERR)
		return 0;
	use_default_colors();
	colors = COLORS < most ? COLORS : most;
	return colors >= 256 ? 256 : colors >= 16 ? 16 : colors >= 8 ? 8 : 0;
}

/*
 * Reports of movement while a button is down (1002), in the wide encoding (1006) where curses reads
 * it.  curses switches clicks alone.
 */
static void write_mouse_mode(bool on)
{
	const char *text = on ? "\033[?1002h" : "\033[?1002l";
	ssize_t n = write(STDOUT_FILENO, text, strlen(text));

	(void)n;
}

void terminal_set_mouse(struct terminal *term, bool on)
{
	if (on == term->mouse)
		return;
	term->mouse = on;
	term->pressed = false;
	if (on)
		mousemask(BUTTON1_PRESSED | BUTTON1_RELEASED | BUTTON4_PRESSED | BUTTON5_PRESSED |
				  REPORT_MOUSE_POSITION,
			  NULL);
	else
		mousemask(0, NULL);
	fflush(stdout);
	write_mouse_mode(on);
}

void terminal_set_theme(struct terminal *term, int theme)
{
	if (theme == term->theme)
		return;
	term->theme = theme;
	memset(term->pairs, 0, sizeof(term->pairs));
	term->nr_pairs = 0;
	free(term->shown);
	term->shown = NULL;
}

static void read_size(struct terminal *term)
{
	struct winsize size;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col && size.ws_row)
		resizeterm(size.ws_row, size.ws_col);
	getmaxyx(stdscr, term->height, term->width);
	free(term->shown);
	term->shown = NULL;
}

static void set_modes(void)
{
	cbreak();
	noecho();
	nonl();
	intrflush(stdscr, FALSE);
	keypad(stdscr, TRUE);
	nodelay(stdscr, TRUE);
	set_escdelay(25);
	mouseinterval(0); /* presses and releases as they come: drags begin with a press */
	curs_set(0);
}

/* TERM is known, and names a terminal with a cursor that can be moved: "dumb" is not one. */
static bool can_show(void)
{
	const char *move;
	int why;

	if (setupterm(NULL, STDOUT_FILENO, &why) != OK)
		return false;
	move = tigetstr("cup");
	del_curterm(cur_term);
	return move && move != (char *)-1;
}

int terminal_open(const struct terminal_options *options, struct terminal **out)
{
	struct terminal *term;
	int ret;

	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO) || !can_show())
		return -ENOTTY;
	ret = restore_begin();
	if (ret)
		return ret;
	term = calloc(1, sizeof(*term));
	if (term)
		term->screen = newterm(NULL, stdout, stdin);
	if (!term || !term->screen) {
		restore_end();
		ret = term ? -ENOTTY : -ENOMEM;
		free(term);
		return ret;
	}
	prepare_restore();
	restore_arm();
	set_modes();
	term->colors = usable_colors(options->colors);
	term->theme = options->theme;
	read_size(term);
	terminal_set_mouse(term, options->mouse);
	*out = term;
	return 0;
}

void terminal_close(struct terminal *term)
{
	if (!term)
		return;
	terminal_set_mouse(term, false);
	endwin();
	restore_end();
	delscreen(term->screen);
	free(term->shown);
	free(term);
}

/* Ctrl-Z: the shell gets its terminal, and we get it back when we go on. */
static void stop(struct terminal *term)
{
	bool mouse = term->mouse;

	terminal_set_mouse(term, false);
	endwin();
	restore_stop();
	refresh();
	terminal_set_mouse(term, mouse);
}

int terminal_colors(const struct terminal *term)
{
	return term->colors;
}

void terminal_size(const struct terminal *term, int *width, int *height)
{
	*width = term->width;
	*height = term->height;
}

static int key_of(wint_t ch, bool is_code)
{
	static const struct {
		int curses, key;
	} codes[] = {
		{KEY_UP, KEY_CODE_UP},
		{KEY_DOWN, KEY_CODE_DOWN},
		{KEY_LEFT, KEY_CODE_LEFT},
		{KEY_RIGHT, KEY_CODE_RIGHT},
		{KEY_PPAGE, KEY_CODE_PAGE_UP},
		{KEY_NPAGE, KEY_CODE_PAGE_DOWN},
		{KEY_HOME, KEY_CODE_HOME},
		{KEY_END, KEY_CODE_END},
		{KEY_BTAB, KEY_CODE_BACK_TAB},
		{KEY_ENTER, KEY_CODE_ENTER},
		{KEY_BACKSPACE, KEY_CODE_BACKSPACE},
		{KEY_SLEFT, KEY_CODE_SHIFT_LEFT},
		{KEY_SRIGHT, KEY_CODE_SHIFT_RIGHT},
		{KEY_DC, KEY_CODE_DELETE},
		{KEY_A1, KEY_CODE_HOME},
		{KEY_C1, KEY_CODE_END},
		{KEY_A3, KEY_CODE_PAGE_UP},
		{KEY_C3, KEY_CODE_PAGE_DOWN},
	};

	if (!is_code) {
		switch (ch) {
		case '\t':
			return KEY_CODE_TAB;
		case '\r':
		case '\n':
			return KEY_CODE_ENTER;
		case 27:
			return KEY_CODE_ESCAPE;
		case 8:
		case 127:
			return KEY_CODE_BACKSPACE;
		case 'L' & 31:
			return KEY_CODE_REDRAW;
		case 'C' & 31:
			return KEY_CODE_QUIT;
		default:
			return ch > 0 && ch <= 26 ? KEY_CODE_CTRL + 'A' + (int)ch - 1
			       : (int)ch < ' '	  ? KEY_CODE_NONE
						  : (int)ch;
		}
	}
	if (ch >= KEY_F(1) && ch <= KEY_F(10))
		return KEY_CODE_F1 + (int)ch - KEY_F(1);
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		if ((int)ch == codes[i].curses)
			return codes[i].key;
	return KEY_CODE_NONE;
}

static int64_t clock_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}

/* A press on the cell of the last one, soon after it. */
static enum mouse_kind press_kind(struct terminal *term, const struct mouse *mouse)
{
	int64_t now = clock_ms();
	bool twice = mouse->x == term->pressed_x && mouse->y == term->pressed_y &&
		     now - term->pressed_ms < DOUBLE_CLICK_MS;

	term->pressed_ms = twice ? 0 : now;
	term->pressed_x = mouse->x;
	term->pressed_y = mouse->y;
	return twice ? MOUSE_TWICE : MOUSE_PRESS;
}

/* Returns: false when it is nothing that we know. */
static bool read_mouse(struct terminal *term, struct mouse *mouse)
{
	MEVENT event;

	if (getmouse(&event) != OK)
		return false;
	mouse->x = event.x;
	mouse->y = event.y;
	if (event.bstate & BUTTON4_PRESSED)
		mouse->kind = MOUSE_WHEEL_UP;
	else if (event.bstate & BUTTON5_PRESSED)
		mouse->kind = MOUSE_WHEEL_DOWN;
	else if (event.bstate & BUTTON1_PRESSED)
		mouse->kind = press_kind(term, mouse);
	else if (event.bstate & BUTTON1_RELEASED)
		mouse->kind = MOUSE_RELEASE;
	else if (event.bstate & REPORT_MOUSE_POSITION && term->pressed)
		mouse->kind = MOUSE_DRAG;
	else
		return false;
	if (mouse->kind <= MOUSE_TWICE)
		term->pressed = true;
	if (mouse->kind == MOUSE_RELEASE)
		term->pressed = false;
	return true;
}

static enum terminal_event next_input(struct terminal *term, int *key, struct mouse *mouse)
{
	wint_t ch;

	for (;;) {
		int kind = get_wch(&ch);

		if (kind == ERR)
			return TERMINAL_EVENT_TIMEOUT;
		if (kind == KEY_CODE_YES && ch == KEY_MOUSE) {
			if (read_mouse(term, mouse))
				return TERMINAL_EVENT_MOUSE;
			continue;
		}
		*key = key_of(ch, kind == KEY_CODE_YES);
		if (*key != KEY_CODE_NONE)
			return TERMINAL_EVENT_KEY;
	}
}

static enum terminal_event read_news(struct terminal *term)
{
	switch (restore_read()) {
	case RESTORE_QUIT:
		return TERMINAL_EVENT_QUIT;
	case RESTORE_STOP:
		stop(term);
		break;
	case RESTORE_RESIZED:
		break;
	case RESTORE_NOTHING:
		return TERMINAL_EVENT_TIMEOUT;
	}
	read_size(term);
	return TERMINAL_EVENT_RESIZE;
}

enum terminal_event terminal_wait(struct terminal *term, int timeout_ms, int *key,
				  struct mouse *mouse)
{
	struct pollfd fds[] = {{.fd = STDIN_FILENO, .events = POLLIN},
			       {.fd = restore_fd(), .events = POLLIN}};
	enum terminal_event event;

	/* curses may hold a key that it has read ahead. */
	event = next_input(term, key, mouse);
	if (event != TERMINAL_EVENT_TIMEOUT)
		return event;
	if (poll(fds, 2, timeout_ms) <= 0)
		return TERMINAL_EVENT_TIMEOUT;
	event = read_news(term);
	if (event != TERMINAL_EVENT_TIMEOUT)
		return event;
	/* The other side of the terminal is gone: reading would spin. */
	if (fds[0].revents & (POLLHUP | POLLERR | POLLNVAL))
		return TERMINAL_EVENT_QUIT;
	return next_input(term, key, mouse);
}

/* The pair of two colours, made when it is not there; 0: there is no room for another one. */
static short make_pair(struct terminal *term, short f, short b)
{
	for (short i = 1; i <= term->nr_pairs; i++) {
		short has_f, has_b;

		if (pair_content(i, &has_f, &has_b) == OK && has_f == f && has_b == b)
			return i;
	}
	if (term->nr_pairs + 1 >= COLOR_PAIRS || term->nr_pairs == SHRT_MAX)
		return 0;
	init_pair(++term->nr_pairs, f, b);
	return term->nr_pairs;
}

/*
 * Pairs are made as they are met, and inks that look alike share one: 8-colour terminals have 64 in
 * all.  When they run out, text stays readable in the default colours.
 */
static short pair_for(struct terminal *term, uint8_t fg, uint8_t bg)
{
	int f, b;

	palette_pair(term->theme, fg, bg, term->colors, &f, &b);
	if (!term->colors || (f < 0 && b < 0))
		return 0;
	if (!term->pairs[fg][bg])
		term->pairs[fg][bg] = make_pair(term, (short)f, (short)b);
	return term->pairs[fg][bg];
}

static attr_t attributes(struct terminal *term, struct style style)
{
	attr_t attr = 0;

	if (style.attr & ATTR_BOLD)
		attr |= A_BOLD;
	if (style.attr & ATTR_UNDERLINE)
		attr |= A_UNDERLINE;
	if (style.attr & ATTR_REVERSE)
		attr |= A_REVERSE;
	/* Without colours, bars and the selected row are told by reverse video. */
	if (!term->colors && (style.bg == INK_BAR || style.bg == INK_SELECTED))
		attr ^= A_REVERSE;
	return attr;
}

static void show_cell(struct terminal *term, int x, int y, const struct cell *cell)
{
	wchar_t text[3] = {cell->ch, cell->mark, 0};
	cchar_t out;

	setcchar(&out, text, attributes(term, cell->style),
		 pair_for(term, cell->style.fg, cell->style.bg), NULL);
	mvadd_wch(y, x, &out);
}

static bool same_cell(const struct cell *a, const struct cell *b)
{
	return a->ch == b->ch && a->mark == b->mark && a->style.fg == b->style.fg &&
	       a->style.bg == b->style.bg && a->style.attr == b->style.attr;
}

void terminal_show(struct terminal *term, const struct canvas *canvas, bool anew)
{
	size_t size = (size_t)canvas->width * canvas->height * sizeof(*canvas->cells);

	if (canvas->width != term->width || canvas->height != term->height)
		return; /* resized meanwhile; the next frame fits */
	if (anew) {
		clearok(stdscr, TRUE);
		free(term->shown);
		term->shown = NULL;
	}
	for (int y = 0; y < canvas->height; y++) {
		for (int x = 0; x < canvas->width; x++) {
			size_t i = (size_t)y * canvas->width + x;

			/* A half of a wide character is written with its other half. */
			if (canvas->cells[i].ch &&
			    !(term->shown && same_cell(&term->shown[i], &canvas->cells[i])))
				show_cell(term, x, y, &canvas->cells[i]);
		}
	}
	if (!term->shown)
		term->shown = malloc(size);
	if (term->shown)
		memcpy(term->shown, canvas->cells, size);
	refresh();
}

bool terminal_has_input(void)
{
	struct pollfd in = {.fd = STDIN_FILENO, .events = POLLIN};

	return poll(&in, 1, 0) != 0; /* a signal is for us, too */
}
