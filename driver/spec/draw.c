/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <math.h>
#include <stdio.h>

#include "driver/spec/draw.h"

/* In the order of enum draw_kind. */
static const struct spec_kind kinds[] = {
	{"fixed", {{"time", SPEC_DURATION, true}}},
	{"uniform", {{"min", SPEC_DURATION, true}, {"max", SPEC_DURATION, true}}},
	{"exp", {{"mean", SPEC_DURATION, true}}},
	{"lognormal", {{"median", SPEC_DURATION, true}, {"p99", SPEC_DURATION, true}}},
};

/* The 99th percentile of the standard normal distribution. */
#define NORMAL_P99 2.3263478740408408

/* Longer than anybody waits; keeps due times far from overflow. */
#define LONGEST_NS 3.6e15

int draw_parse(const char *text, struct draw *draw, char why[SPEC_WHY_BYTES])
{
	struct spec spec;

	if (spec_parse(text, kinds, sizeof(kinds) / sizeof(kinds[0]), &spec, why) != 0)
		return -EINVAL;
	draw->kind = (enum draw_kind)spec.kind;
	draw->a_ns = spec.value[0];
	draw->b = spec.value[1];
	if (draw->kind == DRAW_UNIFORM && draw->b < draw->a_ns) {
		snprintf(why, SPEC_WHY_BYTES, "'%.60s': max is less than min", text);
		return -EINVAL;
	}
	if (draw->kind == DRAW_LOGNORMAL) {
		if (draw->a_ns <= 0 || draw->b < draw->a_ns) {
			snprintf(why, SPEC_WHY_BYTES,
				 "'%.60s': median must be above 0 and p99 not below median", text);
			return -EINVAL;
		}
		draw->b = log(draw->b / draw->a_ns) / NORMAL_P99;
	}
	return 0;
}

uint64_t draw_ns(const struct draw *draw, struct rng *rng)
{
	double ns = draw->a_ns;

	switch (draw->kind) {
	case DRAW_FIXED:
		break;
	case DRAW_UNIFORM:
		ns += rng_unit(rng) * (draw->b - draw->a_ns);
		break;
	case DRAW_EXP:
		ns = rng_exp(rng, draw->a_ns);
		break;
	case DRAW_LOGNORMAL:
		ns = draw->a_ns * exp(draw->b * rng_normal(rng));
		break;
	}
	return (uint64_t)fmin(ns, LONGEST_NS);
}
