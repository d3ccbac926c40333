/* SPDX-License-Identifier: MIT */
/* The bars at the top and the bottom; declared in app.h. */
#include <string.h>

#include "viewer/human.h"
#include "viewer/view.h"

#define SECOND_NS 1000000000LL

static const struct style bar = {.fg = INK_DEFAULT, .bg = INK_BAR};
static const struct style bar_dim = {.fg = INK_DIM, .bg = INK_BAR};

static void fill_bar(struct canvas *canvas, int y)
{
	canvas_fill(canvas, (struct rect){0, y, canvas->width, 1}, bar);
}

static int draw_tab(struct canvas *canvas, int x, bool current, const char *text)
{
	struct style style = bar_dim;

	if (current)
		style = (struct style){
			.fg = INK_TITLE, .bg = INK_BAR, .attr = ATTR_BOLD | ATTR_UNDERLINE};
	return canvas_text(canvas, x, 0, style, text) + 2;
}

static const char *file_name(const struct app *app)
{
	const char *slash = strrchr(app->options->path, '/');

	if (app->options->title)
		return app->options->title;
	return slash ? slash + 1 : app->options->path;
}

/* The tab's text; a short one is its digit alone. */
static void tab_text(const struct app *app, int digit, bool full, char *text, size_t size)
{
	const struct pool_summary *pool = digit == VIEWER_VIEW_POOL ? app_pool(app) : NULL;

	if (full)
		snprintf(text, size, "%d %s%s%.64s", digit, view_of(digit)->name, pool ? " " : "",
			 pool ? pool->name : "");
	else
		snprintf(text, size, "%d", digit);
}

/* Columns of all tabs; names of those that are not on the screen are the first to go. */
static int tabs_width(const struct app *app, bool full)
{
	char text[128];
	int width = 0;

	for (int i = 1; i <= VIEW_MAX; i++) {
		if (!view_with_tab(i))
			continue;
		tab_text(app, i, full || i == app->view, text, sizeof(text));
		width += canvas_text_width(text) + 2;
	}
	return width;
}

void status_draw_title(struct app *app, struct canvas *canvas)
{
	int name_width = canvas_text_width(file_name(app));
	bool full = 13 + tabs_width(app, true) + 6 + 12 <= canvas->width;
	char text[128];
	int x = 1, room;

	fill_bar(canvas, 0);
	if (full || canvas->width >= 13 + tabs_width(app, false) + 24)
		x = canvas_text(canvas, 1, 0,
				(struct style){.fg = INK_TITLE, .bg = INK_BAR, .attr = ATTR_BOLD},
				"Poolscope") +
		    3;
	for (int i = 1; i <= VIEW_MAX; i++) {
		if (!view_with_tab(i))
			continue;
		tab_text(app, i, full || i == app->view, text, sizeof(text));
		app->tab_x[i] = x;
		x = draw_tab(canvas, x, !app->help && i == app->view, text);
	}
	app->tab_x[0] = x;
	x = draw_tab(canvas, x, app->help, "? Help");
	app->tab_x[APP_VIEWS] = x;
	room = canvas->width - x - 2;
	if (room > 8)
		canvas_text_n(canvas, canvas->width - 1 - (name_width < room ? name_width : room),
			      0, room, bar, file_name(app));
}

int status_tab_at(const struct app *app, int x)
{
	if (x >= app->tab_x[0] && x < app->tab_x[APP_VIEWS])
		return 0;
	for (int i = VIEW_MAX; i >= 1; i--)
		if (view_with_tab(i) && x >= app->tab_x[i])
			return x < app->tab_x[0] ? i : -1;
	return -1;
}

struct chip {
	char text[64];
	struct style style;
};

/* What is on the screen in time: the one thing that must never be misread. */
static struct chip state_chip(const struct app *app, const struct timeline_view *view)
{
	const struct trace_status *status = &app->model.status;
	struct chip chip = {.style = {.fg = INK_GOOD, .bg = INK_BAR, .attr = ATTR_BOLD}};
	struct human behind = human_duration(status->end_ns - view->shown_ns);
	bool at_end = app->timeline.follow || status->end_ns < view->shown_ns;

	char speed[16];

