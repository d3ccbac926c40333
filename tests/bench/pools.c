/* SPDX-License-Identifier: MIT */
/*
 * A recording of many pools, more than one refnic has: pools FILE POOLS SECONDS.  Simulated ones
 * (tests/db/sim.h), side by side in time as a recorder would store them, from fixed seeds.
 */
#include <stdio.h>
#include <stdlib.h>

#include "db/store.h"
#include "tests/db/sim.h"

#define START_NS INT64_C(1700000000000000000)
#define PIECE_NS INT64_C(10000000)

static void tell(const struct pool_event *event, void *ctx)
{
	struct store *store = ctx;

	if (store_append(store, event)) {
		fprintf(stderr, "pools: cannot store\n");
		exit(3);
	}
}

static void open_pool(struct sim *sim, uint32_t pool, struct store *store)
{
	char name[32];
	struct sim_config config = {.pool = pool,
				    .name = name,
				    .marks = {128, 64, 16 + pool % 40, 160, 512, 8, 1, 5},
				    .seed = pool + 1,
				    .start_ns = START_NS + pool * INT64_C(7919),
				    .rate = 2000.0 * (1 + pool % 17),
				    .hold_ns = 2e6,
				    .lead_ns = 1e6};

	snprintf(name, sizeof(name), "port%u-rx%u", pool / 8, pool % 8);
	sim_open(sim, &config, tell, store);
}

static int record(const char *path, uint32_t nr, double seconds)
{
	struct store_options options = {.trace = "pools"};
	struct sim *sims = calloc(nr, sizeof(*sims));
	struct store *store;
	struct db_error err;

	if (!sims || store_open(path, &options, &store, &err)) {
		fprintf(stderr, "pools: %s\n", sims ? err.text : "out of memory");
		free(sims);
		return 3;
	}
	for (uint32_t i = 0; i < nr; i++)
		open_pool(&sims[i], i, store);
	for (int64_t ns = PIECE_NS; ns <= (int64_t)(seconds * 1e9); ns += PIECE_NS)
		for (uint32_t i = 0; i < nr; i++)
			sim_run(&sims[i], START_NS + ns);
	for (uint32_t i = 0; i < nr; i++)
		sim_close(&sims[i]);
	free(sims);
	return store_close(store, STORE_END_COMPLETE, NULL, &err) ? 3 : 0;
}

int main(int argc, char **argv)
{
	if (argc != 4) {
		fprintf(stderr, "use: pools FILE POOLS SECONDS\n");
		return 2;
	}
	return record(argv[1], (uint32_t)atoi(argv[2]), atof(argv[3]));
}
