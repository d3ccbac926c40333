/* SPDX-License-Identifier: MIT */
#ifndef VIEWER_MODEL_H
#define VIEWER_MODEL_H
/*
 * What the viewer knows of the recording: the figures of the last refresh, kept while the file
 * cannot be read.
 */
#include <sys/types.h>

#include "db/query.h"
#include "viewer/timeline.h"

struct model {
	struct query *query; /* NULL: not open yet */
	struct trace_status status;
	struct pool_summary *pools;
	size_t nr_pools;
	double events_per_s;
	enum model_file {
		MODEL_FILE_SAME,
		MODEL_FILE_DELETED,  /* what is shown is still open, and nobody else can open it */
		MODEL_FILE_REPLACED, /* another file has its name: model_open() would read that */
	} file;
	dev_t device; /* of the file that is open */
	ino_t inode;
	char trouble[512]; /* why the last refresh failed; empty when it did not */
};

/* Returns: as query_open() and query_status(). */
int model_open(struct model *model, const char *path, struct db_error *err);
void model_close(struct model *model);

/*
 * Asks the database what is new.  On error, the old figures stay and `trouble` says why.
 * Returns: true when something changed since the last call.
 */
bool model_refresh(struct model *model, const char *path);

struct recording_span model_span(const struct model *model);
/* The pool with that number, or NULL. */
const struct pool_summary *model_pool(const struct model *model, uint32_t pool);

#endif
