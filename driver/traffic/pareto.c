/* SPDX-License-Identifier: MIT */
/*
 * Self-similar traffic: many senders that are on and off in turn, each for times drawn from a
 * Pareto distribution.  While on, a sender's frames are evenly spaced.
 *
 * The sum is long-range dependent, with Hurst parameter (3 - the smaller shape) / 2, up to the time
 * scale of `cap`.  Without a cap the mean of no run of sensible length would be near the rate.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "driver/traffic/family.h"
#include "driver/traffic/turns.h"

enum { RATE, SOURCES, ON, OFF, SHAPE_ON, SHAPE_OFF, CAP, BYTES };
enum { NR_STATES = 2 };

/* min(X, cap), where X has a Pareto distribution: P(X > x) = (least / x)^shape. */
struct period {
	double mean_ns, shape, least_ns, cap_ns;
};

struct member {
	double at_ns;	/* where its time stands */
	double left_ns; /* of the on period */
	double wait_ns; /* on-time until its next frame */
};

struct pareto {
	struct source source;
	struct period on, off;
	double spacing_ns; /* between the frames of one sender that is on */
	struct member *members;
	uint32_t nr_members;
	struct turns turns;
};

/* --- periods ---------------------------------------------------------------------------------- */

static double mean_of(double least, double shape, double cap)
{
	return least + least / (shape - 1) * (1 - pow(least / cap, shape - 1));
}

/* The least value that gives the mean: mean_of() grows with it. */
static void period_set(struct period *p, double mean_ns, double shape, double cap_ns)
{
	double low = 0, high = mean_ns;

	for (int i = 0; i < 200 && low < high; i++) {
		double middle = low + (high - low) / 2;

		if (mean_of(middle, shape, cap_ns) < mean_ns)
			low = middle;
		else
			high = middle;
	}
	*p = (struct period){mean_ns, shape, high, cap_ns};
}

static double period_draw(const struct period *p, struct rng *rng)
{
	return fmin(p->least_ns * pow(1 - rng_unit(rng), -1 / p->shape), p->cap_ns);
}

/* What is left of a period that is met at any moment. */
static double period_rest(const struct period *p, struct rng *rng)
{
	double tail = (1 - rng_unit(rng)) * p->mean_ns; /* the integral of P(X > x) beyond it */
	double power = p->shape - 1;
	double beyond = p->least_ns / power * (1 - pow(p->least_ns / p->cap_ns, power));

	if (tail >= beyond)
		return p->mean_ns - tail;
	return p->least_ns *
	       pow(tail * power / p->least_ns + pow(p->least_ns / p->cap_ns, power), -1 / power);
}

/* --- the superposition ------------------------------------------------------------------------ */

static int set(struct pareto *s, const struct traffic *t, char *why)
{
	const double *value = t->spec.value;

	if (traffic_check_count(t, SOURCES, 100000, why) != 0)
		return -EINVAL;
	if (value[SHAPE_ON] <= 1 || value[SHAPE_OFF] <= 1 || value[SHAPE_ON] > 10 ||
	    value[SHAPE_OFF] > 10)
		return traffic_refuse(t, why, "shape_on and shape_off must be above 1, up to 10");
	if (value[ON] < 1000 || value[OFF] < 1000)
		return traffic_refuse(t, why, "on and off must be at least 1us");
	if (value[CAP] < 2 * fmax(value[ON], value[OFF]))
		return traffic_refuse(t, why, "cap must be at least twice on and twice off");
	s->nr_members = (uint32_t)value[SOURCES];
	s->spacing_ns = 1e9 * value[SOURCES] / value[RATE] * value[ON] / (value[ON] + value[OFF]);
	if (s->spacing_ns < 1)
		return traffic_refuse(t, why, "a sender that is on has above 1G frames a second");
	if (s->spacing_ns > 1e4 * value[ON])
		return traffic_refuse(t, why,
				      "a sender has less than one frame in 10000 on periods; "
				      "lengthen on, or take fewer sources");
	period_set(&s->on, value[ON], value[SHAPE_ON], value[CAP]);
	period_set(&s->off, value[OFF], value[SHAPE_OFF], value[CAP]);
	return 0;
}

static int check(const struct traffic *traffic, char *why)
{
	struct pareto s;

	return set(&s, traffic, why);
}

/* A member's time goes on to its next frame. */
static void advance(struct pareto *s, uint32_t who)
{
	struct member *m = &s->members[who];

	while (m->wait_ns > m->left_ns && m->at_ns < LATEST_NS) {
		m->wait_ns -= m->left_ns;
		m->at_ns += m->left_ns + period_draw(&s->off, &s->source.rng);
		m->left_ns = period_draw(&s->on, &s->source.rng);
	}
	m->at_ns += m->wait_ns;
	m->left_ns -= m->wait_ns;
	m->wait_ns = s->spacing_ns;
	turns_push(&s->turns, who, m->at_ns);
}

/* Every member begins as it would be found at any moment: on or off, and in the midst of it. */
static void begin(struct pareto *s, uint32_t who)
{
	struct rng *rng = &s->source.rng;
	struct member *m = &s->members[who];

	m->wait_ns = rng_unit(rng) * s->spacing_ns;
	if (rng_chance(rng, s->on.mean_ns / (s->on.mean_ns + s->off.mean_ns))) {
		m->left_ns = period_rest(&s->on, rng);
	} else {
		m->at_ns = period_rest(&s->off, rng);
		m->left_ns = period_draw(&s->on, rng);
	}
	advance(s, who);
}

static int prepare(struct source *source, const struct traffic *traffic, char *why)
{
	struct pareto *s = (struct pareto *)source;
	int error = set(s, traffic, why);

	if (error != 0)
		return error;
	s->members = calloc(s->nr_members, sizeof(*s->members));
	if (s->members == NULL || turns_init(&s->turns, s->nr_members) != 0) {
		traffic_refuse(traffic, why, "out of memory");
		return -ENOMEM;
	}
	for (uint32_t i = 0; i < s->nr_members; i++)
		begin(s, i);
	return 0;
}

static double next_ns(struct source *source)
{
	struct pareto *s = (struct pareto *)source;
	struct turn turn = turns_pop(&s->turns);

	advance(s, turn.who);
	return turn.at_ns;
}

static void release(struct source *source)
{
	struct pareto *s = (struct pareto *)source;

	turns_release(&s->turns);
	free(s->members);
}

static const struct source_ops ops = {.next_ns = next_ns, .release = release};

const struct traffic_family traffic_pareto = {
	.spec = {"pareto",
		 {[RATE] = {"rate", SPEC_NUMBER, true},
		  [SOURCES] = {"sources", SPEC_NUMBER, false, 100},
		  [ON] = {"on", SPEC_DURATION, false, 10e6},
		  [OFF] = {"off", SPEC_DURATION, false, 40e6},
		  [SHAPE_ON] = {"shape_on", SPEC_NUMBER, false, 1.7},
		  [SHAPE_OFF] = {"shape_off", SPEC_NUMBER, false, 1.2},
		  [CAP] = {"cap", SPEC_DURATION, false, 10e9},
		  [BYTES] = {"bytes", SPEC_NUMBER, false, 512, "imix"}}},
	.help = "self-similar: many senders with Pareto on and off times (sources=100)",
	.bytes_key = BYTES,
	.source_bytes = sizeof(struct pareto),
	.ops = &ops,
	.check = check,
	.prepare = prepare,
};
