/* SPDX-License-Identifier: MIT */
#include "viewer/scale.h"

#include <math.h>

struct scale scale_linear(double max)
{
	static const double steps[] = {1, 1.5, 2, 3, 4, 5, 6, 8, 10};
	struct scale scale = {.top = 1};
	double power;

	if (!(max > 1))
		return scale;
	power = pow(10, floor(log10(max)));
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		scale.top = steps[i] * power;
		if (scale.top >= max)
			break;
	}
	return scale;
}

struct scale scale_log(double min, double max)
{
	struct scale scale = {.bottom = 1, .top = 10, .logarithmic = true};

	if (!(min > 0) || !(max >= min))
		return scale;
	scale.bottom = pow(10, ceil(log10(min) - 1e-9) - 1);
	scale.top = pow(10, ceil(log10(max) - 1e-9));
	return scale;
}

double scale_fraction(const struct scale *scale, double value)
{
	double fraction;

	if (scale->logarithmic)
		fraction = value > 0 ? log(value / scale->bottom) / log(scale->top / scale->bottom)
				     : 0;
	else
		fraction = (value - scale->bottom) / (scale->top - scale->bottom);
	return fraction > 1 ? 1 : fraction > 0 ? fraction : 0;
}

double scale_value(const struct scale *scale, double fraction)
{
	if (scale->logarithmic)
		return scale->bottom * pow(scale->top / scale->bottom, fraction);
	return scale->bottom + fraction * (scale->top - scale->bottom);
}

static double round_step(double at_least)
{
	double power = pow(10, floor(log10(at_least)));
	double x = at_least / power;

	return power * (x <= 1.0000001 ? 1 : x <= 2.0000001 ? 2 : x <= 5.0000001 ? 5 : 10);
}

double scale_round_below(double value)
{
	double power = pow(10, floor(log10(value)));
	double x = value / power;

	return power * (x >= 4.9999999 ? 5 : x >= 1.9999999 ? 2 : 1);
}

static size_t log_ticks(const struct scale *scale, size_t max_ticks, double *ticks)
{
	int decades = (int)lround(log10(scale->top / scale->bottom));
	int step = max_ticks > 1 ? (decades + (int)max_ticks - 2) / ((int)max_ticks - 1) : decades;
	size_t nr = 0;

	step = step < 1 ? 1 : step;
	for (int i = 0; i <= decades && nr < max_ticks; i += step)
		ticks[nr++] = scale->bottom * pow(10, i);
	return nr;
}

size_t scale_ticks(const struct scale *scale, size_t max_ticks, double *ticks)
{
	size_t nr = 0;
	double step;

	if (max_ticks == 0)
		return 0;
	if (scale->logarithmic)
		return log_ticks(scale, max_ticks, ticks);
	step = max_ticks > 1 ? round_step(scale->top / (double)(max_ticks - 1)) : scale->top * 2;
	if (step < 1)
		step = 1; /* buffers come whole */
	for (double v = 0; v <= scale->top * 1.0000001 && nr < max_ticks; v += step)
		ticks[nr++] = v;
	return nr;
}

int64_t scale_round_width(int64_t min_ns)
{
	int64_t power = 1;

	while (power <= INT64_MAX / 10 && power * 10 <= min_ns)
		power *= 10;
	if (power >= min_ns)
		return power;
	if (min_ns <= 2 * power)
		return 2 * power;
	if (power > INT64_MAX / 10)
		return 5 * power; /* the longest there is */
	return min_ns <= 5 * power ? 5 * power : 10 * power;
}

int64_t scale_fine_width(int64_t min_ns)
{
	int64_t unit = 100;

	while (unit <= INT64_MAX / 1000 && unit * 100 <= min_ns)
		unit *= 10;
	min_ns = min_ns < unit * 10 ? unit * 10 : min_ns;
	return (min_ns + unit - 1) / unit * unit;
}

#define DAY_NS INT64_C(86400000000000)

int64_t scale_time_step(int64_t min_ns)
{
	static const int seconds[] = {1,   2,	5,    10,   15,	   30,	  60,	 120,  300,
				      600, 900, 1800, 3600, 10800, 21600, 43200, 86400};

	if (min_ns > 500000000)
		for (size_t i = 0; i < sizeof(seconds) / sizeof(seconds[0]); i++)
			if (seconds[i] * 1000000000LL >= min_ns)
				return seconds[i] * 1000000000LL;
	if (min_ns > DAY_NS && min_ns < INT64_MAX / 8)
		return scale_round_width((min_ns - 1) / DAY_NS + 1) * DAY_NS;
	return scale_round_width(min_ns);
}
