/* SPDX-License-Identifier: MIT */
#ifndef DRAW_H
#define DRAW_H
/*
 * Drawn durations: how long the stack holds a packet, how long an allocation takes.
 *
 *	fixed:1ms                          always the same
 *	uniform:min=100us,max=2ms          anywhere between
 *	exp:mean=1ms                       memoryless
 *	lognormal:median=300us,p99=5ms     most are short, some are long
 */
#include <stdint.h>

#include "driver/spec/rng.h"
#include "driver/spec/spec.h"

enum draw_kind { DRAW_FIXED, DRAW_UNIFORM, DRAW_EXP, DRAW_LOGNORMAL };

struct draw {
	enum draw_kind kind;
	double a_ns; /* value, min, mean or median */
	double b;    /* uniform: max in ns; lognormal: sigma of the logarithm */
};

/* Returns: 0; -EINVAL and one line in why. */
int draw_parse(const char *text, struct draw *draw, char why[SPEC_WHY_BYTES]);

uint64_t draw_ns(const struct draw *draw, struct rng *rng);

#endif
