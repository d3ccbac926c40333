/* SPDX-License-Identifier: MIT */
/*
 * View 6: what other marks would have done.  The demand is read beside the screen; from then on a
 * key moves a mark, and the pool is simulated before the next screen.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "viewer/human.h"
#include "viewer/occupancy.h"
#include "viewer/tune_chart.h"
#include "viewer/tune_reader.h"
#include "viewer/view.h"

enum {
	REQUEST_CHOOSE = REQUEST_OF_VIEW,
	REQUEST_CHOOSE_BACK,
	REQUEST_RESET,
	REQUEST_RESET_ALL,
	REQUEST_ROBUST,
	REQUEST_LEAD,
	REQUEST_READ,
	REQUEST_POOL_UP,
	REQUEST_POOL_DOWN,
};

/* What moves in lists moves the mark here. */
static const struct key_binding keys[] = {
	{REQUEST_CHOOSE, "Tune", {'v'}, "the next mark"},
	{REQUEST_CHOOSE_BACK, "Tune", {'w'}, "the mark before"},
	{REQUEST_RESET, "Tune", {'x', KEY_CODE_DELETE}, "the mark as recorded"},
	{REQUEST_RESET_ALL, "Tune", {'r'}, "all marks as recorded"},
	{REQUEST_ROBUST, "Tune", {'l'}, "take the robust low"},
	{REQUEST_LEAD, "Tune", {'y'}, "other lead times"},
	{REQUEST_READ, "Tune", {'u'}, "read what is new"},
	{REQUEST_POOL_UP, "Tune", {'('}, "the pool before"},
	{REQUEST_POOL_DOWN, "Tune", {')'}, "the next pool"},
};

#define WORK_MS	    20
#define SIDE_FROM   156 /* columns from which the figures stand beside the marks */
#define MARKS_WIDTH 78

struct state {
	uint32_t pool;
	bool is_read; /* for that pool, or reading */
	struct tune_reader *reader;
	struct trial trial;
	bool has_moved; /* marks of the trial before, for the next one */
	struct policy_marks moved;
	bool cut;
	struct db_error err;	 /* why there is no demand */
	struct series recorded;	 /* of the visible time */
	struct series predicted; /* level only */
	struct db_error series_err;
	bool stale; /* the marks were moved since they were simulated */
	/* Recorded figures, over the steps that were read. */
	bool whole; /* they are of the pool's whole life */
	struct level_column part;
};

/* --- reading --------------------------------------------------------------------------------- */

/*
 * Marks that were moved stay moved when more is read of the same pool.  The demand goes before the
 * new one comes: both at once would be most of what the viewer may have.
 */
static void let_go(struct state *s, uint32_t pool)
{
	const struct trial *t = &s->trial;

	if (s->pool != pool) {
		s->has_moved = false;
		series_release(&s->predicted);
	} else if (t->demand) {
		s->has_moved = memcmp(&t->marks, &t->recorded, sizeof(t->marks)) != 0;
		s->moved = t->marks;
	}
	trial_release(&s->trial);
}

static void begin_reading(struct app *app, struct state *s)
{
	tune_reader_close(s->reader);
	s->reader = NULL;
	s->is_read = true;
	s->err.text[0] = 0;
	if (app->model.file != MODEL_FILE_SAME) {
		if (s->pool != app->pool)
			let_go(s, app->pool);
		s->pool = app->pool;
		snprintf(s->err.text, sizeof(s->err.text),
			 "the file is not the one that is shown any more: :reopen");
		return;
	}
	let_go(s, app->pool);
	s->pool = app->pool;
	s->reader = tune_reader_open(app->options->path, app->pool, app->options->tune_steps);
	if (!s->reader)
		snprintf(s->err.text, sizeof(s->err.text), "out of memory");
}

/* The figures of the steps that were read, where that is not all. */
static void load_part(struct app *app, struct state *s)
{
	const struct demand *d = s->trial.demand;
	struct db_error err;

	s->whole = !s->cut;
	s->part = (struct level_column){0};
	if (s->cut)
		query_level(app->model.query, s->pool, d->t_ns[0], demand_span_ns(d) + 1, 1,
			    &s->part, &err);
}

static void take_reading(struct app *app, struct state *s, struct tune_reading *reading)
{
	tune_reader_close(s->reader);
	s->reader = NULL;
	s->err = reading->err;
	s->cut = reading->cut;
	if (!reading->demand)
		return;
	trial_take(&s->trial, reading->demand, &reading->atlas);
	if (s->has_moved)
		s->trial.marks = s->moved;
	load_part(app, s);
	s->stale = true;
}

