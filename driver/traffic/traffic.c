/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <math.h>
#include <stdio.h>

#include "driver/traffic/frame.h"
#include "driver/traffic/traffic.h"

#define RNG_STREAM 1

/* Frames a second.  Slower is no traffic, faster no network. */
#define RATE_MIN 1e-6
#define RATE_MAX 1e9
/* No frame is later: sums with the time of day stay in 64 bits. */
#define LATEST_NS 0x1p62

enum { POISSON_RATE, POISSON_BYTES };
enum { BURST_RATE, BURST_ON, BURST_OFF, BURST_PEAK, BURST_IDLE, BURST_BYTES };

static const struct spec_kind kinds[] = {
	[TRAFFIC_POISSON] = {"poisson",
			     {[POISSON_RATE] = {"rate", SPEC_NUMBER, true},
			      [POISSON_BYTES] = {"bytes", SPEC_NUMBER, false, 512}}},
	[TRAFFIC_BURST] = {"burst",
			   {[BURST_RATE] = {"rate", SPEC_NUMBER, true},
			    [BURST_ON] = {"on", SPEC_DURATION, false, 400e6},
			    [BURST_OFF] = {"off", SPEC_DURATION, false, 800e6},
			    [BURST_PEAK] = {"peak", SPEC_NUMBER, false, 0},
			    [BURST_IDLE] = {"idle", SPEC_NUMBER, false, 0},
			    [BURST_BYTES] = {"bytes", SPEC_NUMBER, false, 512}}},
};

static int refuse(char *why, const char *text, const char *what)
{
	snprintf(why, SPEC_WHY_BYTES, "'%.60s': %s", text, what);
	return -EINVAL;
}

/* on, off, idle and two of rate and peak determine each other; a peak that is given wins `off`. */
static int set_burst(struct traffic *t, const struct spec *spec, const char *text, char *why)
{
	double rate = spec->value[BURST_RATE];
	double peak = spec->value[BURST_PEAK];
	double idle = spec->value[BURST_IDLE];

	t->on_ns = spec->value[BURST_ON];
	t->off_ns = spec->value[BURST_OFF];
	if (t->on_ns < 1000)
		return refuse(why, text, "on must be at least 1us");
	if (idle > rate)
		return refuse(why, text, "idle is above rate, which is the mean");
	if (spec->given[BURST_PEAK]) {
		if (spec->given[BURST_OFF])
			return refuse(why, text,
				      "rate, on, off and peak say one thing too many: "
				      "leave out off or peak");
		if (peak < rate || (peak > rate && idle == rate))
			return refuse(why, text, "peak must not be below rate");
		t->off_ns = peak > rate ? t->on_ns * (peak - rate) / (rate - idle) : 0;
	} else {
		peak = rate + (rate - idle) * t->off_ns / t->on_ns;
	}
	if (peak > RATE_MAX)
		return refuse(why, text, "the peak is above 1G frames a second");
	t->peak = peak / 1e9;
	t->idle = idle / 1e9;
	return 0;
}

int traffic_parse(const char *text, uint64_t seed, struct traffic *t, char why[SPEC_WHY_BYTES])
{
	struct spec spec;
	double len;

	if (spec_parse(text, kinds, sizeof(kinds) / sizeof(kinds[0]), &spec, why) != 0)
		return -EINVAL;
	*t = (struct traffic){.kind = (enum traffic_kind)spec.kind};
	rng_init(&t->rng, seed, RNG_STREAM);
	if (spec.value[0] < RATE_MIN || spec.value[0] > RATE_MAX)
		return refuse(why, text, "rate must lie between 0.000001 and 1G frames a second");
	t->rate = spec.value[0] / 1e9;
	len = spec.value[t->kind == TRAFFIC_POISSON ? (int)POISSON_BYTES : (int)BURST_BYTES];
	if (len < FRAME_MIN_BYTES || len > FRAME_MAX_BYTES || len != (double)(uint32_t)len)
		return refuse(why, text, "bytes must be a whole number between 60 and 2048");
	t->len_bytes = (uint32_t)len;
	return t->kind == TRAFFIC_BURST ? set_burst(t, &spec, text, why) : 0;
}

/*
 * An arrival process whose rate changes: an exponential amount of "work" is used up at the rate of
 * each phase in turn, which is exact for a Poisson process of varying rate.
 */
static double next_burst(struct traffic *t)
{
	double work = rng_exp(&t->rng, 1.0);
	double at = t->at_ns;
	double period = t->on_ns + t->off_ns;
	double a_period = t->peak * t->on_ns + t->idle * t->off_ns;
	double periods = floor(work / a_period);

	/* Whole periods in one step: at a low rate there are very many. */
	work -= periods * a_period;
	at += periods * period;
	while (at < LATEST_NS) {
		double phase = fmod(at, period);
		bool on = phase < t->on_ns;
		double rate = on ? t->peak : t->idle;
		double left = (on ? t->on_ns : period) - phase;

		if (work <= rate * left && rate > 0)
			return at + work / rate;
		work -= rate * left;
		/* A step that rounding swallows would stand still. */
		at = fmax(at + left, nextafter(at, INFINITY));
	}
	return at;
}

uint64_t traffic_next_ns(struct traffic *t)
{
	switch (t->kind) {
	case TRAFFIC_POISSON:
		t->at_ns += rng_exp(&t->rng, 1.0 / t->rate);
		break;
	case TRAFFIC_BURST:
		t->at_ns = next_burst(t);
		break;
	}
	t->at_ns = fmin(t->at_ns, LATEST_NS);
	return (uint64_t)t->at_ns;
}