	if (app->play.on) {
		chip.style.attr |= ATTR_REVERSE;
		snprintf(chip.text, sizeof(chip.text), " ▶ %s%s%s%s",
			 play_speed_text(app->play.speed, speed, sizeof(speed)),
			 app_is_live(app) ? " " : "", app_is_live(app) ? behind.s : "",
			 app_is_live(app) ? " behind live " : " ");
		return chip;
	}
	if (app_is_live(app) && app->timeline.follow) {
		snprintf(chip.text, sizeof(chip.text), " ● LIVE ");
		return chip;
	}
	if (app_is_live(app)) {
		chip.style = (struct style){
			.fg = INK_WARN, .bg = INK_BAR, .attr = ATTR_BOLD | ATTR_REVERSE};
		snprintf(chip.text, sizeof(chip.text), " PAUSED %s behind live ",
			 at_end ? "0 s" : behind.s);
		return chip;
	}
	chip.style.fg = INK_TITLE;
	if (at_end)
		snprintf(chip.text, sizeof(chip.text), " ENDED ");
	else
		snprintf(chip.text, sizeof(chip.text), " ENDED, %s later ", behind.s);
	return chip;
}

static int draw_item(struct canvas *canvas, int x, struct style style, const char *text)
{
	struct style line = {.fg = INK_DIM, .bg = INK_BAR};

	canvas_put(canvas, x, canvas->height - 1, L'│', line);
	return canvas_text(canvas, x + 2, canvas->height - 1, style, text) + 1;
}

/* What a narrow screen can do without. */
static int draw_fitting(struct canvas *canvas, int x, int room, struct style style,
			const char *text)
{
	return x + 3 + canvas_text_width(text) > room ? x : draw_item(canvas, x, style, text);
}

static int draw_lag(const struct app *app, struct canvas *canvas, int x)
{
	int64_t lag_ns = app->now_ns - app->model.status.end_ns;
	struct style style = bar;
	char text[64];

	if (!app_is_live(app) || !app->model.status.end_ns)
		return x;
	if (lag_ns > 2 * SECOND_NS)
		style = (struct style){.fg = INK_WARN, .bg = INK_BAR, .attr = ATTR_BOLD};
	/* Tenths: more digits would only flicker. */
	if (lag_ns < 120 * SECOND_NS)
		snprintf(text, sizeof(text), "lag %.1f s", (double)lag_ns / SECOND_NS);
	else
		snprintf(text, sizeof(text), "lag %s", human_duration(lag_ns).s);
	return draw_item(canvas, x, style, text);
}

static int draw_losses(const struct app *app, struct canvas *canvas, int x)
{
	const struct trace_status *status = &app->model.status;
	struct style style = bar;
	char text[64];

	snprintf(text, sizeof(text), "lost %s", human_count(status->lost).s);
	if (status->lost || status->nr_losses)
		style = (struct style){.fg = INK_ALARM, .bg = INK_BAR, .attr = ATTR_BOLD};
	return draw_item(canvas, x, style, text);
}

/* What is on the screen is no longer what the name stands for. */
static int draw_file(const struct app *app, struct canvas *canvas, int x)
{
	struct style style = {.fg = INK_ALARM, .bg = INK_BAR, .attr = ATTR_BOLD};

	switch (app->model.file) {
	case MODEL_FILE_DELETED:
		return draw_item(canvas, x, style, "FILE DELETED");
	case MODEL_FILE_REPLACED:
		return draw_item(canvas, x, style, "FILE REPLACED :reopen");
	default:
		return x;
	}
}

static int draw_ended(const struct app *app, struct canvas *canvas, int x)
{
	const struct trace_status *status = &app->model.status;
	struct style style = {.fg = INK_WARN, .bg = INK_BAR, .attr = ATTR_BOLD};

	if (app_is_live(app) || status->complete || !status->ended[0] ||
	    strcmp(status->ended, "complete") == 0)
		return x;
	return draw_item(canvas, x, style, status->ended);
}

/* Decimals that tell one column from the next, and one more for what is exact. */
static int cursor_digits(const struct timeline_view *view)
{
	int digits = 1;

	for (int64_t unit = SECOND_NS / 10; digits < 9 && unit >= view->cell_ns; unit /= 10)
		digits++;
	return digits < 9 ? digits + 1 : 9;
}

/* The cursor; without one the newest instant on the screen, and a short recording does not reach
 * the edge yet. */