static bool work(struct app *app, void *opaque)
{
	struct state *s = opaque;
	struct tune_reading reading;

	if (!s->reader)
		return false;
	if (tune_reader_wait(s->reader, WORK_MS, &reading))
		take_reading(app, s, &reading);
	return true;
}

static void release(void *opaque)
{
	struct state *s = opaque;

	tune_reader_close(s->reader);
	trial_release(&s->trial);
	series_release(&s->recorded);
	series_release(&s->predicted);
}

/* --- simulating ------------------------------------------------------------------------------ */

static void simulate(struct state *s)
{
	struct series *p = &s->predicted;

	s->stale = false;
	if (p->level && s->trial.demand)
		trial_run(&s->trial, p->window.start_ns, p->window.cell_ns / p->per_cell, p->nr,
			  p->level);
}

/* A growing recording asks for new screens many times a second: most of them need no simulation. */
static bool same_columns(const struct series *a, const struct series *b)
{
	return a->level && a->nr == b->nr && a->window.start_ns == b->window.start_ns &&
	       a->window.cell_ns == b->window.cell_ns;
}

static void make_columns(struct state *s)
{
	struct series *p = &s->predicted;

	if (same_columns(p, &s->recorded))
		return;
	series_release(p);
	*p = (struct series){.window = s->recorded.window,
			     .cells = s->recorded.cells,
			     .per_cell = s->recorded.per_cell,
			     .nr = s->recorded.nr};
	p->level = calloc(p->nr + 1, sizeof(*p->level));
	p->lead = calloc(p->nr + 1, sizeof(*p->lead));
	if (!p->level || !p->lead)
		series_release(p);
	s->stale = true;
}

static void refresh(struct app *app, void *opaque, struct rect rect)
{
	struct state *s = opaque;

	if (!s->is_read || s->pool != app->pool)
		begin_reading(app, s);
	series_release(&s->recorded);
	s->series_err.text[0] = 0;
	if (series_load(&s->recorded, app->model.query, app->pool,
			app_window(app, app->time_columns), app->time_columns, app->look.chars,
			&s->series_err) == -ENOMEM)
		snprintf(s->series_err.text, sizeof(s->series_err.text), "out of memory");
	make_columns(s);
}

/* --- requests -------------------------------------------------------------------------------- */

static bool move(struct state *s, int64_t by)
{
	trial_move(&s->trial, by);
	s->stale = true;
	return true;
}

static bool trial_request(struct state *s, int request)
{
	int64_t block = s->trial.marks.block;

	switch (request) {
	case REQUEST_UP:
		return move(s, 1);
	case REQUEST_DOWN:
		return move(s, -1);
	case REQUEST_HALF_UP:
		return move(s, 10);
	case REQUEST_HALF_DOWN:
		return move(s, -10);
	case REQUEST_SORT_RIGHT:
		return move(s, block);
	case REQUEST_SORT_LEFT:
		return move(s, -block);
	case REQUEST_RESET:
		trial_reset(&s->trial);
		return move(s, 0);
	case REQUEST_RESET_ALL:
		trial_reset_all(&s->trial);
		return move(s, 0);
	case REQUEST_ROBUST:
		trial_take_robust_low(&s->trial);
		return move(s, 0);
	case REQUEST_LEAD:
		trial_next_lead(&s->trial);
		return move(s, 0);
	default:
		return false;
	}
}

static bool request(struct app *app, void *opaque, int request)
{
	struct state *s = opaque;

	switch (request) {
	case REQUEST_CHOOSE:
		trial_choose(&s->trial, 1);
		return true;
	case REQUEST_CHOOSE_BACK:
		trial_choose(&s->trial, -1);
		return true;
	case REQUEST_POOL_UP:
		app_select(app, -1);
		return true;
	case REQUEST_POOL_DOWN:
		app_select(app, 1);
		return true;
	case REQUEST_READ:
		begin_reading(app, s);
		return true;
	default:
		/* While it plays, < and > are the speed. */
		if (app->play.on && (request == REQUEST_SORT_LEFT || request == REQUEST_SORT_RIGHT))
			return false;
		if (s->trial.demand)
			return trial_request(s, request);
		return request >= REQUEST_OF_VIEW || request == REQUEST_UP ||
		       request == REQUEST_DOWN;
	}
}

