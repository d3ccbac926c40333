/* SPDX-License-Identifier: MIT */
/*
 * tuner [FILE]: how fast the tuner is, on a calm, a bursty and a lossy demand of a million steps
 * each, made from a fixed seed; or on the first pool of a recording.
 *
 * Lines of `name value unit`, medians of RUNS.  Time is the processor's: it is one thread that does
 * nothing but count, and other programs on the machine are not measured with it.  The sweep at the
 * end is on all processors, and measured by the clock, too.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "driver/spec/rng.h"
#include "tuner/atlas.h"
#include "tuner/bands.h"
#include "tuner/bound.h"
#include "tuner/lockstep_state.h"
#include "tuner/low.h"
#include "tuner/parallel.h"
#include "tuner/what_if.h"

#define RUNS	 5
#define PACKETS	 500000
#define SETTINGS 256
#define SWEEP	 4096
#define LEADS	 20

static double now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static double median(double *values)
{
	qsort(values, RUNS, sizeof(*values), by_value);
	return values[RUNS / 2];
}

/* --- demands -------------------------------------------------------------------------------------
 */

/* 50 k packets/s at all times, held for 1 ms in the mean: about 50 buffers, and little change. */
static void calm(struct rng *rng, struct demand_row *rows)
{
	double t = 0;

	for (size_t i = 0; i < PACKETS; i++) {
		t += rng_exp(rng, 20e3);
		rows[i] = (struct demand_row){(int64_t)t, (int64_t)rng_exp(rng, 1e6)};
	}
}

/*
 * Bursts of 5 ms in the mean at 400 k packets/s, pauses of 20 ms; one packet in a hundred is held
 * for 50 ms.
 */
static void bursty(struct rng *rng, struct demand_row *rows)
{
	double t = 0, end = rng_exp(rng, 5e6);

	for (size_t i = 0; i < PACKETS; i++) {
		t += rng_exp(rng, 2500);
		if (t > end) {
			t += rng_exp(rng, 20e6);
			end = t + rng_exp(rng, 5e6);
		}
		rows[i] = (struct demand_row){
			(int64_t)t, (int64_t)rng_exp(rng, rng_chance(rng, 0.01) ? 50e6 : 500e3)};
	}
}

static struct demand *made(void (*how)(struct rng *rng, struct demand_row *rows))
{
	struct demand_row *rows = calloc(PACKETS, sizeof(*rows));
	double took[RUNS];
	struct demand *d = NULL;
	struct rng rng;
	size_t bad;

	for (int run = 0; run < RUNS; run++) {
		double start;

		rng_init(&rng, 7, 0);
		how(&rng, rows);
		demand_close(d);
		start = now_s();
		if (demand_from_rows(rows, PACKETS, &d, &bad))
			exit(1);
		took[run] = now_s() - start;
	}
	printf("build %.1f ms\n", 1e3 * median(took));
	free(rows);
	return d;
}

static struct demand *read_pool(const char *path)
{
	struct demand *d = NULL;
	struct db_error err = {""};
	double took[RUNS];

	for (int run = 0; run < RUNS; run++) {
		struct query *q;
		double start = now_s();

		demand_close(d);
		if (query_open(path, &q, &err) || demand_read(q, 0, &d, &err)) {
			fprintf(stderr, "%s: %s\n", path, err.text);
			exit(3);
		}
		query_close(q);
		took[run] = now_s() - start;
	}
	printf("read %.1f ms\n", 1e3 * median(took));
	return d;
}

/* --- what is measured ----------------------------------------------------------------------------
 */

#define MEASURE(name, unit, value, statement)                                                      \
	do {                                                                                       \
		double took[RUNS];                                                                 \
		for (int run = 0; run < RUNS; run++) {                                             \
			double start = now_s();                                                    \
			statement;                                                                 \
			took[run] = now_s() - start;                                               \
		}                                                                                  \
		double s = median(took);                                                           \
		printf(name " %.4g " unit "\n", value);                                            \
	} while (0)

