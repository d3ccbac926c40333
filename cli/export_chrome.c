/* SPDX-License-Identifier: MIT */
/*
 * The Trace Event Format, as Perfetto and chrome://tracing open it.
 *
 * A pool is a process.  Allocations are asynchronous slices of its tracks: "lead" from the request
 * to the completion, "life" from there to the free, by block.  Slices of one track never overlap,
 * because viewers nest them then: a lead takes the first lane that is free, and a block's life that
 * would (events were lost, or several blocks have one number) gets a track of its own.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli/export.h"

/* Bounds of what is remembered; beyond them a slice gets a track of its own. */
#define LANES  256
#define BLOCKS 65536

/* Columns of QUERY_TABLE_ALLOCATION. */
enum {
	A_POOL,
	A_REQUEST,
	A_REQUESTED,
	A_COMPLETED,
	A_FREED,
	A_OUTCOME,
	A_REASON,
	A_BLOCK,
	A_BYTES,
	A_BUFFERS
};
enum { L_POOL, L_START, L_END, L_EVENTS, L_SOURCE, L_FIRST_SEQ };

struct counters {
	uint32_t available, total, pending;
};

struct chrome {
	const struct export_job *job;
	FILE *to;
	bool is_second; /* something was written: the next needs a comma */
	int64_t end_ns; /* of slices that are not over */
	uint64_t nr_allocations;
	int64_t lane_until_ns[LANES]; /* of all pools */
	struct {
		bool used;
		uint32_t pool, block;
		int64_t until_ns;
	} * blocks; /* BLOCKS, by hash */
	uint32_t counting_pool;
	bool counting;
	struct counters now, told;
};

/* --- one event ------------------------------------------------------------------------------- */

/* Microseconds after the start, with all nanoseconds: as a number since 1970 it would not fit. */
static void put_time(const struct chrome *c, int64_t ns)
{
	uint64_t start = (uint64_t)c->job->trace.start_ns;
	bool before = ns < c->job->trace.start_ns;
	uint64_t apart = before ? start - (uint64_t)ns : (uint64_t)ns - start;
	uint64_t fraction = apart % 1000;

	if (before)
		putc_unlocked('-', c->to);
	export_int(c->to, (int64_t)(apart / 1000));
	putc_unlocked('.', c->to);
	putc_unlocked((char)('0' + fraction / 100), c->to);
	putc_unlocked((char)('0' + fraction / 10 % 10), c->to);
	putc_unlocked((char)('0' + fraction % 10), c->to);
}

/* Begins an event; the caller closes it.  Process ids are the pool's number and 1: 0 is special. */
static void begin(struct chrome *c, const char *phase, int64_t pool, int64_t ns, const char *name)
{
	fputs(c->is_second ? ",\n" : "\n", c->to);
	c->is_second = true;
	fprintf(c->to,
		"{\"ph\":\"%s\",\"pid\":%" PRId64 ",\"tid\":1,\"name\":\"%s\",\"ts\":", phase,
		pool + 1, name);
	put_time(c, ns);
}

static int end(struct chrome *c)
{
	fputs("}}", c->to);
	return ferror(c->to) ? EXPORT_UNWRITABLE : 0;
}

static void put_metadata(struct chrome *c, const struct pool_summary *pool)
{
	char name[100];

	snprintf(name, sizeof(name), "pool %" PRIu32 "%s%s", pool->pool, *pool->name ? " " : "",
		 pool->name);
	fprintf(c->to,
		"%s{\"ph\":\"M\",\"pid\":%" PRIu64 ",\"tid\":1,\"name\":\"process_name\","
		"\"args\":{\"name\":",
		c->is_second ? ",\n" : "\n", (uint64_t)pool->pool + 1);
	c->is_second = true;
	export_json_text(c->to, name, strlen(name));
	fprintf(c->to,
		"}},\n{\"ph\":\"M\",\"pid\":%" PRIu64 ",\"tid\":1,\"name\":\"thread_name\","
		"\"args\":{\"name\":\"events\"}}",
		(uint64_t)pool->pool + 1);
}

/* --- allocations ----------------------------------------------------------------------------- */

