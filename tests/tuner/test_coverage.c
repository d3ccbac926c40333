/* SPDX-License-Identifier: MIT */
/*
 * Are the statements of `tune` true as often as it says?
 *
 * In each of many worlds (coverage.h) one recording is tuned.  What is said of it is held against
 * MORE further recordings of that world, which nobody tuned, and against the law that its leads are
 * drawn from.  Prints the table of docs/tuning.md.
 *
 *	COVERAGE_WORLDS=500 COVERAGE_SEED=1 build/tests/tuner/test_coverage
 */
#include "tests/tuner/coverage.h"

#include "tuner/advice.h"

#define MORE	   10
#define MANY	   400 /* so many worlds can tell 95 % from 98 % */
#define LAW_DRAWS  100000
#define HOLD_DRAWS 20000

enum said {
	SAID_LEAD,
	SAID_LARGEST,
	SAID_LOW,
	SAID_BOTH,
	SAID_BALANCED,
	SAID_LEAN,
	SAID_ENOUGH,
	SAID_GROWN_ENOUGH,
	SAID_MEAN,
	SAID_REQUESTS,
	SAID_FREES,
	SAID_RARE_MEAN,
	SAID_RARE_REQUESTS,
	SAID_RARE_FREES,
	SAID_NR
};

/* What is claimed, in %; what is a whole number, or made for worse, may be true more often. */
static const struct {
	const char *what;
	double claimed;
	bool at_least;
} statements[SAID_NR] = {
	{"a request takes longer than the longest with at most q", 97.5, false},
	{"a block needs more than the largest with at most p, ties broken by lot", 97.5, false},
	{"a block needs more than *safe* low with at most p", 97.5, true},
	{"both (\"95% sure\" on the screen)", 95, true},
	{"both, of *balanced*", 95, true},
	{"a block misses the target with *lean* with at most p", 97.5, true},
	{"*safe*, fixed, misses nothing in another recording as long", 99, true},
	{"*safe* that grows misses nothing in another recording as long", 99, true},
	{"mean buffers of a pool that grows", 95, false},
	{"its requests", 95, false},
	{"its frees", 95, false},
	{"mean buffers of a pool that hardly grows", 95, true},
	{"its requests", 95, true},
	{"its frees", 95, true},
};

struct count {
	double is, of;
};
static struct count counts[COV_KINDS][SAID_NR];

static void count(const struct cov_world *w, enum said s, bool is)
{
	counts[w->kind][s].is += is;
	counts[w->kind][s].of++;
}

/* --- one world ----------------------------------------------------------------------------------
 */

struct trial {
	struct cov_world w;
	struct advice *a;
	int64_t hold_ns;
	/* Over the further recordings: blocks, and those that need more or miss the target. */
	double blocks, above_safe, above_balanced, above_largest, as_largest, missing;
	uint32_t largest; /* rise of a block of the tuned recording, and how many have it */
	unsigned int with_largest;
};

static int by_size(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return x < y ? -1 : x > y;
}

static int64_t p999_of(const struct cov_world *w)
{
	static int64_t hold[HOLD_DRAWS];
	struct rng rng;

	rng_init(&rng, w->seed, 8);
	for (size_t i = 0; i < HOLD_DRAWS; i++)
		hold[i] = cov_draw(&w->hold_law, &rng);
	qsort(hold, HOLD_DRAWS, sizeof(*hold), by_size);
	return hold[HOLD_DRAWS - HOLD_DRAWS / 1000];
}

static double chance_of_longer(const struct cov_world *w, int64_t lead_ns)
{
	struct rng rng;
	double longer = 0;

	rng_init(&rng, w->seed, 9);
	for (size_t i = 0; i < LAW_DRAWS; i++)
		longer += cov_draw(&w->lead_law, &rng) > lead_ns;
	return longer / LAW_DRAWS;
}

/* Values are printed: an interval has what its printed ends have between them. */
static bool is_in(double value, const struct interval *i, double digit)
{
	return value >= i->low - digit / 2 && value <= i->high + digit / 2;
}

