/* SPDX-License-Identifier: MIT */
#ifndef REFNIC_RECORD_H
#define REFNIC_RECORD_H
/* refnic's own recording (-o FILE): the direct sink, with identity replay beside it. */
#include <stdbool.h>

#include "driver/exec/exec.h"

struct record; /* opaque */

/*
 * Creates the database at path, with the time of exec if that is virtual.
 * Owns:    the caller, until record_end(); exec must outlive it.
 * Returns: the recording, or NULL after one line on stderr; then *status is what to exit with.
 */
struct record *record_begin(const char *path, struct exec *exec, int argc, char **argv,
			    int *status);

/*
 * Every pool is closed.  whole: refnic was not cut short.
 * Returns: whether all is stored; otherwise there was one line on stderr.
 */
bool record_end(struct record *record, bool whole);

#endif
