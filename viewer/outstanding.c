/* SPDX-License-Identifier: MIT */
#include "viewer/outstanding.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LONG_FACTOR 10 /* times p99 */

/* What a verdict depends on beside the thing itself. */
struct judge {
	const struct pool_summary *pool;
	int64_t at_ns, lost_ns;
};

const char *verdict_name(enum verdict verdict)
{
	static const char *const names[] = {"",	      "idle",	  "slow",  "long",
					    "pinned", "unproven", "leaked"};

	return names[verdict];
}

static bool is_closed(const struct judge *j)
{
	return j->pool->closed_ns && j->at_ns >= j->pool->closed_ns;
}

/* Suspicion is a verdict only where nothing was lost since the thing began. */
static enum verdict judge(const struct judge *j, int64_t since_ns, bool suspect,
			  enum verdict suspicion)
{
	if (!suspect && !is_closed(j))
		return VERDICT_FINE;
	if (j->lost_ns && since_ns <= j->lost_ns)
		return VERDICT_UNPROVEN;
	return is_closed(j) ? VERDICT_LEAKED : suspicion;
}

/* --- requests -------------------------------------------------------------------------------- */

static int load_requests(struct outstanding *out, struct query *q, const struct judge *j,
			 struct db_error *err)
{
	struct flight *flights = calloc(OUT_REQUESTS_MAX, sizeof(*flights));
	int ret;

	out->requests = calloc(OUT_REQUESTS_MAX, sizeof(*out->requests));
	if (!flights || !out->requests) {
		free(flights);
		return -ENOMEM;
	}
	ret = query_in_flight(q, j->pool->pool, out->at_ns, j->pool->lead.max_ns, OUT_REQUESTS_MAX,
			      flights, &out->nr_requests, &out->more_requests, err);
	for (size_t i = 0; i < out->nr_requests; i++) {
		struct out_request *r = &out->requests[i];
		bool is_long = j->pool->lead.count &&
			       out->at_ns - flights[i].requested_ns > j->pool->lead.p99_ns;

		r->flight = flights[i];
		r->age_ns = out->at_ns - flights[i].requested_ns;
		/* What ended later was in flight, whatever was lost. */
		if (flights[i].completed_ns)
			r->verdict = is_long ? VERDICT_SLOW : VERDICT_FINE;
		else
			r->verdict = judge(j, flights[i].requested_ns, is_long, VERDICT_SLOW);
	}
	free(flights);
	return ret;
}

/* --- buffers --------------------------------------------------------------------------------- */

static int load_buffers(struct outstanding *out, struct query *q, struct judge *j,
			struct db_error *err)
{
	struct held_buffers held;
	int ret = query_held(q, j->pool->pool, out->at_ns, &held, err);

	if (ret)
		return ret;
	out->since_ns = held.since_ns;
	out->lost_ns = j->lost_ns = held.lost_ns;
	out->buffers = calloc(held.nr + 1, sizeof(*out->buffers));
	if (!out->buffers) {
		free(held.buffers);
		return -ENOMEM;
	}
	for (size_t i = 0; i < held.nr; i++) {
		struct out_buffer *b = &out->buffers[i];
		int64_t age_ns = out->at_ns - held.buffers[i].taken_ns;
		bool is_long = j->pool->hold.count && age_ns / LONG_FACTOR > j->pool->hold.p99_ns;

		*b = (struct out_buffer){.id = held.buffers[i].id,
					 .block =
						 held_block_of(&j->pool->marks, held.buffers[i].id),
					 .taken_ns = held.buffers[i].taken_ns,
					 .age_ns = age_ns};
		b->verdict = judge(j, b->taken_ns, is_long, VERDICT_LONG);
		out->nr_long += b->verdict != VERDICT_FINE;
	}
	out->nr_buffers = held.nr;
	free(held.buffers);
	return 0;
}

/* --- blocks ---------------------------------------------------------------------------------- */

static struct out_block *find_block(struct outstanding *out, uint32_t number)
{
	for (size_t i = 0; i < out->nr_blocks; i++)
		if (out->blocks[i].block.block == number)
			return &out->blocks[i];
	return NULL;
}

static void count_held(struct outstanding *out)
{
	struct out_block *block = NULL;

	for (size_t i = 0; i < out->nr_buffers; i++) {
		const struct out_buffer *b = &out->buffers[i];

		if (!block || block->block.block != b->block)
			block = b->block == POOL_UNKNOWN ? NULL : find_block(out, b->block);
		if (!block)
			continue;
		block->held++;
		block->nr_long += b->verdict != VERDICT_FINE;
		if (b->age_ns > block->oldest_ns)
			block->oldest_ns = b->age_ns;
	}
}

static enum verdict judge_block(const struct judge *j, const struct out_block *b)
{
	bool is_dynamic = b->block.request != 0;
	bool is_pinned = is_dynamic && b->nr_long && b->nr_long == b->held;

	if (is_closed(j) || is_pinned)
		return judge(j, b->block.completed_ns, true, VERDICT_PINNED);
	if (!j->pool->takes_recorded)
		return VERDICT_FINE;
	return b->held == 0 ? VERDICT_IDLE : VERDICT_FINE;
}

static int load_blocks(struct outstanding *out, struct query *q, const struct judge *j,
		       struct db_error *err)
{
	struct live_block *live = calloc(OUT_BLOCKS_MAX, sizeof(*live));
	bool has_ids = held_block_of(&j->pool->marks, 0) != POOL_UNKNOWN && j->pool->takes_recorded;
	int ret;

	out->blocks = calloc(OUT_BLOCKS_MAX, sizeof(*out->blocks));
	if (!live || !out->blocks) {
		free(live);
		return -ENOMEM;
	}
	ret = query_live_blocks(q, j->pool->pool, out->at_ns, OUT_BLOCKS_MAX, live, &out->nr_blocks,
				&out->more_blocks, err);
	for (size_t i = 0; i < out->nr_blocks; i++)
		out->blocks[i] = (struct out_block){
			.block = live[i],
			.age_ns = live[i].completed_ns ? out->at_ns - live[i].completed_ns : -1};
	free(live);
	count_held(out);
	for (size_t i = 0; i < out->nr_blocks; i++) {
		struct out_block *b = &out->blocks[i];

		b->verdict = has_ids || is_closed(j) ? judge_block(j, b) : VERDICT_FINE;
		if (!has_ids)
			b->held = b->nr_long = POOL_UNKNOWN;
	}
	return ret;
}

int outstanding_load(struct outstanding *out, struct query *q, const struct trace_status *trace,
		     const struct pool_summary *pool, int64_t at_ns, struct db_error *err)
{
	struct judge j = {.pool = pool, .at_ns = at_ns};
	int ret;

	memset(out, 0, sizeof(*out));
	out->at_ns = at_ns;
	ret = load_buffers(out, q, &j, err);
	/* A loss of nobody knows whom: query_held() looks for it from its beginning on. */
	if (!ret && trace->loss_of_unknown_pool && !pool_has_loss(trace, pool))
		out->lost_ns = j.lost_ns = 0;
	if (!ret)
		ret = load_requests(out, q, &j, err);
	if (!ret)
		ret = load_blocks(out, q, &j, err);
	if (ret == -ENOMEM)
		snprintf(err->text, sizeof(err->text), "out of memory");
	return ret;
}

void outstanding_release(struct outstanding *out)
{
	free(out->requests);
	free(out->blocks);
	free(out->buffers);
	memset(out, 0, sizeof(*out));
}