static void tables(const struct demand *d, int64_t tau)
{
	struct low_burst burst;
	struct atlas atlas;
	struct bands bands;
	struct bound bound;

	MEASURE("robust-low", "ms", 1e3 * s, low_burst(d, tau, &burst));
	printf("steepest-rise %u buffers\n", burst.rise);
	MEASURE("exact-low", "ms", 1e3 * s, low_exact(d, tau, 64, 64, 0));
	MEASURE("atlas-to-100ms", "ms", 1e3 * s,
		(atlas_make(d, 100000000, true, &atlas), atlas_release(&atlas)));
	MEASURE("atlas-all", "ms", 1e3 * s,
		(atlas_make(d, ATLAS_NEVER, false, &atlas), atlas_release(&atlas)));
	MEASURE("bands", "ms", 1e3 * s, (bands_make(d, &bands), bands_release(&bands)));
	MEASURE("clairvoyant", "ms", 1e3 * s, bound_clairvoyant(d, 64, 64, 0, 0, &bound));
}

/* A grid of settings as a search has them: around what the demand needs, or far below it. */
static void grid(const struct demand *d, bool lossy, uint32_t rise, struct policy_marks *marks)
{
	for (uint32_t i = 0; i < SETTINGS; i++) {
		struct policy_marks *m = &marks[i];

		m->block = 32u << i % 4;
		m->low = (lossy ? rise / 8 : rise) + 1 + i / 4 % 4 * 4;
		m->high = m->low + m->block + 1 + (1 + i / 16 % 4) * d->max_held / 8;
		m->base = m->low + 1 + (i / 64 % 4) * d->max_held / 4;
		m->limit = lossy ? m->base + m->block * (d->max_held / 4 / m->block + 1) : 1 << 20;
		m->max_pending = 1 + i % 2 * 7;
		m->reserve = m->shrink_ticks = m->probe_ticks = 0;
	}
}

static void report(const char *name, const struct demand *d, size_t nr, double s,
		   const struct sim_result *r)
{
	uint64_t actions = 0, lost = 0;

	for (size_t i = 0; i < nr; i++) {
		actions += r[i].requests + r[i].granted + r[i].frees;
		lost += r[i].lost + r[i].resources;
	}
	printf("%s %.3g setting-events/s, %.3g actions/s, %.1f actions and %.1f lost a setting\n",
	       name, (double)nr * (double)d->nr / s, (double)actions / s,
	       (double)actions / (double)nr, (double)lost / (double)nr);
}

/* On each kind of vectors that this machine has; sim_lockstep() takes the last. */
static void lockstep(const struct demand *d, const struct policy_marks *marks,
		     const struct lead *lead, struct sim_result *r)
{
	static const char *const names[] = {"lockstep, plain", "lockstep, AVX2",
					    "lockstep, AVX-512"};
	lockstep_cell *cells[LOCKSTEP_CELLS];
	size_t nr = lockstep_cells(cells);

	for (size_t i = 0; i < nr; i++) {
		double took[RUNS];

		for (int run = 0; run < RUNS; run++) {
			double start = now_s();

			lockstep_by(cells[i], d, marks, SETTINGS, lead, NULL, r);
			took[run] = now_s() - start;
		}
		report(names[i], d, SETTINGS, median(took), r);
	}
}

static void sweep(const struct demand *d, bool lossy, int64_t tau)
{
	static struct policy_marks marks[SETTINGS];
	static struct sim_result r[SETTINGS];
	struct lead lead = lead_fixed(tau);
	struct low_burst burst;
	double start, slowest = 0;

	low_burst(d, tau, &burst);
	grid(d, lossy, burst.rise, marks);
	start = now_s();
	for (int i = 0; i < SETTINGS; i++) {
		double begun = now_s();

		sim_skip(d, &marks[i], &lead, NULL, &r[i]);
		if (now_s() - begun > slowest)
			slowest = now_s() - begun;
	}
	report("skip", d, SETTINGS, now_s() - start, r);
	printf("slowest-what-if %.2f ms\n", 1e3 * slowest);
	lockstep(d, marks, &lead, r);
	start = now_s();
	for (int i = 0; i < SETTINGS; i += 16)
		sim_dense(d, &marks[i], &lead, NULL, &r[i / 16]);
	report("dense", d, SETTINGS / 16, now_s() - start, r);
}

