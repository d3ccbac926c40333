/* SPDX-License-Identifier: MIT */
#ifndef CLI_CHECK_JSON_H
#define CLI_CHECK_JSON_H
/* `poolscope check --json`: its keys are listed in docs/check.md and stay. */
#include <jansson.h>

#include "cli/check.h"

/* Appends one criterion; pool -1: of the whole recording. */
void check_json_add(json_t *criteria, int64_t pool, const struct check_line *line);

/* Prints one JSON object on stdout.  Returns: 0, or -EIO when it could not be written. */
int check_json_print(json_t *criteria, const struct trace_status *trace, const char *result);

#endif
