/* SPDX-License-Identifier: MIT */
#ifndef TUNER_EVIDENCE_H
#define TUNER_EVIDENCE_H
/*
 * How much a recording proves.
 *
 * The unit of evidence is a block of time, long enough that blocks are nearly independent: 10 times
 * the longer of the longest lead and the p99.9 hold time.  Of each block it is known what low it
 * needs and what it holds at most; and for a setting, what it lost, did and cost in it.
 *
 * Lead times are evidence of their own, and mostly the scarce one: a recording of millions of
 * packets may hold twenty requests.
 *
 * All statements are distribution-free: of N blocks (or leads) of which k are worse than a value,
 * the next one is worse with a chance of at most binomial_bound(N, k, confidence).
 *
 * Source: Wilks' tolerance limits; Clopper and Pearson; the paired block bootstrap of Politis and
 * Romano.
 */
#include "tuner/demand.h"
#include "tuner/lead.h"
#include "tuner/memory.h"
#include "tuner/sim.h"

/* --- lead times ----------------------------------------------------------------------------------
 */

/*
 * What the recording (or what was assumed) says about leads.  An effective lead is what a pool
 * waits for: from the first request that failed, in a row, to the completion that brought memory.
 */
struct lead_sample {
	int64_t *ns; /* effective leads, ascending */
	size_t nr;
	uint64_t failed;  /* requests refused, or completed without memory */
	uint64_t pending; /* at the end: their leads are longer than what is known */
	/* The longest row of failures, from its first request to the memory that ended it. */
	struct lead_storm {
		uint64_t failures; /* 0: no request failed */
		int64_t from_ns, ns;
		int64_t otherwise_ns; /* the longest lead of a request that did not follow one */
	} storm;
	bool recorded; /* else assumed: there is no doubt about them, nor any proof */
};

/* Owns: lead_sample_release().  Returns: 0 or -ENOMEM; nr may be 0. */
int lead_sample_make(const struct demand *d, const struct lead *lead, bool recorded,
		     struct lead_sample *out);
void lead_sample_release(struct lead_sample *s);
/* The lead that a share q of them does not exceed; 0 without leads. */
int64_t lead_sample_quantile(const struct lead_sample *s, double q);

/* --- chances -------------------------------------------------------------------------------------
 */

/*
 * The upper confidence bound of a chance that was seen k times in n: sum over i <= k of
 * C(n,i) p^i (1-p)^(n-i) = 1 - confidence.  1 when n is 0 or k >= n.
 */
double binomial_bound(uint64_t n, uint64_t k, double confidence);

/* How many trials without an event bound its chance by p. */
uint64_t binomial_trials(double p, double confidence);

/* --- blocks of time ------------------------------------------------------------------------------
 */

struct evidence_block {
	size_t from, to;   /* steps */
	uint32_t rise;	   /* D(tau) of the block alone */
	uint32_t max_held; /* X at most */
};

struct evidence {
	struct evidence_block *blocks;
	size_t nr;		     /* 0: the recording is shorter than one block should be */
	int64_t block_ns, wanted_ns; /* as long as they are, and should be at least */
	int64_t from_ns;
	struct memory memory; /* of the packets that come in a block */
	double drift; /* rank test of the rises of the second half against the first; |2.6| is 1 %
		       */
};

#define EVIDENCE_BLOCKS_MAX 1000

/*
 * Cuts a demand.  tau_ns: the lead that rises are looked at for; hold_ns: p99.9 of the hold times.
 * Owns: evidence_release().  Returns: 0 or -ENOMEM.
 */
int evidence_cut(const struct demand *d, int64_t tau_ns, int64_t hold_ns, struct evidence *out);
void evidence_release(struct evidence *e);

/* Blocks of from .. to - 1 that need a higher low than this, and more buffers than `covered`. */
size_t evidence_exceeding(const struct evidence *e, size_t from, size_t to, int64_t low,
			  uint32_t reserve, uint32_t covered);

/* What a setting did in each block. */
struct tally {
	uint64_t takes, lost, resources, requests, frees;
	double buffer_ns; /* total over time */
	double ns;
	uint32_t peak;
};
struct tally_sum {
	uint64_t takes, lost, resources, requests, frees;
	double mean_buffers;
	uint32_t peak;
	size_t bad; /* blocks with a share of lost and RESOURCES above the target */
};

/* out has e->nr elements.  Returns: 0, or what sim_tell() returns. */
int evidence_tally(const struct demand *d, const struct evidence *e,
		   const struct policy_marks *marks, const struct lead *lead, struct tally *out,
		   struct sim_result *whole);
struct tally_sum tally_sum(const struct tally *t, size_t from, size_t to, double loss);

/*
 * Where the mean of another recording of the same length will lie, with 95 %: both recordings vary.
 * Circular block bootstrap, the same draws for every setting of a seed; widened for few blocks, and
 * for long memory (tuner/memory.h).  nr <= EVIDENCE_BLOCKS_MAX.
 */
struct interval {
	double low, high;
};
/* Blocks that resamples draw in one piece. */
size_t tally_run(size_t nr);
enum tally_what { TALLY_BUFFERS, TALLY_REQUESTS, TALLY_FREES };
struct interval tally_interval(const struct tally *t, size_t nr, enum tally_what what,
			       uint64_t seed);

#endif
