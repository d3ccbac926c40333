/* SPDX-License-Identifier: MIT */
#ifndef VIEWER_SCALE_H
#define VIEWER_SCALE_H
/*
 * Axes: which values a chart spans, where a value lies on it, and which values deserve a label.
 * Pure arithmetic; nothing here draws.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct scale {
	double bottom, top; /* bottom < top; logarithmic: bottom > 0 */
	bool logarithmic;
};

/* From 0 to a round number (1, 1.5, 2, 3, 4, 5, 6, 8 times a power of ten) not below max. */
struct scale scale_linear(double max);
/* From the power of ten below min (strictly, so that min shows) to the one at or above max. */
struct scale scale_log(double min, double max);

/* Where the value lies, 0 = bottom, 1 = top; clamped. */
double scale_fraction(const struct scale *scale, double value);

/* The value at a fraction: the inverse of scale_fraction(). */
double scale_value(const struct scale *scale, double fraction);

/*
 * Round values to label, from the bottom up, at most max_ticks of them; a linear axis in steps of
 * 1, 2 or 5 times a power of ten, starting with 0; a logarithmic one at powers of ten. Returns: how
 * many were written.
 */
size_t scale_ticks(const struct scale *scale, size_t max_ticks, double *ticks);
/* The largest 1, 2 or 5 times a power of ten that is not above a value > 0. */
double scale_round_below(double value);

/*
 * The smallest round time (1, 2, 5, 10, 15, 30 seconds or minutes; 1, 3, 6, 12, 24 hours; 1, 2, 5
 * times a power of ten below a second and above a day) that is not below min_ns.
 */
int64_t scale_time_step(int64_t min_ns);
/* The smallest width of two digits (1.0, 1.1 ... 9.9 times a power of ten, from 1 us) not below. */
int64_t scale_fine_width(int64_t min_ns);
/* The smallest 1, 2 or 5 times a power of ten nanoseconds that is not below min_ns. */
int64_t scale_round_width(int64_t min_ns);

#endif