static int draw_time(const struct app *app, struct canvas *canvas, int x, int room,
		     const struct timeline_view *view)
{
	int64_t end_ns = app->model.status.end_ns;
	char text[64];

	if (!app->timeline.has_cursor)
		return draw_fitting(
			canvas, x, room, bar,
			human_time(end_ns < view->shown_ns ? end_ns : view->shown_ns, 1).s);
	snprintf(text, sizeof(text), "@ %s",
		 human_time(app->timeline.cursor_ns, cursor_digits(view)).s);
	return draw_fitting(canvas, x, room,
			    (struct style){.fg = INK_CURSOR, .bg = INK_BAR, .attr = ATTR_BOLD},
			    text);
}

/* From A to B; with one of them only, from there to the cursor. */
static int draw_marks(const struct app *app, struct canvas *canvas, int x, int room)
{
	const struct timeline *timeline = &app->timeline;
	const bool *has = timeline->has_mark;
	const int64_t *at = timeline->mark_ns;
	char text[64];

	if (has[0] && has[1])
		snprintf(text, sizeof(text), "B-A %s", human_duration(at[1] - at[0]).s);
	else if ((has[0] || has[1]) && timeline->has_cursor)
		snprintf(text, sizeof(text), "@-%c %s", has[0] ? 'A' : 'B',
			 human_duration(timeline->cursor_ns - at[has[0] ? 0 : 1]).s);
	else
		return x;
	return draw_fitting(canvas, x, room,
			    (struct style){.fg = INK_MARK, .bg = INK_BAR, .attr = ATTR_BOLD}, text);
}

/*
 * News, or what is wrong, beside the chip that must never be missed: but for words that would not
 * fit there.  Returns: false when there is nothing to say.
 */
static bool draw_words(const struct app *app, struct canvas *canvas, const struct chip *chip,
		       int room)
{
	const char *words = app->message[0] ? app->message : app->model.trouble;
	struct style style = {.fg = app->message[0] ? app->message_ink : INK_ALARM,
			      .bg = INK_BAR,
			      .attr = ATTR_BOLD};
	int x = 1, y = canvas->height - 1;

	if (!words[0])
		return false;
	if (app->model.query &&
	    canvas_text_width(chip->text) + canvas_text_width(words) + 1 <= room)
		x = canvas_text(canvas, 0, y, chip->style, chip->text) + 1;
	canvas_text_n(canvas, x, y, room - x, style, words);
	return true;
}

static void draw_items(const struct app *app, struct canvas *canvas, int x, int room,
		       const struct timeline_view *view)
{
	char text[128];

	x = draw_lag(app, canvas, x);
	x = draw_ended(app, canvas, x);
	x = draw_file(app, canvas, x);
	if (app_is_live(app))
		snprintf(text, sizeof(text), "%s ev/s", human_rate(app->model.events_per_s).s);
	else
		snprintf(text, sizeof(text), "%s ev", human_count(app->model.status.events).s);
	x = draw_item(canvas, x, bar, text);
	x = draw_losses(app, canvas, x);
	x = draw_time(app, canvas, x, room, view);
	x = draw_marks(app, canvas, x, room);
	snprintf(text, sizeof(text), "%s wide", human_duration(view->end_ns - view->start_ns).s);
	x = draw_fitting(canvas, x, room, bar, text);
	snprintf(text, sizeof(text), "%s a column", human_duration(view->cell_ns).s);
	draw_fitting(canvas, x, room, bar_dim, text);
}

void status_draw(struct app *app, struct canvas *canvas)
{
	int y = canvas->height - 1;
	struct timeline_view view = app_window(app, app->time_columns);
	struct chip chip = state_chip(app, &view);
	const char *hint = canvas->width < 100 ? "? help" : "? help  q quit";
	int room = canvas->width - 2 - canvas_text_width(hint);

	if (app->prompt.kind) {
		prompt_draw(&app->prompt, canvas, y);
		return;
	}
	fill_bar(canvas, y);
	canvas_text_right(canvas, canvas->width - 1, y, bar_dim, "%s", hint);
	if (draw_words(app, canvas, &chip, room) || !app->model.query)
		return;
	draw_items(app, canvas, canvas_text(canvas, 0, y, chip.style, chip.text), room, &view);
}
