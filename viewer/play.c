/* SPDX-License-Identifier: MIT */
#include "viewer/play.h"

#include <math.h>
#include <stdio.h>

#include "db/query.h"

double play_speed_beside(double speed, int by)
{
	static const double steps[] = {1, 2, 5, 10};
	double power = pow(10, floor(log10(speed) + 1e-9));
	double next = by > 0 ? PLAY_FASTEST : power / 2;

	if (by > 0) {
		for (int i = 3; i >= 0; i--)
			if (steps[i] * power > speed * 1.0001)
				next = steps[i] * power;
	} else {
		for (int i = 0; i < 4; i++)
			if (steps[i] * power < speed * 0.9999)
				next = steps[i] * power;
	}
	return fmin(fmax(next, PLAY_SLOWEST), PLAY_FASTEST);
}

const char *play_speed_text(double speed, char *text, int size)
{
	snprintf(text, (size_t)size, "%.6gx", speed);
	return text;
}

int64_t play_elapsed(double speed, int64_t elapsed_ns)
{
	double ns = speed * (double)elapsed_ns;

	return ns < 1 ? 1 : ns > 1e18 ? INT64_C(1000000000000000000) : (int64_t)ns;
}

const char *play_jump(int jump, unsigned *kinds)
{
	static const struct {
		const char *name;
		unsigned kinds;
	} jumps[PLAY_JUMPS] = {
		{"trouble", QUERY_MOMENT_DROP | QUERY_MOMENT_FALLBACK | QUERY_MOMENT_FAILURE |
				    QUERY_MOMENT_LOW | QUERY_MOMENT_HIGH},
		{"drop", QUERY_MOMENT_DROP},
		{"fallback", QUERY_MOMENT_FALLBACK},
		{"failure", QUERY_MOMENT_FAILURE},
		{"crossing", QUERY_MOMENT_LOW | QUERY_MOMENT_HIGH},
	};

	if (jump < 0 || jump >= PLAY_JUMPS)
		jump = 0;
	*kinds = jumps[jump].kinds;
	return jumps[jump].name;
}
