/* SPDX-License-Identifier: MIT */
#ifndef CLI_TUNE_H
#define CLI_TUNE_H
/*
 * What the files of `poolscope tune` share.
 */
#include <stdbool.h>
#include <stdint.h>

#include "db/query.h"
#include "tuner/advice.h"
#include "tuner/demand.h"
#include "tuner/lead.h"
#include "tuner/sim.h"

#define TUNE_WHY_BYTES 512

struct tune_options {
	const char *path;
	bool json, verify;
	const char *what_if; /* NULL: not asked */
	const char *lead;
	const char *explain; /* NULL: not asked */
	double loss;	     /* share of the takes that may be lost or RESOURCES */
	double wire;	     /* bits a second; 0: not said */
	bool loss_given;
	int64_t pool; /* -1: all */
	uint64_t seed;
};

/* Owns: texts are of argv.  Returns: an exit status; what is wrong is said. */
int tune_options_read(struct tune_options *out, int argc, char **argv);

struct tune_verdict;

/* One pool of the recording, and what was found out about it. */
struct tune_pool {
	const struct pool_summary *summary;
	const struct trace_status *trace;
	struct demand *demand; /* NULL: nothing can be said, and why_not tells why */
	char why_not[TUNE_WHY_BYTES];
	struct lead lead;
	bool lead_known; /* else no request was recorded, and nobody said what to assume */
	bool has_length; /* else that, or all that were recorded failed: there are no lows */

	struct advice *advice; /* NULL: not asked for, or no lead has a length */
	struct plan *fixed;    /* then: what a fixed pool needs; NULL: not asked for */

	/* For the longest lead; with what_if, of its base and block. */
	int64_t longest_ns, robust_low, exact_low;
	struct low_burst burst;

	struct tune_verdict *verdict; /* NULL: not asked for */

	bool has_what_if;
	struct policy_marks what_if_marks;
	struct sim_result what_if;

	struct policy_marks explained_marks;
	struct json_t *explained; /* NULL: not asked for as JSON */
};

/* --- --lead: how long requests will take --------------------------------------------------------
 */

struct tune_lead {
	bool recorded;	   /* as each pool's own requests took */
	struct lead given; /* otherwise */
	struct demand_lead *samples;
	const char *text; /* as it was given */
};

/*
 * Reads `recorded`, `file:CSV`, or a duration as driver/spec/draw.h has them.
 * Owns: text is borrowed; tune_lead_release().
 * Returns: 0; -EINVAL or another -errno, and one line in why.
 */
int tune_lead_read(const char *text, uint64_t seed, struct tune_lead *out,
		   char why[TUNE_WHY_BYTES]);
void tune_lead_release(struct tune_lead *lead);

/* The lead process for one pool.  Returns: 0; -ENODATA it has to be recorded, and nothing was. */
int tune_lead_of(const struct tune_lead *lead, const struct demand *d, struct lead *out);

/* --- --what-if: other marks ----------------------------------------------------------------------
 */

/*
 * Reads k=v,... over the marks that a demand was recorded under.  Where there are none, base,
 * block, low and high have to be given; the others are: no limit, reserve 0, max_pending 1,
 * shrink_ticks 0, probe_ticks 0.
 * Returns: 0; -EINVAL and one line in why.
 */
int tune_marks_read(const char *text, const struct demand *d, struct policy_marks *out,
		    char why[TUNE_WHY_BYTES]);

/* What limit is where there is none. */
#define TUNE_NO_LIMIT ((uint32_t)INT32_MAX)

/* --- what is printed -----------------------------------------------------------------------------
 */

/* Prints what the policy saw and did around options->explain.  0, or -errno. */
int tune_explain(const struct tune_options *options, const struct tune_pool *pool,
		 const struct policy_marks *marks);

/* The same as a JSON object, of at most 1000 events.  Owns: *out is the caller's.  0, or -errno. */
struct json_t;
int tune_explain_json(const struct tune_options *options, const struct tune_pool *pool,
		      const struct policy_marks *marks, struct json_t **out);

/*
 * What the recorded marks missed.  Of marks that changed in the middle: those in force at the end,
 * since they are; what others missed says nothing of them.
 */
struct tune_missed {
	uint64_t takes, dropped, resources;
	double share; /* of the takes; 0 when there were none */
};
struct tune_missed tune_missed(const struct demand *d);

/* A pool without advice: all of it. */
void tune_text(const struct tune_options *options, const struct tune_pool *pool);
/*
 * One with advice, part by part: what is known before the search (advice_request.first), what it
 * found, and the end with the verdict if there is one.
 */
void tune_text_first(const struct tune_options *options, const struct tune_pool *pool);
void tune_text_found(const struct tune_options *options, const struct tune_pool *pool);
void tune_text_end(const struct tune_pool *pool);
/* No end will come: the report must not look whole. */
void tune_text_unfinished(const struct tune_pool *pool);

/* Parts of it: why this low, or no growth; why this size, of marks that grow or do not. */
void tune_why(const struct tune_options *options, const struct tune_pool *pool);
void tune_why_size(const struct plan *plan, const struct policy_marks *marks, double mean);

/* What is wrong with the recorded marks: a sentence each, without its full stop. */
#define TUNE_WRONG_MAX 6
struct tune_wrong {
	char line[TUNE_WRONG_MAX][160];
	size_t nr; /* 0 also where no leads are known */
};
struct tune_wrong tune_wrong(const struct tune_pool *pool);

/* Ethernet frames with header and checksum, for --wire. */
#define TUNE_FRAME_LEAST 64
#define TUNE_FRAME_FULL	 1518

/* A pool that never grows is said so (P16). */
static inline bool tune_is_fixed(const struct policy_marks *m)
{
	return m->limit == m->base;
}

/* Returns: 0 or -EIO. */
int tune_json(const struct tune_options *options, const struct tune_pool *pools, size_t nr);

#endif