static void hold_rates(struct trial *t, const struct advice_row *row, const struct cov_recording *n)
{
	struct lead lead = cov_lead(n);
	int first = row->rare ? SAID_RARE_MEAN : SAID_MEAN;
	bool fixed = row->s.marks.limit == row->s.marks.base;
	struct sim_result sim;

	if (!row->expected)
		return;
	assert_int_equal(sim_skip(n->d, &row->s.marks, &lead, NULL, &sim), 0);
	if (row == &t->a->row[PLAN_SAFE])
		count(&t->w, fixed ? SAID_ENOUGH : SAID_GROWN_ENOUGH,
		      sim.lost + sim.resources == 0);
	/* What it has is no forecast. */
	if (fixed)
		return;
	count(&t->w, first, is_in(sim.mean_buffers, &row->mean, 0.1));
	count(&t->w, first + 1, is_in((double)sim.requests, &row->requests, 1));
	count(&t->w, first + 2, is_in((double)sim.frees, &row->frees, 1));
}

static double exceeding(const struct trial *t, const struct evidence *e, int i)
{
	const struct advice_row *row = &t->a->row[i];
	int64_t low = row->s.marks.low - (row->s.robust_low - t->a->plan.robust_low);

	return (double)evidence_exceeding(e, 0, e->nr, low, row->s.marks.reserve,
					  row->s.marks.base);
}

/* Blocks of a further recording that miss the target, with leads no longer than were seen. */
static double missing(const struct trial *t, const struct cov_recording *n,
		      const struct evidence *e)
{
	struct tally *tally = calloc(e->nr, sizeof(*tally));
	struct lead lead = cov_lead(n);
	struct sim_result whole;
	double bad;

	for (size_t i = 0; i < COV_LEADS; i++)
		if (n->list[i].lead_ns > t->a->plan.longest_ns)
			n->list[i].lead_ns = t->a->plan.longest_ns;
	assert_int_equal(
		evidence_tally(n->d, e, &t->a->row[PLAN_LEAN].s.marks, &lead, tally, &whole), 0);
	bad = (double)tally_sum(tally, 0, e->nr, 0).bad;
	free(tally);
	return bad;
}

static void hold_against(struct trial *t, struct cov_recording *n)
{
	static const int rows[] = {PLAN_SAFE, PLAN_BALANCED, PLAN_LEAN, ADVICE_CURRENT};
	struct evidence e;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		hold_rates(t, &t->a->row[rows[i]], n);
	assert_int_equal(
		evidence_cut(n->d, t->a->plan.longest_ns + t->a->plan.batch.ns, t->hold_ns, &e), 0);
	t->blocks += (double)e.nr;
	t->above_safe += exceeding(t, &e, PLAN_SAFE);
	t->above_balanced += exceeding(t, &e, PLAN_BALANCED);
	for (size_t i = 0; i < e.nr; i++) {
		t->above_largest += e.blocks[i].rise > t->largest;
		t->as_largest += e.blocks[i].rise == t->largest;
	}
	if (t->a->row[PLAN_LEAN].certificate.kind == CERTIFICATE_TEST)
		t->missing += missing(t, n, &e);
	evidence_release(&e);
}

static void find_largest(struct trial *t)
{
	const struct evidence *e = &t->a->evidence;

	for (size_t i = 0; i < e->nr; i++)
		t->largest = e->blocks[i].rise > t->largest ? e->blocks[i].rise : t->largest;
	for (size_t i = 0; i < e->nr; i++)
		t->with_largest += e->blocks[i].rise == t->largest;
}

/* Of equal rises one is drawn to be the largest: then a whole number is as good as any. */
static double chance_above_largest(const struct trial *t)
{
	struct rng rng;
	double lot = 0;

	rng_init(&rng, t->w.seed, 10);
	for (unsigned int i = 0; i < t->with_largest; i++)
		lot = fmax(lot, rng_unit(&rng));
	return (t->above_largest + (1 - lot) * t->as_largest) / t->blocks;
}

