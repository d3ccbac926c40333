/* SPDX-License-Identifier: MIT */
#ifndef VIEWER_TRIAL_H
#define VIEWER_TRIAL_H
/*
 * Marks that are tried on a recorded demand: which is chosen, where it was moved to, and what the
 * pool would have done with them.  Pure: it reads no file and draws nothing.
 */
#include "db/query.h"
#include "tuner/atlas.h"
#include "tuner/demand.h"
#include "tuner/low.h"
#include "tuner/sim.h"

enum trial_mark {
	TRIAL_BASE,
	TRIAL_BLOCK,
	TRIAL_LOW,
	TRIAL_HIGH,
	TRIAL_LIMIT,
	TRIAL_RESERVE,
	TRIAL_PENDING,
	TRIAL_SHRINK,
	NR_TRIAL_MARKS
};

struct trial {
	struct demand *demand; /* NULL: there is none yet */
	struct atlas atlas;
	struct policy_marks recorded; /* where nobody said them, what was begun with */
	struct policy_marks marks;
	bool guessed; /* no marks were recorded */
	enum trial_mark chosen;
	int64_t lead_ns; /* fixed; 0: as recorded */
	int64_t tau_ns;	 /* the longest lead that is tried */
	struct lead lead;

	/* Of trial_run(). */
	int error; /* 0, or -errno with why filled */
	char why[192];
	struct sim_result result;
	struct sim_result before; /* the recorded marks, simulated; as before_error says */
	int before_error;
};

#define TRIAL_LEAD_NS  INT64_C(1000000) /* where no lead was recorded */
#define TRIAL_MARK_MAX INT32_MAX

const char *trial_mark_name(enum trial_mark mark);

/*
 * Takes a demand and its atlas: the recorded marks, or sensible ones where nobody said any.  The
 * chosen mark stays.
 * Owns: both, until trial_release() or the next call.
 */
void trial_take(struct trial *trial, struct demand *demand, struct atlas *atlas);
void trial_release(struct trial *trial);

uint32_t trial_value(const struct policy_marks *marks, enum trial_mark mark);
void trial_choose(struct trial *trial, int by);
/* Moves the chosen mark; it stays within 0 (base, block and max-pending: 1) and TRIAL_MARK_MAX. */
void trial_move(struct trial *trial, int64_t by);
/* The chosen mark, or all of them, as they were. */
void trial_reset(struct trial *trial);
void trial_reset_all(struct trial *trial);
/* The next lead time: as recorded, then fixed ones from 100 us to 1 s. */
void trial_next_lead(struct trial *trial);

/* The low that loses nothing whatever happened before, for the block and max-pending tried. */
uint32_t trial_robust_low(const struct trial *trial);
/* Low there, and base, high and limit moved up where they stand too low for it. */
void trial_take_robust_low(struct trial *trial);

/*
 * Simulates the marks, and the recorded ones where that is not done yet; columns as sim_curve()
 * fills them, for the marks.
 */
void trial_run(struct trial *trial, int64_t start_ns, int64_t width_ns, size_t nr,
	       struct level_column *columns);

/* The options of refnic for the marks. */
void trial_options(const struct trial *trial, char *text, size_t size);

#endif
