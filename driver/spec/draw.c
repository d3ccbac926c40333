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
	{"pareto",
	 {{"min", SPEC_DURATION, true},
	  {"alpha", SPEC_NUMBER, false, 1.5},
	  {"cap", SPEC_DURATION, false, 10e9},
	  {"p", SPEC_PROBABILITY, false, 1}}},
	{"load",
	 {{"base", SPEC_DURATION, false, 0},
	  {"per", SPEC_DURATION, false, 0},
	  {"per_mb", SPEC_DURATION, false, 0}}},
};

/* The 99th percentile of the standard normal distribution. */
#define NORMAL_P99 2.3263478740408408

/* Longer than anybody waits; keeps due times far from overflow. */
#define LONGEST_NS 3.6e15

/* Whether the values fit together.  Returns: NULL, or what is wrong. */
static const char *judge(struct draw_term *t)
{
	switch (t->kind) {
	case DRAW_UNIFORM:
		return t->b < t->a_ns ? "max is less than min" : NULL;
	case DRAW_LOGNORMAL:
		if (t->a_ns <= 0 || t->b < t->a_ns)
			return "median must be above 0 and p99 not below median";
		t->b = log(t->b / t->a_ns) / NORMAL_P99;
		return NULL;
	case DRAW_PARETO:
		if (t->a_ns <= 0 || t->c < t->a_ns)
			return "min must be above 0 and cap not below min";
		return t->b < 0.1 || t->b > 100 ? "alpha must lie between 0.1 and 100" : NULL;
	default:
		return NULL;
	}
}

static int parse_term(const char *text, size_t *from, struct draw *draw, char *why)
{
	struct draw_term *t = &draw->terms[draw->nr_terms];
	const char *wrong = NULL;
	struct spec spec;

	if (draw->nr_terms == DRAW_MAX_TERMS)
		wrong = "has too many parts; four may be added up";
	else if (spec_parse_part(text, from, kinds, sizeof(kinds) / sizeof(kinds[0]), &spec, why))
		return -EINVAL;
	if (wrong == NULL) {
		*t = (struct draw_term){(enum draw_kind)spec.kind, spec.value[0], spec.value[1],
					spec.value[2], spec.value[3]};
		wrong = judge(t);
	}
	if (wrong != NULL) {
		snprintf(why, SPEC_WHY_BYTES, "'%.60s': %s", text, wrong);
		return -EINVAL;
	}
	draw->nr_terms++;
	return 0;
}

int draw_parse(const char *text, struct draw *draw, char why[SPEC_WHY_BYTES])
{
	size_t at = 0;

	*draw = (struct draw){0};
	for (;; at++) {
		if (parse_term(text, &at, draw, why) != 0)
			return -EINVAL;
		if (text[at] == '\0')
			return 0;
	}
}

static double draw_pareto(const struct draw_term *t, struct rng *rng)
{
	if (t->p < 1 && !rng_chance(rng, t->p))
		return 0;
	return fmin(t->a_ns * pow(1 - rng_unit(rng), -1 / t->b), t->c);
}

static double draw_term(const struct draw_term *t, struct rng *rng, const struct draw_load *load)
{
	switch (t->kind) {
	case DRAW_FIXED:
		break;
	case DRAW_UNIFORM:
		return t->a_ns + rng_unit(rng) * (t->b - t->a_ns);
	case DRAW_EXP:
		return rng_exp(rng, t->a_ns);
	case DRAW_LOGNORMAL:
		return t->a_ns * exp(t->b * rng_normal(rng));
	case DRAW_PARETO:
		return draw_pareto(t, rng);
	case DRAW_LOAD:
		return t->a_ns + t->b * (double)load->nr + t->c * (double)load->bytes / 1e6;
	}
	return t->a_ns;
}

uint64_t draw_ns(const struct draw *draw, struct rng *rng, const struct draw_load *load)
{
	double ns = 0;

	for (unsigned int i = 0; i < draw->nr_terms; i++)
		ns += draw_term(&draw->terms[i], rng, load);
	return (uint64_t)fmin(ns, LONGEST_NS);
}
