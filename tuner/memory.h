/* SPDX-License-Identifier: MIT */
#ifndef TUNER_MEMORY_H
#define TUNER_MEMORY_H
/*
 * Long memory: traffic that looks alike at many time scales keeps moving however long it is
 * averaged, so that a recording says less of the next one than its length suggests.
 *
 * A series is held against fractional Gaussian noise of each Hurst parameter from 0.5, which is no
 * memory, to 0.98.  How likely each is weighs how uncertain the mean of another series as long
 * would be with it; none is picked, since a short series fits several.  What a pool does inherits
 * the memory of its traffic, and shows it less: the likelihoods of both are taken together.  Less
 * than 0.5, which is traffic that makes up for what it did, is not believed: of few values it is
 * seen as often as not, and intervals would be half as wide as they must be.
 *
 * Source: the exact likelihood by Durbin's and Levinson's recursion, mean and variance integrated
 * out with the reference prior.
 */
#include <stddef.h>

struct memory {
	double hurst; /* the mean of those that fit; 0.5 when there is nothing to go by */
	/* How much wider the difference of two such series' means is than resamples of runs say. */
	double wider;
};

#define MEMORY_VALUES 96 /* longer series are summed up to so many */
#define MEMORY_LEAST  8	 /* shorter ones say nothing */

/*
 * traffic: the packets of the same blocks of time, or NULL.  run: values that a resample draws in
 * one piece.  Never fails.
 */
struct memory memory_of(const double *values, const double *traffic, size_t nr, size_t run);

#endif
