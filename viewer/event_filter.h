/* SPDX-License-Identifier: MIT */
#ifndef VIEWER_EVENT_FILTER_H
#define VIEWER_EVENT_FILTER_H
/*
 * A filter or a search as people type it: words with blanks between them.
 *
 *	drop alloc_complete	kinds of events, or a part of their names; several: any of them
 *	!rx !tick		not these
 *	pool=eth0 pool=3	of one pool, by its name or number
 *	lead>5ms outcome=null	what a field must be: = != < <= > >=; several: all of them
 */
#include "db/query_log.h"

/* `all` without words.  Returns: 0, or -EINVAL with why: one line for the person who typed it. */
int event_filter_parse(const char *text, const struct pool_summary *pools, size_t nr_pools,
		       struct log_filter *filter, char *why, size_t size);

#endif
