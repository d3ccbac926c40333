/* SPDX-License-Identifier: MIT */
/*
 * From one action of the policy to the next, without the steps between.
 *
 * Between two actions a pool in line does nothing but follow the demand: total and pending stay as
 * they are, and held is X.  So the next moment at which anything can happen is the earliest of: X
 * rises to where the policy asks or a packet is lost, X falls to where it frees, a completion, a
 * tick.
 */
#include <errno.h>

#include "tuner/sim_state.h"

/* A state in which each event may change what the next one does. */
static bool is_unsettled(const struct sim *s)
{
	const struct policy *p = &s->policy;

	return p->fallback || p->refused || policy_available(p) < p->marks.reserve ||
	       (p->marks.probe_ticks && p->still_ticks >= p->marks.probe_ticks && !p->pending);
}

/* X at which the policy asks, or a packet finds too few buffers: whichever is lower. */
static int64_t upper_level(const struct policy *p)
{
	const struct policy_marks *m = &p->marks;
	int64_t coming = (int64_t)m->block * p->pending, total = p->total;
	int64_t trouble = total - m->reserve + 1, ask = total + coming - m->low;

	if (p->pending < m->max_pending && total + coming + m->block <= m->limit && ask < trouble)
		return ask;
	return trouble;
}

/* X at which the policy frees; -1: it does not. */
static int64_t lower_level(const struct policy *p)
{
	const struct policy_marks *m = &p->marks;

	if (p->total == m->base || p->quiet_ticks < m->shrink_ticks)
		return -1;
	return (int64_t)p->total - m->high;
}

static size_t earlier(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Most levels stay as they are from one stop to the next, and then so does what was found. */
static size_t first(const struct sim *s, struct sim_found *f, int64_t level,
		    size_t (*search)(const struct demand *d, size_t from, int64_t level))
{
	if (f->level != level || s->at < f->from || s->at > f->step)
		*f = (struct sim_found){level, s->at, search(s->d, s->at, level)};
	return f->step;
}

static size_t next_stop(struct sim *s)
{
	size_t stop = first(s, &s->above, upper_level(&s->policy), demand_next_ge);
	int64_t lower = lower_level(&s->policy);

	if (lower >= 0)
		stop = earlier(stop, first(s, &s->below, lower, demand_next_le));
	if (s->due_ns != INT64_MAX)
		stop = earlier(stop, first(s, &s->due, s->due_ns, demand_next_at));
	return earlier(stop, s->tick_at);
}

/* What the policy would know after the steps up to `stop`: the last one, and whether V was low. */
void sim_jump(struct sim *s, size_t stop)
{
	struct policy *p = &s->policy;
	int64_t low = (int64_t)p->total - p->marks.low;

	if (s->with_ticks || p->probing) {
		size_t shortage = demand_next_ge(s->d, s->at, low);

		if (shortage < stop) {
			p->held = demand_held(s->d, shortage + 1);
			policy_return(p, 0);
		}
	}
	p->held = demand_held(s->d, stop);
	policy_return(p, 0);
	s->at = stop;
	s->now_ns = s->d->t_ns[stop - 1];
}

size_t sim_calm_until(struct sim *s)
{
	if (s->in_line)
		return is_unsettled(s) ? s->at : next_stop(s);
	if (s->at >= s->look_at)
		sim_fall_in(s);
	return s->at;
}

static void run(struct sim *s)
{
	const struct demand *d = s->d;

	while (s->at < d->nr && !s->spent && !s->error) {
		size_t stop = sim_calm_until(s);

		if (stop > s->at)
			sim_jump(s, stop);
		if (stop == d->nr)
			break;
		if (d->t_ns[s->at] >= s->due_ns || s->at >= s->tick_at)
			sim_catch_up(s, d->t_ns[s->at]);
		if (!s->error)
			sim_step(s);
	}
}

int sim_skip(const struct demand *d, const struct policy_marks *marks, const struct lead *lead,
	     const struct sim_options *options, struct sim_result *out)
{
	struct sim s;
	int ret = sim_open(&s, d, marks, lead, options ? options->budget : UINT64_MAX);

	if (!ret) {
		run(&s);
		sim_finish(&s, out);
		ret = s.error;
	}
	sim_release(&s);
	return ret;
}

int sim_tell(const struct demand *d, const struct policy_marks *marks, const struct lead *lead,
	     void (*tell)(const struct sim_event *event, void *ctx), void *ctx,
	     struct sim_result *out)
{
	struct sim s;
	int ret = sim_open(&s, d, marks, lead, UINT64_MAX);

	s.tell = tell;
	s.ctx = ctx;
	if (!ret) {
		run(&s);
		sim_finish(&s, out);
		ret = s.error;
	}
	sim_release(&s);
	return ret;
}