static void judge(const struct trial *t)
{
	const struct certificate *safe = &t->a->row[PLAN_SAFE].certificate;
	const struct certificate *balanced = &t->a->row[PLAN_BALANCED].certificate;
	const struct certificate *lean = &t->a->row[PLAN_LEAN].certificate;
	bool lead = chance_of_longer(&t->w, t->a->plan.longest_ns) <= safe->lead_chance;
	bool low = t->above_safe / t->blocks <= safe->block_chance;

	count(&t->w, SAID_LEAD, lead);
	count(&t->w, SAID_LARGEST,
	      chance_above_largest(t) <= binomial_bound(t->a->evidence.nr, 0, 0.975));
	count(&t->w, SAID_LOW, low);
	count(&t->w, SAID_BOTH, low && lead);
	if (balanced->kind == CERTIFICATE_ORDER)
		count(&t->w, SAID_BALANCED,
		      lead && t->above_balanced / t->blocks <= balanced->block_chance);
	if (lean->kind == CERTIFICATE_TEST)
		count(&t->w, SAID_LEAN, t->missing / t->blocks <= lean->block_chance);
}

static void tune(struct trial *t, const struct cov_recording *r)
{
	struct advice_request q = {
		.seed = 1, .hold_ns = t->hold_ns, .identity_checked = 1, .lead_recorded = true};

	if (lead_recorded(r->d, &q.lead)) /* nothing was asked for: it says so, and no more */
		return;
	assert_int_equal(advice_make(r->d, &q, t->a), 0);
	if (t->a->row[PLAN_SAFE].certificate.kind == CERTIFICATE_ORDER) {
		find_largest(t);
		for (uint64_t i = 1; i <= MORE; i++) {
			struct cov_recording n = cov_record(&t->w, i);

			hold_against(t, &n);
			cov_forget(&n);
		}
		judge(t);
	}
	advice_release(t->a);
}

static void try_world(uint64_t seed)
{
	struct trial t = {.w = cov_world(seed), .a = calloc(1, sizeof(*t.a))};
	struct cov_recording r = cov_record(&t.w, 0);

	assert_non_null(t.a);
	t.hold_ns = p999_of(&t.w);
	tune(&t, &r);
	cov_forget(&r);
	free(t.a);
}

/* --- all of them --------------------------------------------------------------------------------
 */

static struct count all_of(enum said s)
{
	struct count all = {0, 0};

	for (int k = 0; k < COV_KINDS; k++) {
		all.is += counts[k][s].is;
		all.of += counts[k][s].of;
	}
	return all;
}

static double percent(struct count c)
{
	return c.of > 0 ? 100 * c.is / c.of : 100;
}

static void print_table(void)
{
	printf("| statement | claimed | true | counted |");
	for (int k = 0; k < COV_KINDS; k++)
		printf(" %s |", cov_names[k]);
	printf("\n| --- | --- | --- | --- | --- | --- | --- | --- |\n");
	for (enum said s = 0; s < SAID_NR; s++) {
		struct count all = all_of(s);

		printf("| %s | %s%g%% | **%.1f%%** | %.0f of %.0f |", statements[s].what,
		       statements[s].at_least ? "at least " : "", statements[s].claimed,
		       percent(all), all.is, all.of);
		for (int k = 0; k < COV_KINDS; k++)
			printf(" %.0f of %.0f |", counts[k][s].is, counts[k][s].of);
		printf("\n");
	}
}

static uint64_t from_environment(const char *name, uint64_t otherwise)
{
	const char *text = getenv(name);

	return text ? strtoull(text, NULL, 10) : otherwise;
}

static void statements_are_true_as_often_as_they_say(void **state)
{
	uint64_t worlds = from_environment("COVERAGE_WORLDS", 6);
	uint64_t seed = from_environment("COVERAGE_SEED", 1);
	uint64_t first = from_environment("COVERAGE_FIRST", 0);
	/* Few worlds cannot tell more than that something is broken. */
	double slack = worlds < MANY ? 20 : 2;

	for (uint64_t i = first; i < first + worlds; i++)
		try_world(seed * 1000000 + i);
	print_table();
	for (enum said s = 0; s < SAID_NR; s++) {
		struct count all = all_of(s);

		if (percent(all) < statements[s].claimed - slack ||
		    (!statements[s].at_least && percent(all) > statements[s].claimed + slack))
			fail_msg("%s: claimed %g %%, true %.1f %%", statements[s].what,
				 statements[s].claimed, percent(all));
	}
	assert_true(all_of(SAID_BOTH).of >= (double)worlds / 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(statements_are_true_as_often_as_they_say),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
