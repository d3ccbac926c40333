/* SPDX-License-Identifier: MIT */
/*
 * Makes a believable recording without a driver and without a tracer:
 *
 *	makedb OUT.db [--seconds N] [--pools N] [--seed N] [--rate N] [--loss] [--live] [--die]
 *
 * The same arguments give the same events; they begin at 2026-01-01 00:00:00 UTC.  --live writes
 *them at the pace of the wall clock, from now on; --die leaves without closing anything.
 */
#include <getopt.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "tuner/judge.h"
#include "db/store.h"
#include "tests/db/sim.h"

#define POOLS_MAX 16
#define START_NS  INT64_C(1767225600000000000)

struct maker {
	struct store *store;
	bool loss, failed;
	uint64_t skipped; /* since the last that was not */
	int64_t skipped_since_ns;
	uint64_t random;
};

/* About once in 20000 events some 30 are lost, and LTTng says so. */
static bool lose(struct maker *m, const struct pool_event *e)
{
	if (!m->loss || e->kind == POOL_EVENT_POOL_OPEN || e->kind == POOL_EVENT_POOL_CLOSE)
		return false;
	if (m->skipped ? sim_random(&m->random) % 30 : sim_random(&m->random) % 20000 == 7) {
		if (!m->skipped++)
			m->skipped_since_ns = e->ts_ns;
		return true;
	}
	if (m->skipped &&
	    store_loss(m->store, 0, -1, m->skipped_since_ns, e->ts_ns, m->skipped, "lttng"))
		m->failed = true;
	m->skipped = 0;
	return false;
}

static void emit(const struct pool_event *event, void *ctx)
{
	struct maker *m = ctx;

	if (!lose(m, event) && store_append(m->store, event))
		m->failed = true;
}

static int64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

static struct sim_config config_of(uint32_t pool, uint64_t seed, int64_t start_ns, double rate)
{
	static const char *const names[] = {"rx0", "rx1", "storage", "uplink"};

	return (struct sim_config){
		.pool = pool,
		.name = names[pool % 4],
		.marks = {256, 64, 96, 192 + 64 * (pool % 3), 1024, 16, 2, 3},
		.seed = seed + pool * 7919,
		.start_ns = start_ns,
		.rate = rate / (1 + pool),
		.hold_ns = 4e6 + 1e6 * pool,
		.lead_ns = 2e6 + 3e6 * (pool % 2),
		.refuse = 0.02,
		.fail = 0.03,
	};
}

/* Ten milliseconds a turn, so that the pools' events interleave. */
static void run(struct sim *sims, uint32_t nr, int64_t start_ns, int64_t end_ns, bool live,
		const struct maker *m)
{
	for (int64_t t = start_ns; t < end_ns && !m->failed; t += 10000000) {
		while (live && now_ns() < t)
			usleep(1000);
		for (uint32_t i = 0; i < nr; i++)
			sim_run(&sims[i], t);
	}
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{"seconds", required_argument, NULL, 's'}, {"pools", required_argument, NULL, 'p'},
		{"seed", required_argument, NULL, 'e'},	   {"rate", required_argument, NULL, 'r'},
		{"loss", no_argument, NULL, 'l'},	   {"live", no_argument, NULL, 'v'},
		{"die", no_argument, NULL, 'd'},	   {NULL, 0, NULL, 0}};
	struct judge *judge = judge_open();
	struct store_options store_options = {.trace = "makedb",
					      .may_replace = true,
					      .observe = judge_observe,
					      .restart = judge_restart,
					      .before_commit = judge_before_commit,
					      .ctx = judge};
	struct maker m = {.random = 1};
	struct sim sims[POOLS_MAX];
	double seconds = 10, rate = 80000;
	uint32_t pools = 2;
	uint64_t seed = 1;
	bool live = false, die = false;
	struct db_error err;
	int64_t start_ns;
	int opt;

	while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (opt == 's')
			seconds = atof(optarg);
		else if (opt == 'p')
			pools = (uint32_t)atoi(optarg);
		else if (opt == 'e')
			seed = (uint64_t)atoll(optarg);
		else if (opt == 'r')
			rate = atof(optarg);
		else if (opt == 'l')
			m.loss = true;
		else if (opt == 'v')
			live = true;
		else if (opt == 'd')
			die = true;
		else
			return 2;
	}
	if (optind + 1 != argc || pools < 1 || pools > POOLS_MAX) {
		fprintf(stderr, "usage: makedb OUT.db [--seconds N] [--pools N] ...\n");
		return 2;
	}
	if (store_open(argv[optind], &store_options, &m.store, &err)) {
		fprintf(stderr, "makedb: %s\n", err.text);
		return 3;
	}
	start_ns = live ? now_ns() : START_NS;
	for (uint32_t i = 0; i < pools; i++) {
		struct sim_config config = config_of(i, seed, start_ns, rate);

		sim_open(&sims[i], &config, emit, &m);
	}
	run(sims, pools, start_ns, start_ns + (int64_t)(seconds * 1e9), live, &m);
	if (die) {
		store_flush(m.store);
		_exit(0);
	}
	for (uint32_t i = 0; i < pools; i++)
		sim_close(&sims[i]);
	if (store_close(m.store, STORE_END_COMPLETE, NULL, &err)) {
		fprintf(stderr, "makedb: %s\n", err.text);
		return 3;
	}
	judge_close(judge);
	return m.failed;
}
