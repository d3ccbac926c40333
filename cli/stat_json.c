/* SPDX-License-Identifier: MIT */
#include "cli/stat_json.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "db/bookmark.h"
#include "db/leak.h"

static json_t *number(uint64_t value)
{
	return json_integer((json_int_t)value);
}

/* A count that may be unknown. */
static json_t *count(uint32_t value)
{
	return value == POOL_UNKNOWN ? json_null() : number(value);
}

/* Names come from any driver: what is not UTF-8 is shown as '?'. */
static json_t *text(const char *value)
{
	json_t *string = json_string(value);
	char plain[256];
	size_t i;

	if (string)
		return string;
	for (i = 0; value[i] && i + 1 < sizeof(plain); i++)
		plain[i] = (unsigned char)value[i] < 0x80 ? value[i] : '?';
	plain[i] = '\0';
	return json_string(plain);
}

static json_t *time_or_null(int64_t ns)
{
	return ns ? json_integer(ns) : json_null();
}

static json_t *marks(const struct pool_marks *m)
{
	json_t *o = pool_marks_known(m) ? json_object() : NULL;

	if (!o)
		return json_null();
	json_object_set_new(o, "base", number(m->base));
	json_object_set_new(o, "block", number(m->block));
	json_object_set_new(o, "low", number(m->low));
	json_object_set_new(o, "high", number(m->high));
	json_object_set_new(o, "limit", number(m->limit));
	json_object_set_new(o, "reserve", number(m->reserve));
	json_object_set_new(o, "max_pending", number(m->max_pending));
	json_object_set_new(o, "shrink_ticks", number(m->shrink_ticks));
	json_object_set_new(o, "probe_ticks", number(m->probe_ticks));
	return o;
}

static json_t *range(const struct range *r)
{
	json_t *o = r->known ? json_object() : NULL;

	if (!o)
		return json_null();
	json_object_set_new(o, "min", number(r->min));
	json_object_set_new(o, "mean", json_real(r->mean));
	json_object_set_new(o, "max", number(r->max));
	return o;
}

static json_t *latency(const struct latency *l)
{
	json_t *o = json_object();

	json_object_set_new(o, "count", number(l->count));
	json_object_set_new(o, "p50", json_integer(l->p50_ns));
	json_object_set_new(o, "p90", json_integer(l->p90_ns));
	json_object_set_new(o, "p95", json_integer(l->p95_ns));
	json_object_set_new(o, "p99", json_integer(l->p99_ns));
	json_object_set_new(o, "p999", json_integer(l->p999_ns));
	json_object_set_new(o, "p9999", json_integer(l->p9999_ns));
	json_object_set_new(o, "max", json_integer(l->max_ns));
	return o;
}

/* ok says that nothing disagreed; `checked` 0 says that nothing could be compared. */
static json_t *verdict(uint64_t checked, uint64_t mismatches, int64_t first_ns)
{
	json_t *o = json_object();

	json_object_set_new(o, "ok", json_boolean(mismatches == 0));
	json_object_set_new(o, "mismatches", number(mismatches));
	json_object_set_new(o, "checked", number(checked));
	json_object_set_new(o, "first_mismatch_ns", time_or_null(first_ns));
	return o;
}

static void set_totals(json_t *o, const struct pool_summary *p)
{
	json_object_set_new(o, "requested", number(p->totals.requested));
	json_object_set_new(o, "refused", number(p->totals.refused));
	json_object_set_new(o, "completed", number(p->totals.completed));
	json_object_set_new(o, "failed", number(p->totals.failed));
	json_object_set_new(o, "pending", number(p->pending));
	json_object_set_new(o, "freed", number(p->totals.freed));
	json_object_set_new(o, "live_blocks", number(p->live_blocks));
	json_object_set_new(o, "taken", number(p->totals.taken));
	json_object_set_new(o, "returned", number(p->totals.returned));
	json_object_set_new(o, "held", number(p->held));
	json_object_set_new(o, "resources", number(p->totals.resources));
	json_object_set_new(o, "dropped", number(p->totals.dropped));
}

static json_t *audit(const struct pool_summary *p)
{
	json_t *o = verdict(p->audit_ticks, p->audit_mismatches, p->audit_first_mismatch_ns);
	bool known = *p->audit_what;

	json_object_set_new(o, "first_counter", known ? text(p->audit_what) : json_null());
	json_object_set_new(o, "first_said", known ? number(p->audit_said) : json_null());
	json_object_set_new(o, "first_counted", known ? number(p->audit_counted) : json_null());
	return o;
}

static json_t *leaks(const struct trace_status *t, const struct pool_summary *p)
{
	struct leak leak = leak_judge(t, p);
	json_t *o = json_object();

	json_object_set_new(o, "verdict", json_string(leak_verdict_name(leak.verdict)));
	json_object_set_new(o, "blocks", number(leak.blocks));
	json_object_set_new(o, "buffers", number(leak.buffers));
	json_object_set_new(o, "requests", number(leak.requests));
	json_object_set_new(o, "why", *leak.why ? json_string(leak.why) : json_null());
	return o;
}

