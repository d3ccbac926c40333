/* SPDX-License-Identifier: MIT */
/* Setting bookmarks, going to them, and where they stand on the time axes; declared in app.h. */
#include <ctype.h>
#include <string.h>

#include "viewer/human.h"
#include "viewer/view.h"

static struct bookmark_file file_of(const struct app *app)
{
	return (struct bookmark_file){app->options->path, app->model.device, app->model.inode};
}

bool app_bookmarks_refresh(struct app *app)
{
	struct bookmark_file file = file_of(app);

	return app->model.query && bookmarks_refresh(&app->bookmarks, app->model.query, &file,
						     app->running || app->model.status.recording);
}

void app_bookmarks_finish(struct app *app)
{
	struct bookmark_file file = file_of(app);

	bookmarks_finish(&app->bookmarks, &file);
}

/* --- setting ---------------------------------------------------------------------------------- */

/* A view that shows a time: a table of answers is not worth coming back to. */
static int view_to_keep(const struct app *app)
{
	return app->view == VIEWER_VIEW_SQL || app->view == VIEWER_VIEW_BOOKMARKS ? VIEWER_VIEW_POOL
										  : app->view;
}

/* As much of a note as there is room for, whole characters. */
static void copy_note(char *to, size_t size, const char *from)
{
	size_t len = strlen(from);

	if (len >= size)
		for (len = size - 1; len > 0 && (from[len] & 0xc0) == 0x80;)
			len--;
	memcpy(to, from, len);
	to[len] = 0;
}

static void say_change(struct app *app, const struct bookmark *b, enum bookmark_where where,
		       const char *why)
{
	const struct pool_summary *pool = b->pool >= 0 ? app_pool(app) : NULL;
	size_t len = strlen(app->options->path);

	/* The title has the file's name. */
	if (strncmp(why, app->options->path, len) == 0 && strncmp(why + len, ": ", 2) == 0)
		why += len + 2;
	if (where == BOOKMARK_HERE_ONLY)
		app_say(app, INK_WARN, "bookmark %c %s for this run only: %s", b->letter,
			b->gone ? "is gone" : "holds", why);
	else if (b->gone)
		app_say(app, INK_TITLE, "bookmark %c is gone", b->letter);
	else
		app_say(app, INK_MARK, "bookmark %c: %s%s%.64s%s", b->letter,
			human_time(b->ts_ns, 3).s, pool ? " in " : "", pool ? pool->name : "",
			where == BOOKMARK_ON_ITS_WAY ? ", the recorder takes it" : "");
}

void app_bookmark_set(struct app *app, char letter, const char *note)
{
	struct bookmark b = {.letter = letter,
			     .ts_ns = app_instant(app),
			     .pool = app_pool(app) ? (int64_t)app->pool : -1,
			     .set_ns = app->now_ns};
	struct bookmark_file file = file_of(app);
	struct db_error why = {""};

	if (!app->model.query || !app->model.status.end_ns) {
		app_say(app, INK_WARN, "there is no instant yet to give a letter to");
		return;
	}
	snprintf(b.view, sizeof(b.view), "%s", view_of(view_to_keep(app))->name);
	for (char *c = b.view; *c; c++)
		*c = (char)tolower((unsigned char)*c);
	copy_note(b.note, sizeof(b.note), note);
	say_change(app, &b, bookmarks_change(&app->bookmarks, &file, &b, &why), why.text);
	app_reload(app);
}

bool app_bookmark_unset(struct app *app, char letter)
{
	struct bookmark b = {.letter = letter, .gone = true, .pool = -1, .set_ns = app->now_ns};
	struct bookmark_file file = file_of(app);
	struct db_error why = {""};

	if (!bookmarks_find(&app->bookmarks, letter))
		return false;
	say_change(app, &b, bookmarks_change(&app->bookmarks, &file, &b, &why), why.text);
	app_reload(app);
	return true;
}

/* --- going there ------------------------------------------------------------------------------ */

void app_remember(struct app *app)
{
	app->before = (struct place){true, app->view, app->pool, app->timeline};
}

/* Marks are not of a place. */
static void show_time_of(struct app *app, const struct timeline *earlier)
{
	struct timeline now = app->timeline;

	app->timeline = *earlier;
	memcpy(app->timeline.has_mark, now.has_mark, sizeof(now.has_mark));
	memcpy(app->timeline.mark_ns, now.mark_ns, sizeof(now.mark_ns));
	app->timeline.hide = false;
}

static void go_back(struct app *app)
{
	struct place place = app->before;

	if (!place.known) {
		app_say(app, INK_WARN, "nobody has gone anywhere yet");
		return;
	}
	app_play(app, false);
	app_remember(app);
	app_open(app, place.view);
	if (model_pool(&app->model, place.pool))
		app->pool = place.pool;
	show_time_of(app, &place.timeline);
}

static void go_to_instant(struct app *app, int64_t ts_ns, int view)
{
	app_play(app, false);
	app_remember(app);
	app_goto(app, ts_ns, view);
	if (app->timeline.cursor_ns != ts_ns)
		app_say(app, INK_WARN, "not in the recording: this is its %s",
			app->timeline.cursor_ns < ts_ns ? "end" : "beginning");
}

