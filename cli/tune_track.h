/* SPDX-License-Identifier: MIT */
#ifndef CLI_TUNE_TRACK_H
#define CLI_TUNE_TRACK_H
/*
 * The track record of predictions, in the recording that they were made from: rows of meta, keys
 * `tuning 1`, `tuning 2` and so on, each a JSON object of marks, predicted, measured and inside.
 */
#include "cli/tune_verify.h"

/* Fills kept, kept_inside and not_kept; a file that cannot be written is no error. */
void tune_track_keep(const char *path, const struct tune_pool *pool, struct tune_verdict *v);

#endif
