/* SPDX-License-Identifier: MIT */
#ifndef TESTS_TUNER_COVERAGE_H
#define TESTS_TUNER_COVERAGE_H
/*
 * Worlds whose truth is known: a kind of traffic, a law of hold times and one of lead times, all
 * with parameters from a seed.  A world can be recorded any number of times, and each recording is
 * independent of the others.
 *
 * A recording is what a driver's would be: the demand, and the leads of the requests that a pool
 * with generous marks made over it, one at a time, each lead drawn by itself.
 */
#include "tests/tuner/worlds.h"

#include <stdio.h>

#include "driver/traffic/traffic.h"
#include "tuner/low.h"

enum cov_kind { COV_SHORT, COV_BURSTS, COV_LONG, COV_FEW, COV_KINDS };
static const char *const cov_names[COV_KINDS] = {"short memory", "bursts in turns",
						 "long memory (H 0.9)", "few leads"};

#define COV_LEADS 20000

struct cov_world {
	uint64_t seed;
	enum cov_kind kind;
	char traffic[128], hold[128], lead[96];
	struct draw hold_law, lead_law;
	int64_t span_ns;
	struct policy_marks marks; /* that it is recorded with */
};

struct cov_recording {
	struct demand *d;
	struct demand_lead *list; /* the leads that the first, second ... request takes */
};

static inline double cov_between(struct rng *rng, double low, double high)
{
	return low * exp(log(high / low) * rng_unit(rng));
}

static inline struct draw cov_law(const char *text)
{
	char why[SPEC_WHY_BYTES];
	struct draw law;

	if (draw_parse(text, &law, why))
		fail_msg("%s: %s", text, why);
	return law;
}

/* Durations are in us; `slow` stretches all of them: how long a switch takes does not stretch. */
static inline void cov_traffic(struct cov_world *w, struct rng *rng, double slow, double packets)
{
	double rate = cov_between(rng, 3e4, 2e5) / slow;
	char *text = w->traffic;
	size_t room = sizeof(w->traffic);

	w->span_ns = (int64_t)(packets / rate * 1e9);
	if (w->kind == COV_LONG)
		snprintf(text, room, "pareto:rate=%.0f,sources=%u,on=%.0fus,off=%.0fus,cap=10s",
			 rate, 30 + world_below(rng, 70), slow * cov_between(rng, 500, 2000),
			 slow * cov_between(rng, 2000, 8000));
	else if (w->kind != COV_BURSTS && world_below(rng, 3))
		snprintf(text, room, "mmpp:rate=%.0f,high=%.0fus,low=%.0fus,ratio=%u", rate,
			 slow * cov_between(rng, 500, 4000), slow * cov_between(rng, 500, 9000),
			 2 + world_below(rng, 10));
	else if (w->kind != COV_BURSTS)
		snprintf(text, room, "poisson:rate=%.0f", rate);
	else if (world_below(rng, 3))
		snprintf(text, room, "burst:rate=%.0f,on=%.0fus,off=%.0fus", rate,
			 slow * cov_between(rng, 1000, 8000), slow * cov_between(rng, 1000, 20000));
	else
		snprintf(text, room, "incast:rate=%.0f,senders=%u,frames=%u,spread=%.0fus", rate,
			 4 + world_below(rng, 28), 1 + world_below(rng, 6), slow * 10);
}

static inline void cov_laws(struct cov_world *w, struct rng *rng, double slow)
{
	double hold = slow * cov_between(rng, 100, 800), lead = slow * cov_between(rng, 20, 400);
	static const char *const holds[] = {
		"exp:mean=%.0fus", "lognormal:median=%.0fus,p99=%.0fus",
		"lognormal:median=%.0fus,p99=%.0fus+pareto:min=%.0fus,alpha=1.5,cap=%.0fus,p=0.05"};
	static const char *const leads[] = {"exp:mean=%.0fus", "lognormal:median=%.0fus,p99=%.0fus",
					    "uniform:min=%.0fus,max=%.0fus"};

	snprintf(w->hold, sizeof(w->hold), holds[world_below(rng, 3)], hold, 4 * hold, 2 * hold,
		 10 * hold);
	snprintf(w->lead, sizeof(w->lead), leads[world_below(rng, 3)], lead, 4 * lead);
	w->hold_law = cov_law(w->hold);
	w->lead_law = cov_law(w->lead);
}

static inline int64_t cov_draw(const struct draw *law, struct rng *rng)
{
	static const struct draw_load idle = {1, 0};

	return (int64_t)draw_ns(law, rng, &idle);
}

