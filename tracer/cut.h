/* SPDX-License-Identifier: MIT */
#ifndef TRACER_CUT_H
#define TRACER_CUT_H
/*
 * Where the file of a stream may be cut, so that its pieces can be read each by itself and say
 * together what the whole says.  A packet needs the one before it for nothing but losses:
 * Babeltrace compares its counters with those of its predecessor.  So a piece begins only where
 * these say that nothing was lost until then, and where time does not go back.
 *
 * That is asked of LTTng's index, and of the packets themselves: where one of both is missing or
 * they disagree, the file stays whole, and whatever is to be said of it is said by its reader.
 */
#include <stddef.h>
#include <stdint.h>

struct cut_piece {
	uint64_t from, bytes;
	uint64_t begin_cycles; /* of its first packet */
};

/*
 * Cuts the file of that name in the trace at path into pieces of about that size; *pieces is to be
 * freed.  Returns: how many; 0, with *pieces NULL, when it is to stay whole.
 */
size_t cut_stream(const char *path, const char *name, uint64_t piece_bytes,
		  struct cut_piece **pieces);

#endif