static json_t *pool(const struct trace_status *t, const struct pool_summary *p)
{
	bool has_marks = pool_marks_known(&p->marks);
	json_t *o = json_object();

	json_object_set_new(o, "pool", number(p->pool));
	json_object_set_new(o, "name", text(p->name));
	json_object_set_new(o, "host", *p->host ? text(p->host) : json_null());
	json_object_set_new(o, "generation", number(p->generation));
	json_object_set_new(o, "buffer_bytes", count(p->buffer_bytes));
	json_object_set_new(o, "marks", marks(&p->marks));
	json_object_set_new(o, "opened_ns", time_or_null(p->opened_ns));
	json_object_set_new(o, "closed_ns", time_or_null(p->closed_ns));
	set_totals(o, p);
	json_object_set_new(o, "available_now", count(p->available_now));
	json_object_set_new(o, "total_now", count(p->total_now));
	json_object_set_new(o, "fallback_now", json_boolean(p->fallback_now));
	json_object_set_new(o, "available", range(&p->available));
	json_object_set_new(o, "total", range(&p->total));
	json_object_set_new(o, "low_crossings", has_marks ? number(p->low_crossings) : json_null());
	json_object_set_new(o, "high_crossings",
			    has_marks ? number(p->high_crossings) : json_null());
	json_object_set_new(o, "lead_ns", latency(&p->lead));
	json_object_set_new(o, "hold_ns", latency(&p->hold));
	json_object_set_new(o, "violations", number(p->violations));
	json_object_set_new(o, "lost", number(p->lost));
	json_object_set_new(o, "audit", audit(p));
	json_object_set_new(o, "identity",
			    has_marks ? verdict(p->identity_checked, p->identity_mismatches,
						p->identity_first_mismatch_ns)
				      : json_null());
	json_object_set_new(o, "touched_by_loss", json_boolean(pool_has_loss(t, p)));
	json_object_set_new(o, "leaks", leaks(t, p));
	return o;
}

/* All of them would be no summary any more; "losses" says how many there are. */
#define LOSSES_MAX 1000

static int add_loss(const struct query_loss *loss, void *ctx)
{
	json_t *list = ctx, *o = json_object();
	bool is_gap = loss->first_seq >= 0;

	json_object_set_new(o, "pool", loss->pool < 0 ? json_null() : json_integer(loss->pool));
	json_object_set_new(o, "start_ns", json_integer(loss->start_ns));
	json_object_set_new(o, "end_ns", json_integer(loss->end_ns));
	json_object_set_new(o, "events", loss->events ? number(loss->events) : json_null());
	json_object_set_new(o, "exact", json_boolean(is_gap));
	json_object_set_new(o, "first_seq", is_gap ? json_integer(loss->first_seq) : json_null());
	json_object_set_new(o, "source", text(loss->source));
	json_array_append_new(list, o);
	return json_array_size(list) < LOSSES_MAX ? 0 : LOSSES_MAX;
}

static json_t *trace_object(const struct trace_status *t)
{
	json_t *o = json_object();

	json_object_set_new(o, "events", number(t->events));
	json_object_set_new(o, "lost", number(t->lost));
	json_object_set_new(o, "losses", number(t->nr_losses));
	json_object_set_new(o, "start_ns", json_integer(t->start_ns));
	json_object_set_new(o, "end_ns", json_integer(t->end_ns));
	json_object_set_new(o, "events_from_ns", time_or_null(t->events_from_ns));
	json_object_set_new(o, "complete", json_boolean(t->complete));
	json_object_set_new(o, "recording", json_boolean(t->recording));
	json_object_set_new(o, "ended", text(t->ended));
	json_object_set_new(o, "note", *t->note ? text(t->note) : json_null());
	return o;
}

static json_t *text_or_null(const char *value)
{
	return *value ? text(value) : json_null();
}

static int add_bookmarks(json_t *list, struct query *q, struct db_error *err)
{
	struct bookmark b[BOOKMARKS];
	size_t nr = 0;
	int ret = query_bookmarks(q, b, &nr, err);

	for (size_t i = 0; i < nr; i++) {
		json_t *o = json_object();

		json_object_set_new(o, "letter", json_stringn(&b[i].letter, 1));
		json_object_set_new(o, "ts_ns", json_integer(b[i].ts_ns));
		json_object_set_new(o, "pool",
				    b[i].pool >= 0 ? json_integer(b[i].pool) : json_null());
		json_object_set_new(o, "view", text_or_null(b[i].view));
		json_object_set_new(o, "note", text_or_null(b[i].note));
		json_array_append_new(list, o);
	}
	return ret;
}

int stat_json(struct query *q, const struct trace_status *trace, const struct pool_summary *pools,
	      size_t nr, struct db_error *err)
{
	json_t *o = json_object(), *list = json_array(), *losses = json_array();
	json_t *bookmarks = json_array();
	int ret = query_losses(q, add_loss, losses, err);

	if (ret >= 0)
		ret = add_bookmarks(bookmarks, q, err);

	for (size_t i = 0; i < nr; i++)
		json_array_append_new(list, pool(trace, &pools[i]));
	json_object_set_new(o, "schema", json_integer(1));
	json_object_set_new(o, "trace", trace_object(trace));
	json_object_set_new(json_object_get(o, "trace"), "loss", losses);
	json_object_set_new(o, "pools", list);
	json_object_set_new(o, "bookmarks", bookmarks);
	if (ret >= 0) {
		ret = 0;
		if (json_dumpf(o, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(9)) ||
		    putchar('\n') == EOF) {
			snprintf(err->text, sizeof(err->text), "cannot write the output");
			ret = -EIO;
		}
	}
	json_decref(o);
	return ret;
}
