/* SPDX-License-Identifier: MIT */
#include "viewer/event_text.h"

#include <inttypes.h>
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
