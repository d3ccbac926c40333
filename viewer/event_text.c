/* SPDX-License-Identifier: MIT */
#include "viewer/event_text.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

static void buffers_text(char sign, uint32_t buffers, char *text, size_t size)
{
	text[0] = 0;
	if (buffers != POOL_UNKNOWN && buffers)
		snprintf(text, size, " %c%" PRIu32, sign, buffers);
}

static void take_text(const struct pool_event *e, char *text, size_t size)
{
	uint32_t nr = e->u.rx.nr_buffers;

	if (e->u.rx.resources)
		snprintf(text, size, " %" PRIu32 " (%u RESOURCES)", nr, e->u.rx.resources);
	else
		snprintf(text, size, " %" PRIu32, nr);
}

static void details(const struct pool_event *e, char *text, size_t size)
{
	char buffers[16];

	text[0] = 0;
	switch (e->kind) {
	case POOL_EVENT_ALLOC_REQUEST:
		snprintf(text, size, " #%" PRIu64, e->u.request.request);
		break;
	case POOL_EVENT_ALLOC_REFUSED:
		snprintf(text, size, " #%" PRIu64 " 0x%08" PRIX32, e->u.refused.request,
			 e->u.refused.status);
		break;
	case POOL_EVENT_ALLOC_COMPLETE:
		buffers_text('+', e->u.complete.buffers, buffers, sizeof(buffers));
		snprintf(text, size, " #%" PRIu64 " %s%s", e->u.complete.request,
			 pool_outcome_name(e->u.complete.outcome), buffers);
		break;
	case POOL_EVENT_BLOCK_FREE:
		buffers_text('-', e->u.free.buffers, buffers, sizeof(buffers));
		snprintf(text, size, " block %" PRIu32 " %s%s", e->u.free.block,
			 pool_free_reason_name(e->u.free.reason), buffers);
		break;
	case POOL_EVENT_RX_TAKE:
	case POOL_EVENT_RX_RETURN:
		take_text(e, text, size);
		break;
	case POOL_EVENT_RX_DROP:
		snprintf(text, size, " %" PRIu32 " %s", e->u.drop.count,
			 pool_drop_cause_name(e->u.drop.cause));
		break;
	case POOL_EVENT_FALLBACK:
		snprintf(text, size, " %s", e->u.fallback.on ? "on" : "off");
		break;
	case POOL_EVENT_VIOLATION:
		snprintf(text, size, " R%u", e->u.violation.rule);
		break;
	default:
		break;
	}
}

const char *event_text(const struct pool_event *event, char *text, size_t size)
{
	char what[64];

	details(event, what, sizeof(what));
	snprintf(text, size, "%s%s", pool_event_kind_name(event->kind), what);
	return text;
}

/* --- all of it ---------------------------------------------------------------------------------
 */

struct words {
	char *text;
	size_t size, used;
};

