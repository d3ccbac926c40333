/* SPDX-License-Identifier: MIT */
#ifndef VIEWER_REPORT_TUNING_H
#define VIEWER_REPORT_TUNING_H
/*
 * What the parts of a report on tuning share.  They are of the whole recording, whatever part of it
 * the other pictures show.  Each picture is one <figure>; they return 0 or -errno with err filled.
 */
#include "tuner/advice.h"
#include "viewer/report_parts.h"

#define TUNING_POINTS_MAX 2000
#define TUNING_LEAST_MS	  0.001 /* the shortest time on a logarithmic axis */

struct tuning {
	struct report *r;
	struct demand *d;
	struct advice a;
	struct lead lead;
	const struct advice_row *safe;
};

static inline double tuning_ms(int64_t ns)
{
	return (double)ns / 1e6 < TUNING_LEAST_MS ? TUNING_LEAST_MS : (double)ns / 1e6;
}

/* The demand, report_tuning_demand.c: how steeply it rises, and how large it is at times. */
int tuning_draw_rises(struct tuning *t, struct db_error *err);
int tuning_draw_need(struct tuning *t, struct db_error *err);
/* The burst that decides, with the recommended marks: report_tuning_moment.c. */
int tuning_draw_moment(struct tuning *t, struct db_error *err);
/* What memory buys, and what high costs: report_tuning_cost.c. */
int tuning_draw_cost(struct tuning *t, struct db_error *err);
int tuning_draw_gap(struct tuning *t, struct db_error *err);

#endif
