/* SPDX-License-Identifier: MIT */
/* Traffic of one rate: evenly spaced, or memoryless. */
#include "driver/traffic/family.h"

enum { RATE, BYTES };

struct steady {
	struct source source;
	double rate; /* frames a nanosecond */
	double nr;   /* constant: frames so far, and where in a gap the first stands */
	double at_ns;
};

static int prepare(struct source *source, const struct traffic *traffic, char *why)
{
	struct steady *s = (struct steady *)source;

	s->rate = traffic->spec.value[RATE] / 1e9;
	s->nr = rng_unit(&source->rng);
	return 0;
}

/* From the number, not from the last time: rounding does not add up. */
static double next_constant(struct source *source)
{
	struct steady *s = (struct steady *)source;

	return s->nr++ / s->rate;
}

static double next_poisson(struct source *source)
{
	struct steady *s = (struct steady *)source;

	s->at_ns += rng_exp(&source->rng, 1.0 / s->rate);
	return s->at_ns;
}

static const struct source_ops constant_ops = {.next_ns = next_constant};
static const struct source_ops poisson_ops = {.next_ns = next_poisson};

const struct traffic_family traffic_constant = {
	.spec = {"constant",
		 {[RATE] = {"rate", SPEC_NUMBER, true},
		  [BYTES] = {"bytes", SPEC_NUMBER, false, 512, "imix"}}},
	.help = "evenly spaced",
	.bytes_key = BYTES,
	.source_bytes = sizeof(struct steady),
	.ops = &constant_ops,
	.prepare = prepare,
};

const struct traffic_family traffic_poisson = {
	.spec = {"poisson",
		 {[RATE] = {"rate", SPEC_NUMBER, true},
		  [BYTES] = {"bytes", SPEC_NUMBER, false, 512, "imix"}}},
	.help = "memoryless",
	.bytes_key = BYTES,
	.source_bytes = sizeof(struct steady),
	.ops = &poisson_ops,
	.prepare = prepare,
};
