/* SPDX-License-Identifier: MIT */
#include "tuner/curve.h"

#include <string.h>

#include "tuner/sim_state.h"

struct curve {
	struct sim *s;
	struct level_column *out;
	int64_t width_ns, next_ns;     /* next_ns: where the next column begins */
	int64_t at, nr;		       /* the column under way; -1: the first is still to come */
	uint32_t total, held, pending; /* in force */
	bool step_by_step;
};

static void note(struct curve *c)
{
	uint32_t available = c->total - c->held;
	struct level_column *column;

	if (c->at < 0 || c->at >= c->nr)
		return;
	column = &c->out[c->at];
	if (!column->known || available < column->available_min)
		column->available_min = available;
	if (!column->known || c->total < column->total_min)
		column->total_min = c->total;
	if (available > column->available_max)
		column->available_max = available;
	if (c->held > column->held_max)
		column->held_max = c->held;
	if (c->total > column->total_max)
		column->total_max = c->total;
	if (c->pending > column->pending_max)
		column->pending_max = c->pending;
	column->fallback |= c->s->policy.fallback;
	column->known = column->measured = true;
}

/* What is in force reaches into each column up to that of t_ns. */
static void go_to(struct curve *c, int64_t t_ns)
{
	while (c->at < c->nr && t_ns >= c->next_ns) {
		c->at++;
		c->next_ns += c->width_ns;
		note(c);
	}
}

static void update(struct curve *c, int64_t t_ns)
{
	const struct policy *p = &c->s->policy;

	go_to(c, t_ns);
	c->total = p->total;
	c->held = p->held;
	c->pending = p->pending;
	note(c);
}

static void count(const struct sim_event *e, void *ctx)
{
	struct curve *c = ctx;
	struct level_column *column;

	update(c, e->t_ns);
	if (c->at < 0 || c->at >= c->nr)
		return;
	column = &c->out[c->at];
	column->requested += e->what == SIM_REQUEST;
	column->failed += e->what == SIM_REFUSED || e->what == SIM_FAILED;
	column->freed += e->what == SIM_FREE;
	column->dropped += e->what == SIM_LOST;
	column->resources += e->what == SIM_RESOURCES;
}

/* Steps that only the demand makes: of those in a column, the highest and the lowest X. */
static void follow(struct curve *c, const struct demand *d, size_t from, size_t stop)
{
	while (from < stop) {
		struct demand_extremes x;
		size_t end;

		go_to(c, d->t_ns[from]);
		end = c->at < c->nr ? demand_next_at(d, from, c->next_ns) : stop;
		end = end < stop ? end : stop;
		if (c->at >= 0 && c->at < c->nr) {
			x = demand_range(d, from, end);
			c->held = x.min;
			note(c);
			c->held = x.max;
			note(c);
		}
		c->held = demand_held(d, end);
		from = end;
	}
}

static void run(struct sim *s, struct curve *c)
{
	const struct demand *d = s->d;

	while (s->at < d->nr && !s->error) {
		size_t stop = c->step_by_step ? s->at : sim_calm_until(s);
		int64_t t_ns;

		if (stop > s->at) {
			follow(c, d, s->at, stop);
			sim_jump(s, stop);
		}
		if (stop == d->nr)
			return;
		t_ns = d->t_ns[s->at];
		if (t_ns >= s->due_ns || s->at >= s->tick_at)
			sim_catch_up(s, t_ns);
		if (s->error)
			return;
		sim_step(s);
		update(c, s->now_ns);
	}
}

static void place(struct curve *c, int64_t start_ns, int64_t first_ns)
{
	c->at = first_ns < start_ns ? -1 : (first_ns - start_ns) / c->width_ns;
	if (c->at > c->nr)
		c->at = c->nr;
	c->next_ns = start_ns + (c->at + 1) * c->width_ns;
}

static int make(const struct demand *d, const struct policy_marks *marks, const struct lead *lead,
		int64_t start_ns, int64_t width_ns, size_t nr, struct level_column *out,
		struct sim_result *result, bool step_by_step)
{
	struct sim s;
	struct curve c = {.s = &s,
			  .out = out,
			  .width_ns = width_ns,
			  .nr = (int64_t)nr,
			  .step_by_step = step_by_step};
	int ret = sim_open(&s, d, marks, lead, UINT64_MAX);

	memset(out, 0, nr * sizeof(*out));
	s.tell = count;
	s.ctx = &c;
	if (!ret) {
		place(&c, start_ns, d->t_ns[0]);
		update(&c, d->t_ns[0]);
		run(&s, &c);
		sim_finish(&s, result);
		ret = s.error;
	}
	sim_release(&s);
	return ret;
}

int sim_curve(const struct demand *d, const struct policy_marks *marks, const struct lead *lead,
	      int64_t start_ns, int64_t width_ns, size_t nr, struct level_column *out,
	      struct sim_result *result)
{
	return make(d, marks, lead, start_ns, width_ns, nr, out, result, false);
}

int sim_curve_dense(const struct demand *d, const struct policy_marks *marks,
		    const struct lead *lead, int64_t start_ns, int64_t width_ns, size_t nr,
		    struct level_column *out, struct sim_result *result)
{
	return make(d, marks, lead, start_ns, width_ns, nr, out, result, true);
}
