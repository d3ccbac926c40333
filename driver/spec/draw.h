/* SPDX-License-Identifier: MIT */
#ifndef DRAW_H
#define DRAW_H
/*
 * Drawn durations: how long the stack holds a packet, how long an allocation takes.
 *
 *	fixed:1ms                              always the same
 *	uniform:min=100us,max=2ms              anywhere between
 *	exp:mean=1ms                           memoryless
 *	lognormal:median=300us,p99=5ms         most are short, some are long
 *	pareto:min=5ms,alpha=1.5,cap=10s,p=1   P(longer than x) = (min / x)^alpha; never above cap;
 *	                                       with p only that share has it, the others 0
 *	load:base=1ms,per=200us,per_mb=0s      grows with what is under way
 *
 * Several are joined by '+', and add up: lognormal:median=300us,p99=5ms+pareto:min=10ms,p=0.01
 */
#include <stdint.h>

#include "driver/spec/rng.h"
#include "driver/spec/spec.h"

#define DRAW_MAX_TERMS 4

enum draw_kind { DRAW_FIXED, DRAW_UNIFORM, DRAW_EXP, DRAW_LOGNORMAL, DRAW_PARETO, DRAW_LOAD };

struct draw_term {
	enum draw_kind kind;
	double a_ns; /* value, min, mean, median or base */
	double b;    /* uniform: max in ns; lognormal: sigma of the logarithm; pareto: alpha; load:
			ns for each */
	double c;    /* pareto: cap in ns; load: ns for each megabyte */
	double p;    /* pareto: the share that has it */
};

/* Zeroed: always 0. */
struct draw {
	struct draw_term terms[DRAW_MAX_TERMS];
	unsigned int nr_terms;
};

/* What is under way when a duration is drawn: requests pending, or frames held. */
struct draw_load {
	uint64_t nr, bytes;
};

/* Returns: 0; -EINVAL and one line in why. */
int draw_parse(const char *text, struct draw *draw, char why[SPEC_WHY_BYTES]);

uint64_t draw_ns(const struct draw *draw, struct rng *rng, const struct draw_load *load);

#endif
