/* SPDX-License-Identifier: MIT */
#include "tuner/feedback.h"

#include <errno.h>
#include <stdlib.h>

struct replays {
	const struct policy_marks *marks;
	const struct lead *lead;
	int64_t end_ns;
	struct demand_row *rows; /* in order of arrival; room for as many again */
	size_t nr;
	/* Those that are lost when nobody minds, ascending. */
	size_t *lost;
	size_t nr_lost;
	const struct demand *d; /* of the rows */
};

/* What is not returned before the end is held for ever. */
static int find_rows(const struct demand *d, struct demand_row *rows)
{
	size_t *row_of = calloc(d->max_held + 1, sizeof(*row_of)), nr = 0;

	if (!row_of)
		return -ENOMEM;
	for (size_t i = 0; i < d->nr; i++) {
		if (demand_is_take(d, i)) {
			row_of[d->slot[i]] = nr;
			rows[nr++] = (struct demand_row){d->t_ns[i], DEMAND_HELD_FOR_EVER};
		} else {
			struct demand_row *row = &rows[row_of[d->slot[i]]];

			row->hold_ns = d->t_ns[i] - row->arrival_ns;
		}
	}
	free(row_of);
	return 0;
}

static void note_lost(const struct sim_event *e, void *ctx)
{
	struct replays *p = ctx;

	/* Of the steps before this one, so many were takes. */
	if (e->what == SIM_LOST)
		p->lost[p->nr_lost++] = (e->steps + demand_held(p->d, e->steps)) / 2;
}

static int replay(struct replays *p, const struct demand_row *rows, size_t nr,
		  void (*tell)(const struct sim_event *e, void *ctx), struct sim_result *out)
{
	struct demand *d;
	size_t bad;
	int ret = demand_from_rows(rows, nr, &d, &bad);

	if (ret)
		return ret;
	p->d = d;
	ret = tell ? sim_tell(d, p->marks, p->lead, tell, p, out)
		   : sim_skip(d, p->marks, p->lead, NULL, out);
	demand_close(d);
	return ret;
}

/* A packet that comes then; what is not returned before the end is held for ever. */
static struct demand_row row_at(const struct replays *p, struct demand_row row, int64_t arrival_ns)
{
	row.arrival_ns = arrival_ns;
	if (row.hold_ns > p->end_ns - arrival_ns)
		row.hold_ns = DEMAND_HELD_FOR_EVER;
	return row;
}

/* --- they come once more ------------------------------------------------------------------------
 */

static int retry(struct replays *p, struct sim_result *out)
{
	size_t nr = p->nr;

	for (size_t i = 0; i < p->nr_lost; i++) {
		const struct demand_row *row = &p->rows[p->lost[i]];

		if (row->arrival_ns <= p->end_ns - FEEDBACK_RTO_NS)
			p->rows[nr++] = row_at(p, *row, row->arrival_ns + FEEDBACK_RTO_NS);
	}
	return replay(p, p->rows, nr, NULL, out);
}

/* --- the others pause ---------------------------------------------------------------------------
 */

static int back_off(struct replays *p, struct sim_result *out)
{
	struct demand_row *rows = calloc(p->nr, sizeof(*rows));
	size_t next = 0, nr = 0;
	int64_t until_ns = INT64_MIN, later_ns = 0;
	int ret;

	if (!rows)
		return -ENOMEM;
	for (size_t i = 0; i < p->nr; i++) {
		struct demand_row row = p->rows[i];
		bool lost = next < p->nr_lost && p->lost[next] == i;

		next += lost;
		if (row.arrival_ns <= p->end_ns - later_ns)
			rows[nr++] = row_at(p, row, row.arrival_ns + later_ns);
		/* Losses in a row are one reason to pause. */
		if (lost && row.arrival_ns > until_ns) {
			until_ns = row.arrival_ns + FEEDBACK_RTT_NS;
			later_ns += FEEDBACK_RTT_NS;
		}
	}
	ret = replay(p, rows, nr, NULL, out);
	free(rows);
	return ret;
}

int feedback_replay(const struct demand *d, const struct policy_marks *marks,
		    const struct lead *lead, struct feedback *out)
{
	struct replays p = {.marks = marks,
			    .lead = lead,
			    .end_ns = d->t_ns[d->nr - 1],
			    .rows = calloc(2 * d->takes, sizeof(*p.rows)),
			    .nr = d->takes,
			    .lost = calloc(d->takes, sizeof(*p.lost))};
	int ret = p.rows && p.lost ? find_rows(d, p.rows) : -ENOMEM;

	*out = (struct feedback){0};
	if (!ret)
		ret = replay(&p, p.rows, p.nr, note_lost, &out->of[FEEDBACK_LOST]);
	if (!ret)
		ret = retry(&p, &out->of[FEEDBACK_RETRY]);
	if (!ret)
		ret = back_off(&p, &out->of[FEEDBACK_BACK_OFF]);
	free(p.rows);
	free(p.lost);
	return ret;
}

static double value_of(const struct sim_result *r, enum feedback_what what)
{
	return what == FEEDBACK_OF_LOST	      ? (double)r->lost
	       : what == FEEDBACK_OF_MEAN     ? r->mean_buffers
	       : what == FEEDBACK_OF_REQUESTS ? (double)r->requests
					      : (double)r->frees;
}

struct feedback_range feedback_range(const struct feedback *f, enum feedback_what what)
{
	double first = value_of(&f->of[0], what);
	struct feedback_range range = {first, first};

	for (int i = 1; i < FEEDBACK_KINDS; i++) {
		double value = value_of(&f->of[i], what);

		range.low = value < range.low ? value : range.low;
		range.high = value > range.high ? value : range.high;
	}
	return range;
}
