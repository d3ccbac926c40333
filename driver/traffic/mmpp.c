/* SPDX-License-Identifier: MIT */
/*
 * A Markov-modulated Poisson process with two states: memoryless arrivals whose rate is high or
 * low, for exponential times.
 */
#include <math.h>

#include "driver/traffic/family.h"

enum { RATE, RATIO, HIGH, LOW, BYTES };
enum { NR_STATES = 2 };

struct mmpp {
	struct source source;
	double rate[NR_STATES];	   /* frames a nanosecond; the high one first */
	double mean_ns[NR_STATES]; /* how long a state lasts */
	unsigned int state;
	double until_ns, at_ns;
};

static int set(struct mmpp *m, const struct traffic *t, char *why)
{
	double ratio = t->spec.value[RATIO];

	m->mean_ns[0] = t->spec.value[HIGH];
	m->mean_ns[1] = t->spec.value[LOW];
	if (m->mean_ns[0] < 1000 || m->mean_ns[1] < 1000)
		return traffic_refuse(t, why, "high and low must be at least 1us");
	if (ratio < 1 || ratio > 1e6)
		return traffic_refuse(t, why, "ratio must lie between 1 and 1M");
	m->rate[1] = t->spec.value[RATE] / 1e9 * (m->mean_ns[0] + m->mean_ns[1]) /
		     (ratio * m->mean_ns[0] + m->mean_ns[1]);
	m->rate[0] = m->rate[1] * ratio;
	/* The next frame is found by walking through the states before it. */
	if (t->spec.value[RATE] / 1e9 * (m->mean_ns[0] + m->mean_ns[1]) < 1e-4)
		return traffic_refuse(t, why,
				      "less than one frame in 10000 turns of high and low; "
				      "lengthen them, or take poisson");
	if (m->rate[0] > RATE_MAX / 1e9)
		return traffic_refuse(t, why, "the high rate is above 1G frames a second");
	return 0;
}

static int check(const struct traffic *traffic, char *why)
{
	struct mmpp m;

	return set(&m, traffic, why);
}

/* Begins as it would be found at any moment. */
static int prepare(struct source *source, const struct traffic *traffic, char *why)
{
	struct mmpp *m = (struct mmpp *)source;
	int error = set(m, traffic, why);

	if (error != 0)
		return error;
	m->state = !rng_chance(&source->rng, m->mean_ns[0] / (m->mean_ns[0] + m->mean_ns[1]));
	m->until_ns = rng_exp(&source->rng, m->mean_ns[m->state]);
	return 0;
}

/* As in burst.c, over states that last as long as they are drawn. */
static double next_ns(struct source *source)
{
	struct mmpp *m = (struct mmpp *)source;
	double work = rng_exp(&source->rng, 1.0);

	while (m->at_ns < LATEST_NS) {
		double left = m->rate[m->state] * (m->until_ns - m->at_ns);

		if (work <= left) {
			m->at_ns += work / m->rate[m->state];
			break;
		}
		work -= left;
		m->at_ns = m->until_ns;
		m->state = !m->state;
		m->until_ns = fmax(m->at_ns + rng_exp(&source->rng, m->mean_ns[m->state]),
				   nextafter(m->at_ns, INFINITY));
	}
	return m->at_ns;
}

static const struct source_ops ops = {.next_ns = next_ns};

const struct traffic_family traffic_mmpp = {
	.spec = {"mmpp",
		 {[RATE] = {"rate", SPEC_NUMBER, true},
		  [RATIO] = {"ratio", SPEC_NUMBER, false, 10},
		  [HIGH] = {"high", SPEC_DURATION, false, 10e6},
		  [LOW] = {"low", SPEC_DURATION, false, 90e6},
		  [BYTES] = {"bytes", SPEC_NUMBER, false, 512, "imix"}}},
	.help = "two rates that change at random (ratio=10, high=10ms, low=90ms)",
	.bytes_key = BYTES,
	.source_bytes = sizeof(struct mmpp),
	.ops = &ops,
	.check = check,
	.prepare = prepare,
};
