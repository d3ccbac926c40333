/* SPDX-License-Identifier: MIT */
#ifndef VIEWER_EVENT_HUNT_H
#define VIEWER_EVENT_HUNT_H
/* A search in the log, in pieces: from a place on, forwards or backwards, to the next that passes.
 */
#include "db/query_log.h"
#include "viewer/prompt.h"

struct event_hunt {
	bool on;
	int by;
	struct log_place at; /* so far */
	struct log_filter filter;
	char needle[PROMPT_BYTES]; /* looked for in the rows' words; "": filter says all */
};

/*
 * Fields and kinds are found by their tables; any other text is looked for in the words of each
 * event.  What the list does not show is not found.  Stays where it is: the filter refers to it.
 *	within  the filter of the list
 *	from    the row that it begins after
 */
void event_hunt_begin(struct event_hunt *hunt, const char *text, const struct pool_summary *pools,
		      size_t nr_pools, const struct log_filter *within,
		      const struct log_place *from, int by);

enum event_hunt_news {
	EVENT_HUNT_GOES_ON,
	EVENT_HUNT_FOUND, /* *found says where */
	EVENT_HUNT_NONE,
	EVENT_HUNT_FAILED, /* err says why */
};
/* Goes on for at most budget_ns. */
enum event_hunt_news event_hunt_on(struct event_hunt *hunt, struct query *q, int64_t budget_ns,
				   struct log_place *found, struct db_error *err);

#endif
