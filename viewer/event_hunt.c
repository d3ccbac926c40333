/* SPDX-License-Identifier: MIT */
#include "viewer/event_hunt.h"

#include <stdio.h>
#include <string.h>

#include "viewer/event_filter.h"
#include "viewer/event_text.h"

static bool has_needle(const struct pool_event *event, void *ctx)
{
	const struct event_hunt *hunt = ctx;
	bool rx = event->kind == POOL_EVENT_RX_TAKE || event->kind == POOL_EVENT_RX_RETURN;
	char text[512];

	event_words(event, rx ? event->u.rx.buffers : NULL, rx ? LOG_IDS : 0, text, sizeof(text));
	return strcasestr(text, hunt->needle) ||
	       strcasestr(pool_event_kind_name(event->kind), hunt->needle);
}

/* What both let through.  Returns: false when one filter cannot say that. */
static bool join(struct log_filter *filter, const struct log_filter *typed)
{
	if (filter->nr_tests + typed->nr_tests > LOG_TESTS_MAX)
		return false;
	memcpy(filter->tests + filter->nr_tests, typed->tests,
	       (size_t)typed->nr_tests * sizeof(typed->tests[0]));
	filter->nr_tests += typed->nr_tests;
	filter->kinds &= typed->kinds;
	if (typed->pool >= 0 && filter->pool >= 0 && typed->pool != filter->pool)
		filter->kinds = 0;
	if (typed->pool >= 0)
		filter->pool = typed->pool;
	return true;
}

void event_hunt_begin(struct event_hunt *hunt, const char *text, const struct pool_summary *pools,
		      size_t nr_pools, const struct log_filter *within,
		      const struct log_place *from, int by)
{
	struct log_filter typed;
	char why[128];

	hunt->needle[0] = 0;
	hunt->filter = *within;
	hunt->filter.no_losses = true;
	if (event_filter_parse(text, pools, nr_pools, &typed, why, sizeof(why)) ||
	    !join(&hunt->filter, &typed)) {
		snprintf(hunt->needle, sizeof(hunt->needle), "%s", text);
		hunt->filter.match = has_needle;
		hunt->filter.ctx = hunt;
	}
	hunt->by = by;
	hunt->at = *from;
	hunt->at.seq += by > 0 && hunt->at.seq < INT64_MAX;
	hunt->on = true;
}

enum event_hunt_news event_hunt_on(struct event_hunt *hunt, struct query *q, int64_t budget_ns,
				   struct log_place *found, struct db_error *err)
{
	enum log_end end = LOG_LATER;
	struct log_row row = {0};
	size_t nr = 0;
	int ret = query_begin(q, err);

	if (!ret) {
		ret = query_log(q, &hunt->filter, &hunt->at, hunt->by, &row, 1, &nr, &end,
				budget_ns, err);
		query_end(q);
	}
	hunt->on = !ret && !nr && end == LOG_LATER;
	*found = row.place;
	if (ret)
		return EVENT_HUNT_FAILED;
	if (nr)
		return EVENT_HUNT_FOUND;
	return hunt->on ? EVENT_HUNT_GOES_ON : EVENT_HUNT_NONE;
}
