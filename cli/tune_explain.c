/* SPDX-License-Identifier: MIT */
/* `tune --explain T`: what the policy saw and did around an instant. */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/text.h"
#include "cli/tune.h"

#define LINES_MAX	40
#define EVENTS_MAX	1000
#define WINDOW_LEADS	4
#define WINDOW_LEAST_NS INT64_C(1000000)

struct explanation {
	const struct tune_pool *pool;
	struct policy_marks marks;
	int64_t at_ns, from_ns, to_ns;
	/* The last event that was not after the instant. */
	struct sim_event last;
	bool any, lossy;
	/* Of losses in a row only the first and their number are shown. */
	enum sim_what row;
	uint64_t in_row, lines;
	json_t *events; /* instead of printing them */
};

/* The pool after the last event up to the instant, and what the policy thinks of it. */
struct state {
	uint32_t total, held, available, pending, demand;
	bool grows, frees;
	char why_grow[TUNE_WHY_BYTES], why_free[TUNE_WHY_BYTES];
};

static const char *when(const struct explanation *x, int64_t t_ns)
{
	return text_since(t_ns, x->pool->trace->start_ns);
}

static void end_row(struct explanation *x)
{
	if (x->in_row && x->events && x->lines <= EVENTS_MAX)
		json_object_set_new(json_array_get(x->events, json_array_size(x->events) - 1),
				    "packets", json_integer((json_int_t)x->in_row));
	else if (x->in_row > 1 && !x->events && x->lines < LINES_MAX)
		printf("    %-17s ... %llu of them in a row\n", "", (unsigned long long)x->in_row);
	x->in_row = 0;
}

static void print_event(struct explanation *x, const struct sim_event *e)
{
	const struct policy_marks *m = &x->marks;
	uint32_t available = e->total - e->held;

	if (x->lines++ >= LINES_MAX)
		return;
	printf("    %-17s ", when(x, e->t_ns));
	switch (e->what) {
	case SIM_REQUEST:
		printf("asks for %u: %u available and %u on their way, low %u; due at %s\n",
		       m->block, available, m->block * (e->pending - 1), m->low,
		       when(x, e->due_ns));
		break;
	case SIM_REFUSED:
		printf("the request is refused\n");
		break;
	case SIM_GRANT:
		printf("a block joins: %u in all, %u available\n", e->total, available);
		break;
	case SIM_FAILED:
		printf("a request ends without memory: %u available\n", available);
		break;
	case SIM_DISCARD:
		printf("a probe ends, and its block goes back\n");
		break;
	case SIM_FREE:
		printf("frees the newest block that is home: %u in all, %u available, high %u\n",
		       e->total, available, m->high);
		break;
	case SIM_LOST:
		printf("LOST: a packet finds no buffer, %u held of %u\n", e->held, e->total);
		break;
	case SIM_RESOURCES:
		printf("RESOURCES: %u available, reserve %u\n", available, m->reserve);
		break;
	}
}

static void add_event(struct explanation *x, const struct sim_event *e)
{
	static const char *const names[] = {
		[SIM_REQUEST] = "request", [SIM_REFUSED] = "refused",	  [SIM_GRANT] = "grant",
		[SIM_FAILED] = "failed",   [SIM_DISCARD] = "probe_ended", [SIM_FREE] = "free",
		[SIM_LOST] = "lost",	   [SIM_RESOURCES] = "resources",
	};
	json_t *o;

	if (x->lines++ >= EVENTS_MAX)
		return;
	o = json_pack("{s:I,s:s,s:i,s:i,s:i,s:i}", "t_ns", (json_int_t)e->t_ns, "what",
		      names[e->what], "total", (int)e->total, "held", (int)e->held, "available",
		      (int)(e->total - e->held), "pending", (int)e->pending);
	if (e->what == SIM_REQUEST)
		json_object_set_new(o, "due_ns", json_integer(e->due_ns));
	json_array_append_new(x->events, o);
}

static void tell(const struct sim_event *e, void *ctx)
{
	struct explanation *x = ctx;
	bool missed = e->what == SIM_LOST || e->what == SIM_RESOURCES;

	if (e->t_ns <= x->at_ns) {
		x->last = *e;
		x->any = true;
		x->lossy |= missed;
	}
	if (e->t_ns < x->from_ns || e->t_ns > x->to_ns)
		return;
	if (missed && x->in_row && x->row == e->what) {
		x->in_row++;
		return;
	}
	end_row(x);
	x->row = e->what;
	x->in_row = missed;
	if (x->events)
		add_event(x, e);
	else
		print_event(x, e);
}

/* Why it asks, or why it does not.  Returns: whether it does. */
static bool grows(const struct policy_marks *m, uint32_t total, uint32_t available,
		  uint32_t pending, char why[TUNE_WHY_BYTES])
{
	uint64_t coming = (uint64_t)available + (uint64_t)m->block * pending;

	if (coming > m->low)
		snprintf(why, TUNE_WHY_BYTES,
			 "%u available and %u on their way are more than low %u", available,
			 m->block * pending, m->low);
	else if (pending >= m->max_pending)
		snprintf(why, TUNE_WHY_BYTES, "%u request%s on the way, max_pending is %u", pending,
			 text_plural(pending), m->max_pending);
	else if (total + (uint64_t)m->block * (pending + 1) > m->limit)
		snprintf(why, TUNE_WHY_BYTES,
			 "limit %u leaves no room for another %u beside %u and %u on their way",
			 m->limit, m->block, total, m->block * pending);
	else
		snprintf(why, TUNE_WHY_BYTES, "%u are at most low %u", (uint32_t)coming, m->low);
	return coming <= m->low && pending < m->max_pending &&
	       total + (uint64_t)m->block * (pending + 1) <= m->limit;
}

