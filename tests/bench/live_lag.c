/* SPDX-License-Identifier: MIT */
/*
 * live_lag FILE SECONDS: how long after it happened an event is visible to a reader of the
 * database.
 *
 * Looks every millisecond.  When the newest visible event moves from t0 to t1 at the wall time T,
 * the events between became visible at T: their lags run from T - t1 to T - t0, which is sampled
 * evenly. Prints p50, p99 and max in milliseconds.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "db/query.h"

enum { MAX_MS = 10000, PARTS = 64 };

static int64_t wall_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static double quantile(const uint64_t *by_tenth_ms, uint64_t count, double q)
{
	uint64_t seen = 0;

	for (int i = 0; i < MAX_MS * 10; i++) {
		seen += by_tenth_ms[i];
		if ((double)seen >= q * (double)count)
			return (double)(i + 1) / 10;
	}
	return MAX_MS;
}

int main(int argc, char **argv)
{
	static uint64_t by_tenth_ms[MAX_MS * 10];
	int64_t end = wall_ns() + (int64_t)((argc > 2 ? atof(argv[2]) : 5) * 1e9);
	int64_t newest = 0;
	uint64_t count = 0;
	struct trace_status status;
	struct db_error err;
	struct query *q;

	if (argc < 2 || query_open(argv[1], &q, &err)) {
		fprintf(stderr, "live_lag: %s\n", argc < 2 ? "which file?" : err.text);
		return 3;
	}
	while (wall_ns() < end) {
		nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
		if (query_status(q, &status, &err) || status.end_ns <= newest)
			continue;
		for (int part = 0; newest && part < PARTS; part++) {
			int64_t at = newest + (status.end_ns - newest) * (part + 1) / PARTS;
			int64_t tenths = (wall_ns() - at) / 100000;

			by_tenth_ms[tenths < 0		    ? 0
				    : tenths >= MAX_MS * 10 ? MAX_MS * 10 - 1
							    : tenths]++;
			count++;
		}
		newest = status.end_ns;
	}
	query_close(q);
	printf("p50 %.1f p99 %.1f max %.1f\n", quantile(by_tenth_ms, count, 0.5),
	       quantile(by_tenth_ms, count, 0.99), quantile(by_tenth_ms, count, 1));
	return count ? 0 : 1;
}
