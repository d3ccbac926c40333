/* SPDX-License-Identifier: MIT */
#ifndef TRACER_SLOT_H
#define TRACER_SLOT_H
/*
 * A piece of a stream's file as a trace of its own: a folder with metadata
 * (tracer/piece_metadata.h) and a link to a file in memory, which has a copy of the piece.
 * Babeltrace reads files from their beginning to their end, and nothing between.  A slot serves one
 * piece after the other.
 *
 * Thread:  one at a time.
 */
#include <limits.h>
#include <stdint.h>

#include "db/store.h"

struct slot {
	struct slot *next; /* the owner's */
	int fd;
	void *map; /* of the file, as far as any piece went */
	uint64_t map_bytes;
	char dir[PATH_MAX];
};

/* A folder below scratch for pieces of the trace at path.  Returns: 0 or -errno with err filled. */
int slot_open(struct slot *s, const char *scratch, const char *path, struct db_error *err);
/* Returns: 0, -EIO the file is shorter than that, or -errno; err filled. */
int slot_fill(struct slot *s, const char *file, uint64_t from, uint64_t bytes,
	      struct db_error *err);
void slot_close(struct slot *s);

#endif
