/* SPDX-License-Identifier: MIT */
/*
 * event_cost [EVENTS]: what one rx_take costs, in nanoseconds, one line a case.
 *
 *	absent  the loop without any call
 *	call    the loop with poolscope_rx_take(); whether it is traced depends on who runs this
 *	bare    the loop with the same tracepoint, called directly: LTTng-UST's own price
 *
 * Run by tests/bench/bench.py, once alone (tracing off) and once under `poolscope record` (on). The
 * loop rests after each chunk, so that LTTng's buffers are emptied between and none is discarded.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "tracer/poolscope.h"
#include "tracer/poolscope/provider.h"

enum { CHUNK = 20000 };

static const struct poolscope_marks marks = {
	.base = 64, .block = 16, .low = 8, .high = 32, .limit = 64, .max_pending = 1};
static struct poolscope_pool *pool;
static uint64_t bare_seq;

static double thread_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* The work of an empty pool event: an id that the compiler may not forget. */
static inline void touch(uint32_t *id, uint32_t i)
{
	*id = i & 63;
	__asm__ volatile("" : : "r"(id) : "memory");
}

static void absent(uint32_t i)
{
	uint32_t id;

	touch(&id, i);
}

static void call(uint32_t i)
{
	uint32_t id;

	touch(&id, i);
	poolscope_rx_take(pool, &id, 1, 0, 63);
}

static void bare(uint32_t i)
{
	uint32_t id;

	touch(&id, i);
	lttng_ust_tracepoint(poolscope, rx_take, 999, bare_seq++, &id, 1, 1, 0, 63);
}

#define MEASURE(name)                                                                              \
	static double measure_##name(uint32_t events)                                              \
	{                                                                                          \
		double spent = 0;                                                                  \
                                                                                                   \
		for (uint32_t done = 0; done < events; done += CHUNK) {                            \
			double start = thread_ns();                                                \
                                                                                                   \
			for (uint32_t i = 0; i < CHUNK; i++)                                       \
				name(i);                                                           \
			spent += thread_ns() - start;                                              \
			nanosleep(&(struct timespec){.tv_nsec = 30000000}, NULL);                  \
		}                                                                                  \
		return spent / events;                                                             \
	}
MEASURE(absent)
MEASURE(call)
MEASURE(bare)

int main(int argc, char **argv)
{
	uint32_t events = argc > 1 ? (uint32_t)atoi(argv[1]) : 400000;

	pool = poolscope_pool_open("cost", 0, 2048, &marks);
	poolscope_tick(pool, &(struct poolscope_state){.running = true, .marks = marks});
	for (int round = 0; round < 3; round++)
		printf("absent %.2f call %.2f bare %.2f\n", measure_absent(events),
		       measure_call(events), measure_bare(events));
	poolscope_pool_close(pool, &(struct poolscope_totals){0}, 0, 0);
	return 0;
}
