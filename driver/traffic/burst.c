/* SPDX-License-Identifier: MIT */
/* On and off in turn, each for a fixed time; memoryless within each. */
#include <math.h>

#include "driver/traffic/family.h"

enum { RATE, ON, OFF, PEAK, IDLE, BYTES };

struct burst {
	struct source source;
	double peak, idle; /* frames a nanosecond, while on and while off */
	double on_ns, off_ns;
	double at_ns; /* when the last frame came */
};

/* on, off, idle and two of rate and peak determine each other; a peak that is given wins `off`. */
static int set(struct burst *b, const struct traffic *t, char *why)
{
	const struct spec *spec = &t->spec;
	double rate = spec->value[RATE];
	double peak = spec->value[PEAK];
	double idle = spec->value[IDLE];

	b->on_ns = spec->value[ON];
	b->off_ns = spec->value[OFF];
	if (b->on_ns < 1000)
		return traffic_refuse(t, why, "on must be at least 1us");
	if (idle > rate)
		return traffic_refuse(t, why, "idle is above rate, which is the mean");
	if (spec->given[PEAK]) {
		if (spec->given[OFF])
			return traffic_refuse(t, why,
					      "rate, on, off and peak say one thing too many: "
					      "leave out off or peak");
		if (peak < rate || (peak > rate && idle == rate))
			return traffic_refuse(t, why, "peak must not be below rate");
		b->off_ns = peak > rate ? b->on_ns * (peak - rate) / (rate - idle) : 0;
	} else {
		peak = rate + (rate - idle) * b->off_ns / b->on_ns;
	}
	if (peak > RATE_MAX)
		return traffic_refuse(t, why, "the peak is above 1G frames a second");
	b->peak = peak / 1e9;
	b->idle = idle / 1e9;
	return 0;
}

static int check(const struct traffic *traffic, char *why)
{
	struct burst b;

	return set(&b, traffic, why);
}

static int prepare(struct source *source, const struct traffic *traffic, char *why)
{
	return set((struct burst *)source, traffic, why);
}

/*
 * An arrival process whose rate changes: an exponential amount of "work" is used up at the rate of
 * each phase in turn, which is exact for a Poisson process of varying rate.
 */
static double next_ns(struct source *source)
{
	struct burst *b = (struct burst *)source;
	double work = rng_exp(&source->rng, 1.0);
	double at = b->at_ns;
	double period = b->on_ns + b->off_ns;
	double a_period = b->peak * b->on_ns + b->idle * b->off_ns;
	double periods = floor(work / a_period);

	/* Whole periods in one step: at a low rate there are very many. */
	work -= periods * a_period;
	at += periods * period;
	while (at < LATEST_NS) {
		double phase = fmod(at, period);
		bool on = phase < b->on_ns;
		double rate = on ? b->peak : b->idle;
		double left = (on ? b->on_ns : period) - phase;

		if (work <= rate * left && rate > 0) {
			at += work / rate;
			break;
		}
		work -= rate * left;
		/* A step that rounding swallows would stand still. */
		at = fmax(at + left, nextafter(at, INFINITY));
	}
	b->at_ns = fmin(at, LATEST_NS);
	return b->at_ns;
}

static const struct source_ops ops = {.next_ns = next_ns};

const struct traffic_family traffic_burst = {
	.spec = {"burst",
		 {[RATE] = {"rate", SPEC_NUMBER, true},
		  [ON] = {"on", SPEC_DURATION, false, 400e6},
		  [OFF] = {"off", SPEC_DURATION, false, 800e6},
		  [PEAK] = {"peak", SPEC_NUMBER, false, 0},
		  [IDLE] = {"idle", SPEC_NUMBER, false, 0},
		  [BYTES] = {"bytes", SPEC_NUMBER, false, 512, "imix"}}},
	.help = "on and off in turn (on=400ms, off=800ms, peak=, idle=0)",
	.bytes_key = BYTES,
	.source_bytes = sizeof(struct burst),
	.ops = &ops,
	.check = check,
	.prepare = prepare,
};
