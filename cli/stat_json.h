/* SPDX-License-Identifier: MIT */
#ifndef CLI_STAT_JSON_H
#define CLI_STAT_JSON_H
/* `poolscope stat --json`: its keys are listed in docs/database.md and stay. */
#include <stddef.h>

#include "db/query.h"

/* Prints one JSON object on stdout.  Returns: 0, or -EIO when it could not be written. */
int stat_json(const struct trace_status *trace, const struct pool_summary *pools, size_t nr);

#endif