static void add(struct words *w, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void add(struct words *w, const char *format, ...)
{
	va_list args;
	int n;

	if (w->used >= w->size)
		return;
	va_start(args, format);
	n = vsnprintf(w->text + w->used, w->size - w->used, format, args);
	va_end(args);
	w->used += n > 0 ? (size_t)n : 0;
}

static void add_count(struct words *w, const char *name, uint32_t n)
{
	if (n != POOL_UNKNOWN)
		add(w, "%s%s %" PRIu32, w->used ? ", " : "", name, n);
}

static void add_marks(struct words *w, const struct pool_marks *m)
{
	if (!pool_marks_known(m))
		return;
	add_count(w, "base", m->base);
	add_count(w, "block", m->block);
	add_count(w, "low", m->low);
	add_count(w, "high", m->high);
	add_count(w, "limit", m->limit);
	add_count(w, "reserve", m->reserve);
	add_count(w, "max-pending", m->max_pending);
}

static void add_totals(struct words *w, const struct pool_totals *t)
{
	add(w, "%srequested %" PRIu64 ", failed %" PRIu64 ", freed %" PRIu64, w->used ? ", " : "",
	    t->requested, t->failed + t->refused, t->freed);
	add(w, ", taken %" PRIu64 ", returned %" PRIu64 ", dropped %" PRIu64, t->taken, t->returned,
	    t->dropped);
}

static void add_open(struct words *w, const struct pool_event *e)
{
	if (e->u.open.generation)
		add(w, "NDIS %u", e->u.open.generation);
	if (e->u.open.buffer_bytes != POOL_UNKNOWN)
		add(w, "%s%" PRIu32 " B a buffer", w->used ? ", " : "", e->u.open.buffer_bytes);
	add_marks(w, &e->u.open.marks);
}

static void add_tick(struct words *w, const struct pool_event *e)
{
	add_count(w, "total", e->u.tick.total);
	add_count(w, "pending", e->u.tick.pending);
	if (e->u.tick.fallback)
		add(w, ", fallback");
	if (!e->u.tick.running)
		add(w, ", not running");
	add_totals(w, &e->u.tick.totals);
}

static void add_buffers(struct words *w, char sign, uint32_t n)
{
	if (n != POOL_UNKNOWN && n)
		add(w, ", %c%" PRIu32 " buffers", sign, n);
}

static void add_rx(struct words *w, const struct pool_event *e, const uint32_t *ids, uint32_t nr)
{
	uint32_t all = e->u.rx.nr_buffers;

	add(w, "%" PRIu32 " buffer%s", all, all == 1 ? "" : "s");
	if (e->kind == POOL_EVENT_RX_TAKE && e->u.rx.frames != all)
		add(w, ", %u frame%s", e->u.rx.frames, e->u.rx.frames == 1 ? "" : "s");
	if (e->u.rx.resources)
		add(w, ", %u RESOURCES", e->u.rx.resources);
	for (uint32_t i = 0; i < nr && i < all; i++)
		add(w, "%s%" PRIu32, i ? " " : ": ", ids[i]);
	if (nr < all)
		add(w, " ...");
}

const char *event_words(const struct pool_event *e, const uint32_t *ids, uint32_t nr_ids,
			char *text, size_t size)
{
	struct words w = {text, size, 0};

	text[0] = 0;
	switch (e->kind) {
	case POOL_EVENT_POOL_OPEN:
		add_open(&w, e);
		break;
	case POOL_EVENT_TICK:
		add_tick(&w, e);
		break;
	case POOL_EVENT_ALLOC_REQUEST:
		add(&w, "#%" PRIu64 ", %" PRIu32 " B%s", e->u.request.request,
		    e->u.request.length_bytes, e->u.request.cached ? " cached" : "");
		add_count(&w, "total", e->u.request.total);
		add_count(&w, "pending", e->u.request.pending);
		break;
	case POOL_EVENT_ALLOC_REFUSED:
		add(&w, "#%" PRIu64 ", status 0x%08" PRIX32, e->u.refused.request,
		    e->u.refused.status);
		break;
	case POOL_EVENT_ALLOC_COMPLETE:
		add(&w, "#%" PRIu64 " %s", e->u.complete.request,
		    pool_outcome_name(e->u.complete.outcome));
		if (e->u.complete.outcome == POOL_OUTCOME_USED)
			add_count(&w, "block", e->u.complete.block);
		add_buffers(&w, '+', e->u.complete.buffers);
		break;
	case POOL_EVENT_BLOCK_FREE:
		add(&w, "block %" PRIu32 " %s", e->u.free.block,
		    pool_free_reason_name(e->u.free.reason));
		add_buffers(&w, '-', e->u.free.buffers);
		break;
	case POOL_EVENT_RX_TAKE:
	case POOL_EVENT_RX_RETURN:
		add_rx(&w, e, ids, nr_ids);
		break;
	case POOL_EVENT_RX_DROP:
		add(&w, "%" PRIu32 " frame%s, %s", e->u.drop.count, e->u.drop.count == 1 ? "" : "s",
		    pool_drop_cause_name(e->u.drop.cause));
		break;
	case POOL_EVENT_FALLBACK:
		add(&w, "%s", e->u.fallback.on ? "on" : "off");
		break;
	case POOL_EVENT_VIOLATION:
		add(&w, "R%u, object 0x%" PRIX64, e->u.violation.rule, e->u.violation.object);
		break;
	case POOL_EVENT_POOL_CLOSE:
		add_count(&w, "live blocks", e->u.close.live_blocks);
		add_count(&w, "held", e->u.close.live_buffers);
		add_totals(&w, &e->u.close.totals);
		break;
	default:
		break;
	}
	return text;
}
