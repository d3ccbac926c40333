/* SPDX-License-Identifier: MIT */
#include <math.h>

#include "driver/spec/rng.h"

double rng_exp(struct rng *rng, double mean)
{
	/* 1 - u lies in (0, 1]: the logarithm stays finite. */
	return -mean * log(1.0 - rng_unit(rng));
}

double rng_normal(struct rng *rng)
{
	/* Box-Muller; the second value is not kept, so a draw depends on the generator alone. */
	double radius = sqrt(-2.0 * log(1.0 - rng_unit(rng)));

	return radius * cos(2.0 * M_PI * rng_unit(rng));
}