/* --- drawing --------------------------------------------------------------------------------- */

static const struct style dim = {.fg = INK_DIM}, plain = {0}, strong = {.attr = ATTR_BOLD};
static const struct style title = {.fg = INK_TITLE, .attr = ATTR_BOLD};
static const struct style warn = {.fg = INK_WARN, .attr = ATTR_BOLD};
static const struct style alarm_style = {.fg = INK_ALARM, .attr = ATTR_BOLD};

/*
 * Notes on one row, the gravest first.  What does not fit whole is said with its short words, and
 * left out where these do not fit, either.
 */
struct notes {
	struct canvas *canvas;
	int x, y, end;
};

static bool note(struct notes *n, struct style style, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
static bool note(struct notes *n, struct style style, const char *format, ...)
{
	char text[200];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (n->x + 3 + canvas_text_width(text) > n->end)
		return false;
	n->x = canvas_text(n->canvas, n->x, n->y, dim, " · ");
	n->x = canvas_text(n->canvas, n->x, n->y, style, text);
	return true;
}

static void draw_quality(struct notes *n, const struct app *app, const struct state *s)
{
	const struct trial *t = &s->trial;
	const struct demand_quality *q = &t->demand->quality;
	uint64_t guessed = q->resources + q->dropped;

	if (q->gaps || pool_has_loss(&app->model.status, app_pool(app)))
		note(n, alarm_style, "events lost: a rough answer");
	if (guessed &&
	    !note(n, warn, "%s lost or RESOURCES: holds guessed", human_count(guessed).s))
		note(n, warn, "%s holds guessed", human_count(guessed).s);
	if (t->guessed)
		note(n, warn, "no marks recorded: these are a start");
	if (q->marks_changed)
		note(n, warn, "marks changed %" PRIu64 " times", q->marks_changed);
	if (!t->demand->nr_leads)
		note(n, warn, "no leads recorded");
	if (!s->cut && !t->guessed && t->demand->nr_leads && !guessed && !q->gaps &&
	    !t->result.lost && !t->result.resources && !t->error)
		note(n, (struct style){.fg = INK_GOOD}, "exact");
}

/* How much is judged, and which part of the recording that is. */
static void draw_stretch(struct notes *n, const struct app *app, const struct state *s)
{
	const struct demand *d = s->trial.demand;
	const struct pool_summary *pool = app_pool(app);
	int64_t start_ns = pool->opened_ns ? pool->opened_ns : app->model.status.start_ns;
	int64_t end_ns = pool->closed_ns ? pool->closed_ns : app->model.status.end_ns;
	struct human packets = human_count(d->takes), part = human_duration(demand_span_ns(d));

	if (!s->cut)
		note(n, dim, "%s packets", packets.s);
	else if (n->end < 100)
		note(n, warn, "newest %s: %s packets", part.s, packets.s);
	else
		note(n, warn, "only the newest %s of %s: %s packets", part.s,
		     human_duration(end_ns - start_ns).s, packets.s);
}

static void draw_state(struct app *app, const struct state *s, struct canvas *canvas,
		       struct rect rect)
{
	const struct trial *t = &s->trial;
	struct notes n = {canvas, rect.x + 1, rect.y, rect.x + rect.w};
	char leads[48] = "as recorded";

	n.x = canvas_text_n(canvas, n.x, n.y, 24, title, app_pool(app)->name);
	if (s->reader) {
		note(&n, warn, "reading the receive events: %s steps",
		     human_count(tune_reader_steps(s->reader)).s);
		return;
	}
	if (!t->demand)
		return;
	if (t->lead_ns)
		snprintf(leads, sizeof(leads), "%s", human_duration(t->lead_ns).s);
	draw_stretch(&n, app, s);
	note(&n, dim, "leads %s", leads);
	draw_quality(&n, app, s);
}

static void draw_marks(struct canvas *canvas, int x, int y, const struct trial *t)
{
	canvas_text(canvas, x, y + 1, dim, t->guessed ? "start" : "recorded");
	canvas_text(canvas, x, y + 2, strong, "tried");
	for (int i = 0; i < NR_TRIAL_MARKS; i++) {
		int right = x + 19 + 8 * i;
		uint32_t was = trial_value(&t->recorded, (enum trial_mark)i);
		uint32_t is = trial_value(&t->marks, (enum trial_mark)i);
		struct style style = is != was ? title : plain;

		if (t->chosen == (enum trial_mark)i)
			style.attr |= ATTR_REVERSE | ATTR_BOLD;
		canvas_text_right(canvas, right, y, t->chosen == (enum trial_mark)i ? strong : dim,
				  "%s%s", t->chosen == (enum trial_mark)i ? "▶" : "",
				  trial_mark_name((enum trial_mark)i));
		canvas_text_right(canvas, right, y + 1, dim, "%s", human_count(was).s);
		canvas_text_right(canvas, right, y + 2, style, "%s", human_count(is).s);
	}
}

/* A row of figures; the first two are bad news. */
struct figures_row {
	uint64_t lost, resources, requests, frees, peak;
	double mean; /* < 0: unknown */
};

static void draw_row(struct canvas *canvas, int x, int y, struct style style, const char *name,
		     const struct figures_row *row)
{
	const uint64_t counts[] = {row->lost, row->resources, row->requests, row->frees};
	int right = x + 23;

	canvas_text(canvas, x, y, style, name);
	for (int i = 0; i < 4; i++, right += 10)
		canvas_text_right(canvas, right, y, i < 2 && counts[i] ? alarm_style : style, "%s",
				  human_count(counts[i]).s);
	if (row->mean >= 0)
		canvas_text_right(canvas, right, y, style, "%.1f", row->mean);
	else
		canvas_text_right(canvas, right, y, style, "–");
	canvas_text_right(canvas, right + 10, y, style, "%s", human_count(row->peak).s);
}

static struct figures_row row_of(const struct sim_result *r)
{
	return (struct figures_row){r->lost,  r->resources,    r->requests,
				    r->frees, r->peak_buffers, r->mean_buffers};
}

static void draw_recorded(struct canvas *canvas, int x, int y, const struct state *s,
			  const struct pool_summary *pool)
{
	const struct pool_totals *t = &pool->totals;
	const struct level_column *c = &s->part;
	struct figures_row row = {t->dropped, t->resources,    t->requested,
				  t->freed,   pool->total.max, pool->total.mean};

	if (!pool->total.known) {
		canvas_text(canvas, x, y, dim,
			    "recorded    nothing: the pool did not say what it had");
		return;
	}
	if (!s->whole)
		row = (struct figures_row){c->dropped, c->resources, c->requested,
					   c->freed,   c->total_max, -1};
	draw_row(canvas, x, y, plain, "recorded", &row);
}

static void draw_figures(struct canvas *canvas, int x, int y, int width, const struct state *s,
			 const struct pool_summary *pool)
{
	static const char *const heads[] = {"lost",  "RESOURCES", "requests",
					    "frees", "mean",	  "peak"};
	const struct trial *t = &s->trial;
	struct figures_row row;

	for (int i = 0; i < 6; i++)
		canvas_text_right(canvas, x + 23 + 10 * i, y, dim, "%s", heads[i]);
	draw_recorded(canvas, x, y + 1, s, pool);
	row = row_of(&t->before);
	if (t->before_error == 0)
		draw_row(canvas, x, y + 2, dim, t->guessed ? "start" : "simulated", &row);
	row = row_of(&t->result);
	if (t->error)
		canvas_text_n(canvas, x, y + 3, width, alarm_style, t->why);
	else
		draw_row(canvas, x, y + 3, strong, "tried", &row);
}

static void draw_low(struct canvas *canvas, struct rect rect, const struct trial *t)
{
	uint32_t low = trial_robust_low(t);
	int x = canvas_textf(canvas, rect.x + 1, rect.y, strong, "robust low %s",
			     human_count(low).s);
	char text[160];

	snprintf(text, sizeof(text), ": no loss for leads up to %s and a base above it; l takes it",
		 human_duration(t->tau_ns).s);
	if (canvas_text_width(text) > rect.x + rect.w - x)
		snprintf(text, sizeof(text), ": no loss for leads up to %s; l takes it",
			 human_duration(t->tau_ns).s);
	canvas_text_n(canvas, x, rect.y, rect.w - x, dim, text);
}

/* Whole, so that it can be pasted: on a second row if it must be.  Returns: rows. */
static int draw_options(struct canvas *canvas, struct rect rect, const struct trial *t)
{
	char text[300], *cut;

	snprintf(text, sizeof(text), "refnic ");
	trial_options(t, text + 7, sizeof(text) - 7);
	if ((int)strlen(text) + 1 < rect.w) {
		canvas_text(canvas, rect.x + 1, rect.y, plain, text);
		return 1;
	}
	cut = strstr(text, " --reserve");
	*cut = 0;
	canvas_textf(canvas, rect.x + 1, rect.y, plain, "%s \\", text);
	canvas_textf(canvas, rect.x + 1, rect.y + 1, plain, "    %s", cut + 1);
	return 2;
}

/* Where the steps that were read begin or end within the window: a column, or beyond its ends. */
static int column_of(const struct series *p, int64_t ns)
{
	double column = (double)(ns - p->window.start_ns) / (double)p->window.cell_ns;

	return column < 0 ? -1 : column > p->cells ? p->cells : (int)column;
}

/* The lanes are of the marks tried; where nothing was tried, they say so. */
static void draw_lanes(struct canvas *canvas, struct rect rect, const struct state *s)
{
	static const char before[] = "not tried: only the newest is read";
	static const char after[] = "not tried: u reads on";
	const struct demand *d = s->trial.demand;
	const struct series *p = &s->predicted;
	int plot = rect.x + OCCUPANCY_LEFT, from = column_of(p, d->t_ns[0]);
	int to = column_of(p, d->t_ns[0] + demand_span_ns(d)) + 1;

	lanes_draw(canvas, rect, p);
	canvas_text(canvas, plot + p->cells + 1, rect.y, dim, "tried");
	if (s->cut && from > canvas_text_width(before))
		canvas_text(canvas, plot, rect.y, warn, before);
	if (column_of(p, p->window.shown_ns) - to > canvas_text_width(after))
		canvas_text(canvas, plot + to, rect.y, warn, after);
}

static void draw_chart(struct app *app, const struct state *s, struct canvas *canvas,
		       struct rect rect)
{
	const struct pool_summary *pool = app_pool(app);
	struct rect chart = {rect.x, rect.y + 1, rect.w, rect.h - 2 - LANES_FEW};
	struct rect lanes = {rect.x, chart.y + chart.h, rect.w, LANES_FEW};
	struct rect axis = {rect.x + OCCUPANCY_LEFT, rect.y + rect.h - 1, s->recorded.cells, 1};

	if (s->series_err.text[0] || !s->predicted.level) {
		canvas_text_n(canvas, rect.x + 1, rect.y, rect.w - 2, alarm_style,
			      s->series_err.text[0] ? s->series_err.text : "out of memory");
		return;
	}
	tune_chart_legend(canvas, rect.x + OCCUPANCY_LEFT, rect.y, rect.w - OCCUPANCY_LEFT,
			  &app->look);
	tune_chart_draw(canvas, chart, &app->look, &s->recorded, &s->predicted, pool, &s->trial);
	draw_lanes(canvas, lanes, s);
	app_plot(app, canvas, (struct rect){axis.x, chart.y, axis.w, chart.h + lanes.h});
	app_axis(app, canvas, axis, &s->recorded.window);
	lanes_mark_loss(canvas, axis, &s->recorded);
}

static void draw(struct app *app, void *opaque, struct canvas *canvas, struct rect rect)
{
	struct state *s = opaque;
	const struct pool_summary *pool = app_pool(app);
	bool side = rect.w >= SIDE_FROM;
	struct rect part = rect;

	if (!pool)
		return;
	if (s->stale)
		simulate(s);
	draw_state(app, s, canvas, rect);
	if (!s->trial.demand) {
		canvas_text_n(canvas, rect.x + 1, rect.y + 2, rect.w - 2, alarm_style, s->err.text);
		return;
	}
	draw_marks(canvas, rect.x + 1, rect.y + 1, &s->trial);
	draw_figures(canvas, rect.x + 1 + (side ? MARKS_WIDTH : 0), rect.y + (side ? 1 : 4),
		     rect.w - 2 - (side ? MARKS_WIDTH : 0), s, pool);
	part.y += side ? 5 : 8;
	draw_low(canvas, part, &s->trial);
	part.y++;
	part.y += draw_options(canvas, part, &s->trial);
	part.h = rect.y + rect.h - part.y;
	draw_chart(app, s, canvas, part);
}

const struct view_ops view_tune = {
	.name = "Tune",
	.about = "other marks, by Up Down ^U ^D < >",
	.state_size = sizeof(struct state),
	.release = release,
	.keys = keys,
	.nr_keys = sizeof(keys) / sizeof(keys[0]),
	.refresh = refresh,
	.draw = draw,
	.request = request,
	.work = work,
};
