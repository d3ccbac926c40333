/* SPDX-License-Identifier: MIT */
/* `tune --explain T`: what the policy saw and did around an instant. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/text.h"
#include "cli/tune.h"

#define LINES_MAX	40
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
};

int tune_instant(const char *text, int64_t start_ns, int64_t *ns)
{
	char *end;
	long long value;

	if (!cli_duration(text + (*text == '+'), ns))
		return __builtin_add_overflow(start_ns, *ns, ns) ? -EINVAL : 0;
	errno = 0;
	value = strtoll(text, &end, 10);
	if (*text < '0' || *text > '9' || *end || errno)
		return -EINVAL;
	*ns = value;
	return 0;
}

static const char *when(const struct explanation *x, int64_t t_ns)
{
	return text_since(t_ns, x->pool->trace->start_ns);
}

static void end_row(struct explanation *x)
{
	if (x->in_row > 1 && x->lines < LINES_MAX)
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
	print_event(x, e);
}

/* Why it asks, or why it does not. */
static void print_grow(const struct policy_marks *m, uint32_t total, uint32_t available,
		       uint32_t pending)
{
	uint64_t coming = (uint64_t)available + (uint64_t)m->block * pending;

	printf("  grow         ");
	if (coming > m->low)
		printf("no: %u available and %u on their way are more than low %u\n", available,
		       m->block * pending, m->low);
	else if (pending >= m->max_pending)
		printf("no: %u request%s on the way, max_pending is %u\n", pending,
		       text_plural(pending), m->max_pending);
	else if (total + (uint64_t)m->block * (pending + 1) > m->limit)
		printf("no: limit %u leaves no room for another %u beside %u and %u on their way\n",
		       m->limit, m->block, total, m->block * pending);
	else
		printf("yes: %u are at most low %u\n", (uint32_t)coming, m->low);
}

static void print_free(const struct policy_marks *m, uint32_t total, uint32_t available)
{
	printf("  free         ");
	if (available < m->high)
		printf("no: %u available are fewer than high %u\n", available, m->high);
	else if (total <= m->base)
		printf("no: there is only the base block\n");
	else
		printf("high %u is reached: as soon as a block is home%s\n", m->high,
		       m->shrink_ticks ? " and shrink_ticks have passed without shortage" : "");
}

/* Between two events of the pool only packets come and go. */
static void print_state(const struct explanation *x)
{
	const struct demand *d = x->pool->demand;
	size_t step = demand_next_at(d, 0, x->at_ns + 1), before = x->any ? x->last.steps : 0;
	uint32_t total = x->any ? x->last.total : x->marks.base;
	int64_t held = (x->any ? (int64_t)x->last.held : 0) + demand_held(d, step) -
		       demand_held(d, before);
	uint32_t pending = x->any ? x->last.pending : 0, available;

	held = held < 0 ? 0 : held > total ? total : held;
	available = total - (uint32_t)held;
	printf("  then         %u in all, %u held, %u available, %u request%s on the way%s\n",
	       total, (uint32_t)held, available, pending, text_plural(pending),
	       x->lossy ? "; packets were missed before, so held is about" : "");
	printf("  demand       %u packets wanted a buffer\n", demand_held(d, step));
	print_grow(&x->marks, total, available, pending);
	print_free(&x->marks, total, available);
}

static void print_lines_left(struct explanation *x)
{
	end_row(x);
	if (x->lines > LINES_MAX)
		printf("    ... and %llu more\n", (unsigned long long)(x->lines - LINES_MAX));
	if (!x->lines)
		printf("    nothing: it neither asked nor freed\n");
}

int tune_explain(const struct tune_options *o, const struct tune_pool *p,
		 const struct policy_marks *marks)
{
	static const struct lead at_once = {.kind = LEAD_FIXED};
	struct explanation x = {.pool = p, .marks = *marks};
	int64_t around = WINDOW_LEADS * p->longest_ns;
	struct sim_result r;
	int ret;

	if (tune_instant(o->explain, p->trace->start_ns, &x.at_ns))
		return -EINVAL;
	if (around < WINDOW_LEAST_NS)
		around = WINDOW_LEAST_NS;
	x.from_ns = x.at_ns > INT64_MIN + around ? x.at_ns - around : INT64_MIN;
	x.to_ns = x.at_ns < INT64_MAX - around ? x.at_ns + around : INT64_MAX;
	printf("pool %u  %s at %s\n", p->summary->pool, text_printable(p->summary->name),
	       when(&x, x.at_ns));
	printf("  marks        base %u block %u low %u high %u limit %u reserve %u max_pending "
	       "%u\n",
	       marks->base, marks->block, marks->low, marks->high, marks->limit, marks->reserve,
	       marks->max_pending);
	printf("  simulated, %s around it:\n", text_duration(around));
	ret = sim_tell(p->demand, marks, p->lead_known ? &p->lead : &at_once, tell, &x, &r);
	if (ret)
		return ret;
	print_lines_left(&x);
	print_state(&x);
	return 0;
}
