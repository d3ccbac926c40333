/* SPDX-License-Identifier: MIT */
#ifndef TRACER_DECODE_H
#define TRACER_DECODE_H
/*
 * From a Babeltrace event to a struct pool_event, through the API and never through text.
 *
 * Table driven: for each kind a list of field names and where they go.  The first event of a class
 * resolves the names to member indexes; from then on a field costs one borrow and one read.
 */
#include <babeltrace2/babeltrace.h>
#include <stddef.h>

#include "db/pool_event.h"
#include "db/queue.h"

struct decoder;

struct decoder *decoder_create(void);
void decoder_destroy(struct decoder *d);

enum decode_result {
	DECODE_OK,
	DECODE_FOREIGN, /* not one of ours: skip it */
	DECODE_BAD, /* ours by name, but a field is missing or of another type: decoder_error() */
};

/*
 * Decodes one event message.  Strings and arrays in *out are borrowed from the message or from the
 * decoder until the next call.  What an event of its kind does not have is not set.
 */
enum decode_result decoder_read(struct decoder *d, const bt_message *message,
				struct pool_event *out);

/*
 * A message of discarded events or packets as a loss of source "lttng", of no pool and no trace.
 * events 0: nobody knows how many; only seq can say how many were in packets.
 * Returns: the stream, borrowed from the message.
 */
const bt_stream *decode_discarded(const bt_message *message, struct queue_loss *out);

/* One line about the last DECODE_BAD. */
const char *decoder_error(const struct decoder *d);

#endif
