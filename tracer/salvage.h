/* SPDX-License-Identifier: MIT */
#ifndef TRACER_SALVAGE_H
#define TRACER_SALVAGE_H
/*
 * Babeltrace refuses a trace of which one file is cut off, as a killed consumer daemon or a full
 * disk leaves it.  This makes a folder that it takes: whole files as symbolic links, damaged ones
 * as copies of their whole packets.  LTTng's packets are known by their header: magic, UUID, and
 * sizes that lie within the file.
 *
 * Thread:  one.  Nothing in the trace is changed.
 */
#include <limits.h>
#include <stdint.h>

#include "db/store.h"

struct salvage {
	char dir[PATH_MAX];  /* below TMPDIR */
	unsigned nr_damaged; /* files; 0: nothing is wrong with the packets of this trace */
	uint64_t cut_bytes;  /* of them, left out */
	char first[256];     /* name of the first damaged one */
};

/*
 * Looks through the trace in dir, and makes the folder below scratch.
 * Errors:  -EIO, -ENOSPC, ... with err filled; nothing is left behind then.
 */
int salvage_open(const char *dir, const char *scratch, struct salvage *s, struct db_error *err);

/* Removes the folder. */
void salvage_close(struct salvage *s);

#endif
