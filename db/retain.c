/* SPDX-License-Identifier: MIT */
#include "db/retain.h"

#include <sqlite3.h>
#include <stdint.h>

#include "db/connect.h"
#include "db/recover.h"
#include "db/state.h"
#include "db/writer.h"

#define STATE_EVERY   8192		   /* events of a pool */
#define STATE_AGE_NS  INT64_C(10000000000) /* or this long after the last, CLOCK_MONOTONIC */
#define STEPS_A_BATCH 512		   /* a batch must stay a moment */

/* --- states ---------------------------------------------------------------------------------- */

static void save_state(struct writer *w, struct track *t)
{
	state_save(&w->rows, t);
	t->state_ns = w->now_ns;
}

static void save_states(struct writer *w)
{
	for (uint32_t i = 0; i < w->nr_pools; i++) {
		struct track *t = w->pools[i];
		uint64_t nr = t->window.next - t->state_seq;

		if (t->cold || !nr)
			continue;
		if (nr >= STATE_EVERY || w->now_ns - t->state_ns > STATE_AGE_NS || t->closed_ns)
			save_state(w, t);
	}
}

/* --- events ---------------------------------------------------------------------------------- */

/* The oldest event of a pool that is kept. */
static bool find_front(struct writer *w, struct track *t)
{
	sqlite3_stmt *stmt = w->rows.statements.stmt[STMT_FRONT];
	int64_t first = (int64_t)((uint64_t)t->pool << DB_SEQ_BITS);
	bool found;

	if (t->front_ns)
		return true;
	bind_int(stmt, ":from", first + (int64_t)t->kept_seq);
	bind_int(stmt, ":to", (int64_t)(((uint64_t)t->pool + 1) << DB_SEQ_BITS));
	found = sqlite3_step(stmt) == SQLITE_ROW && sqlite3_column_type(stmt, 0) != SQLITE_NULL;
	if (found) {
		t->front_seq = (uint64_t)(sqlite3_column_int64(stmt, 0) - first);
		t->front_ns = sqlite3_column_int64(stmt, 1) + w->rows.base_ns;
	}
	sqlite3_reset(stmt);
	return found;
}

static bool can_go(struct writer *w, struct track *t)
{
	return t->events && find_front(w, t) && t->front_seq + RETAIN_STEP <= t->state_seq;
}

/* The pool whose oldest event is the oldest of those that may go; NULL: none. */
static struct track *oldest(struct writer *w)
{
	struct track *best = NULL;

	for (uint32_t i = 0; i < w->nr_pools; i++)
		if (can_go(w, w->pools[i]) && (!best || w->pools[i]->front_ns < best->front_ns))
			best = w->pools[i];
	return best;
}

static bool is_too_old(const struct writer *w, const struct track *t)
{
	int64_t max_ns = w->options.max_age_ns;

	return max_ns && w->progress.end_ns - t->front_ns > max_ns;
}

static bool is_too_big(struct writer *w)
{
	sqlite3_stmt *stmt = w->rows.statements.stmt[STMT_USED_BYTES];
	bool is = false;

	if (!w->options.max_bytes)
		return false;
	if (sqlite3_step(stmt) == SQLITE_ROW)
		is = (uint64_t)sqlite3_column_int64(stmt, 0) > w->options.max_bytes;
	sqlite3_reset(stmt);
	return is;
}

static void drop_step(struct writer *w, struct track *t)
{
	uint64_t end = t->front_seq + RETAIN_STEP;
	int64_t first = (int64_t)((uint64_t)t->pool << DB_SEQ_BITS);

	for (int which = STMT_DROP_RX; which <= STMT_DROP_CLOSE; which++) {
		sqlite3_stmt *stmt = w->rows.statements.stmt[which];

		bind_int(stmt, ":from", first + (int64_t)t->front_seq);
		bind_int(stmt, ":to", first + (int64_t)end);
		rows_run(&w->rows, stmt);
	}
	rows_forget_rx(&w->rows);
	t->kept_seq = end;
	t->front_ns = 0;
	t->changed = true;
}

/* From when on the events of all pools are whole. */
static void say_from_when(struct writer *w)
{
	int64_t from_ns = 0;

	for (uint32_t i = 0; i < w->nr_pools; i++) {
		struct track *t = w->pools[i];

		if (t->kept_seq && find_front(w, t) && t->front_ns > from_ns)
			from_ns = t->front_ns;
	}
	if (from_ns)
		rows_meta_int(&w->rows, "events_from_ns", from_ns);
}

/* A pool of an earlier recorder, of which there is no state yet; one at a time. */
static bool warm_one(struct writer *w)
{
	for (uint32_t i = 0; i < w->nr_pools; i++) {
		struct track *t = w->pools[i];

		if (!t->cold || t->state_seq)
			continue;
		recover_pool(w, t);
		save_state(w, t);
		t->changed = true;
		return true;
	}
	return false;
}

void retain(struct writer *w)
{
	bool dropped = false;

	if (!w->options.max_bytes && !w->options.max_age_ns)
		return;
	rows_flush(&w->rows);
	save_states(w);
	for (int i = 0; i < STEPS_A_BATCH && !w->rows.error; i++) {
		struct track *t = oldest(w);

		if (!t || (!is_too_old(w, t) && !is_too_big(w)))
			break;
		drop_step(w, t);
		dropped = true;
	}
	if (dropped)
		say_from_when(w);
	else if (is_too_big(w))
		warm_one(w);
}
