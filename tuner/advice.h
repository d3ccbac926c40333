/* SPDX-License-Identifier: MIT */
#ifndef TUNER_ADVICE_H
#define TUNER_ADVICE_H
/*
 * All that `tune` says of one pool: the plan, and for each of its rows how sure it is.
 *
 *  - certificate: a low that is the k-th largest of what N blocks of time needed needs no test: the
 *    choice is in the bound (Wilks).  A lean setting is chosen by luck of the recording, and is
 *    certified on its last 40 % alone, along a path from safest to leanest that the first 60 %
 *    laid out (Learn then Test);
 *  - hold-out: the same choice made on the first 60 %, and what it does on the last 40 %, with one
 *    block left out between;
 *  - grade: A, nobody lost anything in the recording nor in the simulation, and identity replay is
 *    exact: only lead times are not as recorded.  B, it may be trusted for the most part.  C,
 * senders would have acted otherwise, or the record is not whole: re-run with the setting, then ask
 * again.
 */
#include "tuner/evidence.h"
#include "tuner/feedback.h"
#include "tuner/plan.h"

#define ADVICE_CONFIDENCE 0.95
#define ADVICE_WHY	  192
/* Shares of the packets that grades turn on. */
#define ADVICE_ISOLATED 1e-4
#define ADVICE_COPIED	1e-2

struct advice_request {
	struct lead lead;
	bool lead_recorded;
	double loss;
	uint64_t seed;
	int64_t hold_ns; /* p99.9 of the hold times; 0: unknown */
	/* Identity replay. */
	uint64_t identity_checked, identity_mismatches;
	bool events_lost; /* the recording is not whole */
};

struct certificate {
	enum { CERTIFICATE_NONE, CERTIFICATE_ORDER, CERTIFICATE_TEST } kind;
	size_t blocks, exceeding;
	double block_chance; /* at most, that a future block needs more; 97.5 % sure */
	uint64_t leads;
	double lead_chance; /* at most, that a request takes longer than the low is made for */
	bool leads_limit;   /* of the two, this is the thin one */
	int64_t more_ns;    /* to record until the thin one is at 1 %; INT64_MAX: nobody can say */
};

struct advice_row {
	bool known;
	struct plan_setting s;
	struct tally_sum whole;
	bool expected; /* false: the recording has too few blocks or leads for what follows */
	bool rare;     /* it hardly grows: its base block holds nearly all that was ever held */
	struct interval mean, requests, frees; /* of another recording as long; 95 % */
	/* Of grade B that loses packets: intervals are of all three replays. */
	bool replayed;
	struct feedback feedback;
	struct certificate certificate;
	char grade;
	char why[ADVICE_WHY]; /* of a grade that is not A */
	const char *binding;  /* what keeps it from being smaller */
};

enum { ADVICE_CURRENT = PLAN_NR, ADVICE_ROWS };

struct advice {
	struct lead_sample leads;
	struct plan plan;
	struct evidence evidence;
	struct advice_row row[ADVICE_ROWS]; /* by enum plan_name, and the recorded marks */
	struct {
		bool known;
		struct policy_marks marks; /* chosen on the first part */
		struct tally_sum train, test;
		size_t train_blocks, test_blocks;
	} hold_out;
};

/*
 * What needs no search: leads, and of the plan what plan_first() says.  Needs at least one lead:
 * request->lead has to be known.
 * Owns: advice_release(), also when it fails.  Returns: 0; -ENODATA it takes steps (plan.h);
 * -ENOMEM.
 */
int advice_first(struct demand *d, const struct advice_request *request, struct advice *out);

/*
 * The rest.  Of a demand with steps.
 * Returns: 0; -ENOTSUP the recorded marks have delays in ticks, and there are none; -ENOMEM.
 */
int advice_search(const struct demand *d, const struct advice_request *request, struct advice *a);

/* Both. */
int advice_make(const struct demand *d, const struct advice_request *request, struct advice *out);
void advice_release(struct advice *a);

#endif