static void go_to_mark(struct app *app, int which)
{
	if (app->timeline.has_mark[which])
		go_to_instant(app, app->timeline.mark_ns[which], view_to_keep(app));
	else
		app_say(app, INK_WARN, "mark %c is not set", 'A' + which);
}

void app_bookmark_goto(struct app *app, char letter)
{
	const struct bookmark *b = bookmarks_find(&app->bookmarks, letter);
	int view = b ? viewer_view_named(b->view) : -1;

	if (!b || !app->model.query) {
		app_say(app, INK_WARN, "no bookmark %c: :bookmarks lists them", letter);
		return;
	}
	if (view < 0 || view == VIEWER_VIEW_SQL || view == VIEWER_VIEW_BOOKMARKS)
		view = VIEWER_VIEW_POOL;
	go_to_instant(app, b->ts_ns, view);
	if (b->pool >= 0 && model_pool(&app->model, (uint32_t)b->pool))
		app->pool = (uint32_t)b->pool;
	if (!app->message[0])
		app_say(app, INK_MARK, "%c: %s%s%s", letter, human_time(b->ts_ns, 3).s,
			b->note[0] ? " - " : "", b->note);
}

/* --- keys ------------------------------------------------------------------------------------- */

/* "a to z; there are: a c x". */
static void ask_letter(struct app *app, enum letter_for what, const char *question)
{
	char letters[2 * BOOKMARKS + 1] = "";
	size_t len = 0;

	for (int c = 'a'; c <= 'z'; c++) {
		if (!bookmarks_find(&app->bookmarks, c))
			continue;
		letters[len++] = ' ';
		letters[len++] = (char)c;
	}
	letters[len] = 0;
	app->letter_for = what;
	app_say(app, INK_MARK, "%s%s%s", question, len ? "; there are" : "", letters);
}

bool app_bookmark_request(struct app *app, int request)
{
	switch (request) {
	case REQUEST_BOOKMARK:
		ask_letter(app, LETTER_TO_SET, "bookmark here: a letter, a to z");
		return true;
	case REQUEST_GOTO_BOOKMARK:
		ask_letter(app, LETTER_TO_GO, "go to bookmark a to z, mark A or B, ' back");
		return true;
	default:
		return false;
	}
}

void app_bookmark_letter(struct app *app, int key)
{
	enum letter_for what = app->letter_for;

	app->letter_for = LETTER_NOT_ASKED;
	if (what == LETTER_TO_GO && key == '\'')
		go_back(app);
	else if (what == LETTER_TO_GO && (key == 'A' || key == 'B'))
		go_to_mark(app, key - 'A');
	else if (what == LETTER_TO_GO && key >= 'a' && key <= 'z')
		app_bookmark_goto(app, (char)key);
	else if (what == LETTER_TO_SET && key >= 'a' && key <= 'z')
		app_bookmark_set(app, (char)key, "");
	else if (key != KEY_CODE_ESCAPE)
		app_say(app, INK_WARN, "bookmarks have letters, a to z");
}

/* --- on the axes ------------------------------------------------------------------------------ */

/*
 * Reversed, as no label of the axis is; one of another pool has less colour.  Several in a column
 * are a star.
 */
static struct style letter_style(const struct app *app, const struct bookmark *b)
{
	bool other = b->pool >= 0 && b->pool != app->pool && app->view != VIEWER_VIEW_HEALTH;

	return (struct style){.fg = other ? INK_DIM : INK_MARK,
			      .attr = ATTR_REVERSE | (other ? 0 : ATTR_BOLD)};
}

/* A character of a time, not a tick, a letter or the blank between times; times may end with " s".
 */
static bool is_of_label(struct canvas *canvas, struct rect axis, int x, int y)
{
	const struct cell *cell =
		x < axis.x || x >= axis.x + axis.w ? NULL : canvas_at(canvas, x, y);
	const struct cell *next = canvas_at(canvas, x + 1, y);

	if (!cell || cell->style.attr & ATTR_REVERSE)
		return false;
	if (cell->ch == L' ')
		return next && next->ch == L's';
	return cell->ch == L':' || cell->ch == L'.' || cell->ch == L's' ||
	       (cell->ch >= L'0' && cell->ch <= L'9');
}

/* A time with a letter in it would be another time. */
static void drop_label(struct canvas *canvas, struct rect axis, int x)
{
	int from = x, end = x;

	while (is_of_label(canvas, axis, from - 1, axis.y))
		from--;
	while (is_of_label(canvas, axis, end, axis.y))
		end++;
	if (is_of_label(canvas, axis, x, axis.y))
		canvas_fill(canvas, (struct rect){from, axis.y, end - from, 1}, (struct style){0});
}

void app_axis(const struct app *app, struct canvas *canvas, struct rect axis,
	      const struct timeline_view *window)
{
	chart_time_axis(canvas, axis, window->start_ns, window->cell_ns);
	for (int c = 'a'; c <= 'z'; c++) {
		const struct bookmark *b = bookmarks_find(&app->bookmarks, c);
		int column = b ? timeline_column(window, b->ts_ns) : -1;
		const struct cell *under = canvas_at(canvas, axis.x + column, axis.y);

		if (column < 0 || column >= axis.w || !under)
			continue;
		drop_label(canvas, axis, axis.x + column);
		canvas_put(canvas, axis.x + column, axis.y,
			   under->style.attr & ATTR_REVERSE ? L'*' : (wchar_t)c,
			   letter_style(app, b));
	}
}
