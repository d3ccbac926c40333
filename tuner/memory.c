/* SPDX-License-Identifier: MIT */
#include "tuner/memory.h"

#include <float.h>
#include <math.h>

#define HURSTS	    25
#define HURST_STEP  0.02
#define HURST_LEAST 0.5

static double hurst_at(int i)
{
	return HURST_LEAST + HURST_STEP * i;
}

/* What one parameter makes of a series. */
struct fit {
	double log_likelihood;
	double mean_variance; /* of the estimated mean, in variances of one value */
};

/* Covariance of fractional Gaussian noise at a distance, variance 1. */
static double covariance(double hurst, size_t k)
{
	double d = (double)k, h = 2 * hurst;

	return k ? (pow(d + 1, h) - 2 * pow(d, h) + pow(d - 1, h)) / 2 : 1;
}

/*
 * Each value is predicted from those before it; what it differs by, and what a series of ones would
 * differ by, is independent then.
 */
static struct fit fit(const double *x, size_t nr, double hurst)
{
	double phi[MEMORY_VALUES] = {0}, old[MEMORY_VALUES], c[MEMORY_VALUES];
	double v = 1, log_det = 0, ones = 0, cross = 0, squares = 0;

	for (size_t k = 0; k < nr; k++)
		c[k] = covariance(hurst, k);
	for (size_t t = 0; t < nr; t++) {
		double e = x[t], one = 1;

		for (size_t k = 0; k < t; k++) {
			e -= phi[k] * x[t - 1 - k];
			one -= phi[k];
		}
		log_det += log(v);
		ones += one * one / v;
		cross += one * e / v;
		squares += e * e / v;
		if (t + 1 < nr) {
			double next = c[t + 1];

			for (size_t k = 0; k < t; k++) {
				old[k] = phi[k];
				next -= phi[k] * c[t - k];
			}
			next /= v;
			for (size_t k = 0; k < t; k++)
				phi[k] -= next * old[t - 1 - k];
			phi[t] = next;
			v *= 1 - next * next;
		}
	}
	squares -= cross * cross / ones;
	return (struct fit){
		-0.5 * (log_det + log(fmax(ones, DBL_MIN)) + (double)(nr - 1) * log(squares)),
		1 / ones};
}

/* Sums of neighbours, so that they are at most MEMORY_VALUES, centred.  Returns: how many. */
static size_t sum_up(const double *values, size_t nr, double *sums)
{
	size_t each = (nr + MEMORY_VALUES - 1) / MEMORY_VALUES, n = nr / each;
	double mean = 0;

	for (size_t i = 0; i < n; i++) {
		sums[i] = 0;
		for (size_t k = 0; k < each; k++)
			sums[i] += values[i * each + k];
		mean += sums[i] / (double)n;
	}
	for (size_t i = 0; i < n; i++)
		sums[i] -= mean;
	return n;
}

static int is_level(const double *x, size_t nr)
{
	double most = 0;

	for (size_t i = 0; i < nr; i++)
		most = fabs(x[i]) > most ? fabs(x[i]) : most;
	return most < 1e-9;
}

/* Returns: how many values were fitted; 0: they say nothing. */
static size_t fit_all(const double *values, size_t nr, struct fit *fits)
{
	double sums[MEMORY_VALUES];
	size_t n = nr < MEMORY_LEAST ? 0 : sum_up(values, nr, sums);

	if (!n || is_level(sums, n))
		return 0;
	for (int i = 0; i < HURSTS; i++)
		fits[i] = fit(sums, n, hurst_at(i));
	return n;
}

struct memory memory_of(const double *values, const double *traffic, size_t nr, size_t run)
{
	struct memory m = {0.5, 1};
	double best = -INFINITY, weights = 0, wider = 0, hurst = 0;
	double pieces = (double)nr / (double)run;
	struct fit fits[HURSTS], of_traffic[HURSTS];
	size_t n = fit_all(values, nr, fits);

	if (!n)
		return m;
	if (traffic && fit_all(traffic, nr, of_traffic))
		for (int i = 0; i < HURSTS; i++)
			fits[i].log_likelihood += of_traffic[i].log_likelihood;
	for (int i = 0; i < HURSTS; i++)
		best = fmax(best, fits[i].log_likelihood);
	for (int i = 0; i < HURSTS; i++) {
		double h = hurst_at(i), weight = exp(fits[i].log_likelihood - best);
		/* Both means vary; resamples draw runs as if they were independent. */
		double both = fits[i].mean_variance + pow((double)n, 2 * h - 2);
		double drawn = 2 * pow((double)n / pieces, 2 * h - 1) / (double)n;

		weights += weight;
		hurst += weight * h;
		wider += weight * both / drawn;
	}
	m.hurst = hurst / weights;
	m.wider = sqrt(wider / weights);
	return m;
}