/* Returns: whether it frees, as soon as a block is home. */
static bool frees(const struct policy_marks *m, uint32_t total, uint32_t available,
		  char why[TUNE_WHY_BYTES])
{
	if (available < m->high)
		snprintf(why, TUNE_WHY_BYTES, "%u available are fewer than high %u", available,
			 m->high);
	else if (total <= m->base)
		snprintf(why, TUNE_WHY_BYTES, "there is only the base block");
	else
		snprintf(why, TUNE_WHY_BYTES, "high %u is reached: as soon as a block is home%s",
			 m->high,
			 m->shrink_ticks ? " and shrink_ticks have passed without shortage" : "");
	return available >= m->high && total > m->base;
}

/* Between two events of the pool only packets come and go. */
static struct state find_state(const struct explanation *x)
{
	const struct demand *d = x->pool->demand;
	size_t step = demand_next_at(d, 0, x->at_ns + 1), before = x->any ? x->last.steps : 0;
	struct state s = {.total = x->any ? x->last.total : x->marks.base,
			  .pending = x->any ? x->last.pending : 0,
			  .demand = demand_held(d, step)};
	int64_t held = (x->any ? (int64_t)x->last.held : 0) + s.demand - demand_held(d, before);

	s.held = held < 0 ? 0 : held > s.total ? s.total : (uint32_t)held;
	s.available = s.total - s.held;
	s.grows = grows(&x->marks, s.total, s.available, s.pending, s.why_grow);
	s.frees = frees(&x->marks, s.total, s.available, s.why_free);
	return s;
}

static void print_state(const struct explanation *x)
{
	struct state s = find_state(x);

	printf("  then         %u in all, %u held, %u available, %u request%s on the way%s\n",
	       s.total, s.held, s.available, s.pending, text_plural(s.pending),
	       x->lossy ? "; packets were missed before, so held is about" : "");
	printf("  demand       %u packets wanted a buffer\n", s.demand);
	printf("  grow         %s: %s\n", s.grows ? "yes" : "no", s.why_grow);
	printf("  free         %s%s\n", s.frees ? "" : "no: ", s.why_free);
}

static void print_lines_left(struct explanation *x)
{
	end_row(x);
	if (x->lines > LINES_MAX)
		printf("    ... and %llu more\n", (unsigned long long)(x->lines - LINES_MAX));
	if (!x->lines)
		printf("    nothing: it neither asked nor freed\n");
}

/* What happened around it. */
static int simulate(const struct tune_options *o, struct explanation *x, int64_t *around)
{
	static const struct lead at_once = {.kind = LEAD_FIXED};
	const struct tune_pool *p = x->pool;
	struct sim_result r;

	if (cli_instant(o->explain, p->trace->start_ns, &x->at_ns))
		return -EINVAL;
	*around = WINDOW_LEADS * p->longest_ns;
	if (*around < WINDOW_LEAST_NS)
		*around = WINDOW_LEAST_NS;
	x->from_ns = x->at_ns > INT64_MIN + *around ? x->at_ns - *around : INT64_MIN;
	x->to_ns = x->at_ns < INT64_MAX - *around ? x->at_ns + *around : INT64_MAX;
	if (!x->events) {
		printf("pool %u  %s at %s\n", p->summary->pool, text_printable(p->summary->name),
		       when(x, x->at_ns));
		printf("  marks        base %u block %u low %u high %u limit %u reserve %u "
		       "max_pending %u\n",
		       x->marks.base, x->marks.block, x->marks.low, x->marks.high, x->marks.limit,
		       x->marks.reserve, x->marks.max_pending);
		if (p->demand->quality.marks_changed && !p->has_what_if)
			printf("               in force only since %s: what is below is what they "
			       "would have done from the start\n",
			       when(x, p->demand->change.at_ns));
		printf("  simulated, %s around it:\n", text_duration(*around));
	}
	return sim_tell(p->demand, &x->marks, p->lead_known ? &p->lead : &at_once, tell, x, &r);
}

int tune_explain(const struct tune_options *o, const struct tune_pool *p,
		 const struct policy_marks *marks)
{
	struct explanation x = {.pool = p, .marks = *marks};
	int64_t around;
	int ret = simulate(o, &x, &around);

	if (ret)
		return ret;
	print_lines_left(&x);
	print_state(&x);
	return 0;
}

int tune_explain_json(const struct tune_options *o, const struct tune_pool *p,
		      const struct policy_marks *marks, json_t **out)
{
	struct explanation x = {.pool = p, .marks = *marks, .events = json_array()};
	struct state s;
	int64_t around;
	int ret = x.events ? simulate(o, &x, &around) : -ENOMEM;

	if (ret) {
		json_decref(x.events);
		return ret;
	}
	end_row(&x);
	s = find_state(&x);
	*out = json_pack(
		"{s:I,s:I,s:I,s:I,s:o,s:I,s:{s:i,s:i,s:i,s:i,s:i,s:b},s:{s:b,s:s},s:{s:b,s:s}}",
		"at_ns", (json_int_t)x.at_ns, "start_ns", (json_int_t)p->trace->start_ns, "from_ns",
		(json_int_t)x.from_ns, "to_ns", (json_int_t)x.to_ns, "events", x.events,
		"events_left_out", (json_int_t)(x.lines > EVENTS_MAX ? x.lines - EVENTS_MAX : 0),
		"then", "total", (int)s.total, "held", (int)s.held, "available", (int)s.available,
		"pending", (int)s.pending, "demand", (int)s.demand, "exact", !x.lossy, "grow",
		"wants", s.grows, "why", s.why_grow, "free", "wants", s.frees, "why", s.why_free);
	return *out ? 0 : -ENOMEM;
}
