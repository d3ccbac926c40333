/* SPDX-License-Identifier: MIT */
#ifndef TRACER_NEWCOMERS_H
#define TRACER_NEWCOMERS_H
/*
 * Streams of a live session that appear while others are read: a further process with buffers of
 * its own.
 *
 * Babeltrace gives messages in the order of their time, and gives up at one that is older than the
 * last. An event of a newcomer never is: LTTng makes the streams known to the relay daemon, and
 * starts to trace the process after that.  So as long as nothing is handed to Babeltrace before the
 * relay daemon was asked for new streams once more (tracer/gate.h), whatever it has was before the
 * newcomer's first event. But its first packet begins earlier, when the buffer was made, and so may
 * a word that it is idle until then.  Those two times are moved here to where Babeltrace is: no
 * event lies between.
 *
 * Traces of different processes have clocks with offsets of their own, measured when each began;
 * they differ by microseconds.  Where the time of day was set back in between, events themselves
 * are older than what was given: then nothing is moved, and Babeltrace gives up.
 *
 * Thread:  the owner's; no input or output.
 */
#include <stddef.h>
#include <stdint.h>

#include "tracer/viewer_abi.h"

struct newcomer;
struct newcomers_clock;

struct newcomers {
	struct newcomer *streams;
	struct newcomers_clock *clocks; /* by trace */
	size_t nr_streams, nr_clocks;
	int64_t given_ns; /* the latest time that Babeltrace may be at; INT64_MIN: it has nothing */
	int64_t given_offset;
};

void newcomers_init(struct newcomers *n);
void newcomers_release(struct newcomers *n);

/* Streams that the relay daemon names, before Babeltrace hears of them.  0 or -ENOMEM. */
int newcomers_add(struct newcomers *n, const struct viewer_stream *streams, size_t nr);

/* The clock of a trace, as its metadata has it: nanoseconds since the Epoch at 0 cycles. */
int newcomers_clock(struct newcomers *n, uint64_t metadata_stream, int64_t offset_ns);

/* A reply that is to be handed on.  Notes how far it goes; an idle newcomer is idle until now. */
void newcomers_index(struct newcomers *n, uint64_t stream, struct viewer_index *index);

/*
 * Bytes of a packet that are to be handed on, from an offset in the stream's file.
 *	bytes  the first len of them, whole up to sizeof(struct packet_head) at least, or it is left
 *alone
 */
void newcomers_packet(struct newcomers *n, uint64_t stream, uint64_t offset, void *bytes,
		      size_t len);

#endif
