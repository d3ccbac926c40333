/* SPDX-License-Identifier: MIT */
#include "viewer/human.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Earlier than this a clock was not set from the wall: virtual time. */
#define WALL_TIME_FROM_NS (365LL * 86400 * 1000000000)

static int digits_after_point(double x)
{
	return x < 9.995 ? 2 : x < 99.95 ? 1 : 0;
}

static struct human scaled(double x, const char *const *units, int nr_units)
{
	struct human h;
	int unit = 0;

	while (unit + 1 < nr_units && x >= 999.5) {
		x /= 1000;
		unit++;
	}
	snprintf(h.s, sizeof(h.s), "%.*f%s", digits_after_point(x), x, units[unit]);
	return h;
}

struct human human_count(uint64_t n)
{
	static const char *const units[] = {" k", " M", " G", " T", " P", " E"};
	struct human h;

	if (n >= 10000)
		return scaled((double)n / 1000, units, 6);
	snprintf(h.s, sizeof(h.s), "%u", (unsigned)n);
	return h;
}

struct human human_rate(double per_s)
{
	struct human h;

	if (per_s >= 9999.5)
		return human_count((uint64_t)llround(fmin(per_s, 1e18)));
	snprintf(h.s, sizeof(h.s), "%.*f", per_s > 0 && per_s < 99.95 ? 1 : 0, fmax(per_s, 0));
	return h;
}

static struct human long_duration(int64_t s)
{
	struct human h;

	if (s < 3600)
		snprintf(h.s, sizeof(h.s), "%d min %02d s", (int)(s / 60), (int)(s % 60));
	else if (s < 4 * 86400)
		snprintf(h.s, sizeof(h.s), "%lld h %02d min", (long long)(s / 3600),
			 (int)(s / 60 % 60));
	else
		snprintf(h.s, sizeof(h.s), "%lld d %02d h", (long long)(s / 86400),
			 (int)(s / 3600 % 24));
	return h;
}

struct human human_duration(int64_t ns)
{
	static const char *const units[] = {" us", " ms", " s"};
	struct human h;

	if (ns < 0) {
		struct human size = human_duration(ns == INT64_MIN ? INT64_MAX : -ns);

		snprintf(h.s, sizeof(h.s), "-%.30s", size.s);
		return h;
	}
	if (ns >= 119500000000)
		return long_duration(ns / 1000000000 + (ns % 1000000000 >= 500000000));
	if (ns >= 1000)
		return scaled((double)ns / 1000, units, 3);
	snprintf(h.s, sizeof(h.s), "%d ns", (int)ns);
	return h;
}

struct human human_time(int64_t ts_ns, int digits)
{
	struct human h;
	char fraction[16];
	time_t s = ts_ns / 1000000000;
	int n = (int)(ts_ns % 1000000000);
	struct tm tm;

	snprintf(fraction, sizeof(fraction), ".%09d", abs(n));
	fraction[digits ? digits + 1 : 0] = 0;
	if (ts_ns < WALL_TIME_FROM_NS) {
		snprintf(h.s, sizeof(h.s), "%lld%s s", (long long)s, fraction);
		return h;
	}
	localtime_r(&s, &tm);
	snprintf(h.s, sizeof(h.s), "%02d:%02d:%02d%s", tm.tm_hour, tm.tm_min, tm.tm_sec, fraction);
	return h;
}

struct human human_date(int64_t ts_ns, bool whole_days)
{
	time_t s = ts_ns / 1000000000;
	struct human h;
	struct tm tm;

	if (ts_ns < WALL_TIME_FROM_NS)
		return human_time(ts_ns, 0);
	localtime_r(&s, &tm);
	strftime(h.s, sizeof(h.s), whole_days ? "%Y-%m-%d" : "%m-%d %H:%M", &tm);
	return h;
}

int human_parse_duration(const char *text, int64_t *ns)
{
	static const struct {
		const char *unit;
		double ns;
	} units[] = {{"ns", 1}, {"us", 1e3}, {"ms", 1e6}, {"s", 1e9}, {"min", 60e9}, {"h", 3600e9}};
	char *end;
	double x = strtod(text, &end);

	if (end == text || !(x >= 0))
		return -EINVAL;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (strcmp(end, units[i].unit) == 0 && x * units[i].ns < 9e18) {
			*ns = (int64_t)(x * units[i].ns);
			return 0;
		}
	}
	return -EINVAL;
}
