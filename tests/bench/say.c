/* SPDX-License-Identifier: MIT */
/*
 * say COUNT PER_SECOND: a program whose events can be told apart on a screen.
 *
 * Says COUNT drops, the n-th of n frames, about PER_SECOND a second at times that keep no rhythm,
 * and prints for each "n NS": the clock (CLOCK_REALTIME) just before it was said.  A second of
 * silence comes before and after, so that a viewer is there and has seen the last one.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "tracer/poolscope.h"

static void rest_ns(double ns)
{
	nanosleep(&(struct timespec){(time_t)(ns / 1e9), (long)((int64_t)ns % 1000000000)}, NULL);
}

static long long wall_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

int main(int argc, char **argv)
{
	const struct poolscope_marks marks = {
		.base = 64, .block = 16, .low = 8, .high = 32, .limit = 64};
	struct poolscope_state state = {
		.available = 64, .total = 64, .running = true, .marks = marks};
	uint32_t count = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 100;
	double per_s = argc > 2 ? atof(argv[2]) : 20;
	struct poolscope_pool *pool = poolscope_pool_open("say", 0, 2048, &marks);

	srandom(1);
	poolscope_tick(pool, &state);
	rest_ns(2e9);
	for (uint32_t n = 1; n <= count; n++) {
		printf("%u %lld\n", n, wall_ns());
		poolscope_rx_drop(pool, n, POOLSCOPE_DROP_NO_DESCRIPTOR);
		rest_ns(1e9 / per_s * (0.5 + (double)(random() % 1000) / 1000));
	}
	rest_ns(1e9);
	poolscope_pool_close(pool, &state.totals, 0, 0);
	return 0;
}
