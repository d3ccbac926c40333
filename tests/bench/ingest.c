/* SPDX-License-Identifier: MIT */
/*
 * ingest FILE [EVENTS]: how many events a second the store takes, with identity replay, and how
 * large they are in the file.  The events are made before the clock starts.
 */
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "tuner/judge.h"
#include "db/queue.h"
#include "db/store.h"
#include "tests/db/sim.h"

struct tape {
	struct pool_event **events;
	size_t nr, room, ctf_bytes;
};

/*
 * Bytes of an event in LTTng's packed CTF: a compact header of 4, pool, seq, and the fields.  Ticks
 * and the like are few; only what fills a trace is counted exactly.
 */
static size_t ctf_bytes(const struct pool_event *e)
{
	if (e->kind == POOL_EVENT_RX_TAKE)
		return 4 + 12 + 4 + 4ul * e->u.rx.nr_buffers + 2 + 4;
	if (e->kind == POOL_EVENT_RX_RETURN)
		return 4 + 12 + 4 + 4ul * e->u.rx.nr_buffers + 4;
	return 4 + 12 + 40;
}

static void record(const struct pool_event *event, void *ctx)
{
	struct tape *t = ctx;

	if (t->nr == t->room)
		return;
	t->events[t->nr++] = queue_copy_event(event);
	t->ctf_bytes += ctf_bytes(event);
}

static double now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
	struct sim_config config = {.name = "rx0",
				    .marks = {256, 64, 96, 192, 1024, 16, 2, 3},
				    .seed = 1,
				    .start_ns = INT64_C(1767225600000000000),
				    .rate = 80000,
				    .hold_ns = 4e6,
				    .lead_ns = 2e6};
	struct judge *judge = judge_open();
	struct store_options options = {.may_replace = true,
					.observe = judge_observe,
					.restart = judge_restart,
					.before_commit = judge_before_commit,
					.ctx = judge};
	struct tape tape = {.room = argc > 2 ? (size_t)atoll(argv[2]) : 2000000};
	struct store *store;
	struct rusage usage;
	struct db_error err;
	struct stat st;
	struct sim sim;
	double start;

	if (argc < 2)
		return 2;
	tape.events = malloc(tape.room * sizeof(*tape.events));
	sim_open(&sim, &config, record, &tape);
	while (tape.nr < tape.room)
		sim_run(&sim, sim.now_ns + INT64_C(1000000000));
	sim_drop(&sim);
	if (store_open(argv[1], &options, &store, &err))
		return fprintf(stderr, "ingest: %s\n", err.text), 3;
	start = now_s();
	for (size_t i = 0; i < tape.nr; i++)
		store_append(store, tape.events[i]);
	store_flush(store);
	start = now_s() - start;
	if (store_close(store, STORE_END_COMPLETE, NULL, &err) || stat(argv[1], &st))
		return fprintf(stderr, "ingest: %s\n", err.text), 3;
	getrusage(RUSAGE_SELF, &usage);
	printf("%zu events, %.0f events/s, %.1f bytes an event (CTF: %.1f)\n", tape.nr,
	       (double)tape.nr / start, (double)st.st_size / (double)tape.nr,
	       (double)tape.ctf_bytes / (double)tape.nr);
	judge_close(judge);
	return 0;
}
