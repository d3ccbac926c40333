/* SPDX-License-Identifier: MIT */
/*
 * emit EVENTS [RATE [COPIES [GO [flows]]]]: an instrumented program without a driver, for tests and
 * benchmarks.
 *
 * Opens a pool, takes and returns one buffer after another until EVENTS events were said (RATE per
 * second; 0 = as fast as it goes), with a tick every 100 ms, and closes the pool.  COPIES > 0: that
 * many further processes do the same beside it.  GO: each rests in the beginning until there is
 * a file of that name; or, with a fifth word, it goes on until then, and EVENTS come afterwards.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tracer/poolscope.h"

static int64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static void pace(int64_t start, uint64_t done, double rate)
{
	int64_t due = rate > 0 ? start + (int64_t)(1e9 * (double)done / rate) : 0;
	int64_t ahead = due - now_ns();

	if (ahead > 200000)
		nanosleep(&(struct timespec){.tv_nsec = ahead % 1000000000}, NULL);
}

static void rest(const char *until)
{
	while (access(until, F_OK))
		nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
}

static void run(const char *name, uint64_t events, double rate, const char *go, bool flows)
{
	const struct poolscope_marks marks = {.base = 64,
					      .block = 16,
					      .low = 8,
					      .high = 32,
					      .limit = 64,
					      .max_pending = 1,
					      .shrink_ticks = 1};
	struct poolscope_state state = {
		.available = 64, .total = 64, .running = true, .marks = marks};
	struct poolscope_pool *pool = poolscope_pool_open(name, 0, 2048, &marks);
	int64_t start = now_ns(), last_tick = start;

	poolscope_alloc_complete(pool, 0, 0, state.marks.base ? &state : NULL, 0x1000, 64 * 2048, 0,
				 POOLSCOPE_USED, 64, 64);
	for (uint64_t i = 0, end = events / 2; i < end || flows; i++) {
		uint32_t id = (uint32_t)(i % 64);
		int64_t now = i % 64 ? 0 : now_ns();

		poolscope_rx_take(pool, &id, 1, 0, 63);
		poolscope_rx_return(pool, &id, 1, 64);
		state.totals.taken = state.totals.returned = i + 1;
		if (now - last_tick > 100000000) {
			poolscope_tick(pool, &state);
			last_tick = now;
		}
		if (i % 16 == 0)
			pace(start, 2 * i, rate);
		if (flows && i % 64 == 0 && !access(go, F_OK)) {
			flows = false;
			end = i + events / 2;
		}
		if (i == 100 && go && !flows)
			rest(go);
	}
	state.running = false;
	poolscope_tick(pool, &state);
	poolscope_block_free(pool, 0, &state, 0x1000, 64 * 2048, POOLSCOPE_FREE_HALT, 64, 0);
	poolscope_pool_close(pool, &state.totals, 0, 0);
}

int main(int argc, char **argv)
{
	uint64_t events = argc > 1 ? strtoull(argv[1], NULL, 10) : 1000;
	double rate = argc > 2 ? atof(argv[2]) : 0;
	int copies = argc > 3 ? atoi(argv[3]) : 0;

	for (int i = 0; i < copies; i++) {
		if (!fork()) {
			execl("/proc/self/exe", argv[0], argv[1], argv[2], "0", argv[4],
			      argc > 4 ? argv[5] : NULL, NULL);
			_exit(127);
		}
	}
	run("emit", events, rate, argc > 4 ? argv[4] : NULL, argc > 5);
	while (wait(NULL) > 0)
		;
	return 0;
}
