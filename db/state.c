/* SPDX-License-Identifier: MIT */
#include "db/state.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/connect.h"
#include "db/error.h"
#include "db/rows.h"
#include "db/track.h"

/* What must be equal for the bytes to mean the same. */
static const char *layout(void)
{
	static _Thread_local char text[64];

	snprintf(text, sizeof(text), "%s %zu %zu", POOLSCOPE_VERSION, sizeof(struct track),
		 sizeof(struct allocation));
	return text;
}

/* --- writing --------------------------------------------------------------------------------- */

struct out {
	uint8_t *bytes;
	size_t nr, room;
	bool failed;
};

static void put(struct out *o, const void *bytes, size_t nr)
{
	if (o->nr + nr > o->room && !o->failed) {
		size_t room = (o->nr + nr) * 2;
		uint8_t *grown = realloc(o->bytes, room);

		o->failed = !grown;
		if (grown) {
			o->bytes = grown;
			o->room = room;
		}
	}
	if (o->failed || !nr)
		return;
	memcpy(o->bytes + o->nr, bytes, nr);
	o->nr += nr;
}

static void put_histogram(struct out *o, const struct histogram *h, uint8_t *scratch)
{
	uint32_t nr = (uint32_t)histogram_encode(h, scratch);

	put(o, &h->max_ns, sizeof(h->max_ns));
	put(o, &nr, sizeof(nr));
	put(o, scratch, nr);
}

static void put_latency(struct out *o, const struct latency_rollup *l, uint8_t *scratch)
{
	uint8_t present = l != NULL;

	put(o, &present, 1);
	if (!l)
		return;
	put_histogram(o, &l->life, scratch);
	for (int i = 0; i < TIER_NR; i++) {
		put(o, &l->open[i].bucket, sizeof(l->open[i].bucket));
		put_histogram(o, &l->open[i].histogram, scratch);
	}
}

static void put_track(struct out *o, const struct track *t, uint8_t *scratch)
{
	struct track flat = *t;

	flat.host = NULL;
	flat.window = (struct window){.next = t->window.next, .joined = t->window.joined};
	flat.allocations.rows = NULL;
	flat.allocations.room = 0;
	flat.hold.taken_ns = NULL;
	flat.lead = flat.hold_times = NULL;
	memset(&flat.bad, 0, sizeof(flat.bad));
	put(o, &flat, sizeof(flat));
	put(o, t->allocations.rows, t->allocations.nr * sizeof(*t->allocations.rows));
	put(o, t->hold.taken_ns, t->hold.nr * sizeof(*t->hold.taken_ns));
	put_latency(o, t->lead, scratch);
	put_latency(o, t->hold_times, scratch);
}

void state_save(struct rows *r, struct track *t)
{
	sqlite3_stmt *stmt = r->statements.stmt[STMT_STATE];
	struct out o = {0};

	put_track(&o, t, r->scratch);
	if (o.failed) {
		free(o.bytes);
		return; /* nothing is dropped without a state: the next one may do */
	}
	bind_int(stmt, ":pool", t->pool);
	bind_int(stmt, ":seq", (int64_t)t->window.next);
	bind_text(stmt, ":layout", layout());
	bind_blob(stmt, ":state", o.bytes, (int)o.nr);
	rows_run(r, stmt);
	free(o.bytes);
	t->state_seq = t->window.next;
}

/* --- reading --------------------------------------------------------------------------------- */

struct in {
	const uint8_t *at, *end;
};

/* NULL: there are not that many bytes. */
static const void *get(struct in *in, size_t nr)
{
	const uint8_t *at = in->at;

	if (nr > (size_t)(in->end - at))
		return NULL;
	in->at += nr;
	return at;
}

static int get_into(struct in *in, void *to, size_t nr)
{
	const void *bytes = get(in, nr);

	if (!bytes)
		return -EINVAL;
	memcpy(to, bytes, nr);
	return 0;
}

/* An array of nr things of that size, in memory of its own; NULL for none. */
static int get_array(struct in *in, size_t nr, size_t size, void **out)
{
	const void *bytes;

	*out = NULL;
	if (nr > (size_t)(in->end - in->at) / size)
		return -EINVAL;
	if (!nr)
		return 0;
	bytes = get(in, nr * size);
	*out = malloc(nr * size);
	if (!*out)
		return -ENOMEM;
	memcpy(*out, bytes, nr * size);
	return 0;
}

static int get_histogram(struct in *in, struct histogram *h)
{
	const void *bytes;
	int64_t max_ns;
	uint32_t nr;

	if (get_into(in, &max_ns, sizeof(max_ns)) || get_into(in, &nr, sizeof(nr)))
		return -EINVAL;
	bytes = get(in, nr);
	return bytes ? histogram_decode(h, bytes, nr, max_ns) : -EINVAL;
}