/* The packets of one recording; it breaks off where it ends, whoever holds a buffer. */
static inline struct demand *cov_demand(const struct cov_world *w, uint64_t recording)
{
	struct demand_row *rows = NULL;
	struct traffic traffic;
	struct source *source;
	struct arrival a;
	char why[SPEC_WHY_BYTES];
	size_t nr = 0, room = 0;
	struct demand *d;
	struct rng rng;

	rng_init(&rng, w->seed, 1000 + 4 * recording);
	if (traffic_parse(w->traffic, rng_u64(&rng), &traffic, why) ||
	    source_open(&traffic, &source, why))
		fail_msg("%s: %s", w->traffic, why);
	while (source_next(source, &a) == SOURCE_FRAME && (int64_t)a.at_ns <= w->span_ns) {
		int64_t hold = cov_draw(&w->hold_law, &rng);

		if (nr == room) {
			struct demand_row *more;

			room = room ? 2 * room : 4096;
			more = realloc(rows, room * sizeof(*more));
			assert_non_null(more);
			rows = more;
		}
		if ((int64_t)a.at_ns + hold > w->span_ns)
			hold = DEMAND_HELD_FOR_EVER;
		rows[nr++] = (struct demand_row){(int64_t)a.at_ns, hold};
	}
	source_close(source);
	d = world_demand(rows, nr);
	free(rows);
	return d;
}

static inline struct lead cov_lead(const struct cov_recording *r)
{
	return (struct lead){.kind = LEAD_LIST, .samples = r->list, .nr_samples = COV_LEADS};
}

static inline void cov_keep_lead(const struct sim_event *e, void *ctx)
{
	struct demand *d = ctx;

	if (e->what == SIM_REQUEST)
		d->leads[d->nr_leads++] =
			(struct demand_lead){e->t_ns, e->due_ns - e->t_ns, DEMAND_LEAD_CAME};
}

/* The leads that the world's own marks met with; what is still pending at the end, is. */
static inline void cov_record_leads(const struct cov_world *w, struct cov_recording *r)
{
	struct lead lead = cov_lead(r);
	struct sim_result sim;
	int64_t end_ns = r->d->t_ns[r->d->nr - 1];

	assert_int_equal(sim_skip(r->d, &w->marks, &lead, NULL, &sim), 0);
	free(r->d->leads);
	r->d->leads = calloc(sim.requests + 1, sizeof(*r->d->leads));
	assert_non_null(r->d->leads);
	r->d->nr_leads = 0;
	assert_int_equal(sim_tell(r->d, &w->marks, &lead, cov_keep_lead, r->d, &sim), 0);
	for (size_t i = 0; i < r->d->nr_leads; i++) {
		struct demand_lead *l = &r->d->leads[i];

		if (l->requested_ns + l->lead_ns <= end_ns)
			continue;
		l->kind = DEMAND_LEAD_PENDING;
		l->lead_ns = end_ns - l->requested_ns;
	}
	r->d->marks = w->marks;
	r->d->marks_known = true;
}

static inline struct cov_recording cov_record(const struct cov_world *w, uint64_t recording)
{
	struct cov_recording r = {cov_demand(w, recording), calloc(COV_LEADS, sizeof(*r.list))};
	struct rng rng;

	assert_non_null(r.list);
	rng_init(&rng, w->seed, 1001 + 4 * recording);
	for (size_t i = 0; i < COV_LEADS; i++)
		r.list[i] = (struct demand_lead){0, cov_draw(&w->lead_law, &rng), DEMAND_LEAD_CAME};
	if (w->marks.base)
		cov_record_leads(w, &r);
	return r;
}

static inline void cov_forget(struct cov_recording *r)
{
	demand_close(r->d);
	free(r->list);
}

/* Marks that lose nothing, found on a recording that is used for nothing else. */
static inline void cov_generous(struct cov_world *w, struct rng *rng)
{
	struct cov_recording pilot = cov_record(w, UINT64_C(1) << 40);
	int64_t longest = 0;
	struct low_burst burst;

	for (size_t i = 0; i < COV_LEADS; i++)
		longest = pilot.list[i].lead_ns > longest ? pilot.list[i].lead_ns : longest;
	assert_int_equal(low_burst(pilot.d, longest, &burst), 0);
	w->marks = (struct policy_marks){.max_pending = 1, .limit = INT32_MAX / 4};
	w->marks.block = burst.rise + burst.rise / 8 + 2;
	w->marks.low = w->marks.block;
	w->marks.base = w->marks.low + 1 + world_below(rng, 1 + pilot.d->max_held / 4);
	w->marks.high = w->marks.low + w->marks.block + 1 + world_below(rng, 1 + burst.rise);
	w->marks.probe_ticks = w->kind == COV_FEW ? 0 : world_below(rng, 2);
	if (w->kind == COV_FEW) /* it grows, and never shrinks */
		w->marks.high = INT32_MAX / 4;
	cov_forget(&pilot);
}

static inline struct cov_world cov_world(uint64_t seed)
{
	struct cov_world w = {.seed = seed, .kind = (enum cov_kind)(seed % COV_KINDS)};
	struct rng rng;
	double slow;

	rng_init(&rng, seed, 1);
	slow = cov_between(&rng, 1, 500);
	cov_traffic(&w, &rng, slow, 60000);
	cov_laws(&w, &rng, slow);
	cov_generous(&w, &rng);
	return w;
}

#endif