static int lane_for(struct chrome *c, int64_t from_ns, int64_t until_ns)
{
	for (int i = 0; i < LANES; i++) {
		if (c->lane_until_ns[i] > from_ns)
			continue;
		c->lane_until_ns[i] = until_ns;
		return i;
	}
	return -1;
}

/* May this life go on the block's own track? */
static bool is_block_free(struct chrome *c, uint32_t pool, uint32_t block, int64_t from_ns,
			  int64_t until_ns)
{
	uint32_t at = (pool * 40503u + block) * 2654435761u >> 16;

	if (c->blocks[at].used && (c->blocks[at].pool != pool || c->blocks[at].block != block))
		return false;
	if (c->blocks[at].used && c->blocks[at].until_ns > from_ns)
		return false;
	c->blocks[at].used = true;
	c->blocks[at].pool = pool;
	c->blocks[at].block = block;
	c->blocks[at].until_ns = until_ns;
	return true;
}

static void put_id(struct chrome *c, const char *track, int64_t pool, int64_t number, bool own)
{
	fprintf(c->to, ",\"cat\":\"%s\",\"id\":\"%s %" PRId64 ".%" PRId64, track, track, pool,
		number);
	if (own)
		fprintf(c->to, ".%" PRIu64, c->nr_allocations);
	putc_unlocked('"', c->to);
}

static void put_arg(struct chrome *c, const char *key, const struct query_value *value,
		    const char **comma)
{
	if (value->type == QUERY_NULL)
		return;
	fprintf(c->to, "%s\"%s\":", *comma, key);
	*comma = ",";
	if (value->type == QUERY_TEXT)
		export_json_text(c->to, value->text, value->nr_bytes);
	else
		export_int(c->to, value->i);
}

static int put_slice(struct chrome *c, const char *track, int64_t number, bool own,
		     const struct query_value *a, const int64_t span[2], bool is_over)
{
	int64_t pool = a[A_POOL].i;
	const char *comma = "";

	begin(c, "b", pool, span[0], track);
	put_id(c, track, pool, number, own);
	fputs(",\"args\":{", c->to);
	put_arg(c, "request", &a[A_REQUEST], &comma);
	put_arg(c, "block", &a[A_BLOCK], &comma);
	put_arg(c, "buffers", &a[A_BUFFERS], &comma);
	put_arg(c, "length_bytes", &a[A_BYTES], &comma);
	put_arg(c, "outcome", &a[A_OUTCOME], &comma);
	put_arg(c, "reason", &a[A_REASON], &comma);
	fprintf(c->to, "%s\"over\":%s", comma, is_over ? "true" : "false");
	end(c);
	begin(c, "e", pool, span[1], track);
	put_id(c, track, pool, number, own);
	fputs(",\"args\":{", c->to);
	return end(c);
}

static bool is_text(const struct query_value *value, const char *text)
{
	return value->type == QUERY_TEXT && !strcmp(value->text, text);
}

/* A damaged file may say anything. */
static bool is_pool(const struct query_value *value)
{
	return value->type == QUERY_INT && value->i >= 0 && value->i <= UINT32_MAX;
}

static int put_lead(struct chrome *c, const struct query_value *a)
{
	bool is_over = a[A_COMPLETED].type == QUERY_INT;
	int64_t span[2] = {a[A_REQUESTED].i, is_over ? a[A_COMPLETED].i : c->end_ns};
	int lane;

	if (a[A_REQUESTED].type != QUERY_INT || is_text(&a[A_OUTCOME], "refused"))
		return 0;
	if (span[1] < span[0])
		span[1] = span[0];
	lane = lane_for(c, span[0], span[1]);
	return put_slice(c, "lead", lane, lane < 0, a, span, is_over);
}

static int put_life(struct chrome *c, const struct query_value *a)
{
	bool is_over = a[A_FREED].type == QUERY_INT;
	int64_t span[2] = {a[A_COMPLETED].i, is_over ? a[A_FREED].i : c->end_ns};
	int64_t block = a[A_BLOCK].i;
	bool own;

	if (a[A_COMPLETED].type != QUERY_INT || a[A_BLOCK].type != QUERY_INT)
		return 0;
	if (!is_over && !is_text(&a[A_OUTCOME], "used"))
		return 0; /* a callback without memory has no life */
	if (span[1] < span[0])
		span[1] = span[0];
	own = !is_block_free(c, (uint32_t)a[A_POOL].i, (uint32_t)block, span[0], span[1]);
	return put_slice(c, "life", block, own, a, span, is_over);
}