static int get_latency(struct in *in, struct latency_rollup **out)
{
	uint8_t present;
	int ret = get_into(in, &present, 1);

	if (ret || !present)
		return ret;
	*out = latency_rollup_open();
	if (!*out)
		return -ENOMEM;
	ret = get_histogram(in, &(*out)->life);
	for (int i = 0; i < TIER_NR && !ret; i++) {
		ret = get_into(in, &(*out)->open[i].bucket, sizeof(int64_t));
		if (!ret)
			ret = get_histogram(in, &(*out)->open[i].histogram);
	}
	return ret;
}

/* A time that can be computed with. */
static bool is_time(int64_t ns)
{
	return ns >= 0 && ns <= INT64_C(1) << 62;
}

static bool is_text(const char *text, size_t room)
{
	return memchr(text, '\0', room) != NULL;
}

static bool is_level(const struct level *l)
{
	for (int i = 0; i < TIER_NR && l->known; i++)
		if (l->open[i].row.tier != tier_shift[i] ||
		    l->open[i].row.bucket != l->last_ns >> tier_shift[i])
			return false;
	return is_time(l->last_ns) && is_time(l->since_ns);
}

static bool is_life(const struct life_figures *f)
{
	return is_time(f->since_ns) && is_time(f->until_ns);
}

/* What the code relies on without asking. */
static bool is_sane(const struct track *t)
{
	return t->window.next < UINT64_C(1) << DB_SEQ_BITS && t->hold.nr <= HOLD_IDS_MAX &&
	       is_time(t->first_ns) && is_time(t->last_ns) && is_time(t->hold.since_ns) &&
	       is_level(&t->level) && is_life(&t->life.now) && is_life(&t->life.at_pause) &&
	       is_text(t->name, sizeof(t->name)) &&
	       is_text(t->audit_first.what, sizeof(t->audit_first.what));
}

static bool are_times(const struct track *t)
{
	for (size_t i = 0; i < t->allocations.nr; i++) {
		const struct allocation *a = &t->allocations.rows[i];

		if (!is_time(a->requested_ns) || !is_time(a->completed_ns) || !is_time(a->freed_ns))
			return false;
	}
	for (uint32_t i = 0; i < t->hold.nr; i++)
		if (!is_time(t->hold.taken_ns[i]))
			return false;
	return true;
}

/* What is not the pool's but the writer's of that time. */
static void forget_writer(struct track *t)
{
	t->cold = t->changed = false;
	t->filled = 0;
	t->kept_seq = t->state_seq = t->front_seq = 0;
	t->state_ns = t->front_ns = 0;
	t->span = (struct rows_span){0};
	memset(&t->bad, 0, sizeof(t->bad));
}

static int get_track(struct in *in, struct track *t)
{
	struct track flat;
	void *rows, *taken;
	int ret = get_into(in, &flat, sizeof(flat));

	if (ret || flat.pool != t->pool || !is_sane(&flat))
		return -EINVAL;
	flat.trace = t->trace;
	flat.number = t->number;
	flat.host = t->host;
	flat.window.heap = NULL;
	flat.window.nr = 0;
	flat.lead = flat.hold_times = NULL;
	ret = get_array(in, flat.allocations.nr, sizeof(struct allocation), &rows);
	if (ret)
		return ret;
	ret = get_array(in, flat.hold.nr, sizeof(int64_t), &taken);
	if (ret) {
		free(rows);
		return ret;
	}
	flat.allocations.rows = rows;
	flat.allocations.room = flat.allocations.nr;
	flat.hold.taken_ns = taken;
	*t = flat;
	forget_writer(t);
	if (!are_times(t))
		return -EINVAL;
	ret = get_latency(in, &t->lead);
	return ret ? ret : get_latency(in, &t->hold_times);
}

int state_load(struct rows *r, struct track *t)
{
	sqlite3_stmt *stmt = r->statements.stmt[STMT_LOAD_STATE];
	const char *written_as;
	struct in in;
	int ret = -ENOENT;

	bind_int(stmt, ":pool", t->pool);
	if (sqlite3_step(stmt) == SQLITE_ROW) {
		written_as = (const char *)sqlite3_column_text(stmt, 0);
		in.at = sqlite3_column_blob(stmt, 1);
		in.end = in.at + sqlite3_column_bytes(stmt, 1);
		ret = !written_as || strcmp(written_as, layout()) ? -EPROTO : get_track(&in, t);
	}
	sqlite3_reset(stmt);
	if (!ret) {
		t->state_seq = t->window.next;
		t->identity_before = t->identity;
	}
	return ret;
}
