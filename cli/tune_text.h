/* SPDX-License-Identifier: MIT */
#ifndef CLI_TUNE_TEXT_H
#define CLI_TUNE_TEXT_H
/*
 * Lines of the screen of `poolscope tune` (tune_first.c) that its other parts have, too
 * (tune_text.c). All print to stdout, from one thread at a time.
 */
#include "cli/tune.h"

/* Without a line's end. */
void tune_print_marks(const struct policy_marks *marks);

void tune_print_name(const struct tune_pool *pool);
void tune_print_demand(const struct tune_pool *pool);
void tune_print_identity(const struct pool_summary *summary);
/* The recorded marks and what they missed; what is wrong with them is said by what was found. */
void tune_print_now(const struct tune_options *options, const struct tune_pool *pool);

/* Do requests that failed in a row make the longest lead? */
bool tune_has_storm(const struct lead_storm *storm);

#endif
