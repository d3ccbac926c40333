/* SPDX-License-Identifier: MIT */
#ifndef VIEWER_SPARKS_H
#define VIEWER_SPARKS_H
/*
 * A small picture of each pool: available buffers over the visible time, the mean of each column,
 * marked where they were at the low mark or below.  Columns keep their place while time goes on,
 * and time that is past is asked for once: a list of hundreds of pools costs what is new in those
 * that are seen.
 */
#include "viewer/app.h"

#define SPARK_MAX 60  /* columns */
#define SPARKS	  256 /* pools whose picture is kept */

struct sparks {
	uint64_t data; /* app->data that they were made of */
	struct spark {
		uint32_t pool;
		int64_t column_ns; /* 0: empty */
		int64_t first;	   /* columns since the epoch */
		int nr;		   /* 0: there may be more to know */
		int nr_final;	   /* columns from the first on that cannot change any more */
		struct spark_column {
			double mean; /* available; -1: unknown */
			uint32_t min, total;
		} column[SPARK_MAX];
	} of[SPARKS];
};

/* On one row of rect, in the background of style. */
void sparks_draw(struct sparks *sparks, const struct app *app, const struct pool_summary *pool,
		 struct canvas *canvas, struct rect rect, struct style style);

#endif