static int no_header(int nr, const char *const *names, void *ctx)
{
	(void)nr;
	(void)names;
	(void)ctx;
	return 0;
}

static int put_allocation(int nr, const char *const *names, const struct query_value *a, void *ctx)
{
	struct chrome *c = ctx;
	int ret;

	(void)nr;
	(void)names;
	if (!is_pool(&a[A_POOL]))
		return 0;
	c->nr_allocations++;
	ret = put_lead(c, a);
	return ret ? ret : put_life(c, a);
}

/* --- losses ---------------------------------------------------------------------------------- */

static int put_loss(int nr, const char *const *names, const struct query_value *l, void *ctx)
{
	bool has_pool = is_pool(&l[L_POOL]);
	struct chrome *c = ctx;
	const char *comma = ",";

	(void)nr;
	(void)names;
	begin(c, "i", has_pool ? l[L_POOL].i : -1, l[L_START].i, "loss");
	fprintf(c->to, ",\"s\":\"%s\",\"args\":{\"end_us\":", has_pool ? "p" : "g");
	put_time(c, l[L_END].i);
	put_arg(c, "events", &l[L_EVENTS], &comma);
	put_arg(c, "source", &l[L_SOURCE], &comma);
	put_arg(c, "first_seq", &l[L_FIRST_SEQ], &comma);
	return end(c);
}

/* --- events ---------------------------------------------------------------------------------- */

static void count_pool(struct chrome *c, const struct pool_event *e)
{
	if (c->counting && c->counting_pool == e->pool)
		return;
	c->counting = true;
	c->counting_pool = e->pool;
	c->now = (struct counters){POOL_UNKNOWN, 0, 0};
	c->told = (struct counters){POOL_UNKNOWN, POOL_UNKNOWN, POOL_UNKNOWN};
}

/* The levels after an event; what no event says follows from those that do. */
static void follow(struct chrome *c, const struct pool_event *e)
{
	struct counters *now = &c->now;
	bool counts = now->total != POOL_UNKNOWN;

	switch (e->kind) {
	case POOL_EVENT_TICK:
		now->total = e->u.tick.total;
		now->pending = e->u.tick.pending;
		break;
	case POOL_EVENT_ALLOC_REQUEST:
		now->total = e->u.request.total;
		now->pending = e->u.request.pending;
		break;
	case POOL_EVENT_ALLOC_REFUSED:
		now->pending -= now->pending != 0;
		return;
	case POOL_EVENT_ALLOC_COMPLETE:
		now->pending -= e->u.complete.request && now->pending;
		if (e->u.complete.outcome == POOL_OUTCOME_USED && counts)
			now->total += e->u.complete.buffers;
		break;
	case POOL_EVENT_BLOCK_FREE:
		if (counts)
			now->total -=
				e->u.free.buffers < now->total ? e->u.free.buffers : now->total;
		break;
	case POOL_EVENT_RX_TAKE:
	case POOL_EVENT_RX_RETURN:
	case POOL_EVENT_FALLBACK:
		break;
	default:
		return;
	}
	now->available = e->available;
}

static int put_counters(struct chrome *c, const struct pool_event *e)
{
	const struct counters *now = &c->now;
	bool known = now->available != POOL_UNKNOWN && now->total != POOL_UNKNOWN;
	int ret = 0;

	if (known && (now->available != c->told.available || now->total != c->told.total)) {
		uint32_t held = now->total > now->available ? now->total - now->available : 0;

		begin(c, "C", e->pool, e->ts_ns, "buffers");
		fprintf(c->to, ",\"args\":{\"available\":%" PRIu32 ",\"held\":%" PRIu32,
			now->available, held);
		ret = end(c);
	}
	if (known && now->total != c->told.total) {
		begin(c, "C", e->pool, e->ts_ns, "total");
		fprintf(c->to, ",\"args\":{\"buffers\":%" PRIu32, now->total);
		ret = end(c);
	}
	if (now->pending != c->told.pending) {
		begin(c, "C", e->pool, e->ts_ns, "pending");
		fprintf(c->to, ",\"args\":{\"requests\":%" PRIu32, now->pending);
		ret = end(c);
	}
	c->told = *now;
	return ret;
}

