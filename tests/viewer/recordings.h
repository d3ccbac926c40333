/* SPDX-License-Identifier: MIT */
#ifndef TESTS_VIEWER_RECORDINGS_H
#define TESTS_VIEWER_RECORDINGS_H
/*
 * What the tests of views share: recordings in a folder of the test's own, of the reference driver
 * in virtual time and of simulated pools; every screen size; a clock and a language that are the
 * same everywhere.
 */
#include <dirent.h>
#include <locale.h>
#include <time.h>

#include "db/store.h"
#include "tests/db/sim.h"
#include "tests/viewer/golden.h"

#define START_NS INT64_C(1700000000000000000)

static char recordings_folder[] = "/tmp/poolscope-views-XXXXXX";

/* Returns: 0, or -1 when there can be no such folder. */
static inline int recordings_begin(void)
{
	setlocale(LC_ALL, "C.UTF-8");
	setenv("TZ", "UTC", 1);
	tzset();
	return mkdtemp(recordings_folder) ? 0 : -1;
}

static inline int recordings_end(void)
{
	DIR *dir = opendir(recordings_folder);
	struct dirent *entry;

	if (!dir)
		return -1;
	while ((entry = readdir(dir)))
		unlinkat(dirfd(dir), entry->d_name, 0);
	closedir(dir);
	return rmdir(recordings_folder);
}

/* Returns: path, which has room for 64 bytes. */
static inline char *recordings_name(char *path, const char *name)
{
	snprintf(path, 64, "%s/%s.db", recordings_folder, name);
	return path;
}

/* --- screens ---------------------------------------------------------------------------------- */

/* Each size, in colour and without. */
static inline void expect_all_sizes(const struct viewer_options *options, const char *name,
				    const char *commands)
{
	static const char *const sizes[] = {"80x24", "120x40", "200x50"};
	char file[64], script[256];

	for (int i = 0; i < 6; i++) {
		snprintf(file, sizeof(file), "%s-%s.%s", name, sizes[i / 2],
			 i % 2 ? "ansi" : "txt");
		snprintf(script, sizeof(script), "size %s\n%s", sizes[i / 2], commands);
		golden_expect(options, file, script);
	}
}

/* --- simulated pools -------------------------------------------------------------------------- */

static inline void store_event(const struct pool_event *event, void *ctx)
{
	assert_int_equal(store_append(ctx, event), 0);
}

/* Drops one event in 3000. */
static inline void store_most(const struct pool_event *event, void *ctx)
{
	if (event->seq % 3000 != 1500)
		store_event(event, ctx);
}

/* with: NULL, or what the store is to do besides; its trace is `fixed`. */
static inline struct store *open_store(const char *path, const struct store_options *with)
{
	struct store_options options = with ? *with : (struct store_options){0};
	struct store *store;
	struct db_error err;

	options.trace = "fixed";
	if (store_open(path, &options, &store, &err))
		fail_msg("%s", err.text);
	return store;
}

static inline void close_store(struct store *store)
{
	struct db_error err;

	assert_int_equal(store_close(store, STORE_END_COMPLETE, NULL, &err), 0);
}

/* One that works under load, with a failed request now and then. */
static inline struct sim_config busy_pool(uint32_t pool, const char *name)
{
	return (struct sim_config){
		.pool = pool,
		.name = name,
		.marks = {128, 64, 48, 160, 512, 8, 1, 5},
		.seed = 3 + pool,
		.start_ns = START_NS,
		.rate = 40000,
		.hold_ns = 4e6,
		.lead_ns = 3e6,
		.fail = 0.1,
	};
}

static inline void run_pool(struct store *store, const struct sim_config *config, sim_emit tell,
			    double seconds)
{
	struct sim sim;

	sim_open(&sim, config, tell, store);
	sim_run(&sim, START_NS + (int64_t)(seconds * 1e9));
	sim_close(&sim);
}

/* Hundreds of pools, some of which do nothing. */
static inline void run_many(struct store *store)
{
	char name[32];

	for (uint32_t i = 0; i < 300; i++) {
		struct sim_config config = {.pool = i,
					    .name = name,
					    .marks = {128, 64, 16 + i % 40, 160, 512, 8, 1, 5},
					    .seed = i + 1,
					    .start_ns = START_NS,
					    .rate = 500.0 * (i % 17),
					    .hold_ns = 2e6,
					    .lead_ns = 1e6};

		snprintf(name, sizeof(name), "port%u-rx%u", i / 8, i % 8);
		run_pool(store, &config, store_event, 0.3);
	}
}

/* --- the reference driver --------------------------------------------------------------------- */

/* Returns: 0, or -1 when it made no recording. */
static inline int run_refnic(const char *path, const char *arguments)
{
	const char *build = getenv("BUILD");
	char command[512];

	snprintf(command, sizeof(command), "%s/refnic --clock virtual %s -o %s >/dev/null",
		 build ? build : "build", arguments, path);
	/* Its end says whether frames were dropped. */
	return system(command) < 0 || access(path, R_OK) ? -1 : 0;
}

#endif
