/* SPDX-License-Identifier: MIT */
#ifndef VIEWER_REPORT_H
#define VIEWER_REPORT_H
/*
 * A recording as one HTML page that needs nothing else: summary, pictures, tables, losses,
 * settings, worst moments.  It prints well, and nothing in it is said by colour alone.
 *
 * The pictures are gnuplot's.  Without gnuplot the page has all the rest, and says what is missing.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "db/query.h"

struct report_options {
	const char *path;	/* shown as the recording's name */
	int64_t pool;		/* -1: all */
	int64_t from_ns, to_ns; /* what the pictures and worst moments are of; 0, 0: all */
	bool no_pictures;
};

struct report_result {
	char pictures_missing[256]; /* why there are no pictures; "" when there are */
};

/* Returns: 0; -ENOENT there is no such pool; as db/query.h, with err filled. */
int report_write(struct query *q, const struct report_options *options, FILE *out,
		 struct report_result *result, struct db_error *err);

#endif