static int put_instant(struct chrome *c, const struct pool_event *e)
{
	switch (e->kind) {
	case POOL_EVENT_RX_DROP:
		begin(c, "i", e->pool, e->ts_ns, "drop");
		fprintf(c->to, ",\"s\":\"p\",\"args\":{\"count\":%" PRIu32 ",\"cause\":\"%s\"",
			e->u.drop.count, pool_drop_cause_name(e->u.drop.cause));
		return end(c);
	case POOL_EVENT_RX_TAKE:
		if (!e->u.rx.resources)
			return 0;
		begin(c, "i", e->pool, e->ts_ns, "RESOURCES");
		fprintf(c->to, ",\"s\":\"p\",\"args\":{\"buffers\":%u", e->u.rx.resources);
		return end(c);
	case POOL_EVENT_ALLOC_REFUSED:
		begin(c, "i", e->pool, e->ts_ns, "refused");
		fprintf(c->to, ",\"s\":\"p\",\"args\":{\"request\":%" PRIu64 ",\"status\":%" PRIu32,
			e->u.refused.request, e->u.refused.status);
		return end(c);
	case POOL_EVENT_FALLBACK:
		begin(c, "i", e->pool, e->ts_ns, e->u.fallback.on ? "fallback on" : "fallback off");
		fputs(",\"s\":\"p\",\"args\":{", c->to);
		return end(c);
	case POOL_EVENT_VIOLATION:
		begin(c, "i", e->pool, e->ts_ns, "violation");
		fprintf(c->to,
			",\"s\":\"p\",\"args\":{\"rule\":\"R%u\",\"object\":\"0x%" PRIx64 "\"",
			e->u.violation.rule, e->u.violation.object);
		return end(c);
	default:
		return 0;
	}
}

static int put_event(const struct pool_event *e, void *ctx)
{
	struct chrome *c = ctx;
	int ret;

	count_pool(c, e);
	follow(c, e);
	if (e->ts_ns < c->job->range.from_ns || e->ts_ns > c->job->range.to_ns)
		return 0;
	ret = put_counters(c, e);
	return ret ? ret : put_instant(c, e);
}

/* --- the whole ------------------------------------------------------------------------------- */

static int put_pools(struct chrome *c, struct db_error *err)
{
	struct pool_summary *pools;
	size_t nr;
	int ret = query_pools(c->job->query, &pools, &nr, err);

	for (size_t i = 0; i < nr && !ret; i++)
		if (c->job->range.pool < 0 || c->job->range.pool == pools[i].pool)
			put_metadata(c, &pools[i]);
	free(pools);
	return ret;
}

static int put_all(struct chrome *c, struct db_error *err)
{
	const struct export_job *job = c->job;
	int ret = put_pools(c, err);

	if (!ret)
		ret = query_table(job->query, QUERY_TABLE_ALLOCATION, &job->range, no_header,
				  put_allocation, c, err);
	if (!ret)
		ret = query_events(job->query, job->range.pool, put_event, c, err);
	if (!ret)
		ret = query_table(job->query, QUERY_TABLE_LOSS, &job->range, no_header, put_loss, c,
				  err);
	return ret;
}

int export_chrome(const struct export_job *job, struct db_error *err)
{
	struct chrome c = {.job = job, .to = job->to, .end_ns = job->trace.end_ns};
	int ret;

	c.blocks = calloc(BLOCKS, sizeof(*c.blocks));
	if (!c.blocks) {
		snprintf(err->text, sizeof(err->text), "out of memory");
		return -ENOMEM;
	}
	fprintf(c.to,
		"{\"displayTimeUnit\":\"ns\",\"otherData\":{\"start_ns\":\"%" PRId64
		"\",\"ended\":",
		job->trace.start_ns);
	export_json_text(c.to, job->trace.ended, strlen(job->trace.ended));
	fprintf(c.to, ",\"lost\":%" PRIu64 "},\n\"traceEvents\":[", job->trace.lost);
	ret = put_all(&c, err);
	fputs("\n]}\n", c.to);
	free(c.blocks);
	return ret;
}