/* What a search does: many settings under many leads, on all processors. */
struct sweep {
	const struct demand *d;
	const struct lead *leads;
	struct policy_marks marks[SWEEP];
	uint64_t lost[SWEEP];
};

static void work(size_t i, void *ctx)
{
	struct sweep *s = ctx;
	struct sim_options options = {100000};
	struct sim_result r;

	s->lost[i] = 0;
	for (int k = 0; k < LEADS; k++) {
		sim_skip(s->d, &s->marks[i], &s->leads[k], &options, &r);
		s->lost[i] += r.lost;
	}
}

static void sweep_all(const struct demand *d)
{
	static struct sweep s;
	struct lead leads[LEADS];
	struct low_burst burst;
	struct timespec from, to;
	double begun = now_s();
	uint64_t lost = 0;
	struct draw draw;
	char why[SPEC_WHY_BYTES];

	draw_parse("lognormal:median=1ms,p99=5ms", &draw, why);
	low_burst(d, 5000000, &burst);
	for (int i = 0; i < SWEEP; i += SETTINGS)
		grid(d, false, burst.rise + (uint32_t)i / SETTINGS, s.marks + i);
	for (int k = 0; k < LEADS; k++)
		leads[k] = lead_drawn(&draw, (uint64_t)k);
	clock_gettime(CLOCK_MONOTONIC, &from);
	s.d = d;
	s.leads = leads;
	parallel_run(0, SWEEP, work, &s);
	clock_gettime(CLOCK_MONOTONIC, &to);
	for (int i = 0; i < SWEEP; i++)
		lost += s.lost[i];
	printf("sweep %d settings x %d leads: %.2f s of processor time, %.2f s on %u threads, "
	       "%.1f lost a simulation\n",
	       SWEEP, LEADS, now_s() - begun,
	       (double)(to.tv_sec - from.tv_sec) + (double)(to.tv_nsec - from.tv_nsec) / 1e9,
	       parallel_threads(), (double)lost / SWEEP / LEADS);
}

static void memory(const struct demand *d)
{
	size_t cells = d->nr / DEMAND_CELL + 1, bytes = d->nr * 12 + cells * sizeof(*d->cells);

	for (int level = 0; level < d->nr_levels; level++)
		bytes += d->nr_extremes[level] * sizeof(struct demand_extremes);
	bytes += (d->nr / d->checkpoint_steps + 1) * d->checkpoint_words * 8 + 8ul * d->max_held +
		 d->nr_ticks * sizeof(*d->ticks);
	printf("memory %.2f bytes a step\n", (double)bytes / (double)d->nr);
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*make)(struct rng *rng, struct demand_row *rows);
		bool lossy;
	} demands[] = {{"calm", calm, false}, {"bursty", bursty, false}, {"lossy", bursty, true}};

	if (argc > 1) {
		struct demand *d = read_pool(argv[1]);

		printf("steps %zu\n", d->nr);
		memory(d);
		tables(d, 2000000);
		sweep(d, false, 2000000);
		demand_close(d);
		return 0;
	}
	for (int i = 0; i < 3; i++) {
		struct demand *d;

		printf("# %s\n", demands[i].name);
		d = made(demands[i].make);
		printf("steps %zu\n", d->nr);
		memory(d);
		tables(d, 2000000);
		sweep(d, demands[i].lossy, 2000000);
		if (!demands[i].lossy)
			sweep_all(d);
		demand_close(d);
	}
	return 0;
}
