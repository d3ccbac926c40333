/* SPDX-License-Identifier: MIT */
#ifndef CLI_STAT_JSON_H
#define CLI_STAT_JSON_H
/* `poolscope stat --json`: its keys are listed in docs/database.md and stay. */
#include <stddef.h>

#include "db/query.h"

/* Prints one JSON object on stdout.  Returns: 0, or -errno with err filled. */
int stat_json(struct query *q, const struct trace_status *trace, const struct pool_summary *pools,
	      size_t nr, struct db_error *err);

#endif
