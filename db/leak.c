/* SPDX-License-Identifier: MIT */
#include "db/leak.h"

#include <string.h>

static uint64_t max_u64(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static bool any(const struct leak *l)
{
	return l->blocks || l->buffers || l->requests;
}

/* What the driver admitted when it closed the pool. */
static struct leak leak_said(const struct pool_summary *pool)
{
	return (struct leak){
		.blocks = pool->close_blocks == POOL_UNKNOWN ? 0 : pool->close_blocks,
		.buffers = pool->close_held,
	};
}

/* What the events add up to.  Without receive events the ticks alone say what is held. */
static struct leak leak_derived(const struct pool_summary *pool)
{
	bool knows_held = pool->takes_recorded || !pool->close_said;

	return (struct leak){
		.blocks = pool->live_blocks,
		.buffers = knows_held ? pool->held : 0,
		.requests = pool->pending,
	};
}

static const char *why_unproven(const struct trace_status *trace, const struct pool_summary *pool)
{
	if (pool_has_loss(trace, pool))
		return "events were lost";
	if (pool->closed_ns || !strcmp(trace->ended, "complete"))
		return NULL;
	if (trace->recording)
		return "it is still being recorded";
	return "the pool was not closed before the recording ended";
}

struct leak leak_judge(const struct trace_status *trace, const struct pool_summary *pool)
{
	const char *why = why_unproven(trace, pool);
	struct leak leak = leak_derived(pool), said = {0};

	if (pool->close_said)
		said = leak_said(pool);
	if (why && any(&said)) {
		leak = said;
		why = NULL;
	}
	leak.blocks = max_u64(leak.blocks, said.blocks);
	leak.buffers = max_u64(leak.buffers, said.buffers);
	leak.why = why ? why : "";
	leak.verdict = why ? LEAK_UNPROVEN : any(&leak) ? LEAK_PROVEN : LEAK_NONE;
	return leak;
}

const char *leak_verdict_name(enum leak_verdict verdict)
{
	static const char *const names[] = {"none", "leaked", "unproven"};

	return names[verdict];
}
